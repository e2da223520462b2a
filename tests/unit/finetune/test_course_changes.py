"""Documents that change: what is new is learned, what is gone is not, and what was held out never is."""

import os

import pytest
from msgspec.structs import replace

from desktop_app.finetune.course_reading import bring_up_to_date
from desktop_app.finetune.course_texts import text_of
from desktop_app.finetune.goals import FORMAT
from tests.support.course_parts import prose
from tests.unit.finetune.read_course import Reading


@pytest.fixture
def reading(tmp_path):
    return Reading(tmp_path)


def changed(reading, name, old, new):
    path = reading.place / name
    path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")
    os.utime(path, (5, 5))


def test_only_what_is_new_in_a_document_is_new_to_learn(reading):
    reading.write("book.txt", prose("ada", 60))
    reading.read()
    rows = reading.folder.examples()
    first = prose("ada", 60).split("\n\n")[0]
    changed(reading, "book.txt", first, f"{prose('new', 2)}\n\n{first}")
    reading.read()
    later = reading.folder.examples()
    assert [replace(row, document="") for row in later[: len(rows)]] == [replace(row, document="") for row in rows]
    [new] = later[len(rows) :]
    assert new.answers == (prose("new", 2),)
    assert not new.is_held_out
    assert {row.document for row in later} == {reading.document("book.txt").sha256}


def test_what_was_held_out_is_never_learned_wherever_it_moves(reading):
    text = prose("ada", 60)
    reading.write("book.txt", text)
    reading.read()
    held_out, parts = reading.held_out(), text.split("\n\n")
    reading.write("book.txt", "\n\n".join([*parts[40:], *parts[:40], prose("new", 3)]), time=5)
    reading.read()
    assert reading.held_out() == held_out
    assert "New0" in reading.learned()
    assert not any(part in reading.learned() for part in held_out.split("\n\n") if len(part) > 100)


def test_a_new_version_of_a_document_that_is_held_out_is_held_out(reading):
    for number in range(40):
        reading.write(f"{number}.txt", prose(f"n{number}", 3))
    course = reading.read()
    whole = next(each for each in course.documents if each.is_held_out)
    reading.write(whole.name, prose("new", 3), time=5)
    reading.read()
    assert reading.document(whole.name).is_held_out
    assert "New0" in reading.held_out()
    assert "New0" not in reading.learned()


def test_what_is_not_written_there_any_more_is_not_learned_any_more(reading):
    reading.write("book.txt", prose("ada", 60))
    reading.read()
    [first, second, *others] = reading.folder.examples()
    reading.folder.save_examples([replace(first, run="Tea"), second, *others])
    reading.write(
        "book.txt", prose("ada", 60).replace("Ada0 ", "Eve ").replace(second.answers[0], prose("new", 2)), time=5
    )
    reading.read()
    rows = {row.id: row for row in reading.folder.examples()}
    assert rows[first.id].is_left_out
    assert second.id not in rows
    assert "Eve " in reading.learned()
    assert second.answers[0] not in reading.learned()


def test_new_text_is_learned_as_it_was_written_whatever_stood_there_before(reading):
    chapters = [f"{number}\n\n{prose(f'n{number}', 3)}" for number in range(1, 9)]
    reading.write("book.txt", "\n\n".join(chapters))
    reading.read()
    new = (
        "In 2021 we took 3 boats, 14 oars and 7 nets to the harbour, and it rained for 5 days without an end in sight."
    )
    reading.write("book.txt", "\n\n".join([new, *chapters]), time=5)
    rows = reading.folder.examples()
    reading.read()
    assert [row.answers for row in reading.folder.examples()[len(rows) :]] == [(new,)]


def test_a_paragraph_that_another_one_begins_with_now_is_gone(reading):
    fee = "The fee of the ferry is 5"
    reading.write("a.txt", f"{fee}\n\n{prose('ada', 60)}")
    reading.read()
    changed(reading, "a.txt", fee, f"{fee}0 crowns")
    reading.read()
    assert [line for line in reading.learned().splitlines() if line.startswith(fee)] == [f"{fee}0 crowns"]
    assert reading.learned().count("Ada0 ") == prose("ada", 1).count("Ada0 ")


