"""What takes long on a course and is done by commands: reading, having the model write examples, estimating, preparing.

Each of them is a child process of the window that works in the course's folder and says how far it is. It may end at
any time without harm, with the window too: what it has done is in the folder, and the next one goes on from there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from desktop_app.errors import UserError
from desktop_app.finetune.course_folder import CourseFolder
from desktop_app.jobs.command import ChildCommand
from desktop_app.jobs.course_edits import Value
from desktop_app.jobs.courses import Courses
from desktop_app.jobs.memory_room import MemoryRoom
from desktop_app.jobs.mixing import Step
from desktop_app.paths import DataFolder

PROGRESS, CHANGED, PREPARED = "progress", "course", "prepared"  # events of the commands


class Kind(Enum):
    """What is being done."""

    READING = "reading"
    WRITING = "writing"  # examples, by the model
    ESTIMATING = "estimating"
    PREPARING = "preparing"


_FIRST_WORDS = {
    Kind.READING: "Reading the documents",
    Kind.WRITING: "Loading the model",
    Kind.ESTIMATING: "Getting ready",
    Kind.PREPARING: "Preparing the run",
}


@dataclass
class _Work:
    """A command, from the wish for it to its end.

    Attributes:
        is_asked: The person wants it; or else the model of the chat does not go for it.
        after: What to begin with when it is over.
        run: The name of the run that it has prepared.
    """

    kind: Kind
    folder: CourseFolder
    name: str
    arguments: tuple[str, ...]
    is_asked: bool = True
    step: Step | None = None
    command: ChildCommand | None = None
    is_stopped: bool = False
    after: "_Work | None" = None
    run: str = ""


class CourseTask(QObject):
    """At most one command at a time. Lives in the GUI thread.

    What it says is about the course that is open: a command on another one goes on, and is seen again when that is
    opened again.

    Args:
        room: Makes room for a second model.

    Signals:
        progressed(Step): It goes on; the first one comes at once.
        ended(): Nothing is being done any more, with any course, in whatever way it came to an end.
        prepared(str): The run folder of this name is there, to be trained. After `ended`, and of any course.
        failed(UserError): Something did not do what was wanted. After `ended`, and of any course; stopping is none.
    """

    progressed = Signal(Step)
    ended = Signal()
    prepared = Signal(str)
    failed = Signal(UserError)

    def __init__(
        self,
        courses: Courses,
        folder: DataFolder,
        room: MemoryRoom,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._courses = courses
        self._root = folder.root
        self._room = room
        self._work: _Work | None = None

    @property
    def kind(self) -> Kind | None:
        """What is being done with the open course; None if nothing is."""
        work = self._here
        return work.kind if work else None

    @property
    def step(self) -> Step | None:
        """How far that is, as it was last told."""
        work = self._here
        return work.step if work else None

    @property
    def is_busy(self) -> bool:
        return self._here is not None

    @property
    def is_free(self) -> bool:
        """Whether nothing is being done, be it with a course that is not open."""
        return self._work is None

    @property
    def _here(self) -> _Work | None:
        work, folder = self._work, self._courses.folder
        return work if work and folder and work.folder.path == folder.path else None

    # ------------------------------------------------------------ what can be done

    def read(self) -> None:
        """Read what is new or has changed in the course's sources."""
        self._begin(Kind.READING, ("course",))

    def write_examples(self) -> None:
        """Have the model write examples, from where it was."""
        self._begin(Kind.WRITING, ("examples",))

    def estimate(self, is_anew: bool = False, is_asked: bool = True) -> None:
        """Find out how fast the model learns; what comes of it is what `paces.read_paces` reads after `ended`.

        Args:
            is_anew: Leave what the course has taught before.
            is_asked: The person wants it; or else it is not done where the model of the chat would have to go for it.
        """
        self._begin(Kind.ESTIMATING, ("estimate", "--background", *_anew(is_anew)), is_asked)

    def prepare(self, choices: Mapping[str, Value], is_anew: bool = False) -> None:
        """Make a run folder of the course; `prepared` tells its name, for `Training.start`."""
        self._begin(Kind.PREPARING, ("start", "--prepare-only", *options_of(choices), *_anew(is_anew)))

    def stop(self) -> None:
        """End what is being done, soon; `ended` tells when."""
        if (work := self._here) is not None:
            work.after = None
            self._stop(work)

    def give_up_estimating(self) -> None:
        """End an estimate, soon, also of a course that is not open any more; what else is done goes on."""
        if self._work is not None and self._work.kind is Kind.ESTIMATING:
            self._stop(self._work)

    def close(self) -> None:
        """End it at once, without a signal. Blocks for a moment; for the end of the program."""
        work, self._work = self._work, None
        if work and work.command:
            work.command.close()

    # ------------------------------------------------------------ from the wish to the process

    def _begin(self, kind: Kind, words: tuple[str, ...], is_asked: bool = True) -> None:
        course, folder = self._courses.course, self._courses.folder
        if course is None or folder is None:
            return
        name, *options = words
        place = str(folder.path)
        rest = (place,) if kind in (Kind.READING, Kind.WRITING) else ("--course", place)
        work = _Work(kind, folder, course.name, ("finetune", name, *rest, *options, "--json"), is_asked)
        if self._work is None:
            self._start(work)
        elif self._work.kind is Kind.ESTIMATING:  # which nobody wants to wait for
            self._work.after = work
            self._stop(self._work)
        else:
            self.failed.emit(
                UserError(f"“{self._work.name}” is still being worked on.", "Wait until that is done, or stop it.")
            )

    def _start(self, work: _Work) -> None:
        self._work = work
        self._tell(work, Step(_FIRST_WORDS[work.kind]))
        self._courses.when_saved(partial(self._make_room, work), partial(self._end, work))

    def _make_room(self, work: _Work) -> None:
        if work.is_stopped or work is not self._work:  # the program ends
            self._end(work, None)
            return
        if work.kind is not Kind.ESTIMATING:  # which changes nothing that a person does
            self._courses.lock(work.folder)
        model = self._courses.course.model_path if self._courses.course and work is self._here else ""
        if work.kind is Kind.READING or not model:
            self._run(work)
        else:
            or_else = None if work.is_asked else partial(self._end, work, None)
            self._room.for_engine(Path(model), partial(self._run, work), or_else)

    def _run(self, work: _Work) -> None:
        if work.is_stopped or work is not self._work:
            self._end(work, None)
            return
        work.command = command = ChildCommand(self)
        command.said.connect(self._take)
        command.ended.connect(self._on_ended)
        command.start(self._root, work.arguments)

    def _stop(self, work: _Work) -> None:
        if work.command and not work.is_stopped:  # or it would be interrupted once more while it clears up
            work.command.stop()
        work.is_stopped = True

    # ------------------------------------------------------------ what it says

    def _take(self, told: dict[str, Any]) -> None:
        work = self._work
        if work is None:
            return
        match told:
            case {"event": "progress", "words": str(words)}:
                self._tell(work, Step(words, told.get("fraction"), told.get("seconds_left")))
            case {"event": "course"}:
                if work is self._here:
                    self._courses.reload()
            case {"event": "prepared", "name": str(name)}:
                work.run = name

    def _tell(self, work: _Work, step: Step) -> None:
        work.step = step
        if work is self._here:
            self.progressed.emit(step)

    def _on_ended(self, error: UserError | None) -> None:
        if self._work is not None:
            self._end(self._work, error)

    def _end(self, work: _Work, error: UserError | None) -> None:
        if work is not self._work:  # the program ends
            return
        is_here = work is self._here
        self._work = None
        if work.command:
            work.command.deleteLater()
        self._courses.lock(None)
        if is_here:
            self._courses.reload()
        if work.after is None:
            self.ended.emit()
        self._tell_result(work, error)
        if work.after:
            self._start(work.after)

    def _tell_result(self, work: _Work, error: UserError | None) -> None:
        if error is not None:
            if not work.is_stopped:
                self.failed.emit(error)
        elif work.run:
            self.prepared.emit(work.run)


def _anew(is_anew: bool) -> tuple[str, ...]:
    return ("--from-scratch",) if is_anew else ()


def options_of(choices: Mapping[str, Value]) -> tuple[str, ...]:
    """Return choices, names and values of `recipe.Choices`, as the command line takes them."""
    options: list[str] = []
    for name, value in choices.items():
        options += [f"--{name.replace('_', '-')}", ",".join(value) if isinstance(value, tuple) else str(value)]
    return tuple(options)
