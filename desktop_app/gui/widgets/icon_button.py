"""A button that is only a picture, and therefore always has a name and a tooltip."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QToolButton, QWidget

from desktop_app.gui.theme import icon
from desktop_app.gui.theme.scale import ICON_SIZE, TOUCH_HEIGHT


class IconButton(QToolButton):
    """Shows one icon of the set."""

    def __init__(
        self, icon_name: str, label: str, parent: QWidget | None = None, token: str = "muted", size: int = ICON_SIZE
    ) -> None:
        super().__init__(parent)
        self._name = icon_name
        self._token = token
        self.setIconSize(QSize(size, size))
        self.setFixedSize(TOUCH_HEIGHT, TOUCH_HEIGHT)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click should not leave a focus ring behind
        self.set_icon(icon_name, label)

    def set_icon(self, icon_name: str, label: str) -> None:
        """Show another icon, under another name."""
        self._name = icon_name
        self.setIcon(icon(icon_name, self._token))
        self.setToolTip(label)
        self.setAccessibleName(label)

    def set_token(self, token: str) -> None:
        """Draw it in another color of the theme."""
        if token != self._token:
            self._token = token
            self.setIcon(icon(self._name, token))
