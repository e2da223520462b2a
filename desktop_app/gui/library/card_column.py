"""Cards or rows below each other, hundreds of them; Qt's layouts would measure all for each one that is added."""

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop_app.gui.library.found_card import FoundCard
from desktop_app.gui.library.offer_row import OfferRow
from desktop_app.gui.theme import theme

MEASURED_WIDTHS = 4

Card = FoundCard | OfferRow


class CardColumn(QWidget):
    """As high as its cards; it takes no room without any.

    Args:
        spacing: Between two cards, in pixels.
    """

    def __init__(self, spacing: int) -> None:
        super().__init__()
        self._spacing = spacing
        self._cards: list[Card] = []
        self._measured: dict[int, list[int]] = {}  # heights by width; layouts ask about more than the one they choose
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.hide()
        theme().changed.connect(self._measure_anew)

    def add(self, card: Card) -> None:
        """Put a card at the end."""
        card.setParent(self)
        for part in card.findChildren(QWidget):
            part.ensurePolished()  # or it would be measured in another font
        card.resized.connect(lambda: self._on_resized(card))
        self._cards.append(card)
        self._place_from(len(self._cards) - 1)
        card.show()
        self.show()

    def clear(self) -> None:
        """Delete all cards."""
        self.hide()
        for card in self._cards:
            card.deleteLater()
        self._cards, self._measured = [], {}

    def sizeHint(self) -> QSize:
        return QSize(0, self.heightForWidth(self.width()))

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return max(0, sum(self._heights(width)) + (len(self._cards) - 1) * self._spacing)

    def _heights(self, width: int) -> list[int]:
        if width not in self._measured and len(self._measured) == MEASURED_WIDTHS:
            del self._measured[next(iter(self._measured))]
        heights = self._measured.setdefault(width, [])
        heights += [card.heightForWidth(width) for card in self._cards[len(heights) :]]
        return heights

    def _on_resized(self, card: Card) -> None:
        number = self._cards.index(card)
        for width, heights in self._measured.items():
            heights[number:] = [card.heightForWidth(width), *heights[number + 1 :]]
        self._place_from(number)

    def _measure_anew(self) -> None:
        """Take over other fonts."""
        self._measured = {}
        self._place_from(0)

    def _place_from(self, number: int) -> None:
        heights = self._heights(self.width())
        top = sum(heights[:number]) + number * self._spacing
        for card, height in zip(self._cards[number:], heights[number:], strict=True):
            card.setGeometry(0, top, self.width(), height)
            top += height + self._spacing
        self.updateGeometry()

    def showEvent(self, event: QShowEvent) -> None:
        self._place_from(0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        if event.size().width() != event.oldSize().width():
            self._place_from(0)
