"""Exchanges become examples of which answers alone are learned, and that are short enough."""

import pytest

from desktop_app.engine.messages import ChatMessage
from desktop_app.errors import UserError
from desktop_app.finetune.chat_examples import chat_examples
from desktop_app.finetune.encoder import EngineEncoder
from desktop_app.finetune.pieces import Exchange
from desktop_app.trainer.contract import APO_ZERO, DOWN, DPO, KTO, LIKELIHOOD, PAIR, TEXT, UP
from tests.unit.finetune.fake_engine import FakeEngine


def words(name, n):
    return " ".join(f"{name}{number}" for number in range(n))


def messages(*texts, system=""):
    roles = ("user", "assistant") * len(texts)
    said = tuple(ChatMessage(role, text) for role, text in zip(roles, texts, strict=False))
    return (ChatMessage("system", system), *said) if system else said


def exchange(*texts, kind=TEXT, system=""):
    """Return what the last text answers; of a pair, the last two."""
    n_answers = 2 if kind == PAIR else 1
    return Exchange(kind, messages(*texts[:-n_answers], system=system), texts[-n_answers:], "g")


def made(engine, *exchanges, length=100, loss=LIKELIHOOD, others=()):
    return chat_examples(exchanges, EngineEncoder(engine), length, loss, others)


def learned(engine, found):
    return [[engine.learned(each) for each in example.sequences] for example in found.examples]


def whole(engine, found):
    return [[engine.read(each.tokens) for each in example.sequences] for example in found.examples]


def test_all_answers_of_a_conversation_are_learned_and_nothing_else():
    engine = FakeEngine()
    found = made(engine, exchange("Which tea?", "Green tea.", "Why?", "It is light.", system="Be brief."))
    assert learned(engine, found) == [["Green tea. EOG | It is light. EOG"]]
    [example] = found.examples
    assert (example.kind, example.group, example.is_replay, found.notes) == (TEXT, "g", False, ())


def test_where_the_template_wants_it_each_answer_is_an_example_of_its_own():
    engine = FakeEngine(one_answer_each=True)
    found = made(engine, exchange("Which tea?", "Green tea.", "Why?", "It is light."))
    assert learned(engine, found) == [["Green tea. EOG"], ["It is light. EOG"]]
    assert [each.group for each in found.examples] == ["g", "g"]


# ------------------------------------------------------------ length


def test_a_long_conversation_is_cut_between_turns_and_every_answer_learned_once():
    engine = FakeEngine()
    texts = [words(f"{kind}{turn}x", 6) for turn in range(5) for kind in "qa"]
    found = made(engine, exchange(*texts, system="Be brief."), length=40)
    answers = [" ".join(each.split(" EOG | ")).removesuffix(" EOG") for [each] in learned(engine, found)]
    assert sorted(" ".join(answers).split()) == sorted(" ".join(texts[1::2]).split())
    for [text] in whole(engine, found):
        assert text.startswith("BOS <system> Be brief. EOG <user>")
        assert len(text.split()) <= 40
    assert len(found.examples) == 3
    assert found.notes == ("Conversations that were cut because they are longer than 40 tokens: 1.",)


def test_as_much_as_fits_stays_before_the_last_answer():
    engine = FakeEngine()
    texts = [words(f"{kind}{turn}x", 6) for turn in range(5) for kind in "qa"]
    found = made(engine, exchange(*texts, kind=UP), length=40, loss=APO_ZERO)
    [[text]] = whole(engine, found)
    assert text.startswith("BOS <user> q3x0")
    assert learned(engine, found) == [[f"{texts[-1]} EOG"]]


def test_an_answer_that_is_too_long_loses_its_end():
    engine = FakeEngine()
    found = made(engine, exchange("Which tea?", words("a", 50)), length=20)
    [[text]] = whole(engine, found)
    assert text == f"BOS <user> Which tea? EOG <assistant> {words('a', 14)}"
    assert learned(engine, found) == [[words("a", 14)]]
    assert found.notes == ("Answers that lost their end because they are longer than 20 tokens: 1.",)


def test_a_question_that_leaves_no_room_is_left_out():
    engine = FakeEngine()
    found = made(engine, exchange(words("q", 50), "Yes."), exchange("Is it?", "No."), length=20)
    assert learned(engine, found) == [["No. EOG"]]
    assert found.notes == (
        "Examples that were left out because their question leaves no room for an answer in 20 tokens: 1.",
    )


