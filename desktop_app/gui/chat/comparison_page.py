"""Several answers to the same message beside each other, in the place of the transcript until one of them is kept."""

from msgspec.structs import replace
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from desktop_app.gui.chat.answer_card import AnswerCard
from desktop_app.gui.chat.highlight import RunInBackground
from desktop_app.gui.theme import theme
from desktop_app.gui.theme.scale import SPACE_4, SPACE_12, SPACE_16, SPACE_24
from desktop_app.gui.widgets.elided_label import ElidedLabel
from desktop_app.jobs.comparison import Comparison
from desktop_app.storage.records import Message, MessageState

NARROWEST = 300  # that an answer can be read in, in pixels
_PEEK = 48  # of the column that is scrolled to next
_QUESTION_CHARACTERS = 500  # more than a line has


class ComparisonPage(QWidget):
    """Columns of the same height, each of which scrolls; where they do not all fit, they scroll sideways together.

    Signals:
        keep_requested(int): The conversation should go on from this answer.
        stop_requested(int): This answer should end.
        end_requested(): The conversation should be shown again as it was.
        link_activated(str): The person chose a link.
    """

    keep_requested = Signal(int)
    stop_requested = Signal(int)
    end_requested = Signal()
    link_activated = Signal(str)

    def __init__(self, run_in_background: RunInBackground, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._run_in_background = run_in_background
        self.cards: tuple[AnswerCard, ...] = ()
        self.setAccessibleName(self.tr("Answers beside each other"))
        self._question = ElidedLabel()
        self._question.setProperty("role", "muted")
        self._note = QLabel()
        self._note.setProperty("role", "small")
        self._note.setWordWrap(True)
        self.done = QPushButton(self.tr("Done"))
        self.done.setToolTip(self.tr("Back to the chat as it was (Esc)"))
        self.done.clicked.connect(self.end_requested)
        self._columns = _Columns()
        self._work = QTimer(self, singleShot=True, interval=0)
        self._work.timeout.connect(self._make_next_ready)
        self._lay_out()
        theme().changed.connect(self._refresh)

    def show_comparison(self, comparison: Comparison | None) -> None:
        """Show these answers; None lets go of those that are shown. Texts are made in later turns of the event loop."""
        answers = comparison.answers if comparison is not None else ()
        names_stacks = len({message.stack for message in answers}) > 1
        self.cards = tuple(
            self._card(message, number, len(answers), names_stacks) for number, message in enumerate(answers, 1)
        )
        self._columns.show_cards(self.cards)
        if comparison is not None:
            self._question.setText(" ".join(comparison.question.content[:_QUESTION_CHARACTERS].split()))
            self._note.setText(self._note_on(answers))
            self._note.setVisible(bool(self._note.text()))
            self._work.start()

    @property
    def wanted_width(self) -> int:
        """How wide it has to be to show all answers."""
        return SPACE_24 + len(self.cards) * (NARROWEST + SPACE_12) + SPACE_16

    def card(self, message_id: int) -> AnswerCard | None:
        """Return the column of an answer, if it is one of those that are compared."""
        return next((card for card in self.cards if card.message.id == message_id), None)

    def streaming_card(self, message_id: int, text: str) -> AnswerCard | None:
        """Return what takes the new text of an answer of which some has been written, if it is compared."""
        card = self.card(message_id)
        if card is not None:
            card.set_message(replace(card.message, content=text, state=MessageState.STREAMING))
        return card

    def update_message(self, message: Message) -> None:
        """Show another state of an answer."""
        if (card := self.card(message.id)) is not None:
            card.set_message(message)

    def _card(self, message: Message, number: int, total: int, names_stack: bool) -> AnswerCard:
        card = AnswerCard(message, number, total, number == 1, names_stack, self._run_in_background)
        card.keep_requested.connect(self.keep_requested)
        card.stop_requested.connect(self.stop_requested)
        card.link_activated.connect(self.link_activated)
        card.selection_started.connect(lambda: self._end_selections(card))
        return card

    def _make_next_ready(self) -> None:
        card = next((card for card in self.cards if card.view is None), None)
        if card is not None:
            card.make_ready()
            self._work.start()

    def _note_on(self, answers: tuple[Message, ...]) -> str:
        first, *others = (message.sampler.temperature if message.sampler else None for message in answers)
        if first == 0 and any(others):
            words = self.tr(
                "The first was written at temperature 0, which always gives the same; the others at {other}."
            )
            return words.format(other=others[0])
        return ""

    def _end_selections(self, new: AnswerCard) -> None:
        for card in self.cards:
            if card is not new:
                card.end_selection()

    def _refresh(self) -> None:
        for card in self.cards:
            card.refresh()

    def _lay_out(self) -> None:
        words = QLabel(self.tr("Keep the answer you like best"))
        words.setProperty("role", "section")
        head = QHBoxLayout()
        head.setSpacing(SPACE_16)
        head.addWidget(words, 1)
        head.addWidget(self.done)
        above = QVBoxLayout()
        above.setContentsMargins(0, SPACE_4, SPACE_16, SPACE_12)
        above.setSpacing(SPACE_4)
        above.addLayout(head)
        above.addWidget(self._question)
        above.addWidget(self._note)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE_24, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(above)
        layout.addWidget(self._columns, 1)


class _Columns(QScrollArea):
    """Cards in a row, as wide as fits; of one that has no room, the beginning is in sight."""

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # what is in it has it
        self._cards: tuple[AnswerCard, ...] = ()

    def show_cards(self, cards: tuple[AnswerCard, ...]) -> None:
        self._cards = cards
        row = QWidget()
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, SPACE_16, 0)
        layout.setSpacing(SPACE_12)
        for card in cards:
            layout.addWidget(card)
        self.setWidget(row)
        row.setAutoFillBackground(False)
        self._fit()

    def _fit(self) -> None:
        width, count = self.viewport().width() - SPACE_16 + SPACE_12, len(self._cards)
        fitting = max(1, width // (NARROWEST + SPACE_12))
        if fitting < count:
            width -= _PEEK - SPACE_16 + SPACE_12
        for card in self._cards:
            card.setFixedWidth(width // min(fitting, count) - SPACE_12)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()
