"""A course whose documents are in a folder and are read, for tests of what comes of them."""

import os

from desktop_app.finetune.course import Course, ReadFile
from desktop_app.finetune.course_folder import create_course
from desktop_app.finetune.course_reading import Readers, read_course
from desktop_app.finetune.goals import STYLE
from desktop_app.finetune.reading.reader import read_file
from tests.support.course_parts import given, read


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

    def text(self, name):
        return self.folder.text(self.document(name).sha256)

    @property
    def course(self):
        return self.folder.load()

    def document(self, name):
        return next(each for each in self.course.documents if each.name == name)

    def learned(self):
        return "\n\n".join(
            row.answers[0] for row in self.folder.examples() if not row.is_held_out and not row.is_left_out
        )

    def kept(self):
        """Return all that was read in documents and is still there."""
        return "\n".join(path.read_text("utf-8") for path in (self.folder.path / "texts").iterdir())

    def held_out(self):
        return "\n\n".join(row.answers[0] for row in self.folder.examples() if row.is_held_out)
