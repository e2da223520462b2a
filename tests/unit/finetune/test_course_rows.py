"""Rows are learned or held out once and for all, before anything is generated, and a goal decides what is learned."""

import pytest
from msgspec.structs import replace

from desktop_app.finetune.course import Course, CourseExample
from desktop_app.finetune.course_rows import effective, fits_goal, rows_of
from desktop_app.finetune.course_texts import text_of
from desktop_app.finetune.cutting import sentences
from desktop_app.finetune.goals import (
    CHATS,
    EXAMPLES,
    FORMAT,
    GIVEN,
    OWN,
    PASSAGE,
    QUESTION,
    REWRITE,
    STYLE,
    VOCABULARY,
)
from desktop_app.finetune.measures import LEAST_GROUPS
from desktop_app.finetune.script import n_words
from tests.support.course_parts import document, given, prose, read, texts
from tests.unit.finetune.settled_rows import held_out, learned, made

BOOK = read("book.txt", prose("ada", 60))


def letters(n, first=0, paragraphs=4):
    return [read(f"{n}.txt", prose(f"n{n}", paragraphs)) for n in range(first, first + n)]


def names(course, wanted):
    return {each.name for each in course.documents if wanted(each)}


# ------------------------------------------------------------ texts


def test_a_tenth_of_many_documents_is_held_out_whole_and_all_else_is_learned():
    files = letters(100)
    course, found = made(files)
    whole = {each.sha256 for each in course.documents if each.is_held_out}
    assert len(whole) == 10
    assert {row.document for row in held_out(found.rows)} == whole
    assert {row.group for row in held_out(found.rows)} == whole
    assert {row.document for row in learned(found.rows)} == {each.sha256 for each in files} - whole
    assert {row.origin for row in found.rows} == {PASSAGE}
    assert found.notes == ()


def test_each_document_becomes_passages_and_only_the_last_is_its_end():
    files = letters(100)
    _, found = made(files)
    for file in files:
        parts = [row for row in found.rows if row.document == file.sha256]
        assert "\n\n".join(row.answers[0] for row in parts) == text_of(file)
        assert [row.is_end for row in parts] == [False] * (len(parts) - 1) + [True]
    assert len({row.id for row in found.rows}) == len(found.rows)


def test_of_a_single_document_the_end_is_held_out_in_sections_that_give_an_interval():
    course, found = made([BOOK])
    ends = held_out(found.rows)
    assert len({row.group for row in ends}) == len(ends) >= LEAST_GROUPS
    assert {row.group.partition("#")[0] for row in ends} == {BOOK.sha256}
    parts = [row.answers[0] for row in found.rows]
    assert "".join("".join(parts).split()) == "".join(text_of(BOOK).split())
    share = sum(n_words(row.answers[0]) for row in ends) / n_words(text_of(BOOK))
    assert 0.08 < share < 0.3
    [settled] = course.documents
    assert not settled.is_held_out
    assert text_of(BOOK)[: settled.n_learned].split() == " ".join(row.answers[0] for row in learned(found.rows)).split()
    assert not any(row.is_end for row in learned(found.rows))


def test_of_few_documents_those_held_out_are_cut_into_sections():
    course, found = made(letters(20, paragraphs=8))
    whole = names(course, lambda each: each.is_held_out)
    assert 1 <= len(whole) < LEAST_GROUPS
    groups = {row.group for row in held_out(found.rows)}
    assert len(groups) > len(whole)
    assert all("#" in group for group in groups)


@pytest.mark.parametrize(("n", "paragraphs"), [(1, 50), (5, 10), (30, 2), (60, 3), (200, 3)])
def test_some_thousand_words_give_an_interval_however_they_are_divided(n, paragraphs):
    _, found = made(letters(n, paragraphs=paragraphs))
    assert len({row.group for row in held_out(found.rows)}) >= LEAST_GROUPS
    words = [sum(n_words(row.answers[0]) for row in part) for part in (held_out(found.rows), found.rows)]
    assert 0.08 < words[0] / words[1] < 0.3


def test_a_text_that_is_too_short_to_be_cut_is_learned():
    _, found = made([read("note.txt", prose("ada", 1))])
    assert [row.is_held_out for row in found.rows] == [False]