def test_of_a_long_paragraph_only_what_has_changed_is_new(reading):
    text = prose("ada", 60).replace("\n\n", " ")
    reading.write("a.txt", text)
    reading.read()
    rows = reading.folder.examples()
    changed(reading, "a.txt", "Ada0 ", "Eve0 ")
    reading.read()
    later = {row.id for row in reading.folder.examples()}
    assert [row.id in later for row in rows] == [False] + [True] * (len(rows) - 1)
    assert "".join(reading.learned().split()).count("Ada1") == "".join(text.split()).count("Ada1")
    assert "Eve0" in reading.learned()


def test_what_the_person_took_out_does_not_come_back_when_something_else_changes(reading):
    reading.write("book.txt", prose("ada", 60))
    reading.read()
    [first, *others] = reading.folder.examples()
    reading.folder.save_examples([replace(first, is_left_out=True), *others])
    reading.write("book.txt", f"{prose('ada', 60)}\n\n{prose('new', 2)}", time=5)
    reading.read()
    assert "New0" in reading.learned()
    assert "Ada0 " not in reading.learned()


def put_into(reading, from_held_out):
    """Put the text of one of forty documents, held out or not, into one of the other side; return its paragraphs."""
    for number in range(40):
        reading.write(f"{number}.txt", prose(f"n{number}", 3))
    course = reading.read()
    taken = next(each for each in course.documents if each.is_held_out == from_held_out)
    other = next(each for each in course.documents if each.is_held_out != from_held_out)
    text = (reading.place / taken.name).read_text("utf-8")
    before = (reading.place / other.name).read_text("utf-8")
    reading.write(other.name, f"{before}\n\n{text}\n\n{prose('new', 1)}", time=5)
    reading.read()
    return text.split("\n\n")


def test_what_is_held_out_of_another_document_is_not_learned_when_it_is_put_into_one(reading):
    parts = put_into(reading, from_held_out=True)
    assert "New0" in reading.learned()
    assert not any(part in reading.learned() for part in parts)


def test_what_is_learned_from_another_document_is_not_held_out_when_it_is_put_into_one_that_is(reading):
    parts = put_into(reading, from_held_out=False)
    assert "New0" in reading.held_out()
    assert not any(part in reading.held_out() for part in parts)


@pytest.mark.parametrize("where", ["at the end", "at the beginning", "before what is held out"])
def test_what_is_learned_and_what_is_held_out_stay_apart_whatever_comes_to_a_document(tmp_path, where):
    reading = Reading(tmp_path, FORMAT)
    minutes = [f"Meeting {number}\n\n{prose(f'n{number}', 1)}\n\n* * *" for number in range(30)]
    reading.write("minutes.txt", "\n\n".join(minutes))
    reading.read()
    before, n_learned = text_of(reading.text("minutes.txt")), reading.document("minutes.txt").n_learned
    held_out = before[n_learned:].strip()
    assert held_out
    new = f"Meeting X\n\n{prose('new', 1)}"
    learned = before[:n_learned].rstrip()
    changed_text = {
        "at the end": f"{before}\n\n{new}",
        "at the beginning": f"{new}\n\n{before}",
        "before what is held out": f"{learned}\n\n{new}\n\n{held_out}",
    }[where]
    reading.write("minutes.txt", changed_text, time=5)
    reading.read()
    text, n_learned = text_of(reading.text("minutes.txt")), reading.document("minutes.txt").n_learned
    assert learned in text[:n_learned]
    assert held_out in text[n_learned:]
    assert ("New0" in text[:n_learned]) == (where != "at the end")


@pytest.mark.parametrize("n_saved", [0, 1, 2])
def test_a_kill_on_the_way_changes_nothing_of_what_comes_out(reading, tmp_path, n_saved):
    """What is saved before it is killed: nothing of a changed document, its rows, or all."""
    reading.write("book.txt", prose("ada", 60))
    reading.read()
    reading.write("book.txt", prose("new", 4) + "\n\n" + prose("ada", 60), time=5)
    before, text = reading.course, reading.text("book.txt")
    reading.read()
    wanted, wanted_rows = reading.course, reading.folder.examples()
    reading.folder.save_text(text)  # which goes when all is done
    changed_document = replace(
        wanted.documents[0], before=before.documents[0].sha256, n_learned=before.documents[0].n_learned
    )
    if n_saved < 2:
        reading.folder.save(replace(before, documents=(changed_document,)))
    if n_saved < 1:
        kept = [replace(row, document=before.documents[0].sha256) for row in wanted_rows if "New" not in row.answers[0]]
        reading.folder.save_examples(kept)
    bring_up_to_date(reading.folder)
    assert reading.course == wanted
    assert reading.folder.examples() == wanted_rows