def test_one_long_turn_does_not_take_the_others_with_it():
    engine = FakeEngine()
    found = made(engine, exchange("Is it?", "No.", words("q", 50), "Yes.", "Sure?", "Quite."), length=20)
    assert learned(engine, found) == [["Quite. EOG"], ["No. EOG"]]


# ------------------------------------------------------------ preferences


def test_a_pair_has_both_answers_after_the_same_prompt_and_only_they_are_learned():
    engine = FakeEngine()
    found = made(engine, exchange("Tea?", "Yes.", "Which?", "Green.", "Black.", kind=PAIR), loss=DPO)
    [example] = found.examples
    assert example.kind == PAIR
    assert learned(engine, found) == [["Green. EOG", "Black. EOG"]]
    chosen, rejected = (each.tokens for each in example.sequences)
    assert chosen[:-2] == rejected[:-2]


def test_a_pair_is_cut_so_that_both_answers_fit_after_the_same_prompt():
    engine = FakeEngine()
    texts = [words("q0x", 6), "Yes.", words("q1x", 6), "No.", "Which?"]
    found = made(engine, exchange(*texts, "Green.", words("a", 8), kind=PAIR), length=26, loss=DPO)
    [[chosen, rejected]] = whole(engine, found)
    assert chosen.startswith("BOS <user> q1x0")
    assert rejected.startswith("BOS <user> q1x0")
    assert learned(engine, found) == [["Green. EOG", f"{words('a', 8)} EOG"]]


@pytest.mark.parametrize("one_answer_each", [False, True])
def test_of_a_thumb_the_last_answer_counts(one_answer_each):
    engine = FakeEngine(one_answer_each=one_answer_each)
    found = made(engine, exchange("Tea?", "Yes.", "Which?", "Green.", kind=DOWN), loss=APO_ZERO)
    assert [each.kind for each in found.examples] == [DOWN]
    assert learned(engine, found) == [["Green. EOG"]]


def test_a_loss_that_knows_thumbs_only_takes_a_pair_as_two():
    engine = FakeEngine()
    found = made(engine, exchange("Which?", "Green.", "Black.", kind=PAIR), loss=APO_ZERO)
    assert [(each.kind, each.group) for each in found.examples] == [(UP, "g"), (DOWN, "g")]
    assert learned(engine, found) == [["Green. EOG"], ["Black. EOG"]]


def test_kto_has_the_answer_to_another_question_beside_each_thumb():
    engine = FakeEngine()
    thumbs = [exchange(f"Question {number}?", f"Answer {number}.", kind=UP) for number in range(3)]
    found = made(engine, thumbs[0], exchange("Is it?", "No."), *thumbs[1:], loss=KTO)
    assert learned(engine, found) == [
        ["Answer 0. EOG", "Answer 1. EOG"],
        ["No. EOG"],
        ["Answer 1. EOG", "Answer 2. EOG"],
        ["Answer 2. EOG", "Answer 0. EOG"],
    ]
    for example in (found.examples[0], *found.examples[2:]):
        own, stranger = (engine.read(each.tokens) for each in example.sequences)
        assert own.partition("<assistant>")[0] == stranger.partition("<assistant>")[0]


def test_kto_takes_an_answer_to_the_same_question_only_if_there_is_no_other():
    engine = FakeEngine()
    found = made(engine, exchange("Which?", "Green.", "Black.", kind=PAIR), exchange("Why?", "So.", kind=UP), loss=KTO)
    assert [second for _, second in learned(engine, found)] == ["So. EOG", "So. EOG", "Green. EOG"]
    found = made(engine, exchange("Which?", "Green.", "Black.", kind=PAIR), loss=KTO)
    assert [second for _, second in learned(engine, found)] == ["Black. EOG", "Green. EOG"]


def test_kto_takes_answers_from_the_others_for_a_single_thumb_and_cuts_them():
    engine = FakeEngine()
    others = (exchange("Is it?", "No."), exchange("Why?", words("a", 50), kind=DOWN))
    found = made(engine, exchange("Which?", "Green.", kind=UP), loss=KTO, others=others, length=20)
    assert learned(engine, found) == [["Green. EOG", words("a", 15)]]


def test_kto_with_one_answer_alone_is_refused():
    with pytest.raises(UserError, match=r"there is no other\. Choose the loss apo_zero"):
        made(FakeEngine(), exchange("Which?", "Green.", kind=UP), exchange("Why?", "Green.", kind=DOWN), loss=KTO)
