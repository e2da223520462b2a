"""What stands in place of something that takes its time: that it is being waited for, or why it has not come."""

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from desktop_app.gui.library.labels import announce, plain_label, printable
from desktop_app.gui.theme import scale

LONGEST = 600
PATIENCE_MS = 500  # most answers are there before; nothing should flicker


class HubNotice(QWidget):
    """Says one thing at a time, and takes no room where there is nothing to say.

    Signals:
        given_up(): The person does not want to wait.
        again_wanted(): Ask once more.
    """

    given_up = Signal()
    again_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._can_give_up = True
        self.words = plain_label(role="muted", wraps=True)
        self.bar = QProgressBar()
        self.bar.setRange(0, 0)  # nobody knows how long
        self.bar.setTextVisible(False)
        self.cancel_button = QPushButton("Cancel")
        self.cancel_button.clicked.connect(self.given_up)
        self.again_button = QPushButton("Try again")
        self.again_button.clicked.connect(self.again_wanted)
        text = QVBoxLayout()
        text.setSpacing(scale.SPACE_8)
        text.addWidget(self.words)
        text.addWidget(self.bar)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, scale.SPACE_8, 0, scale.SPACE_8)
        row.setSpacing(scale.SPACE_16)
        row.addLayout(text, 1)
        row.addWidget(self.cancel_button)
        row.addWidget(self.again_button)
        self._patience = QTimer(self, singleShot=True, interval=PATIENCE_MS)
        self._patience.timeout.connect(self._show_wait)
        self.clear()

    def wait(self, words: str, can_give_up: bool = True) -> None:
        """Say soon, if `clear` does not come first, that something is being waited for."""
        self.clear()
        self._can_give_up = can_give_up
        self.words.setText(printable(words, LONGEST))
        self.bar.setAccessibleName(words)
        self._patience.start()

    def tell(self, sentence: str, can_try_again: bool = False) -> None:
        """Say something, and offer to ask once more."""
        self._patience.stop()
        self.words.setText(printable(sentence, LONGEST))
        self._show(is_waiting=False, can_try_again=can_try_again)
        announce(self, sentence)

    def clear(self) -> None:
        """Say nothing."""
        self._patience.stop()
        self.hide()

    def _show_wait(self) -> None:
        self._show(is_waiting=True, can_try_again=False)

    def _show(self, is_waiting: bool, can_try_again: bool) -> None:
        self.bar.setVisible(is_waiting)
        self.cancel_button.setVisible(is_waiting and self._can_give_up)
        self.again_button.setVisible(can_try_again)
        self.show()
