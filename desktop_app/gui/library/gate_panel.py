"""The way to models whose owners let in only those who have accepted something: accept, make a token, give it here."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from desktop_app.gui.chat.link_guard import ask_before_opening
from desktop_app.gui.library.hub_notice import LONGEST
from desktop_app.gui.library.labels import announce, plain_label, printable
from desktop_app.gui.theme import icon, scale
from desktop_app.jobs.connection import HubConnection
from desktop_app.network.door import HUB, Gated

if TYPE_CHECKING:
    from desktop_app.network.token import Kept

TOKENS_PAGE = f"{HUB}/settings/tokens"
STEPS = ("Open its page and accept the terms.", "Make a token that may read.", "")  # the last is a field
KEPT_WORDS = {
    "keychain": "Your token is saved in the keychain of this computer.",
    "memory": "Your token is saved. This computer has no keychain, so it is kept until Moatless is closed.",
}
WILL_BE_KEPT = "It is kept in the keychain of this computer. Without one, it is kept until Moatless is closed."


class GatePanel(QFrame):
    """Takes the token and never shows it. Also there where the Hub may no longer accept the one that is kept.

    Signals:
        saved(): There is another token, or none any more; try again.
    """

    saved = Signal()

    def __init__(self, connection: HubConnection) -> None:
        super().__init__()
        self._connection = connection
        self._page = ""
        self.setProperty("panel", "card")
        self.setAccessibleName("Before this can be downloaded")
        self.sentence = plain_label(wraps=True)
        self.page_button = QPushButton("Open its page")
        self.page_button.clicked.connect(lambda: ask_before_opening(self, self._page))
        self.tokens_button = QPushButton("Open your tokens")
        self.tokens_button.clicked.connect(lambda: ask_before_opening(self, TOKENS_PAGE))
        self.field = QLineEdit()
        self.field.setEchoMode(QLineEdit.EchoMode.Password)
        self.field.setPlaceholderText("Paste the token")
        self.field.setAccessibleName("Paste the token")
        self.save_button = QPushButton("Save and try again")
        self.save_button.setEnabled(False)
        self.field.textChanged.connect(lambda text: self.save_button.setEnabled(bool(text.strip())))
        self.field.returnPressed.connect(self._save)
        self.save_button.clicked.connect(self._save)
        self.kept = plain_label(role="small", wraps=True)
        self.forget_button = QPushButton("Forget the token")
        self.forget_button.setProperty("kind", "quiet")
        self.forget_button.clicked.connect(self._forget)
        self.forget_button.hide()
        self._lay_out()
        self.hide()

    def show_gate(self, gate: Gated) -> None:
        """Say what an owner asks for."""
        self._page = gate.page
        self._show(printable(str(gate), LONGEST), has_page=True)

    def offer_other_token(self) -> None:
        """Say what can be done about a token that is not accepted."""
        self._show("Make a new token, or have Moatless forget the one it has.", has_page=False)

    def focus_widgets(self) -> list[QWidget]:
        """Return what the Tab key visits here, in reading order."""
        return [self.page_button, self.tokens_button, self.field, self.save_button, self.forget_button]

    def _show(self, sentence: str, has_page: bool) -> None:
        self.sentence.setText(sentence)
        for part in (self.page_words, self.page_button):
            part.setVisible(has_page)
        for number, step in enumerate(self._steps if has_page else self._steps[1:], start=1):
            step.setText(f"{number}.  {STEPS[self._steps.index(step)]}")
        self.show()
        self._connection.find_token(self._show_kept)

    def _save(self) -> None:
        token = self.field.text().strip()
        self.field.setText("")  # which also forgets what could be undone
        if token:
            self._connection.keep_token(token, self._on_kept)

    def _forget(self) -> None:
        self._connection.keep_token("", self._on_kept)

    def _on_kept(self, kept: "Kept") -> None:
        self._show_kept(kept)
        announce(self, self.kept.text())
        self.saved.emit()

    def _show_kept(self, kept: "Kept") -> None:
        self.kept.setText(KEPT_WORDS.get(kept.value, WILL_BE_KEPT))
        self.forget_button.setVisible(kept.value in KEPT_WORDS)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(scale.SPACE_16, scale.SPACE_16, scale.SPACE_16, scale.SPACE_16)
        column.setSpacing(scale.SPACE_12)
        column.addWidget(self.sentence)
        self._steps = [plain_label(wraps=step is not STEPS[-1]) for step in STEPS]
        self.page_words, tokens_words, number = self._steps
        number.setBuddy(self.field)
        column.addLayout(_row(self.page_words, self.page_button))
        column.addLayout(_row(tokens_words, self.tokens_button))
        entry = QHBoxLayout()
        entry.addWidget(number)
        entry.addWidget(self.field, 1)
        entry.addWidget(self.save_button)
        column.addLayout(entry)
        column.addLayout(_row(self.kept, self.forget_button))
        for button in (self.page_button, self.tokens_button):
            button.setIcon(icon("external-link"))
            button.setIconSize(QSize(*scale.ICON_WITH_WORDS))


def _row(first: QWidget, button: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(scale.SPACE_16)
    row.addWidget(first, 1)
    row.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)
    return row
