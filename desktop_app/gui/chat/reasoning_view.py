"""What a model thought before it answered: folded, so that the answer comes first; one key or click shows it."""

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QToolButton, QWidget

from desktop_app.gui.chat.highlight import RunInBackground
from desktop_app.gui.chat.placing import mirrored, place
from desktop_app.gui.chat.prose_style import prose_style
from desktop_app.gui.chat.segment_column import SegmentColumn
from desktop_app.gui.theme import icon, theme
from desktop_app.gui.theme.scale import ICON_SIZE_SMALL, SPACE_4, SPACE_8, SPACE_16

_BAR_WIDTH = 2


class ReasoningView(QWidget):
    """Its text is laid out only when somebody wants to read it.

    Signals:
        resized(): It was folded or unfolded.
    """

    resized = Signal()

    def __init__(self, run_in_background: RunInBackground, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = ""
        self._shown = ""
        self._is_thinking = True
        self.content = SegmentColumn(run_in_background, self, muted=True)
        self.content.hide()
        self.button = QToolButton(self)
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self.button.setProperty("role", "small")
        self.button.setCheckable(True)
        self.button.setProperty("kind", "fold")
        self.button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.button.toggled.connect(self._on_toggled)
        self._say()

    def set_text(self, text: str, thinking: bool) -> None:
        """Show this reasoning; `thinking` says that more will come."""
        self._text, self._is_thinking = text, thinking
        if self.is_unfolded:
            self._show_text()
        self._say()

    @property
    def is_unfolded(self) -> bool:
        return self.button.isChecked()

    def refresh(self) -> None:
        """Take over a new theme."""
        self.content.refresh()
        self.update()

    def focus_widgets(self) -> list[QWidget]:
        """Return what the Tab key visits here, in reading order."""
        return [self.button, *(self.content.focus_widgets() if self.is_unfolded else [])]

    def height_for(self, width: int) -> int:
        """Return the height this needs in some width, in pixels."""
        if not self.is_unfolded:
            return prose_style().row_px
        return prose_style().row_px + SPACE_4 + self.content.height_for(width - SPACE_16) + SPACE_8

    def arrange(self) -> None:
        """Put the parts where they belong in the size this has now."""
        button_width = min(self.width(), self.button.sizeHint().width())
        self.button.setGeometry(mirrored(0, button_width, self), 0, button_width, prose_style().row_px)
        width, top = self.width() - SPACE_16, prose_style().row_px + SPACE_4
        place(self.content, mirrored(SPACE_16, width, self), top, width, max(0, self.height() - top - SPACE_8))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.arrange()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        # Painted here, not by the button, so that it lines up with the text below.
        folded = "chevron-left" if self.isRightToLeft() else "chevron-right"
        chevron = icon("chevron-down" if self.is_unfolded else folded, "muted")
        top = (prose_style().row_px - ICON_SIZE_SMALL) // 2
        chevron.paint(painter, mirrored(0, ICON_SIZE_SMALL, self), top, ICON_SIZE_SMALL, ICON_SIZE_SMALL)
        if not self.is_unfolded:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme().tokens.line))
        left = mirrored(SPACE_4, _BAR_WIDTH, self)
        painter.drawRoundedRect(QRectF(left, self.content.y(), _BAR_WIDTH, self.content.height()), 1, 1)

    def _on_toggled(self, unfolded: bool) -> None:
        self.content.setVisible(unfolded)
        if unfolded:
            self._show_text()
        self._say()
        self.update()
        self.resized.emit()

    def _show_text(self) -> None:
        if not self._text.startswith(self._shown):
            self.content.clear()
            self._shown = ""
        self.content.feed(self._text[len(self._shown) :])
        self._shown = self._text
        if not self._is_thinking:
            self.content.finish()

    def _say(self) -> None:
        self.button.setText(self.tr("Thinking…") if self._is_thinking else self.tr("Thought for a while"))
        self.button.setToolTip(self.tr("Hide the reasoning") if self.is_unfolded else self.tr("Show the reasoning"))
        self.arrange()
