"""Where the parts of the chat page are: the list of chats, the open one, and one panel at the right or none."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QFrame, QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from desktop_app.gui.rail import NARROWEST as RAIL_WIDTH
from desktop_app.gui.theme import scale
from desktop_app.gui.widgets.back_button import BackButton

LIST_WIDTH = 264
_ANY_WIDTH = (1 << 24) - 1  # Qt's QWIDGETSIZE_MAX
_NEEDED = scale.NARROW_WIDTH - RAIL_WIDTH  # for the list and a chat that is easy to read


class ChatFrame(QWidget):
    """Puts the list away where there is no room for it, the chat too where a panel needs all, and brings them back.

    Signals:
        folded(bool): Whether the list is put away now.
    """

    folded = Signal(bool)

    def __init__(self, chats: QWidget, chat: QWidget, parent: QWidget) -> None:
        super().__init__(parent)
        self._list = chats
        self._panels: dict[QAbstractButton, _Panel] = {}
        self._needed = _NEEDED
        self._is_narrow = False
        chats.setMinimumWidth(200)
        chats.setMaximumWidth(420)
        self.splitter = QSplitter(Qt.Orientation.Horizontal, self)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(chats)
        self.splitter.addWidget(chat)
        self.splitter.setStretchFactor(1, 1)
        self.splitter.setSizes([LIST_WIDTH, 900])
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(0)
        self._layout.addWidget(self.splitter, 1)

    def add_panel(self, toggle: QAbstractButton, panel: QWidget) -> None:
        """Show this panel as long as its button is down; only one of them is."""
        side = self._panels[toggle] = _Panel(panel)
        side.hide()
        self._layout.addWidget(side)
        side.back.clicked.connect(lambda: toggle.setChecked(False))
        toggle.toggled.connect(lambda is_down: self._show_panel(toggle, is_down))

    def _show_panel(self, toggle: QAbstractButton, is_down: bool) -> None:
        if is_down:
            for other in self._panels:
                if other is not toggle:
                    other.setChecked(False)
        panel, focus = self._panels[toggle], QApplication.focusWidget()
        had_focus = focus is not None and panel.isAncestorOf(focus)
        panel.setVisible(is_down)
        self._fold()
        if is_down and panel.back.isVisible():
            panel.back.setFocus()  # the button that was pressed is covered
        elif had_focus and not is_down:
            toggle.setFocus()  # else it would go to whatever comes next

    def need(self, width: int = 0) -> None:
        """Leave the chat itself at least this width beside the list; 0 is what is easy to read."""
        self._needed = LIST_WIDTH + width if width else _NEEDED
        self._fold()

    @property
    def is_narrow(self) -> bool:
        """Whether there is no room for the list beside the chat."""
        return self.width() - self._taken < self._needed

    @property
    def _taken(self) -> int:
        return sum(panel.width_wanted for panel in self._panels.values() if not panel.isHidden())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fold()

    def _fold(self) -> None:
        if self._is_narrow != self.is_narrow:
            self._is_narrow = self.is_narrow
            self._list.setVisible(not self._is_narrow)
            self.folded.emit(self._is_narrow)
        is_covered = self._taken > 0 and self.width() - self._taken < self.splitter.minimumSizeHint().width()
        self.splitter.setHidden(is_covered)
        for panel in self._panels.values():
            panel.stand_alone(is_covered)


class _Panel(QFrame):
    """A panel of a width of its own; where there is no room for anything else, all of it, with a way back."""

    def __init__(self, content: QWidget) -> None:
        super().__init__()
        self.setProperty("panel", "sunken")
        self.width_wanted = content.minimumWidth()
        self._content = content
        self.back = BackButton("Back to the chat")
        self.back.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        line = QHBoxLayout()
        line.setContentsMargins(scale.SPACE_8, 0, 0, 0)
        line.addWidget(self.back, 0, Qt.AlignmentFlag.AlignLeft)
        column.addLayout(line)
        column.addWidget(content, 1)

    def stand_alone(self, is_alone: bool) -> None:
        self.back.setVisible(is_alone)
        self._content.setMaximumWidth(_ANY_WIDTH if is_alone else self.width_wanted)
