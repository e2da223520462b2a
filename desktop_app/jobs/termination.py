"""The system's wish that the program end: shutting down, logging out, Ctrl+C in a terminal."""

import signal
import socket

from PySide6.QtCore import QObject, QSocketNotifier, Signal


class Termination(QObject):
    """Hears it in the event loop. Python itself would only see it the next time any of its code runs.

    Signals:
        requested(): The program should save and end.
    """

    requested = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._heard, self._called = socket.socketpair()
        for end in (self._heard, self._called):
            end.setblocking(False)
        self._notifier = QSocketNotifier(self._heard.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(lambda: self._heard.recv(64))
        signal.set_wakeup_fd(self._called.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda _number, _frame: self.requested.emit())
