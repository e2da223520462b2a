"""Waiting while the program goes on."""

from collections.abc import Callable

from PySide6.QtCore import QEventLoop, QTimer

SETTLE_MS = 400  # transcripts fill in slices, highlighting comes from another thread


def wait(ms: int = SETTLE_MS) -> None:
    loop = QEventLoop()
    QTimer.singleShot(ms, loop.quit)
    loop.exec()


def wait_for(condition: Callable[[], bool]) -> None:
    while not condition():
        wait(20)
