"""A course is there tomorrow: whatever ends a program in the middle, and whatever else is in its folder."""

import os
from dataclasses import dataclass

import msgspec
import pytest

from desktop_app.engine.messages import ChatMessage
from desktop_app.errors import UserError
from desktop_app.finetune.course import (
    COURSE,
    EXAMPLES,
    Course,
    CourseDocument,
    CourseExample,
    GivenExchange,
    ReadFile,
    Section,
    Skipped,
    Written,
)
from desktop_app.finetune.course_folder import (
    CourseFolder,
    create_course,
    empty_trash,
    find_course,
    list_courses,
    remove,
    restore,
)
from desktop_app.finetune.goals import GIVEN, PASSAGE
from tests.support.full_disk import no_file_may_grow_beyond
from tests.unit.library.sentences import assert_readable

CONTENT = CourseDocument(
    "/home/me/letter.pdf",
    "letter.pdf",
    "ab" * 32,
    "PDF",
    1234,
    99.5,
    300,
    (Skipped("page numbers", 3, "- 1 -"),),
    {"phone": 2},
    is_held_out=True,
)
ROWS = (
    CourseExample("1", PASSAGE, "ab" * 32, "ab" * 32, ("Dear Ida,\n\nthe ferry was late.",), is_end=False),
    CourseExample("2", GIVEN, "", "q", ("By the tide.", "No idea."), (ChatMessage("user", "When?"),), "pair"),
)


@pytest.fixture
def courses(tmp_path):
    return tmp_path / "courses"


@pytest.fixture
def folder(courses):
    return create_course(courses, Course("Letters"))


def row(number):
    return msgspec.structs.replace(ROWS[0], id=str(number))


def ids(folder):
    return [each.id for each in folder.examples()]


def refused(action, *arguments):
    with pytest.raises(UserError) as caught:
        action(*arguments)
    assert_readable(caught.value)
    return caught.value.sentence


def test_what_is_put_together_is_there_again(folder, courses):
    course = msgspec.structs.replace(
        folder.load(),
        goal="format",
        model_path="/models/a.gguf",
        sources=("/home/me",),
        documents=(CONTENT,),
        private_out=("phone",),
        choices={"rank": 8, "learning_rate": 1e-4, "loss": "dpo", "targets": ("attn_q", "ffn_up")},
        notes=("One was left out.",),
        runs=("Letters",),
    )
    folder.save(course)
    folder.save_examples(ROWS)
    text = ReadFile(
        "letter.pdf",
        "PDF",
        "ab" * 32,
        1234,
        (Section("Page 1", "Dear Ida,"),),
        (GivenExchange("text", ROWS[1].prompt, ("Hm.",), "chat"),),
        CONTENT.skipped,
    )
    folder.save_text(text)
    again = CourseFolder(courses / "Letters")
    assert again.load() == course
    assert again.load().created_at > 0
    assert again.examples() == ROWS
    assert again.text("ab" * 32) == text
    assert again.text("cd" * 32) is None


def test_what_was_read_is_kept_for_as_long_as_there_is_a_document_of_it(folder):
    for sha256 in ("ab" * 32, "cd" * 32, "ef" * 32):
        folder.save_text(ReadFile("letter.pdf", "PDF", sha256, 1234))
    left = folder.path / "texts" / f"{'ab' * 32}.json.unfinished"
    left.touch()
    folder.save(Course("Letters", documents=(msgspec.structs.replace(CONTENT, sha256="cd" * 32, before="ab" * 32),)))
    folder.forget_texts()
    assert [bool(folder.text(letter * 32)) for letter in ("ab", "cd", "ef")] == [True, True, False]
    assert not left.exists()


def test_a_new_course_is_empty(folder):
    assert folder.load().name == folder.name == "Letters"
    assert folder.examples() == folder.written() == ()


# ------------------------------------------------------------ rows that are added


def test_rows_are_added_behind_those_that_are_there(folder):
    folder.add_examples([row(1), row(2)])
    folder.add_examples([])
    folder.add_examples([row(3)])
    assert ids(folder) == ["1", "2", "3"]


@pytest.mark.parametrize("kept", [1, 10, -1])
def test_a_row_that_was_torn_by_a_sudden_end_is_as_if_it_had_not_been_written(folder, kept):
    folder.add_examples([row(1)])
    whole = (folder.path / EXAMPLES).read_bytes()
    line = whole.replace(b'"id":"1"', b'"id":"2"')
    (folder.path / EXAMPLES).write_bytes(whole + line[:-1][:kept])
    assert ids(folder) == ["1"]
    folder.add_examples([row(3)])
    assert ids(folder) == ["1", "3"]


def test_a_row_that_lacks_only_the_end_of_its_line_counts(folder):
    folder.add_examples([row(1)])
    path = folder.path / EXAMPLES
    path.write_bytes(path.read_bytes()[:-1])
    assert ids(folder) == ["1"]
    folder.add_examples([row(2)])
    assert ids(folder) == ["1", "2"]


def test_what_was_written_from_is_noted(folder):
    done = [Written("a", "question", 2, {"not in the text": 1}), Written("a", "summary", 0)]
    folder.add_written(done[:1])
    folder.add_written(done[1:])
    assert folder.written() == tuple(done)


# ------------------------------------------------------------ what must not be written over


@dataclass
class Spoiled:
    name: str
    content: bytes
    said: str


