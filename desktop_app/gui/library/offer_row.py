"""One model of a repository in one quantization: how good, how large, how it would run here, and its download."""

import re

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout

from desktop_app.gui.library.found_card import RECOMMENDED
from desktop_app.gui.library.labels import listed, name_label, plain_label, prospect_words, show_fit
from desktop_app.gui.theme import scale, theme
from desktop_app.library.memory import readable_size
from desktop_app.library.offers import Offer
from desktop_app.library.prospects import Prospect

USUAL = "Q4_K_M"
_HINTS = {
    1: "1 bit, hardly usable",
    2: "2 bits, makes many mistakes",
    3: "3 bits, noticeably worse",
    4: "4 bits, good for its size",
    5: "5 bits, a little better than 4",
    6: "6 bits, close to the original",
    8: "8 bits, nearly the original",
    16: "16 bits, the original",
    32: "32 bits, no better than 16",
}


class OfferRow(QFrame):
    """Shows what can be downloaded.

    Args:
        name: To tell it from others of the same quantization; may be empty.
        is_recommended: Most people should take this one here.
        is_first: No line is drawn above it.

    Signals:
        download_wanted(Offer): Download it.
        resized(): The height it needs may have changed.
    """

    download_wanted = Signal(Offer)
    resized = Signal()

    def __init__(self, offer: Offer, prospect: Prospect, name: str, is_recommended: bool, is_first: bool) -> None:
        super().__init__()
        self.offer = offer
        self._is_first = is_first
        called = offer.quant_type or "Model"
        self.setAccessibleName(f"{called} {name}".strip())
        self.quant = plain_label(called)
        font = QFont(self.quant.font())
        font.setWeight(QFont.Weight.DemiBold)
        self.quant.setFont(font)
        self.badge = plain_label(role="small")
        show_fit(self.badge, prospect.outlook)
        self.facts = plain_label(_facts(offer, is_recommended), "small", wraps=True)
        self.needs = plain_label(prospect_words(prospect), "small", wraps=True)
        self.state = plain_label(role="small")
        self.state.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.download_button = QPushButton("Download")
        self.download_button.setAccessibleName(f"Download {called} {name}".strip())
        self.download_button.setProperty("kind", "primary" if is_recommended else "")
        self.download_button.clicked.connect(lambda: self.download_wanted.emit(offer))
        self.state.hide()
        self._lay_out(name)

    def show_state(self, state: str) -> None:
        """Say what has become of it, in a word or two; an empty text means that it can be downloaded."""
        if state != self.state.text():
            self.state.setText(state)
            self.state.setVisible(bool(state))
            self.download_button.setVisible(not state)
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

    def _lay_out(self, name: str) -> None:
        head = QHBoxLayout()
        head.setSpacing(scale.SPACE_12)
        head.addWidget(self.quant)
        head.addWidget(self.badge)
        head.addStretch(1)
        words = QVBoxLayout()
        words.setSpacing(scale.SPACE_4)
        words.addLayout(head)
        if name:
            words.addWidget(name_label(name, "small"))
        words.addWidget(self.facts)
        words.addWidget(self.needs)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(scale.SPACE_16, scale.SPACE_12, scale.SPACE_16, scale.SPACE_12)
        layout.setSpacing(scale.SPACE_16)
        layout.addLayout(words, 1)
        layout.addWidget(self.download_button, 0, Qt.AlignmentFlag.AlignVCenter)
        layout.addWidget(self.state, 0, Qt.AlignmentFlag.AlignVCenter)


def quant_hint(quant_type: str) -> str:
    """Return how good a quantization is, in words; nothing for one that is not known."""
    if quant_type == USUAL:
        return "4 bits, the usual choice"
    bits = 4 if "FP4" in quant_type else int((re.search(r"\d+", quant_type) or ["0"])[0])
    return _HINTS.get(bits, "")


def _facts(offer: Offer, is_recommended: bool) -> str:
    n_parts = len(offer.files) - offer.sees_pictures
    return listed(
        (
            RECOMMENDED * is_recommended,
            quant_hint(offer.quant_type),
            readable_size(offer.size_bytes),
            f"{n_parts} files" if n_parts > 1 else "",
            "sees pictures" if offer.sees_pictures else "",
        )
    )