def test_a_text_without_spaces_is_no_shorter_than_others():
    sentences = [
        f"第{number}天、海风吹过码头、灯火在水面上摇晃、第{number}个老人坐在木箱旁边。" for number in range(120)
    ]
    course, found = made([read("diary.txt", "\n\n".join(sentences))])
    assert [each.trouble for each in course.documents] == [""]
    assert learned(found.rows)
    assert len({row.group for row in held_out(found.rows)}) >= LEAST_GROUPS


def test_what_is_nearly_the_same_or_next_to_nothing_is_told():
    text = prose("ada", 10)
    files = [read("a.txt", text), read("b.txt", f"{text}\n\nP.S. Good night."), read("c.txt", "Hello.")]
    course, found = made(files)
    assert [each.trouble for each in course.documents] == [
        "",
        "It is nearly the same as “a.txt”, and was left out.",
        "It has too little to learn from: fewer than 20 words.",
    ]
    assert {row.document for row in found.rows} == {files[0].sha256}


def test_a_passage_that_is_nearly_what_is_held_out_is_left_out_and_that_is_told():
    files = letters(100, paragraphs=8)
    course, _ = made(files)
    hidden = next(file for file, each in zip(files, course.documents, strict=True) if each.is_held_out)
    quoting = read("quoting.txt", text_of(hidden) + "\n\n" + prose("eve", 40))
    documents = (*course.documents, document(quoting, n_learned=len(text_of(quoting))))
    _, found = made([*files, quoting], documents=documents)
    quoted = "\n\n".join(row.answers[0] for row in found.rows if row.document == quoting.sha256)
    assert "Eve39" in quoted
    assert text_of(hidden).split("\n\n")[1] not in quoted
    assert found.notes[0].startswith("Near copies of what is held out were left out:")


def said(rows):
    """Return the sentences of rows, but for those that are said on every occasion."""
    return {each.strip() for row in rows for each in sentences(row.answers[0]) if n_words(each) > 3}


def test_a_book_beside_its_chapters_gives_away_none_of_those_that_are_held_out():
    chapters = letters(30, paragraphs=12)
    book = read("book.txt", "\n\n".join([prose("preface", 1), *map(text_of, chapters)]))
    course, found = made([*chapters, book])
    assert {each.name for each in course.documents if each.is_held_out} < {each.name for each in chapters}
    assert not said(held_out(found.rows)) & said(learned(found.rows))
    assert said(found.rows) == {each.strip() for each in sentences(text_of(book))}
    assert "Preface0" in next(row.answers[0] for row in found.rows if row.document == book.sha256)
    assert found.notes[0].startswith("Near copies of what is held out were left out:")


def test_drafts_of_a_text_give_nothing_away_that_is_held_out_of_another_one():
    files = []
    for number in range(12):
        text = prose(f"n{number}", 10)
        files += [read(f"{number} first.txt", text), read(f"{number}.txt", f"{text}\n\n{prose(f'more{number}', 6)}")]
    course, found = made(files)
    assert not any(each.trouble for each in course.documents)
    assert held_out(found.rows)
    assert not said(held_out(found.rows)) & said(learned(found.rows))


def test_what_has_been_taught_by_a_book_is_not_held_out_of_a_chapter_that_comes_later():
    chapters = letters(30)
    book = read("book.txt", "\n\n".join(map(text_of, chapters)))
    course, first = made([book])
    documents = (*course.documents, *map(document, chapters))
    _, second = made([book, *chapters], known=first.rows, documents=documents)
    assert second.rows[: len(first.rows)] == first.rows
    assert not said(held_out(second.rows)) & said(learned(second.rows))


def test_what_was_left_out_before_it_was_learned_does_not_keep_its_successor_from_being_held_out():
    old = letters(30)
    course, first = made(old)
    new = [read(each.name, f"{text_of(each)}\n\nP.S. Good night.") for each in old]
    documents = (*(replace(each, is_left_out=True) for each in course.documents), *map(document, new))
    later, second = made([*old, *new], known=first.rows, documents=documents)
    assert not any(each.trouble for each in later.documents)
    rows = effective(second.rows, later)
    assert {row.document for row in rows} <= {each.sha256 for each in new}
    assert len({row.document for row in held_out(rows)}) > 1
    assert not said(held_out(rows)) & said(learned(rows))


