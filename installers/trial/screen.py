"""A screen and a keyboard for a window that is tried: Xvfb, whose pixels are a file, and xdotool.

Nothing is asked of the program. It may run in another root: then the screen's socket is put there, in a mount that only
the screen has and that ends with it.
"""

import os
import sqlite3
import struct
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import psutil

from desktop_app.errors import UserError
from installers.trial.checking import need
from installers.trial.people import Person

_WIDTH, _HEIGHT = 1280, 800
_PAINTED_SHARE = 0.3  # of the screen; there is no window manager, so a window is either small in a corner or all there
_STILL_S = 0.4  # a cursor blinks more slowly
_POLL_S = 0.05  # another process is waited for, which nothing tells about
_HANG_GUARD_S = 300
_SOCKETS = Path("/tmp/.X11-unix")
_IN_PLACE = 'mount --bind "$1" "$2"; shift 2; exec "$@"'


class Screen:
    """A virtual display, black where nothing is painted; use it in a `with` statement.

    Args:
        folder: For its pixels.
        root: Of the system whose programs are to find it; by default this one's.
    """

    def __init__(self, folder: Path, root: Path | None = None) -> None:
        need("Xvfb", "xdotool")
        self._folder = folder
        self._root = root

    def __enter__(self) -> "Screen":
        self._folder.mkdir(exist_ok=True)
        reader, writer = os.pipe()
        size = f"{_WIDTH}x{_HEIGHT}x24"
        options = ["-displayfd", str(writer), "-screen", "0", size, "-fbdir", str(self._folder), "-ac"]
        self._server = subprocess.Popen(
            [*self._mounting(), "Xvfb", *options],
            pass_fds=[writer],
            stderr=subprocess.DEVNULL,
        )
        os.close(writer)
        with os.fdopen(reader) as number:
            self.display = f":{number.readline().strip()}"
        return self

    def __exit__(self, *_: object) -> None:
        self._server.terminate()
        self._server.wait()

    def _mounting(self) -> list[str]:
        """Return the words before a command whose sockets are to be in the other root."""
        if self._root is None:
            return []
        there = self._root / _SOCKETS.relative_to("/")
        for folder in (there, _SOCKETS):
            folder.mkdir(exist_ok=True)
            folder.chmod(0o1777)
        return ["unshare", "--mount", "sh", "-ec", _IN_PLACE, "sh", str(there), str(_SOCKETS)]

    def type(self, text: str) -> None:
        """Type into the window that is there, and press the enter key."""
        for words in (("type", "--delay", "20", text), ("key", "Return")):
            subprocess.run(["xdotool", *words], env={**os.environ, "DISPLAY": self.display}, check=True)

    def wait_until_settled(self) -> None:
        """Wait until a window is there and stays as it is.

        Raises:
            UserError: If none comes.
        """
        last, changed_at = b"", time.monotonic()

        def is_settled() -> bool:
            nonlocal last, changed_at
            pixels = self._pixels()
            if pixels != last:
                last, changed_at = pixels, time.monotonic()
            is_painted = 1 - pixels[::4].count(0) / len(pixels[::4]) >= _PAINTED_SHARE
            return is_painted and time.monotonic() - changed_at > _STILL_S

        wait_until(is_settled, "No window was painted.")

    def picture(self, path: Path) -> None:
        """Write what is on the screen."""
        from PySide6.QtGui import QImage

        QImage(self._pixels(), _WIDTH, _HEIGHT, _WIDTH * 4, QImage.Format.Format_RGB32).save(str(path))

    def _pixels(self) -> bytes:
        data = self._folder.joinpath("Xvfb_screen0").read_bytes()
        # The X window dump format: its header's length comes first, the number of colors at byte 76.
        (header_bytes,), (colors,) = struct.unpack_from(">I", data), struct.unpack_from(">I", data, 76)
        start = header_bytes + colors * 12
        return data[start : start + _WIDTH * _HEIGHT * 4]


@contextmanager
def opened(person: Person, program: str | Path, screen: Screen) -> Iterator[None]:
    """Open the window of a program, wait until it is all there with its engine, and close it in the end.

    Raises:
        UserError: If it does not open, or does not end well.
    """
    process = subprocess.Popen(
        person.command(program),
        env={**person.variables, "DISPLAY": screen.display},
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
    )
    try:
        wait_until(lambda: _engines(process), "The window has not opened with its engine.", process)
        screen.wait_until_settled()
        yield
        _window_of(process).terminate()
        _, said = process.communicate(timeout=_HANG_GUARD_S)
    except BaseException:
        for each in psutil.Process(process.pid).children(recursive=True):
            each.kill()
        process.kill()
        process.communicate()
        raise
    if process.returncode or said.strip():
        raise UserError(f"The window ended with status {process.returncode} and said: {said.strip()}")


def wait_until(condition: Callable[[], object], otherwise: str, process: "subprocess.Popen[str] | None" = None) -> None:
    """Wait for what another process does.

    Args:
        condition: Whether it is done.
        otherwise: The sentence for the case that it never is.
        process: Whose end means that it never will be.

    Raises:
        UserError: If it never is.
    """
    deadline = time.monotonic() + _HANG_GUARD_S
    while not condition():
        if process is not None and process.poll() is not None:
            raise UserError(f"{otherwise} It has ended: {process.communicate()[1].strip()}")
        if time.monotonic() > deadline:
            raise UserError(otherwise)
        time.sleep(_POLL_S)


def messages(person: Person) -> list[tuple[str, str, str]]:
    """Return role, state and content of all messages that a person has stored, in order; it may be in use."""
    if not person.data.database.exists():
        return []
    with closing(sqlite3.connect(f"{person.data.database.as_uri()}?mode=ro", uri=True)) as database:
        return database.execute("SELECT role, state, content FROM messages ORDER BY id").fetchall()


def is_answered(stored: Sequence[tuple[str, str, str]]) -> bool:
    """Tell whether the last of some messages is a whole answer."""
    return bool(stored) and stored[-1][:2] == ("assistant", "done")


def _engines(process: "subprocess.Popen[str]") -> list[psutil.Process]:
    return [each for each in psutil.Process(process.pid).children(recursive=True) if "--engine" in each.cmdline()]


def _window_of(process: "subprocess.Popen[str]") -> psutil.Process:
    """Return the window's process, whose parents only brought it where it is."""
    return _engines(process)[0].parent() or psutil.Process(process.pid)
