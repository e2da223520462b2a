"""Cards or rows below each other, hundreds of them; Qt's layouts would measure all for each one that is added."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from PySide6.QtCore import QSize, QTimer
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop_app.gui.library.offer_row import OfferRow
from desktop_app.gui.library.opening_card import OpeningCard
from desktop_app.gui.theme import theme

MEASURED_WIDTHS = 4
AT_ONCE = 12  # are measured and resized, about as many as are seen; a window that becomes narrower waits for no more

Card = OpeningCard | OfferRow


class CardColumn(QWidget):
    """As high as its cards; it takes no room without any.

    Args:
        spacing: Between two cards, in pixels.
    """

    def __init__(self, spacing: int) -> None:
        super().__init__()
        self._spacing = spacing
        self._cards: list[Card] = []
        self._to_place: int | None = None  # the first card whose place is left open for now
        # Heights by width: layouts ask about more than the one they choose.
        self._measured: dict[int, dict[Card, int]] = {}
        self._guesses: dict[Card, int] = {}  # the last height that each had, in whatever width
        self._refining = QTimer(self, singleShot=True, interval=0)
        self._refining.timeout.connect(self._refine)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.hide()
        theme().changed.connect(self._measure_anew)

    def add(self, card: Card) -> None:
        """Put a card at the end."""
        self._take_in(card)
        self._cards.append(card)
        self._place_from(len(self._cards) - 1)
        card.show()
        self.show()

    def set_cards(self, cards: Sequence[Card]) -> None:
        """Show these cards, in this order; those that were here and are not among them are deleted."""
        kept, before = set(cards), self._cards
        for card in before:
            if card not in kept:
                self._forget(card)
        for card in kept.difference(before):
            self._take_in(card)
        pairs = enumerate(zip(before, cards, strict=False))
        first = next((n for n, (old, new) in pairs if old is not new), min(len(before), len(cards)))
        self._cards = list(cards)
        self._place_from(first)
        for card in self._cards[first:]:
            card.show()
        self.setVisible(bool(cards))

    @contextmanager
    def placed_once(self) -> Iterator[None]:
        """Change many cards: all after one that becomes another height would be moved for each of them."""
        self._to_place = len(self._cards)
        try:
            yield
        finally:
            first, self._to_place = self._to_place, None
            self._place_from(first)

    def clear(self) -> None:
        """Delete all cards."""
        self.set_cards(())

    def sizeHint(self) -> QSize:
        return QSize(0, self.heightForWidth(self.width()))

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return max(0, sum(self._heights(width)) + (len(self._cards) - 1) * self._spacing)

    def _take_in(self, card: Card) -> None:
        card.setParent(self)
        for part in card.findChildren(QWidget):
            part.ensurePolished()  # or it would be measured in another font
        card.resized.connect(lambda: self._on_resized(card))

    def _forget(self, card: Card) -> None:
        for heights in self._measured.values():
            heights.pop(card, None)
        self._guesses.pop(card, None)
        card.hide()
        card.deleteLater()

    def _heights(self, width: int) -> list[int]:
        """Return how high the cards are, which is guessed for those that are far from what is seen."""
        if width not in self._measured and len(self._measured) == MEASURED_WIDTHS:
            del self._measured[next(iter(self._measured))]
        heights = self._measured.setdefault(width, {})
        unknown = [card for card in self._cards if card not in heights]
        if len(unknown) > AT_ONCE:
            middle = self.visibleRegion().boundingRect().center().y()
            unknown.sort(key=lambda card: (card in self._guesses, abs(card.geometry().center().y() - middle)))
            never_measured = sum(card not in self._guesses for card in unknown)
            del unknown[max(AT_ONCE, never_measured) :]
            self._refining.start()
        for card in unknown:
            heights[card] = self._guesses[card] = card.heightForWidth(width)
        return [heights.get(card, self._guesses[card]) for card in self._cards]

    def _refine(self) -> None:
        """Measure some more of those whose heights were guessed."""
        if self.isVisible():
            self._place_from(0)

    def _on_resized(self, card: Card) -> None:
        for heights in self._measured.values():
            heights.pop(card, None)
        if card in self._cards:
            self._place_from(self._cards.index(card))

    def _measure_anew(self) -> None:
        """Take over other fonts."""
        self._measured, self._guesses = {}, {}
        self._place_from(0)

    def _place_from(self, number: int) -> None:
        if self._to_place is not None:
            self._to_place = min(self._to_place, number)
            return
        width, heights = self.width(), self._heights(self.width())
        seen = self.visibleRegion().boundingRect()
        top, n_resized = sum(heights[:number]) + number * self._spacing, 0
        for card, height in zip(self._cards[number:], heights[number:], strict=True):
            is_seen = top <= seen.bottom() and top + height >= seen.top()
            if card.width() == width or is_seen or n_resized < AT_ONCE:
                n_resized += card.width() != width
                card.setGeometry(0, top, width, height)
            else:  # what is in it would be laid out anew
                card.move(0, top)
                self._refining.start()
            top += height + self._spacing
        if number < len(heights) or not heights:
            self.updateGeometry()

    def showEvent(self, event: QShowEvent) -> None:
        self._place_from(0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        if event.size().width() != event.oldSize().width():
            self._place_from(0)
