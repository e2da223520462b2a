"""Rows of a course whose documents were settled, for the tests of what is learned and what is held out."""

from desktop_app.finetune.course import Course
from desktop_app.finetune.course_holding import settle
from desktop_app.finetune.course_rows import rows_of
from desktop_app.finetune.goals import STYLE
from tests.support.course_parts import document, texts


def made(files, goal=STYLE, known=(), documents=None):
    """Return a course with these documents settled, and its rows."""
    documents = documents if documents is not None else tuple(map(document, files))
    course = Course("Tea", goal, documents=settle(documents, texts(files)))
    return course, rows_of(course, texts(files), known)


def held_out(rows):
    return [row for row in rows if row.is_held_out]


def learned(rows):
    return [row for row in rows if not row.is_held_out]
