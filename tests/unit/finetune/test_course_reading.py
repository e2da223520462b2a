"""Documents are read one by one and kept: what is new or has changed, whatever is wrong with the others."""

import json
import os

import pytest
from msgspec.structs import replace

from desktop_app.errors import UserError
from desktop_app.finetune.course import CHATS_SOURCE
from desktop_app.finetune.course_reading import Readers, bring_up_to_date, read_course
from desktop_app.finetune.course_rows import effective
from desktop_app.finetune.course_texts import text_of
from desktop_app.finetune.goals import CHATS, EXAMPLES, STYLE
from tests.support.course_parts import given, prose, read
from tests.unit.finetune.read_course import Reading


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


def chats_of_chatgpt(n, n_turns):
    chats = []
    for number in range(n):
        nodes = {}
        for turn in range(2 * n_turns):
            said = (
                {"role": ("user", "assistant")[turn % 2]},
                {"content_type": "text", "parts": [prose(f"n{number}x{turn}", 1)]},
            )
            nodes[f"{turn}"] = {"parent": f"{turn - 1}", "message": dict(zip(("author", "content"), said, strict=True))}
        chats.append({"conversation_id": f"c{number}", "mapping": nodes, "current_node": f"{2 * n_turns - 1}"})
    return json.dumps(chats)


def test_chats_that_have_gone_on_when_they_are_exported_again_stay_on_their_side(tmp_path):
    reading = Reading(tmp_path, CHATS)
    reading.write("conversations.json", chats_of_chatgpt(40, 2))
    reading.read()
    before = {row.prompt[0]: row.is_held_out for row in reading.folder.examples()}
    assert (sum(before.values()), len(before)) == (4, 40)
    reading.write("conversations.json", chats_of_chatgpt(50, 3), time=5)
    reading.read()
    rows = [row for row in reading.folder.examples() if len(row.prompt) == 5]
    assert len(rows) == 50
    assert all(row.is_held_out == before[row.prompt[0]] for row in rows if row.prompt[0] in before)


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


def leave_out(reading, name):
    documents = (replace(each, is_left_out=each.name == name) for each in reading.course.documents)
    reading.folder.save(replace(reading.course, documents=tuple(documents)))


@pytest.mark.parametrize("end", ["", "\n\nP.S. Good night."], ids=["the same", "nearly the same"])
def test_a_document_that_was_left_out_does_not_stand_in_the_way_of_another_one(reading, end):
    for name in ("a.txt", "z.txt"):
        reading.write(name, prose(name[0], 12), time=100)
    reading.write("b.txt", prose("a", 12) + end, time=100)
    reading.read()
    assert "as “a.txt”, and was left out." in reading.document("b.txt").trouble
    leave_out(reading, "a.txt")
    reading.read()
    assert reading.document("b.txt").trouble == ""
    assert reading.document("a.txt").is_left_out
    wanted = effective(reading.folder.examples(), reading.course)
    assert any("A0 " in row.answers[0] for row in wanted if row.document == reading.document("b.txt").sha256)
    reading.read()
    assert reading.asked == []


def test_nothing_of_a_document_that_was_taken_out_or_has_changed_is_kept(reading):
    secret, other = "The key of the safe lies under the stone.", "The key of the safe is lost."
    reading.write("a.txt", f"{prose('ada', 8)}\n\n{secret}", time=100)
    path = reading.write("b.txt", prose("bo", 8), time=100)
    reading.read()
    reading.write("a.txt", f"{prose('ada', 8)}\n\n{other}", time=200)
    reading.read()
    assert secret not in reading.kept()
    assert other in reading.kept()
    path.unlink()
    course = reading.course
    reading.folder.save(replace(course, documents=(reading.document("a.txt"),)))
    reading.read()
    assert "Bo0" not in reading.kept()
    assert other in reading.kept()


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