@pytest.mark.parametrize(
    "spoiled",
    [
        Spoiled(COURSE, b'{"name": "Letters", "format": 9}', "was made by a newer version of Moatless"),
        Spoiled(COURSE, b'{"name": "Lett', "is damaged: its file course.json cannot be understood"),
        Spoiled(COURSE, b"[]", "is damaged"),
        Spoiled(COURSE, b"\xff\xfe", "is damaged"),
        Spoiled(EXAMPLES, b'{"id": 5}\n', "is damaged: its file examples.jsonl cannot be understood"),
        Spoiled(EXAMPLES, b"\xff\n{}\n", "is damaged"),
    ],
    ids=["newer", "torn", "no object", "no text", "a bad row", "a row that is no text"],
)
def test_what_is_damaged_or_newer_is_told_and_never_written_over(folder, spoiled):
    course = folder.load()
    path = folder.path / spoiled.name
    path.write_bytes(spoiled.content)
    actions = [(folder.save_examples, ROWS)]
    if spoiled.name == COURSE:
        actions += [(folder.load,), (folder.save, course), (folder.add_examples, ROWS)]
    else:
        actions += [(folder.examples,)]
    for action in actions:
        assert spoiled.said in refused(*action)
    assert path.read_bytes() == spoiled.content


def test_a_folder_that_is_no_course_is_told(courses):
    courses.mkdir()
    assert "There is no course in the folder" in refused(CourseFolder(courses).load)


def test_damaged_text_is_read_again(folder):
    folder.save_text(ReadFile("a.txt", "Text", "ab", 3))
    (folder.path / "texts" / "ab.json").write_bytes(b"{")
    assert folder.text("ab") is None


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such limit")
def test_a_full_disk_is_told_and_all_that_was_there_stays(folder):
    folder.save_examples(ROWS)
    course = folder.load()
    large = msgspec.structs.replace(course, notes=("x" * 5000,))
    with no_file_may_grow_beyond(3000):
        for action, value in (
            (folder.save, large),
            (folder.save_examples, [row(n) for n in range(99)]),
            (folder.add_examples, [row(n) for n in range(99)]),
        ):
            assert "What was saved before is still there" in refused(action, value)
    assert folder.load() == course
    assert folder.examples()[:2] == ROWS
    assert sorted(path.name for path in folder.path.iterdir() if path.name != "lock") == [COURSE, EXAMPLES]


# ------------------------------------------------------------ one at a time


def test_whoever_works_on_a_course_keeps_all_others_off(folder, courses, monkeypatch):
    monkeypatch.setattr("desktop_app.finetune.course_folder.WAIT_S", 0)
    other = CourseFolder(courses / "Letters")
    course = other.load()
    assert not other.is_held
    with folder.held():
        folder.save(course)
        folder.add_examples(ROWS)
        assert other.is_held
        assert not folder.is_held
        for action, value in ((other.save, course), (other.save_examples, ROWS), (other.add_examples, ROWS)):
            assert refused(action, value) == "The course “Letters” is being worked on already."
        assert refused(remove, other) == "The course “Letters” is being worked on already."
        assert other.examples() == ROWS
    assert not other.is_held
    other.save(course)


# ------------------------------------------------------------ all of them


def test_the_course_that_was_changed_last_comes_first(courses):
    for name, time in (("a", 100), ("b", 300), ("c", 200)):
        folder = create_course(courses, Course(name))
        os.utime(folder.path / COURSE, (time, time))
    (courses / "no course").mkdir()
    assert [folder.name for folder in list_courses(courses)] == ["b", "c", "a"]
    CourseFolder(courses / "a").add_examples(ROWS)
    assert [folder.name for folder in list_courses(courses)] == ["a", "b", "c"]
    assert list_courses(courses / "nowhere") == ()


def test_a_name_that_is_taken_gets_a_number_and_one_that_no_folder_can_have_another_folder(courses):
    made = [create_course(courses, Course(name)) for name in ("Tea", " Tea ", "a/b", "../c")]
    assert [folder.name for folder in made] == ["Tea", "Tea 2", "course", "course 2"]
    assert [folder.load().name for folder in made] == ["Tea", "Tea 2", "a/b", "../c 2"]
    assert refused(create_course, courses, Course("  ")) == "The course has no name."
    assert len(list(courses.iterdir())) == 4


def test_a_course_is_found_by_its_name_or_its_path(courses, folder):
    create_course(courses, Course("Recipes"))
    for wanted in ("Letters", "letters", "lett", str(folder.path)):
        assert find_course(courses, wanted).path == folder.path
    assert "There is no course “x” here." in refused(find_course, courses, "x")
    assert "there are no courses yet" in refused(find_course, courses / "nowhere", "x")


def test_what_is_removed_can_be_brought_back_for_some_days(courses, folder):
    folder.add_examples(ROWS)
    place = remove(folder)
    assert list_courses(courses) == ()
    empty_trash(courses)
    again = restore(place)
    assert (again.name, again.examples()) == ("Letters", ROWS)
    place = remove(again)
    create_course(courses, Course("Letters"))
    assert restore(place).name == "Letters 2"
    place = remove(CourseFolder(courses / "Letters 2"))
    os.utime(place, (0, 0))
    empty_trash(courses)
    assert "cannot be brought back" in refused(restore, place)
    assert [folder.name for folder in list_courses(courses)] == ["Letters"]
