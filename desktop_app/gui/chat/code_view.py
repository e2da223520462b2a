"""A block of code in an answer: its language, a button to copy it, and the text in colors."""

from PySide6.QtCore import QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QGuiApplication, QHideEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QLabel, QToolButton, QWidget

from desktop_app.gui.chat.code_text import CodeText
from desktop_app.gui.chat.highlight import Highlighter, RunInBackground
from desktop_app.gui.chat.placing import mirrored
from desktop_app.gui.chat.prose_style import prose_style
from desktop_app.gui.theme import icon, theme
from desktop_app.gui.theme.scale import ICON_WITH_WORDS, RADIUS_CARD, SPACE_4, SPACE_8, SPACE_12

_COPIED_MS = 2_000


class CodeView(QWidget):
    """Shows code that may still be growing, as high as it is; whoever holds it scrolls up and down."""

    def __init__(self, language: str, run_in_background: RunInBackground, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pieces: list[str] = []
        self._language = QLabel(language or self.tr("code"), self)
        self._language.setTextFormat(Qt.TextFormat.PlainText)
        self._language.setProperty("role", "small")
        self._copy = QToolButton(self)
        self._copy.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._copy.setIconSize(QSize(*ICON_WITH_WORDS))
        self._copy.setProperty("role", "small")
        self._copy.setToolTip(self.tr("Copy this code"))
        self._copy.clicked.connect(self._copy_all)
        self._copied: QTimer | None = None
        self.text_view = CodeText(self)
        self.text_view.setAccessibleName(self.tr("Code, {language}").format(language=self._language.text()))
        self._highlighter = Highlighter(self.text_view.document(), language, run_in_background, self)
        self._say_copy()

    @property
    def code(self) -> str:
        """The code, exactly as it was written."""
        return "".join(self._pieces)

    def append(self, text: str) -> None:
        """Add text at the end."""
        self._pieces.append(text)
        self.text_view.append_text(text)
        self._highlighter.text_grew()

    def finish(self) -> None:
        """Say that the code is complete."""
        self._highlighter.finish()

    def refresh(self) -> None:
        """Take over a new theme."""
        self.text_view.refresh()
        self._highlighter.recolor()
        self.update()

    @property
    def _header_height(self) -> int:
        return prose_style().row_px + SPACE_8

    def focus_widgets(self) -> list[QWidget]:
        """Return what the Tab key visits here, in reading order."""
        return [self._copy, self.text_view]

    def height_for(self, width: int) -> int:
        """Return the height this needs in some width, in pixels."""
        return self._header_height + self.text_view.height_for(width - 2 * SPACE_12) + SPACE_12

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._place()

    def _place(self) -> None:
        width, row = self.width(), prose_style().row_px
        button_width = self._copy.sizeHint().width()
        label_width = max(0, width - button_width - 2 * SPACE_12 - SPACE_4)
        button_left = width - button_width - SPACE_4
        self._copy.setGeometry(mirrored(button_left, button_width, self), SPACE_4, button_width, row)
        self._language.setGeometry(mirrored(SPACE_12, label_width, self), SPACE_4, label_width, row)
        top = self._header_height
        self.text_view.setGeometry(SPACE_12, top, width - 2 * SPACE_12, self.height() - top - SPACE_4)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme().tokens.sunken))
        painter.drawRoundedRect(QRectF(self.rect()), RADIUS_CARD, RADIUS_CARD)

    def hideEvent(self, event: QHideEvent) -> None:
        if self._copied is not None and self._copied.isActive():
            self._copied.stop()
            self._say_copy()

    def _copy_all(self) -> None:
        QGuiApplication.clipboard().setText(self.code)
        self._copy.setText(self.tr("Copied"))
        self._copy.setIcon(icon("check", "good"))
        self._place()
        if self._copied is None:
            self._copied = QTimer(self, singleShot=True, interval=_COPIED_MS)
            self._copied.timeout.connect(self._say_copy)
        self._copied.start()

    def _say_copy(self) -> None:
        self._copy.setText(self.tr("Copy"))
        self._copy.setIcon(icon("copy", "muted"))
        self._place()
