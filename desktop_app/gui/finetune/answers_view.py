"""The same question answered without and with what was learned, side by side; one question at a time."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from desktop_app.gui.adapters.hue_dot import HueDot
from desktop_app.gui.library.labels import announce, plain_label
from desktop_app.gui.theme import scale
from desktop_app.gui.widgets.beside import Beside
from desktop_app.gui.widgets.icon_button import IconButton

_CHARACTERS = 64  # that must fit for two answers side by side
_LONGEST = 1_500  # characters of an answer that are shown
_NOTHING = "(Nothing.)"


@dataclass(frozen=True)
class Pair:
    """A question and its answers; `note` says when it was answered."""

    question: str
    before: str
    now: str
    wanted: str = ""
    is_continued: bool = False
    note: str = ""


class AnswersView(QWidget):
    """Args:
    before, now: What the two answers are called.
    """

    def __init__(self, before: str, now: str) -> None:
        super().__init__()
        self._pairs: tuple[Pair, ...] = ()
        self._place = 0
        self.place = plain_label(role="small")
        self.back_button = IconButton("chevron-left", "The question before")
        self.next_button = IconButton("chevron-right", "The next question")
        self.back_button.clicked.connect(lambda: self._turn(-1))
        self.next_button.clicked.connect(lambda: self._turn(1))
        self.kind = plain_label(role="small")
        self.question = _Text()
        self.before, self.now, self.wanted = _Answer(before), _Answer(now), _Answer("As you wrote it")
        self._lay_out()
        self.hide()

    def show_pairs(self, pairs: Sequence[Pair], sha256: str = "") -> None:
        """Show these; the question that was shown stays.

        Args:
            sha256: Of the adapter that has learned it, once there is one.
        """
        self.now.dot.show_adapter(sha256)
        self.now.dot.setVisible(bool(sha256))
        if tuple(pairs) == self._pairs:
            return
        question = self._pairs[self._place].question if self._pairs else ""
        self._pairs = tuple(pairs)
        self._place = next((n for n, pair in enumerate(pairs) if pair.question == question), 0)
        self.setVisible(bool(pairs))
        if pairs:
            self._show()

    def _turn(self, by: int) -> None:
        self._place = (self._place + by) % len(self._pairs)
        self._show()
        announce(self, f"{self.place.text()}: {self._pairs[self._place].question}")

    def _show(self) -> None:
        pair, n_pairs = self._pairs[self._place], len(self._pairs)
        self.place.setText(f"{self._place + 1} of {n_pairs}")
        for part in (self.place, self.back_button, self.next_button):
            part.setVisible(n_pairs > 1)
        kind = "How a text begins" if pair.is_continued else "Question"
        self.kind.setText(f"{kind}, {pair.note}" if pair.note else kind)
        self.question.show_text(pair.question)
        self.before.show_text(pair.before)
        self.now.show_text(pair.now)
        self.wanted.show_text(pair.wanted)
        self.wanted.setVisible(bool(pair.wanted))

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(scale.SPACE_4)
        head.addWidget(self.kind, 1)
        for part in (self.back_button, self.place, self.next_button):
            head.addWidget(part)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(scale.SPACE_8)
        column.addLayout(head)
        column.addWidget(self.question)
        column.addWidget(Beside(self.before, self.now, _CHARACTERS))
        column.addWidget(self.wanted)


class _Answer(QFrame):
    def __init__(self, title: str) -> None:
        super().__init__()
        self.setProperty("panel", "card")
        self.dot = HueDot()
        self.dot.hide()
        self.text = _Text()
        self.text.setAccessibleName(title)
        head = QHBoxLayout()
        head.setSpacing(scale.SPACE_8)
        head.addWidget(self.dot)
        head.addWidget(plain_label(title, "small"), 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(scale.SPACE_12, scale.SPACE_8, scale.SPACE_12, scale.SPACE_12)
        column.setSpacing(scale.SPACE_4)
        column.addLayout(head)
        column.addWidget(self.text)
        column.addStretch(1)

    def show_text(self, text: str) -> None:
        self.text.show_text(text)


class _Text(QLabel):
    """Several lines that can be selected."""

    def __init__(self) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setMinimumWidth(1)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)

    def show_text(self, text: str) -> None:
        text = text.strip()
        self.setText(text if len(text) <= _LONGEST else f"{text[:_LONGEST].rstrip()}…")
        self.setProperty("role", "" if text else "muted")
        self.style().polish(self)
        if not text:
            self.setText(_NOTHING)
