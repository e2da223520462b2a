"""The strip at the left edge: the things the program does, one of which is on the screen."""

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QButtonGroup, QFrame, QToolButton, QVBoxLayout

from desktop_app.gui.theme import icon, scale, theme

NARROWEST, LOWEST = 84, 52  # of the rail, and of a button; larger text makes them larger
RING = 12


class Rail(QFrame):
    """Icon and word for each page.

    Signals:
        chosen(str): The name of the page the person wants.
    """

    chosen = Signal(str)

    def __init__(self, pages: dict[str, tuple[str, str]]) -> None:
        """Take (icon, label) by page name; the last one goes to the bottom."""
        self._buttons: dict[str, _RailButton] = {}  # fonts and styles come with the first line of Qt's
        super().__init__()
        self.setProperty("panel", "sunken")
        self.setAccessibleName("Pages")
        group = QButtonGroup(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(scale.SPACE_8, scale.SPACE_12, scale.SPACE_8, scale.SPACE_12)
        layout.setSpacing(scale.SPACE_4)
        for number, (name, (icon_name, label)) in enumerate(pages.items(), start=1):
            if number == len(pages):
                layout.addStretch(1)
            button = self._button(icon_name, label, number)
            button.clicked.connect(lambda _checked=False, name=name: self.chosen.emit(name))
            group.addButton(button)
            layout.addWidget(button)
            self._buttons[name] = button
        self._fit()

    def show_page(self, name: str) -> None:
        """Mark the page that is on the screen."""
        self._buttons[name].setChecked(True)

    def show_progress(self, name: str, fraction: float | None, done: str = "downloaded") -> None:
        """Draw a ring around how much of something is done on a page, from 0 to 1; None draws none.

        Args:
            done: What is done with it, for people who hear it.
        """
        self._buttons[name].set_progress(fraction, done)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit()

    def _fit(self) -> None:
        """Be as wide as the longest label needs."""
        buttons = self._buttons.values()
        if not buttons:  # the first font comes before there is anything
            return
        longest = max(button.fontMetrics().horizontalAdvance(button.text()) for button in buttons)
        width = max(NARROWEST - 2 * scale.SPACE_8, longest + 2 * scale.SPACE_4)
        height = max(LOWEST, *(button.sizeHint().height() for button in buttons))
        for button in buttons:
            button.setFixedSize(width, height)
        self.setFixedWidth(width + 2 * scale.SPACE_8)

    def _button(self, icon_name: str, label: str, number: int) -> "_RailButton":
        button = _RailButton()
        button.setText(label)
        button.setIcon(icon(icon_name, "muted", "accent"))
        button.setIconSize(QSize(scale.ICON_SIZE, scale.ICON_SIZE))
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        button.setCheckable(True)
        button.setShortcut(f"Ctrl+{number}")
        button.setToolTip(f"{label} (Ctrl+{number})")
        return button


class _RailButton(QToolButton):
    """A page's button, with a small ring at its corner while something on the page is on its way."""

    def __init__(self) -> None:
        super().__init__()
        self._fraction: float | None = None

    def set_progress(self, fraction: float | None, done: str) -> None:
        if fraction != self._fraction:
            self._fraction = fraction
            self.setAccessibleDescription("" if fraction is None else f"{round(100 * fraction)} % {done}")
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._fraction is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ring = QRectF(self.width() - RING - scale.SPACE_8, scale.SPACE_4, RING, RING)
        for token, degrees in (("handle", 360.0), ("accent", 360 * self._fraction)):
            painter.setPen(QPen(QColor(getattr(theme().tokens, token)), 2.5))
            painter.drawArc(ring, 90 * 16, round(-degrees * 16))
