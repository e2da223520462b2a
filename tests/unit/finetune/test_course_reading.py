"""Documents are read one by one and kept: what is new or has changed, whatever is wrong with the others."""

import os

import pytest
from msgspec.structs import replace

from desktop_app.errors import UserError
from desktop_app.finetune.course import CHATS_SOURCE, Course, ReadFile
from desktop_app.finetune.course_folder import create_course
from desktop_app.finetune.course_reading import Readers, bring_up_to_date, read_course
from desktop_app.finetune.course_texts import text_of
from desktop_app.finetune.goals import CHATS, EXAMPLES, STYLE
from desktop_app.finetune.reading.reader import read_file
from tests.support.course_parts import given, prose, read


class Reading:
    """A course, the folder of its documents, and how often each was read."""

    def __init__(self, place, goal=STYLE, **sources):
        self.place = place / "notes"
        self.place.mkdir()
        self.folder = create_course(place / "courses", Course("Tea", goal, sources=(str(self.place),), **sources))
        self.asked = []
        self.chats = read("My chats", exchanges=[given(1)])

    def write(self, name, text, time=None):
        path = self.place / name
        path.write_text(text, "utf-8")
        if time is not None:
            os.utime(path, (time, time))
        return path

    def read(self):
        self.asked, told, saves = [], [], []
        read_course(
            self.folder,
            Readers(self._read, lambda: self.chats),
            lambda *words: told.append(words),
            lambda: saves.append(1),
        )
        self.told, self.n_saved = told, len(saves)
        return self.course

    def _read(self, path) -> ReadFile:
        self.asked.append(path.name)
        return read_file(path)

    @property
    def course(self):
        return self.folder.load()

    def document(self, name):
        return next(each for each in self.course.documents if each.name == name)

    def learned(self):
        return "\n\n".join(
            row.answers[0] for row in self.folder.examples() if not row.is_held_out and not row.is_left_out
        )

    def held_out(self):
        return "\n\n".join(row.answers[0] for row in self.folder.examples() if row.is_held_out)


@pytest.fixture
def reading(tmp_path):
    return Reading(tmp_path)


def test_each_document_tells_what_was_read_and_is_kept(reading):
    reading.write("a.txt", prose("ada", 8))
    reading.write("b.md", f"# Title\n\n{prose('bo', 4)}\n\nWrite to ida@example.org.")
    course = reading.read()
    assert [each.name for each in course.documents] == ["a.txt", "b.md"]
    assert [each.kind for each in course.documents] == ["Text", "Markdown"]
    assert reading.document("b.md").private == {"email": 1}
    for each in course.documents:
        assert each.n_words > 100
        assert each.n_learned >= 0
        assert text_of(reading.folder.text(each.sha256)) != ""
    assert reading.told == [("Reading a.txt", 0.0), ("Reading b.md", 0.5)]
    assert reading.n_saved == 3
    assert reading.folder.examples()


def test_what_has_not_changed_is_not_read_again(reading):
    reading.write("a.txt", prose("ada", 8), time=100)
    first, rows = reading.read(), reading.folder.examples()
    assert reading.read() == first
    assert (reading.asked, reading.n_saved) == ([], 1)
    os.utime(reading.place / "a.txt", (200, 200))
    reading.read()
    assert reading.asked == ["a.txt"]
    assert reading.folder.examples() == rows
    (reading.folder.path / "texts" / f"{reading.document('a.txt').sha256}.json").unlink()
    reading.read()
    assert reading.asked == ["a.txt"]


def test_one_that_cannot_be_read_has_its_trouble_and_the_others_are_read(reading):
    reading.write("a.pdf", "%PDF-1.4 nonsense")
    reading.write("b.txt", prose("bo", 8))
    reading.read()
    assert "“a.pdf” is damaged" in reading.document("a.pdf").trouble
    assert reading.document("b.txt").trouble == ""
    reading.read()
    assert reading.asked == ["a.pdf"]
    (reading.place / "a.pdf").unlink()
    assert [each.name for each in reading.read().documents] == ["b.txt"]


