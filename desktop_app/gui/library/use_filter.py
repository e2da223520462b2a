"""A row of pills, one of which is chosen, that goes on in the next line where there is no room."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QToolButton, QWidget

from desktop_app.gui.chat.placing import mirrored
from desktop_app.gui.theme import icon, scale


class UseFilter(QWidget):
    """Starts with everything.

    Attributes:
        use: The one that is chosen; an empty text means everything.

    Signals:
        chosen(str): Only this is wanted; an empty text means everything.
    """

    chosen = Signal(str)

    def __init__(self, uses: tuple[str, ...]) -> None:
        super().__init__()
        self.setAccessibleName("What for")
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.buttons: dict[str, QToolButton] = {}
        for use in ("", *uses):
            button = self.buttons[use] = QToolButton(self)
            button.setText(use.capitalize() or "All")
            button.setIcon(icon("check", "accent"))
            button.setProperty("kind", "pill")
            button.setCheckable(True)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(lambda _checked=False, use=use: self.choose(use))
        self._mark("")

    def choose(self, use: str) -> None:
        """Mark one and say so."""
        self._mark(use)
        self.chosen.emit(use)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._place(width, for_real=False)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._place(self.width(), for_real=True)

    def _mark(self, chosen: str) -> None:
        self.use = chosen
        for use, button in self.buttons.items():
            button.setChecked(use == chosen)
            with_icon = Qt.ToolButtonStyle.ToolButtonTextBesideIcon
            button.setToolButtonStyle(with_icon if use == chosen else Qt.ToolButtonStyle.ToolButtonTextOnly)
        self._place(self.width(), for_real=True)
        self.updateGeometry()

    def _place(self, width: int, for_real: bool) -> int:
        """Return the height in some width."""
        left = top = 0
        height = max(scale.CONTROL_HEIGHT, *(button.sizeHint().height() for button in self.buttons.values()))
        for button in self.buttons.values():
            needed = button.sizeHint().width()
            if left and left + needed > width:
                left, top = 0, top + height + scale.SPACE_8
            if for_real:
                button.setGeometry(mirrored(left, needed, self), top, needed, height)
            left += needed + scale.SPACE_8
        return top + height
