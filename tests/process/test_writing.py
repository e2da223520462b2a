"""The starter model, as small as they come, writes examples from a text: few, and nothing that is not in it."""

import pytest

from desktop_app.finetune.course import CourseExample, ReadFile, Section
from desktop_app.finetune.course_reading import bring_up_to_date
from desktop_app.finetune.encoder import EngineEncoder
from desktop_app.finetune.goals import FORMAT, PASSAGE, QUESTION, STYLE, SUMMARY, TASK, VOCABULARY
from desktop_app.finetune.writing.checks import is_grounded
from desktop_app.finetune.writing.work import characters_per_token, write_examples
from tests.support.course_parts import course_folder
from tests.support.harbour_prose import HARBOUR, LETTERS


def taught(tmp_path, engine, goal, texts):
    """Return the rows of a course about these texts, and what came of having the model write."""
    files = [
        ReadFile(f"{number}.txt", "Text", f"{number}" * 64, len(text), (Section("", text),))
        for number, text in enumerate(texts)
    ]
    folder = course_folder(tmp_path, files, goal=goal)
    bring_up_to_date(folder)
    return folder, write_examples(folder, engine)


def test_questions_and_summaries_say_what_the_text_says(engine, tmp_path):
    folder, outcome = taught(tmp_path, engine, VOCABULARY, [HARBOUR])
    questions = [row for row in folder.examples() if row.origin == QUESTION]
    assert len(questions) >= 4
    assert outcome.kept + sum(outcome.dropped.values()) >= 8
    whole = " ".join(HARBOUR.split())
    for row in questions:
        assert row.prompt[0].content.endswith("?")
        assert row.answers[0] in whole
    for row in folder.examples():
        if row.origin == SUMMARY:
            assert is_grounded(row.answers[0], HARBOUR)
    assert {row.is_held_out for row in questions} == {True, False}


@pytest.mark.long
def test_a_style_is_asked_for_in_other_words_than_its_own(engine, tmp_path):
    folder, outcome = taught(tmp_path, engine, STYLE, LETTERS)
    assert outcome.kept + sum(outcome.dropped.values()) >= 4
    for row in folder.examples():
        if row.prompt:
            assert row.prompt[0].content.startswith("Write this in your own style: ")
            assert any(row.answers[0] in " ".join(letter.split()) for letter in LETTERS)


@pytest.mark.long
def test_every_document_in_a_format_gets_a_task(engine, tmp_path):
    folder, _ = taught(tmp_path, engine, FORMAT, LETTERS)
    rows = folder.examples()
    assert {row.origin for row in rows} == {TASK}
    assert {row.answers[0] for row in rows} == {letter.strip() for letter in LETTERS}
    assert len({row.prompt for row in rows}) == len(rows)


def test_a_token_of_plain_english_has_some_four_characters(engine):
    row = CourseExample("1", PASSAGE, "", "", (HARBOUR,))
    assert characters_per_token(EngineEncoder(engine), [row]) == pytest.approx(4, abs=0.8)
