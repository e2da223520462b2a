"""The control of a measurement: passages that were held out, with their words in an order by chance."""

from desktop_app.engine.messages import ChatMessage
from desktop_app.finetune.encoder import EngineEncoder
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
