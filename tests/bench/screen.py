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
from collections.abc import Sequence
from pathlib import Path

WIDTH, HEIGHT = 1280, 800
PAINTED_SHARE = 0.3  # of the screen; no window manager, so a window is either small in a corner or all there
_LINE_BYTES = WIDTH * 4
_SAMPLED_LINES = range(20, HEIGHT, 40)
_SAMPLED_BYTES = 16 * 4  # the blue of every 16th pixel
_POLL_S = 0.002
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

    def painted_share(self) -> float:
        """Return how much of the screen is not black."""
        black = 0
        for line in _SAMPLED_LINES:
            offset = self._start + line * _LINE_BYTES
            black += self._pixels[offset : offset + _LINE_BYTES : _SAMPLED_BYTES].count(0)
        return 1 - black / (len(_SAMPLED_LINES) * _LINE_BYTES / _SAMPLED_BYTES)

    def seconds_to_paint(self, command: Sequence[str]) -> float:
        """Start a program, wait until its window is painted, end it, and return the seconds from its start."""
        environment = self.environment()
        started = time.perf_counter()
        process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL)
        try:
            while self.painted_share() < PAINTED_SHARE:
                if process.poll() is not None or time.perf_counter() - started > _GIVE_UP_S:
                    raise RuntimeError(f"{command[0]} has painted no window")
                time.sleep(_POLL_S)
            return time.perf_counter() - started
        finally:
            process.terminate()
            process.wait()
            while self.painted_share() > 0:
                time.sleep(_POLL_S)


BARE_WINDOW = f"""
import sys
from PySide6.QtWidgets import QApplication, QMainWindow
qt = QApplication(sys.argv)
window = QMainWindow()
window.resize({WIDTH}, {HEIGHT})
window.show()
sys.exit(qt.exec())
"""


def bare_window() -> list[str]:
    """Return the command of a program that shows an empty window and does nothing else."""
    return [sys.executable, "-c", BARE_WINDOW]
