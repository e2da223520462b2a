"""One window for one data folder: a second start brings the first window to the front and ends.

The lock decides and is taken before the window is shown; the way to be called to the front is opened afterwards,
because Qt's network library takes longer to load than everything else here.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCryptographicHash, QLockFile, QObject, Signal

if TYPE_CHECKING:
    from PySide6.QtNetwork import QLocalServer

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
        digest = QCryptographicHash.hash(str(lock.resolve()).encode(), QCryptographicHash.Algorithm.Sha256)
        self._name = "moatless-" + bytes(digest.toHex().data()).decode()[:16]
        self._server: QLocalServer | None = None

    def claim(self, patience_ms: int = 0) -> bool:
        """Return True if this is the only window of the data folder (or the folder cannot be written at all).

        Args:
            patience_ms: How long to wait for another one that may be closing.
        """
        return self._lock.tryLock(patience_ms) or self._lock.error() != QLockFile.LockError.LockFailedError

    def listen(self) -> None:
        """Hear from now on when the program is started again."""
        from PySide6.QtNetwork import QLocalServer

        self._server = QLocalServer(self)
        self._server.newConnection.connect(self._on_connection)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        QLocalServer.removeServer(self._name)  # a socket file may be left behind by a crash
        self._server.listen(self._name)

    def raise_other(self) -> bool:
        """Ask the first window to come to the front; False if it does not answer."""
        from PySide6.QtNetwork import QLocalSocket

        socket = QLocalSocket()
        socket.connectToServer(self._name)
        if not socket.waitForConnected(_ANSWER_MS):
            return False
        socket.disconnectFromServer()
        return True

    def stop_listening(self) -> None:
        """Be deaf to other starts from now on: a window that is closing cannot come to the front."""
        if self._server is not None:
            self._server.close()

    def close(self) -> None:
        self.stop_listening()
        self._lock.unlock()

    def _on_connection(self) -> None:
        assert self._server is not None
        self._server.nextPendingConnection().disconnectFromServer()
        self.raise_requested.emit()
