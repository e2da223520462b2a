"""Texts become pieces that begin with BOS and end where paragraphs end; the end of a document is learned, too."""

import pytest

from desktop_app.finetune.encoder import EngineEncoder
from desktop_app.finetune.pieces import Passage
from desktop_app.finetune.text_examples import text_examples
from desktop_app.trainer.contract import TEXT
from tests.unit.finetune.fake_engine import BOS, EOG, FakeEngine


def paragraph(number, n_words):
    return " ".join(f"p{number}w{word}" for word in range(n_words))


def pieces(engine, text, length, is_end=True):
    examples = text_examples([Passage(text, "g", is_end)], EngineEncoder(engine), length)
    assert all(
        (each.kind, each.group, each.is_replay, len(each.sequences)) == (TEXT, "g", False, 1) for each in examples
    )
    return [each.sequences[0] for each in examples]


def shown(engine, *arguments, **options):
    return [engine.read(each.tokens) for each in pieces(engine, *arguments, **options)]


def test_a_short_text_is_one_example_of_which_all_but_the_first_token_is_learned():
    engine = FakeEngine()
    [found] = pieces(engine, "One two.\n\nThree.", 20)
    assert engine.read(found.tokens) == "BOS One two. Three. EOG"
    assert found.learned == ((1, 5),)


def test_a_long_text_is_cut_where_paragraphs_end():
    text = "\n\n".join(paragraph(number, 8) for number in range(5))
    assert shown(FakeEngine(), text, 20) == [
        f"BOS {paragraph(0, 8)} {paragraph(1, 8)}",
        f"BOS {paragraph(2, 8)} {paragraph(3, 8)}",
        f"BOS {paragraph(4, 8)} EOG",
    ]


def test_a_long_paragraph_is_cut_where_lines_end_and_a_long_line_anywhere():
    lines = [paragraph(number, 8) for number in range(3)]
    assert shown(FakeEngine(), "\n".join(lines), 20) == [f"BOS {lines[0]} {lines[1]}", f"BOS {lines[2]} EOG"]
    found = shown(FakeEngine(), paragraph(0, 40), 20)
    assert [len(each.split()) for each in found] == [19, 19, 6]
    assert " ".join(each.removeprefix("BOS ").removesuffix(" EOG") for each in found) == paragraph(0, 40)


@pytest.mark.parametrize("length", [16, 17, 33, 100])
def test_nothing_is_lost_or_longer_than_it_may_be(length):
    text = "\n\n".join(paragraph(number, 1 + number * 7 % 45) for number in range(40))
    engine = FakeEngine()
    found = pieces(engine, text, length)
    assert max(len(each.tokens) for each in found) <= length
    words = [token for each in found for token in each.tokens if token not in (BOS, EOG)]
    assert engine.read(words).split() == text.split()


def test_a_text_that_goes_on_elsewhere_has_no_end():
    assert shown(FakeEngine(), "One two.", 20, is_end=False) == ["BOS One two."]


def test_a_model_without_bos_and_end_gets_none():
    engine = FakeEngine(bos=None, eog=None)
    [found] = pieces(engine, "One two three.", 20)
    assert (engine.read(found.tokens), found.learned) == ("One two three.", ((1, 3),))


def test_what_has_nothing_to_learn_is_left_out():
    assert pieces(FakeEngine(bos=None, eog=None), "One.", 20) == []
