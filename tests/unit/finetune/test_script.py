"""Words of any script, and a text in parts that make it up again."""

import pytest

from desktop_app.finetune.script import PART, WORD, n_words

CHINESE = "海风吹过码头、灯火在水面上摇晃。"


@pytest.mark.parametrize(
    ("text", "n"),
    [
        ("", 0),
        ("The ferry doesn't leave\n\nat 3.50 - on Mondays.", 8),
        ("قال إن العبارة تغادر", 4),
        ("हिन्दी में लिखा हुआ", 4),
        ("한국어 문장입니다", 2),
        (CHINESE, 14),
        ("用Python写程序。", 5),
        ("港の近くで、カヌー", 8),
        ("น้ำ", 2),
        ("𠮷野家", 3),
    ],
)
def test_words_are_parted_by_spaces_and_where_there_are_none_each_sign_is_one(text, n):
    assert n_words(text) == n


def test_a_mark_stays_with_its_sign():
    assert WORD.findall("ที่นี่") == ["ที่", "นี่"]


@pytest.mark.parametrize("text", [CHINESE, "A word, and (another) one.", "用Python写 程序。", "ที่นี่ ฿5"])
def test_parts_make_up_a_text_but_for_its_spaces(text):
    assert "".join(PART.findall(text)) == "".join(text.split())
