"""The window: puts the pages together and nothing else."""

from PySide6.QtCore import QByteArray, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from desktop_app.gui.rail import Rail

SMALLEST = (640, 480)  # half of a small laptop's screen
STANDARD = (1180, 780)

CHAT, MODELS, ADAPTERS, TEACH, SETTINGS = "chat", "models", "adapters", "teach", "settings"
PAGES = {
    CHAT: ("message-square", "Chat"),
    MODELS: ("boxes", "Models"),
    ADAPTERS: ("layers", "Adapters"),
    TEACH: ("graduation-cap", "Teach"),
    SETTINGS: ("settings", "Settings"),
}


class MainWindow(QMainWindow):
    """Rail and pages.

    Signals:
        painted(): The window is on the screen for the first time.
    """

    painted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle("Moatless")
        self.setMinimumSize(*SMALLEST)
        self.resize(*STANDARD)
        self.rail = Rail(PAGES)
        self.stack = QStackedWidget()
        self._pages: dict[str, QWidget] = {}
        self._is_painted = False
        body = QWidget()
        layout = QHBoxLayout(body)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.rail)
        self._column = QVBoxLayout()
        self._column.setSpacing(0)
        self._column.addWidget(self.stack, 1)
        layout.addLayout(self._column, 1)
        self.setCentralWidget(body)
        self.rail.show_page(CHAT)

    def set_pages(self, pages: dict[str, QWidget]) -> None:
        """Take one widget for each name in `PAGES` and show the chat.

        What is large is made within `stack`: a widget that comes to another parent is styled anew, with all in it.
        """
        self._pages = pages
        for page in pages.values():
            self.stack.addWidget(page)
        self.rail.chosen.connect(self.show_page)
        self.show_page(CHAT)

    def set_notice(self, notice: QWidget) -> None:
        """Take what is shown above every page, while it has something to say."""
        self._column.insertWidget(0, notice)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._is_painted:
            self._is_painted = True
            self.painted.emit()

    @property
    def page(self) -> str:
        """The name of the page that is on the screen, empty for a page of trouble."""
        current = self.stack.currentWidget()
        return next((name for name, page in self._pages.items() if page is current), "")

    def show_page(self, name: str) -> None:
        """Show a page; an unknown name shows the chat."""
        name = name if name in self._pages else CHAT
        self.stack.setCurrentWidget(self._pages[name])
        self.rail.show_page(name)

    def show_trouble(self, page: QWidget) -> None:
        """Show this page and no way to any other."""
        self.rail.hide()
        self.stack.addWidget(page)
        self.stack.setCurrentWidget(page)

    def raise_to_front(self) -> None:
        """Come to the front, e.g. because the program was started again."""
        self.showNormal() if self.isMinimized() else self.show()
        self.raise_()
        self.activateWindow()

    def geometry_text(self) -> str:
        """Return place and size as text."""
        return bytes(self.saveGeometry().toBase64().data()).decode()

    def restore(self, geometry: str) -> None:
        """Take place and size from `geometry_text`."""
        if geometry:
            self.restoreGeometry(QByteArray.fromBase64(geometry.encode()))
