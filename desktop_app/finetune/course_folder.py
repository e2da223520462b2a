"""The folder of a course: read and written so that no kill and no full disk loses what a person has put together.

Whoever changes it holds its lock; a command holds it for as long as it works on the course. What is damaged, or was
made by a newer version of the program, is told in a sentence and never written over.
"""

import os
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

import msgspec
from filelock import FileLock, Timeout

from desktop_app.errors import UserError
from desktop_app.finetune.course import (
    COURSE,
    EXAMPLES,
    FORMAT,
    LOCK,
    TEXTS,
    WRITTEN,
    Course,
    CourseExample,
    ReadFile,
    Written,
)
from desktop_app.finetune.locks import BETWEEN_TRIES_S, WAIT_S, is_locked
from desktop_app.finetune.whole_files import append_lines, as_lines, read_lines, replace_file
from desktop_app.library.file_errors import shown_name
from desktop_app.library.places import is_safe_name
from desktop_app.storage.finding import Words, find_one

TRASH = ".trash-"
KEPT_S = 30 * 24 * 3600  # what was removed can be brought back for so long

_MOST_OF_ONE_NAME = 1000
_WORDS = Words("course", "courses", "Give more of the name, or the path of the folder.", "here")

_T = TypeVar("_T", bound=msgspec.Struct)


