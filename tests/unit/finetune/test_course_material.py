"""A run of a course learns what its rows say, and the next one goes on from there without losing what was learned."""

import pytest
from msgspec.structs import replace

from desktop_app.errors import UserError
from desktop_app.finetune.course import CourseExample
from desktop_app.finetune.course_material import ANEW_EVERY
from desktop_app.finetune.goals import EXAMPLES, FORMAT, OWN, STYLE
from desktop_app.finetune.pieces import Exchange, Passage
from desktop_app.trainer.contract import HELD_OUT, TRAIN, read_examples, read_run
from tests.support.course_parts import given, read
from tests.support.taught_runs import GAIN, HARM, NOTHING
from tests.unit.finetune.teaching import Teaching, letters
from tests.unit.library.sentences import assert_readable


@pytest.fixture
def teaching(tmp_path):
    return Teaching(tmp_path, letters(30))


def sides(made):
    """Return the texts that are learned, and those that are held out."""
    return tuple({each.text for each in part} for part in (made.material.parts.learned, made.material.parts.held_out))


def learned_by(made):
    """Return the ids of the rows that are learned."""
    return set(made.material.note.learned)


def texts(rows, is_held_out):
    return {row.answers[0] for row in rows if row.is_held_out == is_held_out}


def test_what_is_learned_and_held_out_is_what_the_rows_say(teaching):
    made, rows = teaching.material(), teaching.rows()
    assert sides(made) == (texts(rows, False), texts(rows, True))
    assert made.continues is None
    run = read_run(teaching.prepare())
    assert run.about["course"] == "Tea"
    assert run.about["unit"] == "section"
    documents = run.about["documents"]
    assert {each["name"] for each in documents} == {f"{n}.txt" for n in range(30)}
    assert {each["sha256"] for each in documents} == {row.document for row in rows}
    assert sum(each["rows"] for each in documents) == len(rows)


def test_the_groups_of_the_rows_are_those_that_are_measured_by(teaching):
    run, rows = teaching.prepare(), teaching.rows()
    assert {each.group for each in read_examples(run / HELD_OUT)} == {row.group for row in rows if row.is_held_out}
    assert {each.group for each in read_examples(run / TRAIN)} == {row.group for row in rows if not row.is_held_out}


def test_what_is_held_out_as_a_whole_is_told(tmp_path):
    chats = Teaching(tmp_path / "chats", [read("a.csv", exchanges=[given(n) for n in range(40)])], goal=EXAMPLES)
    assert chats.material().material.about["unit"] == "conversation"
    many = Teaching(tmp_path / "many", letters(120))
    assert many.material().material.about["unit"] == "document"
    both = Teaching(tmp_path / "both", [*letters(120), read("a.csv", exchanges=[given(n) for n in range(40)])])
    assert both.material().material.about["unit"] == "text"
    kinds = {type(each) for each in both.material().material.parts.held_out}
    assert kinds == {Passage, Exchange}


def test_a_row_of_ones_own_is_learned(teaching):
    own = CourseExample("mine", OWN, "", "mine", ("It is seven.",), given(1).prompt)
    teaching.folder.add_examples([own])
    assert "mine" in learned_by(teaching.material())


# ------------------------------------------------------------ nothing to learn


def test_a_course_that_teaches_nothing_yet_is_told(tmp_path):
    for number, (files, goal, hint) in enumerate(
        (
            ([], STYLE, "Bring texts that you wrote yourself"),
            (letters(3), EXAMPLES, "Bring questions with their answers"),
            (letters(3), FORMAT, "Have the model write examples first."),
        )
    ):
        place = tmp_path / str(number)
        with pytest.raises(UserError) as caught:
            Teaching(place, files, goal=goal).material()
        assert "There is nothing yet" in caught.value.sentence or "Nothing has been made yet" in caught.value.sentence
        assert hint in caught.value.hint
        assert_readable(caught.value)


# ------------------------------------------------------------ going on


def test_the_next_run_goes_on_with_what_is_new_and_some_of_what_is_old(teaching):
    first = teaching.teach()
    old = {row.answers[0] for row in teaching.rows()}
    held_out = texts(teaching.rows(), True)
    teaching.add(*letters(10, first=30))
    made = teaching.material()
    learned, measured = sides(made)
    new = texts(teaching.rows(), False) - old
    assert made.continues == teaching.place / "Tea.gguf"
    assert new <= learned
    assert len(learned & old) == pytest.approx(0.4 * len(old - held_out), abs=1)
    assert measured == texts(teaching.rows(), True) > held_out
    groups = {each.group for each in read_examples(first / HELD_OUT)}
    assert set(made.material.about["earlier_groups"]) == groups
    assert sides(teaching.material()) == (learned, measured)
    run = read_run(teaching.teach())
    assert run.continues
    assert run.about["earlier_groups"] == sorted(groups)
    assert teaching.folder.load().runs == ("Tea", "Tea 2")


def test_without_anything_new_it_is_refused_and_anew_it_learns_everything(teaching):
    teaching.teach()
    with pytest.raises(UserError) as caught:
        teaching.material()
    assert caught.value.sentence == "There is nothing new in “Tea” since “Tea” was trained."
    assert "--from-scratch" in caught.value.hint
    assert_readable(caught.value)
    made = teaching.material(is_anew=True)
    assert made.continues is None
    assert sides(made) == (texts(teaching.rows(), False), texts(teaching.rows(), True))
    assert "earlier_groups" not in made.material.about


def test_a_row_that_was_left_out_is_neither_learned_again_nor_new(teaching):
    teaching.teach()
    rows = teaching.rows()
    teaching.folder.save_examples([replace(row, is_left_out=True) for row in rows])
    teaching.add(*letters(10, first=30))
    learned, _ = sides(teaching.material())
    assert learned == texts([row for row in teaching.rows() if not row.is_left_out], False)


@pytest.mark.parametrize("spoil", ["no gain", "harm", "removed", "not finished", "another model"])
def test_only_an_adapter_that_is_there_and_worth_it_is_trained_further(teaching, spoil):
    if spoil == "not finished":
        teaching.prepare()
    else:
        teaching.teach({"no gain": NOTHING, "harm": HARM}.get(spoil, GAIN))
    if spoil == "removed":
        (teaching.place / "Tea.gguf").unlink()
    made = teaching.material(sha256="cd" * 32 if spoil == "another model" else "")
    assert made.continues is None
    assert sides(made)[0] == texts(teaching.rows(), False)


def test_after_a_run_that_lost_something_it_goes_on_from_the_one_before(teaching):
    teaching.teach()
    teaching.add(*letters(10, first=30))
    second = {row.id for row in teaching.rows() if not row.run and not row.is_held_out}
    teaching.teach(kept=HARM)
    teaching.add(*letters(10, first=40))
    made = teaching.material()
    assert made.continues == teaching.place / "Tea.gguf"
    assert second <= learned_by(made)


def test_after_some_runs_it_is_offered_to_begin_anew(teaching):
    for number in range(ANEW_EVERY):
        assert teaching.material().material.documents.notes == ()
        teaching.teach()
        teaching.add(*letters(2, first=100 + 10 * number))
    [note] = teaching.material().material.documents.notes
    assert "It may be better by now to begin anew" in note
    teaching.teach(is_anew=True)
    teaching.add(*letters(2, first=300))
    assert teaching.material().material.documents.notes == ()
