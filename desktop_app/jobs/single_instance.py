"""One window for one data folder: a second start brings the first window to the front and ends."""

import hashlib
from pathlib import Path

from PySide6.QtCore import QLockFile, QObject, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

_ANSWER_MS = 1_000


class SingleInstance(QObject):
    """Holds the lock of a data folder while it lives.

    The lock file names its process, so that one left behind by a crash or a power cut does not count.

    Signals:
        raise_requested(): Another start found us.
    """

    raise_requested = Signal()

    def __init__(self, lock: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lock = QLockFile(str(lock))
        self._lock.setStaleLockTime(0)
        self._name = "moatless-" + hashlib.sha256(str(lock.resolve()).encode()).hexdigest()[:16]
        self._server = QLocalServer(self)
        self._server.newConnection.connect(self._on_connection)

    def claim(self) -> bool:
        """Return True if this is the first window of the data folder (or the folder cannot be written at all)."""
        if not self._lock.tryLock(0):
            return self._lock.error() != QLockFile.LockError.LockFailedError
        QLocalServer.removeServer(self._name)  # a socket file may be left behind by a crash
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.listen(self._name)
        return True

    def raise_other(self) -> bool:
        """Ask the first window to come to the front; False if it does not answer."""
        socket = QLocalSocket()
        socket.connectToServer(self._name)
        if not socket.waitForConnected(_ANSWER_MS):
            return False
        socket.disconnectFromServer()
        return True

    def close(self) -> None:
        self._server.close()
        self._lock.unlock()

    def _on_connection(self) -> None:
        self._server.nextPendingConnection().disconnectFromServer()
        self.raise_requested.emit()
