"""Where the parts of the chat page are: the list of chats, the open one, and one panel at the right or none."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QHBoxLayout, QSplitter, QWidget

from desktop_app.gui.rail import NARROWEST as RAIL_WIDTH
from desktop_app.gui.theme import scale

LIST_WIDTH = 264
_NEEDED = scale.NARROW_WIDTH - RAIL_WIDTH  # for the list and a chat that is easy to read


class ChatFrame(QWidget):
    """Puts the list away where there is no room for it, and brings it back where there is again.

    Signals:
        folded(bool): Whether the list is put away now.
    """

    folded = Signal(bool)

    def __init__(self, chats: QWidget, chat: QWidget, parent: QWidget) -> None:
        super().__init__(parent)
        self._list = chats
        self._panels: dict[QAbstractButton, QWidget] = {}
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
        panel.hide()
        self._layout.addWidget(panel)
        self._panels[toggle] = panel
        toggle.toggled.connect(lambda is_down: self._show_panel(toggle, is_down))

    def _show_panel(self, toggle: QAbstractButton, is_down: bool) -> None:
        if is_down:
            for other in self._panels:
                if other is not toggle:
                    other.setChecked(False)
        panel, focus = self._panels[toggle], QApplication.focusWidget()
        if not is_down and focus is not None and panel.isAncestorOf(focus):
            toggle.setFocus()  # else it would go to whatever comes next
        panel.setVisible(is_down)
        self._fold()

    def need(self, width: int = 0) -> None:
        """Leave the chat itself at least this width beside the list; 0 is what is easy to read."""
        self._needed = LIST_WIDTH + width if width else _NEEDED
        self._fold()

    @property
    def is_narrow(self) -> bool:
        """Whether there is no room for the list beside the chat."""
        taken = sum(panel.minimumWidth() for panel in self._panels.values() if not panel.isHidden())
        return self.width() - taken < self._needed

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fold()

    def _fold(self) -> None:
        if self._is_narrow != self.is_narrow:
            self._is_narrow = self.is_narrow
            self._list.setVisible(not self._is_narrow)
            self.folded.emit(self._is_narrow)