class CourseFolder:
    """A course on the disk. What changes it takes the lock by itself; `held` keeps it over several changes."""

    def __init__(self, path: Path) -> None:
        self._path = path.absolute()
        self._lock = FileLock(self._path / LOCK, timeout=WAIT_S, poll_interval=BETWEEN_TRIES_S)

    @property
    def path(self) -> Path:
        return self._path

    @property
    def name(self) -> str:
        """What the folder is called, which need not be the name of the course."""
        return self._path.name

    # -------------------------------------------------------- the lock

    @property
    def is_held(self) -> bool:
        """Whether somebody else is changing the folder; no kill leaves a lock behind."""
        return not self._lock.is_locked and is_locked(self._path / LOCK)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep everybody else from changing the folder; may be nested.

        Raises:
            UserError: If somebody else is changing it, or it cannot be written to.
        """
        try:
            self._lock.acquire()
        except Timeout as error:
            raise UserError(
                f"The course “{shown_name(self._path)}” is being worked on already.", "Wait until that is done."
            ) from error
        except OSError as error:
            raise self._unwritable() from error
        try:
            yield
        finally:
            self._lock.release()

    # -------------------------------------------------------- the course

    def load(self) -> Course:
        """Return the course.

        Raises:
            UserError: If it is not there, damaged, or of a newer version of the program.
        """
        data = self._read(COURSE)
        if data is None:
            raise UserError(
                f"There is no course in the folder {self._path}.", "Choose another one, or begin a new one."
            )
        try:
            made_by = msgspec.json.decode(data, type=_Format).format
            if made_by > FORMAT:
                raise UserError(
                    f"The course “{shown_name(self._path)}” was made by a newer version of Moatless.",
                    "Install that version to go on with it; nothing of the course was changed.",
                )
            return msgspec.json.decode(data, type=Course)
        except ValueError as error:
            raise self._damaged(COURSE) from error

    def save(self, course: Course) -> None:
        """Write the course, whole or not at all.

        Raises:
            UserError: If it cannot be written, or what is there must not be written over.
        """
        with self.held():
            if (self._path / COURSE).exists():
                self.load()
            self._replace(COURSE, msgspec.json.format(msgspec.json.encode(course), indent=1) + b"\n")

    # -------------------------------------------------------- its rows

    def examples(self) -> tuple[CourseExample, ...]:
        """Return the rows in their order; a last one that was torn by a sudden end is not there.

        Raises:
            UserError: If the file is damaged.
        """
        return self._rows(EXAMPLES, CourseExample)

    def save_examples(self, rows: Sequence[CourseExample]) -> None:
        """Write these rows in place of all that are there, whole or not at all.

        Raises:
            UserError: If they cannot be written, or what is there must not be written over.
        """
        with self.held():
            self.load()
            self.examples()
            self._replace(EXAMPLES, as_lines(rows))

    def add_examples(self, rows: Sequence[CourseExample]) -> None:
        """Add rows behind those that are there; they are on the disk when this returns.

        Raises:
            UserError: If they cannot be written.
        """
        self._append(EXAMPLES, rows)

    def written(self) -> tuple[Written, ...]:
        """Return what the model has written from already.

        Raises:
            UserError: If the file is damaged.
        """
        return self._rows(WRITTEN, Written)

    def add_written(self, done: Sequence[Written]) -> None:
        """Note what the model has written from; the rows that came of it have to be there first."""
        self._append(WRITTEN, done)

    # -------------------------------------------------------- what was read

    def text(self, sha256: str) -> ReadFile | None:
        """Return what was read in a document of this content; None if it was not read, or that is damaged."""
        data = self._read(_text_name(sha256))
        try:
            return None if data is None else msgspec.json.decode(data, type=ReadFile)
        except ValueError:
            return None

    def save_text(self, text: ReadFile) -> None:
        """Keep what was read in a document.

        Raises:
            UserError: If it cannot be written.
        """
        with self.held():
            self._replace(_text_name(text.sha256), msgspec.json.encode(text))

    def forget_texts(self) -> None:
        """Delete for good what was read in documents that were taken out, or in what was there before they changed.

        Raises:
            UserError: If the course cannot be read, or somebody else is changing it.
        """
        with self.held():
            documents = self.load().documents
            known = {_text_name(sha256) for each in documents for sha256 in (each.sha256, each.before)}
            for path in (self._path / TEXTS).glob("*"):
                if f"{TEXTS}/{path.name}" not in known:
                    with suppress(OSError):
                        path.unlink()

    # -------------------------------------------------------- files

    def _read(self, name: str) -> bytes | None:
        try:
            return (self._path / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise UserError(
                f"The file {self._path / name} cannot be read.", "Check that its drive is connected and works."
            ) from error

    def _rows(self, name: str, kind: type[_T]) -> tuple[_T, ...]:
        try:
            return read_lines(self._read(name) or b"", kind)
        except ValueError as error:
            raise self._damaged(name) from error

    def _append(self, name: str, rows: Sequence[msgspec.Struct]) -> None:
        if not rows:
            return
        with self.held():
            self.load()
            try:
                append_lines(self._path / name, rows)
            except OSError as error:
                raise self._unwritable() from error

    def _replace(self, name: str, data: bytes) -> None:
        try:
            replace_file(self._path / name, data)
        except OSError as error:
            raise self._unwritable() from error

    def _unwritable(self) -> UserError:
        return UserError(
            f"The course could not be saved in {self._path}. What was saved before is still there.",
            "Check that there is space on the disk and that the folder may be written to.",
        )

    def _damaged(self, name: str) -> UserError:
        return UserError(
            f"The course “{shown_name(self._path)}” is damaged: its file {name} cannot be understood.",
            "Bring back a copy of that file, or begin a new course; nothing of this one was changed.",
        )


class _Format(msgspec.Struct):
    format: int


def _text_name(sha256: str) -> str:
    return f"{TEXTS}/{sha256}.json"


# ------------------------------------------------------------ all of them


def list_courses(courses: Path) -> tuple[CourseFolder, ...]:
    """Return the courses in a folder, the one that was changed last first; damaged ones are among them."""
    try:
        found = [path for path in courses.iterdir() if not path.name.startswith(".") and (path / COURSE).is_file()]
    except OSError:
        return ()
    return tuple(map(CourseFolder, sorted(found, key=_changed_at, reverse=True)))


def _changed_at(path: Path) -> float:
    times = [0.0]
    for name in (COURSE, EXAMPLES):
        with suppress(OSError):
            times.append((path / name).stat().st_mtime)
    return max(times)


def create_course(courses: Path, course: Course) -> CourseFolder:
    """Make the folder of a new course, under a name that is free.

    Raises:
        UserError: If the course has no name, or nothing can be written there.
    """
    if not course.name.strip():
        raise UserError("The course has no name.", "Give it one; its adapters will be called the same.")
    name = course.name.strip() if is_safe_name(course.name.strip()) else "course"
    names = (name, *(f"{name} {number}" for number in range(2, _MOST_OF_ONE_NAME)))
    try:
        courses.mkdir(parents=True, exist_ok=True)
        path = next(path for each in names if _made(path := courses / each))
    except OSError as error:
        raise UserError(
            f"Moatless cannot write to {courses}.", "Make the folder writable, or free some space, then try again."
        ) from error
    except StopIteration as error:
        raise UserError(f"There are too many courses called “{name}”.", "Choose another name.") from error
    folder = CourseFolder(path)
    taken = course.name.strip() if path.name == name else f"{course.name.strip()} {path.name.rpartition(' ')[2]}"
    try:
        folder.save(msgspec.structs.replace(course, name=taken, created_at=course.created_at or time.time()))
    except UserError:
        shutil.rmtree(path, ignore_errors=True)
        raise
    return folder


def _made(path: Path) -> bool:
    try:
        path.mkdir()
    except FileExistsError:
        return False
    return True


def find_course(courses: Path, name_or_path: str) -> CourseFolder:
    """Return a course by its name or the path of its folder.

    Raises:
        UserError: If there is no such course.
    """
    path = Path(name_or_path)
    if (path / COURSE).is_file():
        return CourseFolder(path)
    known = [_Entry(folder.name, str(folder.path)) for folder in list_courses(courses)]
    if not known:
        raise UserError(f"There is no course “{name_or_path}”; there are no courses yet.", "Begin one first.")
    return CourseFolder(Path(find_one(known, name_or_path, _WORDS).path))


class _Entry(msgspec.Struct, frozen=True):
    name: str
    path: str


# ------------------------------------------------------------ removing


def remove(folder: CourseFolder) -> Path:
    """Take a course out of the list and return where it is now, to be brought back with `restore`.

    Raises:
        UserError: If it is being worked on, or its folder cannot be moved.
    """
    with folder.held():
        pass
    place = folder.path.with_name(f"{TRASH}{time.time_ns()}-{folder.name}")
    try:
        folder.path.rename(place)
        os.utime(place)  # it is kept from now on
    except OSError as error:
        raise UserError(
            f"The course “{shown_name(folder.path)}” could not be removed.",
            "Close other programs that use its files, then try again.",
        ) from error
    return place


def restore(place: Path) -> CourseFolder:
    """Bring back a course that was removed, under its name, or one like it where that is taken now.

    Raises:
        UserError: If it is not there any more, or cannot be moved.
    """
    name = place.name.removeprefix(TRASH).partition("-")[2]
    for path in (
        place.with_name(name),
        *(place.with_name(f"{name} {number}") for number in range(2, _MOST_OF_ONE_NAME)),
    ):
        if path.exists():  # on some systems an empty folder would be replaced
            continue
        try:
            return CourseFolder(place.rename(path))
        except OSError as error:
            raise UserError(
                f"The course “{shown_name(Path(name))}” cannot be brought back: its folder is gone or cannot be moved.",
                f"Look for it in {place.parent}.",
            ) from error
    raise UserError(f"There are too many courses called “{shown_name(Path(name))}”.", "Remove some first.")


def empty_trash(courses: Path, kept_s: float = KEPT_S) -> None:
    """Delete for good what was removed long ago."""
    for place in courses.glob(f"{TRASH}*"):
        with suppress(OSError):
            if time.time() - place.stat().st_mtime > kept_s:
                shutil.rmtree(place)
