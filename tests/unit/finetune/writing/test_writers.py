"""What is made of the model's answers, good and bad ones: examples, or a reason why there is none."""

import pytest

from desktop_app.finetune.writing import question, rewrite, summary, task
from desktop_app.finetune.writing.drafts import LENGTH, NO_QUESTION, PROMPT_LEFT, UNCHANGED, UNGROUNDED
from tests.support.harbour_prose import LETTERS

WALL = "The outer wall of the harbour is 212 metres long and was dug by sixty men. It is old. It took eleven summers."
FERRY = "The ferry to Osk leaves at seven in the morning and takes forty minutes in calm weather."


class Model:
    """Answers whatever it is asked with the next of its answers, and keeps what it was asked."""

    def __init__(self, *answers):
        self._answers = list(answers)
        self.asked = []

    def __call__(self, conversations, max_tokens):
        assert max_tokens > 0
        self.asked += [each[-1].content for each in conversations]
        return [self._answers.pop(0) for _ in conversations]


def only(drafts):
    """Return the one draft of the one text."""
    [[draft]] = drafts
    return draft


# ------------------------------------------------------------ questions


def test_a_sentence_is_the_answer_to_the_question_that_the_model_makes_of_it():
    model = Model("How long is the outer wall of the harbour?")
    draft = only(question.write([WALL], model))
    assert (draft.prompt, draft.dropped) == ("How long is the outer wall of the harbour?", "")
    assert draft.answer == "The outer wall of the harbour is 212 metres long and was dug by sixty men."
    assert draft.answer in model.asked[0]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ("", NO_QUESTION),
        ("The outer wall is long.", NO_QUESTION),
        ("How long?", LENGTH),
        ("How long is " + "the outer wall and " * 20 + "so on?", LENGTH),
        ("How do bees find their way home?", PROMPT_LEFT),
        ("What is the meaning of life and death?", UNGROUNDED),
        ("How long is the outer wall of Hanstead?", UNGROUNDED),
        ("Is the outer wall of the harbour 300 metres long?", UNGROUNDED),
        ("Was the outer wall of the harbour dug by sixty men and is it 212 metres long?", NO_QUESTION),
    ],
)
def test_what_is_no_good_question_says_why(answer, why):
    assert only(question.write([WALL], Model(answer))).dropped == why


@pytest.mark.parametrize(
    "answer",
    [
        "1. How long is the outer wall?\n2. Who dug it?",
        "<think>Something about the wall.</think>How long is the outer wall?",
        "“How long is the outer wall?”",
    ],
)
def test_a_question_is_found_in_what_else_is_said(answer):
    assert only(question.write([WALL], Model(answer))).prompt == "How long is the outer wall?"


def test_only_sentences_that_stand_for_themselves_are_asked_about():
    text = f"{WALL}\n\nIs this the longest wall in the whole country?\n\nNo.\n\n```\ncode for the old machine\n```"
    assert question.statements(text) == ["The outer wall of the harbour is 212 metres long and was dug by sixty men."]


def test_of_many_sentences_those_that_say_most_are_taken_in_their_order():
    plain = "There is always some water in the old harbour of the town."
    said = [f"In {year} the boat of Ida Brunner was seen near the island of Osk." for year in (1903, 1911, 1988, 1996)]
    found = question.statements(" ".join([plain.replace("There", "Today there"), *said]))
    assert len(found) == question.EACH
    assert found == [each for each in said if each in found]


def test_each_text_keeps_its_own_questions():
    model = Model("How long is the outer wall?", "When does the ferry to Osk leave in the morning?")
    first, none, other = question.write([WALL, "Nothing here.", FERRY], model)
    assert (first[0].prompt, none, other[0].answer) == ("How long is the outer wall?", [], FERRY)


# ------------------------------------------------------------ rewrites


def test_the_persons_text_answers_what_the_model_makes_plain():
    plain = "The roof is finished. Rain does not come in, except for one drop."
    draft = rewrite.write([LETTERS[0]], Model(plain, "The nails will rust."))[0][0]
    assert draft.prompt == f"Write this in your own style: {plain}"
    assert draft.answer.startswith("well now, the roof is on.")
    assert draft.dropped == ""


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ("Short.", LENGTH),
        ("So it went on and on. " + " ".join(f"There was another thing number {n}." for n in range(20)), LENGTH),
        (
            "The roof is on. I stood under it this morning like a cow under a tree and was pleased with myself.",
            UNCHANGED,
        ),
        ("I am sorry, but as a language model I cannot help with your request.", UNGROUNDED),
        ("The roof is on and the morning was fine, said Peter Hanstead to me.", UNGROUNDED),
        ("We left very early and complained. The road was empty, except for a cat.", PROMPT_LEFT),
    ],
)
def test_what_is_no_plain_version_of_a_text_says_why(answer, why):
    first, *_ = rewrite.write([LETTERS[0]], Model(answer, ""))[0]
    assert first.dropped == why


def test_greetings_are_not_said_again():
    model = Model(*[""] * 9)
    rewrite.write(LETTERS, model)
    assert not any("Dear Ida" in asked for asked in model.asked)
    assert len(model.asked) == rewrite.EACH * len(LETTERS)
    assert rewrite.write(["Dear Ida,"], Model()) == [[]]


# ------------------------------------------------------------ summaries


def test_a_summary_of_what_the_text_says_is_kept():
    text = " ".join([WALL, FERRY])
    said = "The outer wall is 212 metres long, and the ferry leaves in the morning. It is"
    draft = only(summary.write([text], Model(said)))
    assert draft.answer == "The outer wall is 212 metres long, and the ferry leaves in the morning."
    assert draft.prompt == f"Summarize this text:\n\n{text}"
    assert draft.dropped == ""


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ("It is about a wall.", LENGTH),
        ("The text is a story about a brave sailor and his love for the sea.", UNGROUNDED),
        ("The ferry to Osk leaves at seven in the morning and takes forty minutes in calm weather.", UNCHANGED),
        (f"{WALL} {FERRY}", LENGTH),
    ],
)
def test_what_is_no_summary_says_why(answer, why):
    assert only(summary.write([" ".join([WALL, FERRY])], Model(answer))).dropped == why


# ------------------------------------------------------------ tasks

MINUTES = (
    "Minutes of the harbour board, 4 June\nPresent: Brunner, Holt\n1. The parapet is mended. 2. Dues stay as they are."
)


def test_a_document_is_the_answer_to_what_the_model_asks_for():
    asked = "Write the minutes of the harbour board on 4 June about the parapet."
    draft = only(task.write([MINUTES], Model(asked)))
    assert (draft.prompt, draft.answer, draft.dropped) == (asked, MINUTES, "")


@pytest.mark.parametrize(
    "answer",
    ["", "Sure!", "Write a poem about love and the stars above us.", "Write the recipe for a lentil soup for four."],
)
def test_where_the_model_asks_for_something_else_the_words_of_the_document_make_the_task(answer):
    draft = only(task.write([MINUTES], Model(answer)))
    assert draft.prompt.startswith("Write one in our format about: ")
    assert all(word in MINUTES for word in draft.prompt.partition(": ")[2].split(", "))
    assert (draft.answer, draft.dropped) == (MINUTES, "")


def test_a_plain_task_has_the_words_that_others_do_not_have():
    other = MINUTES.replace("parapet is mended", "lamp was painted")
    first, second = (drafts[0].prompt for drafts in task.write([MINUTES, other], Model("", "")))
    assert "parapet" in first
    assert "painted" in second
    assert first != second
