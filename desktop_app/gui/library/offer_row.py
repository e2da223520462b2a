"""One thing of a repository that can be downloaded: what it is, what it would mean here, and its download."""

from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout

from desktop_app.adapters.offers import AdapterOffer
from desktop_app.gui.library.labels import name_label, plain_label, set_role, show_fit
from desktop_app.gui.theme import scale, theme
from desktop_app.library.offers import Offer
from desktop_app.library.outlook import Outlook


@dataclass(frozen=True)
class OfferWords:
    """What a row says of an offer, whatever becomes of it.

    Attributes:
        name: To tell it from others of the same title; may be empty.
        facts: In one line.
        sentence: What it would need here, or why it cannot be used; may be empty.
        outlook: How it would run here, where that is a question.
        obstacle: That it cannot be used here, in a few words; empty if it can.
        is_recommended: Most people should take this one here.
    """

    offer: Offer | AdapterOffer
    title: str
    facts: str
    name: str = ""
    sentence: str = ""
    outlook: Outlook | None = None
    obstacle: str = ""
    is_recommended: bool = False


class OfferRow(QFrame):
    """Shows what can be downloaded.

    Args:
        is_first: No line is drawn above it.

    Signals:
        download_wanted(): Download it.
        resized(): The height it needs may have changed.
    """

    download_wanted = Signal()
    resized = Signal()

    def __init__(self, words: OfferWords, is_first: bool) -> None:
        super().__init__()
        self.words = words
        self._is_first = is_first
        called = f"{words.title} {words.name}".strip()
        self.setAccessibleName(called)
        self.title = plain_label(words.title) if words.name else name_label(words.title, "")
        font = QFont(self.title.font())
        font.setWeight(QFont.Weight.DemiBold)
        self.title.setFont(font)
        self.badge = plain_label(role="small")
        self.facts = plain_label(words.facts, "small", wraps=True)
        self.sentence = plain_label(words.sentence, "small", wraps=True)
        self.state = plain_label(role="small")
        self.state.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.download_button = QPushButton("Download")
        self.download_button.setAccessibleName(f"Download {called}")
        self.download_button.setProperty("kind", "primary" if words.is_recommended else "")
        self.download_button.clicked.connect(self.download_wanted)
        self._lay_out()
        self._show_words()

    def _show_words(self) -> None:
        show_fit(self.badge, self.words.outlook)
        if self.words.obstacle:
            self.badge.setText(self.words.obstacle)
            self.badge.show()
            set_role(self.badge, "warn")
        self.sentence.setVisible(bool(self.words.sentence))
        self.download_button.setHidden(bool(self.words.obstacle))
        self.state.hide()

    def show_state(self, state: str) -> None:
        """Say what has become of it, in a word or two; an empty text means that it can be downloaded."""
        if state != self.state.text():
            self.state.setText(state)
            self.state.setVisible(bool(state))
            self.download_button.setHidden(bool(state or self.words.obstacle))
            self.resized.emit()

    def set_open(self, is_open: bool, why_not: str = "") -> None:
        """Let it be downloaded, or say why it cannot be."""
        self.download_button.setEnabled(is_open)
        self.download_button.setToolTip(why_not)
        self.download_button.setAccessibleDescription(why_not)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._is_first:
            QPainter(self).fillRect(0, 0, self.width(), 1, QColor(theme().tokens.line))

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(scale.SPACE_12)
        head.addWidget(self.title)
        head.addWidget(self.badge)
        head.addStretch(1)
        words = QVBoxLayout()
        words.setSpacing(scale.SPACE_4)
        words.addLayout(head)
        if self.words.name:
            words.addWidget(name_label(self.words.name, "small"))
        words.addWidget(self.facts)
        words.addWidget(self.sentence)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(scale.SPACE_16, scale.SPACE_12, scale.SPACE_16, scale.SPACE_12)
        layout.setSpacing(scale.SPACE_16)
        layout.addLayout(words, 1)
        layout.addWidget(self.download_button, 0, Qt.AlignmentFlag.AlignVCenter)
        layout.addWidget(self.state, 0, Qt.AlignmentFlag.AlignVCenter)
