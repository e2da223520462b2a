"""The control of a measurement: passages that were held out, with their words in an order by chance."""

from collections import Counter

import pytest

from desktop_app.engine.messages import ChatMessage
from desktop_app.finetune.encoder import EngineEncoder
from desktop_app.finetune.script import PART
from desktop_app.finetune.source_texts import SourceText
from desktop_app.finetune.text_examples import is_passage
from desktop_app.finetune.word_order import MOST_GROUPS, shuffled_examples
from desktop_app.trainer.contract import PAIR, TEXT, Example, Sequence
from tests.unit.finetune.fake_engine import FakeEngine

WORDS = "one two three four five six seven eight nine ten"


def shuffled(*texts):
    """Return group and words of each control."""
    engine = FakeEngine()
    examples = shuffled_examples(texts, EngineEncoder(engine), 200)
    assert all(map(is_passage, examples))
    return [(each.group, engine.read(each.sequences[0].tokens).split()[1:]) for each in examples]


def test_the_words_stay_and_their_order_goes_the_same_way_each_time():
    text = SourceText("g", WORDS, is_held_out=True)
    [(group, words)] = shuffled(text)
    assert group == "g"
    assert words != WORDS.split()
    assert sorted(words) == sorted(WORDS.split())
    assert shuffled(text) == [(group, words)]


CHINESE = "海风吹过码头、灯火在水面上摇晃。老人坐在木箱旁边修补渔网、他说今年的鱼比往年少。"
THAI = "ลมทะเลพัดผ่านท่าเรือ แสงไฟสั่นไหวบนผิวน้ำ"


@pytest.mark.parametrize("text", [CHINESE, THAI, "用Python和Java写程序"])
def test_where_no_spaces_part_words_the_signs_are_in_another_order(text):
    """A control that is the text itself would make every gain on it nothing but words."""
    [(_, words)] = shuffled(SourceText("g", text, is_held_out=True))
    assert " ".join(words) != text
    assert sorted(PART.findall(" ".join(words))) == sorted(PART.findall(text))
    assert len(words) == len(text.split())


def test_of_many_sections_some_of_each_document_are_chosen():
    texts = [SourceText(f"{name}#{n}", WORDS, is_held_out=True) for name in "abc" for n in range(2 * MOST_GROUPS)]
    found = [group for group, _ in shuffled(*texts)]
    assert Counter(group[0] for group in found) == dict.fromkeys("abc", MOST_GROUPS // 3)


def test_what_was_learned_and_answers_have_no_control():
    asked = (ChatMessage("user", "Count."),)
    assert shuffled(SourceText("g", WORDS), SourceText("h", WORDS, asked, is_held_out=True)) == []


def test_of_many_groups_some_are_enough():
    texts = [SourceText(str(number // 2), WORDS, is_held_out=True) for number in range(4 * MOST_GROUPS)]
    found = shuffled(*texts)
    assert len({group for group, _ in found}) == MOST_GROUPS
    assert len(found) == 2 * MOST_GROUPS


def test_a_passage_is_told_from_a_chat():
    assert is_passage(Example(TEXT, (Sequence((1, 2, 3), ((1, 3),)),)))
    assert not is_passage(Example(TEXT, (Sequence((1, 2, 3), ((2, 3),)),)))
    assert not is_passage(Example(PAIR, (Sequence((1, 2, 3), ((1, 3),)),) * 2))
