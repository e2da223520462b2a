"""Reads files in a child process, because a document can be made so that reading it never ends or takes all memory."""

import logging
import os
import queue
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import msgspec

from desktop_app.child_environment import own_program
from desktop_app.errors import UserError
from desktop_app.finetune.course import ReadFile
from desktop_app.finetune.reading.messages import Answer, Question
from desktop_app.finetune.words import count
from desktop_app.library.file_errors import shown_name

_LOOK_EVERY_S = 0.1
_LEAST_S, _MOST_S = 60.0, 1800.0
_S_PER_MB = 60.0  # a text-heavy PDF takes a second for a few pages on a slow computer
_END_S = 5.0
_FREE = "Close other programs, then try again."
_LEAVE_OUT = "Leave it out, or save its text in another format."
_SIGKILL = 9  # Windows' signal module has no such name

_log = logging.getLogger(__name__)


class Stopped(Exception):
    """The person does not want it any more."""


class _TooSlow(Exception):
    """A file took longer than it may."""


class _Ended(Exception):
    """The process ended instead of answering; `status` is its exit status."""

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


class Reader:
    """Reads one file after the other; use it in a `with` statement.

    What a file does to the process is the end of that process, and the next file gets a new one.
    """

    def __init__(self) -> None:
        self._child: _Child | None = None

    def __enter__(self) -> "Reader":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._end()

    def read(self, path: Path, is_strict: bool = False, should_stop: Callable[[], bool] | None = None) -> ReadFile:
        """Return all that can be learned from in a file.

        Args:
            path: Of the file.
            is_strict: As for `reader.read_file`.
            should_stop: Is asked often whether to give up.

        Raises:
            UserError: If it cannot be read.
            Stopped: If it was stopped.
        """
        name, limit_s = shown_name(path), longest_s(path)
        question = Question(os.fsencode(path.absolute()), limit_s, is_strict)
        try:
            self._child = self._child or _Child()
            answer = self._child.ask(question, should_stop or (lambda: False))
        except _TooSlow as error:
            self._end()
            raise UserError(
                f"“{name}” could not be read within {count(round(limit_s / 60), 'minute')}, and was given up.",
                _LEAVE_OUT,
            ) from error
        except _Ended as error:
            self._end()
            _log.info("the reader of %s ended with %d", name, error.status)
            raise _died(name, error.status) from error
        except BaseException:  # the answer that it may still give would be taken for one about the next file
            self._end()
            raise
        if answer.is_last:
            self._end()
        if answer.file is None:
            _log.info("%s was refused: %s", name, answer.details)
            raise UserError(answer.sentence, answer.hint)
        return answer.file

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.end()


class _Child:
    """One reader process."""

    def __init__(self) -> None:
        try:
            self._process = subprocess.Popen(
                reader_command(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),  # Windows'
            )
        except OSError as error:
            raise UserError("Documents could not be read: the system started no process for it.", _FREE) from error
        self._lines: queue.Queue[bytes] = queue.Queue()
        self._thread = threading.Thread(target=self._listen, name="reader", daemon=True)
        self._thread.start()

    def ask(self, question: Question, should_stop: Callable[[], bool]) -> Answer:
        """Return the answer."""
        assert self._process.stdin
        deadline = time.monotonic() + question.limit_s
        try:
            self._process.stdin.write(msgspec.json.encode(question) + b"\n")
            self._process.stdin.flush()
        except OSError as error:
            raise _Ended(self._status()) from error
        while True:
            try:
                line = self._lines.get(timeout=_LOOK_EVERY_S)
            except queue.Empty:
                if should_stop():
                    raise Stopped from None
                if time.monotonic() > deadline:
                    raise _TooSlow from None
                continue
            try:
                return msgspec.json.decode(line, type=Answer)
            except msgspec.MsgspecError as error:  # it died in the middle of it
                raise _Ended(self._status()) from error

    def end(self) -> None:
        """End the process; there is nothing in it to be saved."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.kill()
        self._process.wait()
        self._thread.join()
        with suppress(OSError):  # something in it was never sent
            self._process.stdin.close()
        self._process.stdout.close()

    def _listen(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put(b"")

    def _status(self) -> int:
        try:
            return self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            return 0


def reader_command() -> list[str]:
    """Return program and arguments of a reader process."""
    return [*own_program(), "--reader"]


def longest_s(path: Path) -> float:
    """Return how long reading a file may take, in seconds."""
    try:
        size_bytes = path.stat().st_size
    except OSError:  # which the reader process puts into words
        size_bytes = 0
    return min(_MOST_S, _LEAST_S + _S_PER_MB * size_bytes / 1e6)


def _died(name: str, status: int) -> UserError:
    if abs(status) == _SIGKILL:
        return UserError(f"The system ended the reading of “{name}”, most likely because memory ran out.", _FREE)
    return UserError(f"“{name}” could not be read: it is damaged, or made to do harm.", _LEAVE_OUT)