def test_the_same_content_counts_once(reading):
    reading.write("a.txt", prose("ada", 8))
    reading.write("b.txt", prose("ada", 8))
    reading.read()
    assert reading.document("b.txt").trouble == "It has the same content as “a.txt”, and was left out."
    (reading.place / "a.txt").rename(reading.place / "c.txt")
    (reading.place / "b.txt").unlink()
    course, rows = reading.course, reading.folder.examples()
    [moved] = reading.read().documents
    assert (moved.name, moved.sha256, moved.n_learned) == (
        "c.txt",
        course.documents[0].sha256,
        course.documents[0].n_learned,
    )
    assert reading.folder.examples() == rows


def test_what_is_gone_or_damaged_by_now_is_still_learned_from(reading):
    first = reading.write("a.txt", prose("ada", 8))
    other = reading.write("b.txt", prose("bo", 8))
    course, rows = reading.read(), reading.folder.examples()
    first.unlink()
    other.write_bytes(b"\0\1\2" * 1000)
    later = reading.read()
    assert later.documents == course.documents
    assert reading.folder.examples() == rows
    assert "“a.txt” is not where it was; what was read of it then is kept." in later.notes
    assert any(note.endswith("What was read of it before is kept.") for note in later.notes)
    first.write_text(prose("ada", 8), "utf-8")
    assert "“a.txt” is not where it was; what was read of it then is kept." not in reading.read().notes


def test_what_the_person_left_out_stays_left_out(reading):
    reading.write("a.txt", prose("ada", 8))
    course = reading.read()
    reading.folder.save(replace(course, documents=(replace(course.documents[0], is_left_out=True),)))
    reading.write("a.txt", prose("eve", 8), time=5)
    assert reading.read().documents[0].is_left_out


def test_chats_of_this_program_are_read_each_time(tmp_path):
    reading = Reading(tmp_path, CHATS)
    reading.folder.save(replace(reading.course, sources=(CHATS_SOURCE,)))
    assert [(each.path, each.name) for each in reading.read().documents] == [(CHATS_SOURCE, "My chats")]
    assert reading.told == [("Reading your chats", 0.0)]
    first = reading.folder.examples()
    reading.chats = read("My chats", exchanges=[given(1), given(2), given(3)])
    reading.read()
    rows = reading.folder.examples()
    assert [row.id for row in rows][:1] == [first[0].id]
    assert len(rows) == 3
    assert {row.document for row in rows} == {reading.document("My chats").sha256}


def test_sentences_about_the_goal_go_with_it(tmp_path):
    reading = Reading(tmp_path, EXAMPLES)
    reading.write("a.txt", prose("ada", 8))
    assert reading.read().notes == ("This goal learns from questions with answers, and a.txt has none.",)
    reading.folder.save(replace(reading.course, goal=STYLE))
    bring_up_to_date(reading.folder)
    assert reading.course.notes == ()
    assert reading.folder.examples()


# ------------------------------------------------------------ documents that change


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


@pytest.mark.parametrize("n_saved", [0, 1, 2])
def test_a_kill_on_the_way_changes_nothing_of_what_comes_out(reading, tmp_path, n_saved):
    """What is saved before it is killed: nothing of a changed document, its rows, or all."""
    reading.write("book.txt", prose("ada", 60))
    reading.read()
    reading.write("book.txt", prose("new", 4) + "\n\n" + prose("ada", 60), time=5)
    before = reading.course
    reading.read()
    wanted, wanted_rows = reading.course, reading.folder.examples()
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


class Ended(Exception):
    """The program is killed."""


def test_what_was_read_before_a_kill_is_not_read_again(reading):
    for name in "abcd":
        reading.write(f"{name}.txt", prose(name * 3, 8))
    usual = reading._read

    def killed(path):
        if path.name == "c.txt":
            raise Ended
        return usual(path)

    with pytest.raises(Ended):
        read_course(reading.folder, Readers(killed, lambda: reading.chats))
    assert [each.name for each in reading.course.documents] == ["a.txt", "b.txt"]
    assert reading.folder.examples() == ()
    reading.read()
    assert reading.asked == ["c.txt", "d.txt"]
    assert {row.document for row in reading.folder.examples()} == {each.sha256 for each in reading.course.documents}


def test_no_space_on_the_disk_is_told(reading):
    reading.write("a.txt", prose("ada", 8))

    def full(_path):
        raise UserError("The course could not be saved.", "Free some space.")

    reading.folder.save_text = full
    with pytest.raises(UserError, match="could not be saved"):
        reading.read()
    assert reading.course.documents == ()
