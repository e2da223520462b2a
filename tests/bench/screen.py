"""A screen of our own, whose pixels are a file: tells when a program has painted its window, the same way for all.

Nothing is asked of the program, and no client of the display server takes time away from it. Linux with Xvfb only.
"""

import mmap
import os
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

WIDTH, HEIGHT = 1280, 800
PAINTED_SHARE = 0.3  # of the screen; no window manager, so a window is either small in a corner or all there
_LINE_BYTES = WIDTH * 4
_SAMPLED_LINES = range(20, HEIGHT, 40)
_SAMPLED_BYTES = 16 * 4
_POLL_S = 0.002
_STILL_S = 0.4  # a cursor blinks more slowly
_GIVE_UP_S = 60


class Screen:
    """A virtual display, black where nothing is painted; use it in a `with` statement."""

    def __enter__(self) -> "Screen":
        self._folder = tempfile.TemporaryDirectory()
        reader, writer = os.pipe()
        size = f"{WIDTH}x{HEIGHT}x24"
        self._server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(writer), "-screen", "0", size, "-fbdir", self._folder.name],
            pass_fds=[writer],
            stderr=subprocess.DEVNULL,
        )
        os.close(writer)
        with os.fdopen(reader) as number:
            self.display = f":{number.readline().strip()}"
        with Path(self._folder.name, "Xvfb_screen0").open("rb") as file:
            self._pixels = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        # The X window dump format: its header's length comes first, the number of colors at byte 76.
        (header_bytes,), (colors,) = struct.unpack_from(">I", self._pixels), struct.unpack_from(">I", self._pixels, 76)
        self._start = header_bytes + colors * 12
        return self

    def __exit__(self, *_: object) -> None:
        self._pixels.close()
        self._server.terminate()
        self._server.wait()
        self._folder.cleanup()

    def environment(self) -> dict[str, str]:
        """Return the environment of a program that is to open its window here."""
        return {**os.environ, "DISPLAY": self.display, "QT_QPA_PLATFORM": "xcb"}

    def seconds_to_paint(self, command: Sequence[str]) -> float:
        """Start a program, wait until its window is painted, end it, and return the seconds from its start."""
        with self._running(command) as started:
            while self._painted_share(self._sample()) < PAINTED_SHARE:
                _patience(started)
            return time.perf_counter() - started

    def seconds_to_settle(self, command: Sequence[str]) -> float:
        """Likewise, until the picture is what it stays for a while (a cursor may blink)."""
        with self._running(command) as started:
            last, changed_at = b"", started
            while True:
                sample = self._sample()
                if sample != last:
                    last, changed_at = sample, time.perf_counter()
                elif time.perf_counter() - changed_at > _STILL_S and self._painted_share(sample) >= PAINTED_SHARE:
                    return changed_at - started
                _patience(started)

    @contextmanager
    def _running(self, command: Sequence[str]) -> Iterator[float]:
        started = time.perf_counter()
        process = subprocess.Popen(command, env=self.environment(), stdin=subprocess.DEVNULL)
        try:
            yield started
        finally:
            process.terminate()
            process.wait()
            while self._painted_share(self._sample()) > 0:
                time.sleep(_POLL_S)

    def _sample(self) -> bytes:
        """Return the blue of some pixels all over the screen."""
        offsets = (self._start + line * _LINE_BYTES for line in _SAMPLED_LINES)
        return b"".join(self._pixels[offset : offset + _LINE_BYTES : _SAMPLED_BYTES] for offset in offsets)

    @staticmethod
    def _painted_share(sample: bytes) -> float:
        """Return how much of the screen is not black."""
        return 1 - sample.count(0) / len(sample)


def _patience(started: float) -> None:
    if time.perf_counter() - started > _GIVE_UP_S:
        raise TimeoutError("no window was painted")
    time.sleep(_POLL_S)


BARE_WINDOW = """
import sys
from PySide6.QtWidgets import QApplication, QMainWindow
qt = QApplication(sys.argv)
window = QMainWindow()
window.resize(1180, 780)
window.show()
sys.exit(qt.exec())
"""


def bare_window() -> list[str]:
    """Return the command of a program that shows an empty window and does nothing else."""
    return [sys.executable, "-c", BARE_WINDOW]
