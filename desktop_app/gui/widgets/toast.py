"""Says what just happened, at the bottom of the window, and offers to undo it while it is shown."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from desktop_app.gui.theme import theme
from desktop_app.gui.theme.scale import RADIUS_CARD, SPACE_4, SPACE_16, SPACE_24
from desktop_app.gui.widgets.icon_button import IconButton

SHOWN_MS = 6_000
_WIDEST = 560


@dataclass(frozen=True)
class _News:
    words: str
    undo: Callable[[], object] | None


class Toast(QWidget):
    """One for each window, shown above everything else in it; several news are told one after the other.

    Args:
        window: Whose bottom it is shown at.
        usable: What it leaves free there while it is on the screen, or None.
    """

    def __init__(self, window: QWidget, usable: QWidget | None = None) -> None:
        super().__init__(window)
        self._window = window
        self._usable = usable
        self._waiting: deque[_News] = deque()
        self._shown: _News | None = None
        self._words = QLabel(self)
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._words.setWordWrap(True)
        self._undo = QPushButton(self.tr("Undo"), self)
        self._undo.setProperty("kind", "toast")
        self._undo.clicked.connect(self._on_undo)
        self._close = IconButton("x", self.tr("Close"), self, token="base", size=16)
        self._close.setProperty("kind", "toast")
        self._close.clicked.connect(self._next)
        self._row = row = QHBoxLayout(self)
        row.setContentsMargins(SPACE_16, SPACE_4, SPACE_4, SPACE_4)
        row.setSpacing(SPACE_16)
        row.addWidget(self._words, 1)
        row.addWidget(self._undo)
        row.addWidget(self._close)
        self._timer = QTimer(self, singleShot=True, interval=SHOWN_MS)
        self._timer.timeout.connect(self._on_time)
        self.setProperty("panel", "toast")
        self.hide()
        for moving in (window, usable):
            if moving is not None:
                moving.installEventFilter(self)

    def tell(self, words: str, undo: Callable[[], object] | None = None) -> None:
        """Show a sentence for some seconds, after those that are waiting."""
        self._waiting.append(_News(words, undo))
        if self._shown is None:
            self._next()

    def _next(self) -> None:
        self._timer.stop()
        self._shown = self._waiting.popleft() if self._waiting else None
        if self._shown is None:
            self.hide()
            return
        self._words.setText(self._shown.words)
        self._undo.setVisible(self._shown.undo is not None)
        self._place()
        self.show()
        self.raise_()
        self._timer.start()
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, self._shown.words))

    def _on_undo(self) -> None:
        news = self._shown
        self._next()
        if news is not None and news.undo is not None:
            news.undo()

    def _on_time(self) -> None:
        # Whoever is reaching for the button should not see it vanish.
        if self.underMouse() or self._undo.hasFocus() or self._close.hasFocus():
            self._timer.start()
        else:
            self._next()

    def _place(self) -> None:
        window = self._window
        width = min(_WIDEST, window.width() - 2 * SPACE_16)
        chrome = width - self._words_width()
        natural = self._words.fontMetrics().horizontalAdvance(self._words.text()) + SPACE_4
        width = min(width, natural + chrome)
        height = max(self.sizeHint().height(), self._row.heightForWidth(width))
        corner = QPoint((window.width() - width) // 2, self._bottom() - height)
        self.setGeometry(corner.x(), corner.y(), width, height)

    def _bottom(self) -> int:
        if self._usable is not None and self._usable.isVisible():
            return self._usable.mapTo(self._window, QPoint()).y() - SPACE_16
        return self._window.height() - SPACE_24

    def _words_width(self) -> int:
        """Return what is left for the words in the widest toast."""
        buttons = self._close.width() + SPACE_16
        if not self._undo.isHidden():
            buttons += self._undo.sizeHint().width() + SPACE_16
        return min(_WIDEST, self._window.width() - 2 * SPACE_16) - SPACE_16 - SPACE_4 - buttons

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Move) and self.isVisible():
            self._place()
        return super().eventFilter(watched, event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme().tokens.text))
        painter.drawRoundedRect(self.rect(), RADIUS_CARD, RADIUS_CARD)
