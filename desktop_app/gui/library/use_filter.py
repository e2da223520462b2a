"""Pills for what a model is good for, one of which is chosen."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QToolButton

from desktop_app.gui.theme import icon, scale
from desktop_app.gui.widgets.flow_row import FlowRow


class UseFilter(FlowRow):
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
        self.buttons: dict[str, QToolButton] = {}
        for use in ("", *uses):
            button = self.buttons[use] = QToolButton(self)
            button.setText(use.capitalize() or "All")
            button.setIcon(icon("check", "accent"))
            button.setProperty("kind", "pill")
            button.setCheckable(True)
            button.setMinimumHeight(scale.CONTROL_HEIGHT)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(lambda _checked=False, use=use: self.choose(use))
        self._mark("")

    def choose(self, use: str) -> None:
        """Mark one and say so."""
        self._mark(use)
        self.chosen.emit(use)

    def _mark(self, chosen: str) -> None:
        self.use = chosen
        for use, button in self.buttons.items():
            button.setChecked(use == chosen)
            with_icon = Qt.ToolButtonStyle.ToolButtonTextBesideIcon
            button.setToolButtonStyle(with_icon if use == chosen else Qt.ToolButtonStyle.ToolButtonTextOnly)
        self.set_widgets(list(self.buttons.values()))
