"""A sentence below an answer about how it came about or ended, with a button where something can be done about it."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QLabel, QPushButton, QWidget

from desktop_app.gui.chat.answer_facts import Note, Offer
from desktop_app.gui.chat.placing import mirrored
from desktop_app.gui.theme import icon
from desktop_app.gui.theme.scale import ICON_SIZE_SMALL, ICON_WITH_WORDS, SPACE_8

_TEXT_LEFT = ICON_SIZE_SMALL + SPACE_8


class MessageNote(QWidget):
    """An icon, words that wrap, and maybe a button.

    Signals:
        chosen(): The button was pressed.
    """

    chosen = Signal()

    def __init__(self, note: Note, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon = icon(note.icon, note.token)
        self._words = QLabel(note.sentence, self)
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._words.setWordWrap(True)
        self._words.setProperty("role", "small")
        self._words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._button: QPushButton | None = None
        if note.offer != Offer.NOTHING:
            words = self.tr("Continue") if note.offer == Offer.CONTINUE else self.tr("Try again")
            self._button = QPushButton(words, self)
            self._button.setIcon(icon("play" if note.offer == Offer.CONTINUE else "refresh-cw"))
            self._button.setIconSize(QSize(*ICON_WITH_WORDS))
            self._button.clicked.connect(self.chosen)

    def focus_widgets(self) -> list[QWidget]:
        """Return what the Tab key visits here, in reading order."""
        return [self._button] if self._button is not None else []

    def height_for(self, width: int) -> int:
        """Return the height this needs in some width, in pixels."""
        words = max(ICON_SIZE_SMALL, self._words.heightForWidth(self._words_width(width)))
        return max(words, self._button.sizeHint().height()) if self._button is not None else words + 2

    def resizeEvent(self, event: QResizeEvent) -> None:
        width, height = self.width(), self.height()
        words_width = self._words_width(width)
        natural = self._words.fontMetrics().horizontalAdvance(self._words.text()) + SPACE_8
        words_width = min(words_width, natural)
        # Measuring lays the words out anew and has them painted once more: never do it while painting.
        words_height = self._words.heightForWidth(words_width)
        left, top = mirrored(_TEXT_LEFT, words_width, self), (height - words_height) // 2
        self._words.setGeometry(left, top, words_width, words_height)
        if self._button is not None:
            button_width, button_height = self._button.sizeHint().toTuple()
            left = _TEXT_LEFT + words_width + SPACE_8
            left, top = mirrored(left, button_width, self), (height - button_height) // 2
            self._button.setGeometry(left, top, button_width, button_height)

    def paintEvent(self, event: QPaintEvent) -> None:
        line_height = self._words.fontMetrics().height()
        top = self._words.y() + (line_height - ICON_SIZE_SMALL) // 2  # beside the first line
        self._icon.paint(QPainter(self), mirrored(0, ICON_SIZE_SMALL, self), top, ICON_SIZE_SMALL, ICON_SIZE_SMALL)

    def _words_width(self, width: int) -> int:
        button = self._button.sizeHint().width() + SPACE_8 if self._button is not None else 0
        return max(1, width - _TEXT_LEFT - button)
