"""An icon and words beside it, which may go on over several lines."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from desktop_app.gui.adapters.standing_words import Told
from desktop_app.gui.library.labels import plain_label, set_role
from desktop_app.gui.theme import scale
from desktop_app.gui.widgets.mark import Mark

_ROLES = {"good": "good", "warn": "warn", "danger": "danger"}


class ToldLine(QWidget):
    """Hidden as long as there is nothing to say.

    Args:
        role: Of words whose color says nothing.
    """

    def __init__(self, role: str = "") -> None:
        super().__init__()
        self._role = role
        self._told = Told()
        self.mark = Mark()
        self.words = plain_label(role=role, wraps=True)
        at_first_line = QVBoxLayout()
        at_first_line.setContentsMargins(0, 1, 0, 0)  # the middle of an icon is below that of small letters
        at_first_line.addWidget(self.mark)
        at_first_line.addStretch(1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(scale.SPACE_8)
        layout.addLayout(at_first_line)
        layout.addWidget(self.words, 1, Qt.AlignmentFlag.AlignVCenter)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self.hide()

    def tell(self, told: Told) -> None:
        """Say this in place of what was said before."""
        if told == self._told:
            return
        if told.token != self._told.token:
            set_role(self.words, _ROLES.get(told.token, self._role))
        self._told = told
        self.words.setText(told.words)
        if told.words:
            self.mark.show_icon(told.icon, told.token)
        self.setVisible(bool(told.words))