# ------------------------------------------------------------ once and for all


def test_what_is_settled_stays_so_when_documents_come_and_go():
    files = letters(30)
    course, first = made(files)
    more = [*letters(30, first=30), *files]
    documents = (*(document(each) for each in more[:30]), *course.documents[5:])
    later, second = made(more, known=first.rows, documents=documents)
    assert second.rows[: len(first.rows)] == first.rows
    assert all(each in later.documents for each in course.documents[5:])
    new = second.rows[len(first.rows) :]
    assert {row.document for row in new} == {each.sha256 for each in more[:30]}
    assert 0 < len(held_out(new)) < len(learned(new))


def test_making_rows_again_changes_nothing():
    course, first = made([BOOK, *letters(5), read("chats.csv", exchanges=[given(n) for n in range(20)])])
    again = rows_of(course, texts([BOOK, *letters(5)]), first.rows)
    assert again.rows == first.rows


def test_rows_that_a_person_changed_are_not_made_again():
    course, first = made([BOOK])
    changed = [replace(row, answers=("Other.",), is_edited=True, is_left_out=True) for row in first.rows]
    assert rows_of(course, texts([BOOK]), changed).rows == tuple(changed)


# ------------------------------------------------------------ goals


def test_texts_alone_are_nothing_for_a_goal_that_learns_from_examples():
    _, found = made([BOOK, read("chats.csv", exchanges=[given(1), given(2)])], EXAMPLES)
    assert {row.origin for row in found.rows} == {GIVEN}
    assert found.notes == ("This goal learns from questions with answers, and book.txt has none.",)
    _, found = made(letters(5), CHATS)
    assert found.rows == ()
    assert found.notes == (
        "This goal learns from questions with answers, and 5 documents have none: 0.txt, 1.txt, 2.txt and others.",
    )


def test_a_format_is_not_learned_from_passages_and_what_is_held_out_is_settled_all_the_same():
    course, found = made(letters(100), FORMAT)
    assert found.rows == ()
    assert sum(each.is_held_out for each in course.documents) == 10
    other = replace(course, goal=VOCABULARY)
    rows = rows_of(other, texts(letters(100)), ()).rows
    assert {row.document for row in held_out(rows)} == {each.sha256 for each in course.documents if each.is_held_out}


@pytest.mark.parametrize(
    ("goal", "learned_origins"),
    [
        (STYLE, {PASSAGE, GIVEN, OWN, REWRITE}),
        (VOCABULARY, {PASSAGE, GIVEN, OWN, QUESTION}),
        (EXAMPLES, {GIVEN, OWN}),
    ],
)
def test_after_another_goal_was_chosen_only_what_is_for_it_counts(goal, learned_origins):
    rows = [CourseExample(origin, origin, "", "", ("Hm.",)) for origin in (PASSAGE, GIVEN, OWN, REWRITE, QUESTION)]
    assert {row.origin for row in rows if fits_goal(row, goal)} == learned_origins
    assert {row.origin for row in effective(rows, Course("Tea", goal))} == learned_origins


# ------------------------------------------------------------ as they are learned


def test_what_was_left_out_is_not_learned_nor_what_its_document_has():
    course, found = made(letters(3))
    documents = (replace(course.documents[0], is_left_out=True), course.documents[1])
    rows = [
        *found.rows,
        CourseExample("mine", OWN, "", "mine", ("Yes.",)),
        CourseExample("gone", OWN, "", "gone", ("No.",), is_left_out=True),
    ]
    kept = effective(rows, replace(course, documents=documents))
    assert {row.document for row in kept} == {"", documents[1].sha256}
    assert {row.id for row in kept if row.origin == OWN} == {"mine"}


def test_what_is_private_is_left_out_of_texts_and_a_row_that_has_nothing_else_is_no_row():
    mail = "Write to me at ida.brunner@example.org tomorrow."
    rows = [
        CourseExample("1", OWN, "", "1", (f"The ferry leaves at seven. {mail}",)),
        CourseExample("2", OWN, "", "2", (mail,)),
    ]
    assert effective(rows, Course("Tea")) == tuple(rows)
    [kept] = effective(rows, Course("Tea", private_out=("email",)))
    assert kept.answers == ("The ferry leaves at seven.",)
