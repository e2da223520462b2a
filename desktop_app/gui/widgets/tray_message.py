"""A notification by an icon in the tray, where the system shows one; it goes with the notification."""

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QApplication, QSystemTrayIcon

SHOWN_MS = 15_000


class TrayMessage(QObject):
    """Signals:
    clicked(): The person wants to see what it is about.
    """

    clicked = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._icon: QSystemTrayIcon | None = None
        self._timer = QTimer(self, singleShot=True, interval=SHOWN_MS)
        self._timer.timeout.connect(self.hide)

    def show(self, title: str, words: str) -> None:
        """Show this for a while; without a tray, nothing happens."""
        if not QSystemTrayIcon.isSystemTrayAvailable() or not QSystemTrayIcon.supportsMessages():
            return
        self.hide()
        self._icon = icon = QSystemTrayIcon(QApplication.windowIcon(), self)
        icon.messageClicked.connect(self.clicked)
        icon.show()
        icon.showMessage(title, words, QApplication.windowIcon(), SHOWN_MS)
        self._timer.start()

    def hide(self) -> None:
        """Take it from the screen."""
        self._timer.stop()
        if self._icon is not None:
            self._icon.hide()
            self._icon.deleteLater()
            self._icon = None
