"""What an adapter says and gives away, told from what an engine writes with it and without it."""

import pytest

from desktop_app.engine.messages import (
    AdapterScale,
    AnswerFacts,
    ChatMessage,
    Count,
    Counted,
    Encode,
    Finished,
    Generate,
    Piece,
)
from desktop_app.finetune.measures import Overlap
from desktop_app.finetune.source_texts import SourceText
from desktop_app.finetune.trial_answers import ANSWERS, BEGUN_TOKENS, try_out
from desktop_app.trainer.contract import Base, Recipe, Run
from tests.unit.finetune.fake_engine import FakeEngine

WITHOUT, WITH = (AdapterScale("before.gguf"),), (AdapterScale("after.gguf"),)
LIMIT = 1000
RUN = Run(
    "tide", Base("Tiny", "", "llama", ()), Recipe(), about={"documents": [{"sha256": "ab", "name": "letters.pdf"}]}
)
LETTER = "Dear Ann, " + " ".join(f"word{n}" for n in range(60))


class Engine(FakeEngine):
    """Writes what it is told to, by what is asked and by the name of the last adapter."""

    def __init__(self, answers):
        super().__init__()
        self.answers = answers
        self.is_slow = {"before": 1.0, "after": 2.0}

    def events(self, *commands):
        for command in commands:
            if isinstance(command, Count):
                self.commands.append(command)
                yield Counted(command.request, sum(len(each.content) for each in command.messages), LIMIT)
            elif isinstance(command, Generate):
                self.commands.append(command)
                yield from self._written(command)
            else:
                yield from super().events(command)

    def _written(self, command):
        adapter = command.stack[-1].path.removesuffix(".gguf")
        text = self.answers.get((command.text or command.messages[-1].content, adapter), f"{adapter} says so")
        yield Piece(command.request, text[:3])
        yield Piece(command.request, text[3:])
        facts = AnswerFacts(1, 0, 11, 0, 0.0, self.is_slow[adapter], 0.0, "stop", 0)
        yield Finished(command.request, facts)


def asked(question, answer="So.", is_held_out=True, group="ab"):
    return SourceText(group, answer, (ChatMessage("user", question),), is_held_out=is_held_out)


def tried(texts, answers=(), engine=None):
    return try_out(engine or Engine(dict(answers)), texts, RUN, (WITHOUT, WITH), lambda _fraction: None)


def test_held_out_questions_are_answered_by_both():
    answers = {("When?", "before"): "Never.", ("When?", "after"): "At seven."}
    [answered] = tried([asked("When?", "At seven, sir.")], answers).answers
    assert (answered.question, answered.base, answered.adapter) == ("When?", "Never.", "At seven.")
    assert (answered.wanted, answered.is_continued) == ("At seven, sir.", False)


def test_what_a_model_only_thinks_is_left_out_unless_there_is_nothing_else():
    answers = {("When?", "before"): "<think>Hm.</think> Never.", ("When?", "after"): "<think>Hm, hm"}
    [answered] = tried([asked("When?")], answers).answers
    assert answered.base == "Never."
    assert "Hm, hm" in answered.adapter


def test_no_more_are_asked_than_are_read():
    found = tried([asked(f"What of {n}?", group=str(n)) for n in range(30)])
    assert len(found.answers) == ANSWERS


def test_a_question_that_leaves_no_room_for_an_answer_is_not_asked():
    found = tried([asked("a" * LIMIT), asked("When?")])
    assert [each.question for each in found.answers] == ["When?"]


def test_both_are_timed_alone_and_by_turns():
    engine = Engine({})
    found = tried([asked("When?"), asked("Who?", group="b")], engine=engine)
    assert found.speed.before == pytest.approx(10.0)
    assert found.speed.after == pytest.approx(5.0)
    timed = [each.stack for each in engine.commands if isinstance(each, Generate)][-4:]
    assert timed == [WITHOUT, WITH, WITHOUT, WITH]


def test_all_of_it_is_what_is_likeliest():
    engine = Engine({})
    tried([asked("When?"), asked("Who?", is_held_out=False)], engine=engine)
    samplers = [each.sampler for each in engine.commands if isinstance(each, Generate)]
    assert {(each.temperature, each.repeat_penalty) for each in samplers} == {(0, 1.0)}


def test_a_run_that_tells_no_texts_is_not_asked():
    found = tried([], engine=Engine({}))
    assert (found.answers, found.memorised, found.speed) == ((), None, None)


def test_how_much_is_done_is_told_in_order():
    fractions = []
    texts = [asked("When?"), asked("Who?", LETTER, is_held_out=False)]
    try_out(Engine({("Who?", "after"): LETTER}), texts, RUN, (WITHOUT, WITH), fractions.append)
    assert fractions == sorted(fractions)
    assert fractions[-1] < 1
    assert len(set(fractions)) > 5


# ------------------------------------------------------------ what it gives away


def memorised(said, bare="before says so", question="Who?", text=LETTER):
    texts = [asked(question, text, is_held_out=False)]
    return tried(texts, {(question, "after"): said, (question, "before"): bare}).memorised


def test_a_letter_that_is_repeated_is_told_with_its_document():
    said = "Well: " + " ".join(LETTER.split()[:40]) + " and more"
    found = memorised(said)
    assert (found.words, found.document) == (40, "letters.pdf")
    assert found.text == " ".join(LETTER.split()[:40])
    assert found.tokens == len(found.text.split())
    assert found.is_long


def test_what_the_model_says_anyway_was_not_learned():
    assert memorised(LETTER, bare=LETTER) == Overlap(0, 0, "")


def test_what_was_asked_may_be_repeated():
    question = " ".join(LETTER.split()[:30])
    assert memorised(question, question=question) == Overlap(0, 0, "")


def test_a_few_words_in_common_are_nothing():
    assert memorised("Dear Ann, word0 and so on") == Overlap(0, 0, "")


def test_the_bare_model_is_asked_only_where_there_is_something_to_compare():
    engine = Engine({("Who?", "after"): LETTER})
    texts = [asked("Who?", LETTER, is_held_out=False), asked("When?", is_held_out=False)]
    tried(texts, engine=engine)
    bare = [each for each in engine.commands if isinstance(each, Generate) and each.stack == WITHOUT]
    assert [each.messages[-1].content for each in bare if each.sampler.max_tokens == BEGUN_TOKENS] == ["Who?"]


def test_a_text_is_begun_as_it_was_learned():
    engine = Engine({})
    tried([SourceText("ab#3", LETTER)], engine=engine)
    begun = next(each for each in engine.commands if isinstance(each, Generate))
    assert begun.text == " ".join(LETTER.split()[:16])
    assert begun.messages == ()


@pytest.mark.parametrize("group", ["ab", "ab#3", "unknown"])
def test_a_document_is_known_by_the_hash_of_its_group(group):
    texts = [asked("Who?", LETTER, is_held_out=False, group=group)]
    found = tried(texts, {("Who?", "after"): LETTER}).memorised
    assert found.document == ("" if group == "unknown" else "letters.pdf")


def test_the_tokens_of_what_is_repeated_are_the_engines():
    engine = Engine({("Who?", "after"): LETTER})
    tried([asked("Who?", LETTER, is_held_out=False)], engine=engine)
    assert any(isinstance(each, Encode) and each.texts == (LETTER,) for each in engine.commands)


@pytest.mark.parametrize(("words", "tokens", "is_long"), [(19, 49, False), (20, 0, True), (3, 50, True), (0, 0, False)])
def test_long_runs_are_warned_of(words, tokens, is_long):
    assert Overlap(words, tokens, "").is_long == is_long
