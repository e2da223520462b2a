"""The three ways to train: what each means, and how long it takes here."""

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from desktop_app.finetune.recipe import BALANCED, PRESETS, QUICK, THOROUGH
from desktop_app.finetune.words import count
from desktop_app.gui.library.labels import plain_label
from desktop_app.gui.library.opening_card import OpeningCard
from desktop_app.gui.theme import scale, theme
from desktop_app.gui.widgets.mark import Mark
from desktop_app.trainer.contract import Recipe

_TITLES = {QUICK: "Quick", BALANCED: "Balanced", THOROUGH: "Thorough"}
_MEANINGS = {
    QUICK: "To see whether it is worth it.",
    BALANCED: "Right for most.",
    THOROUGH: "Takes in more, and takes its time.",
}
_CHARACTERS = 66  # that must fit for three cards side by side


@dataclass(frozen=True)
class PresetFacts:
    """What a preset comes to; the time is empty as long as it is not known."""

    recipe: Recipe
    time: str = ""

    @property
    def sentence(self) -> str:
        return f"Each example is met {_times(self.recipe.epochs)}; rank {self.recipe.rank}."


def _times(n: int) -> str:
    return {1: "once", 2: "twice"}.get(n) or count(n, "time")


class PresetCards(QWidget):
    """Attributes:
    cards: By preset.

    Signals:
        chosen(str): This one, of `recipe.PRESETS`.
    """

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.cards = {preset: _PresetCard(preset) for preset in PRESETS}
        self._layout = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(scale.SPACE_8)
        for preset, card in self.cards.items():
            card.opened.connect(lambda preset=preset: self.chosen.emit(preset))
            self._layout.addWidget(card, 1)

    def show_presets(self, facts: Mapping[str, PresetFacts], preset: str) -> None:
        """Show what each comes to, and which is taken."""
        for name, card in self.cards.items():
            card.show_facts(facts.get(name), name == preset)

    def minimumSizeHint(self) -> QSize:
        widest = max(card.minimumSizeHint().width() for card in self.cards.values())
        return QSize(widest, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        has_room = self.width() >= _CHARACTERS * self.fontMetrics().averageCharWidth()
        self._layout.setDirection(QBoxLayout.Direction.LeftToRight if has_room else QBoxLayout.Direction.TopToBottom)


class _PresetCard(OpeningCard):
    def __init__(self, preset: str) -> None:
        super().__init__()
        self._title = _TITLES[preset]
        self._meaning = _MEANINGS[preset]
        self._is_chosen = False
        self._mark = Mark("check", "accent")
        policy = self._mark.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self._mark.setSizePolicy(policy)
        self.time = plain_label(wraps=True)
        self.details = plain_label(role="small", wraps=True)
        head = QHBoxLayout()
        head.addWidget(plain_label(self._title, "heading"), 1)
        head.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(scale.SPACE_12, scale.SPACE_12, scale.SPACE_12, scale.SPACE_12)
        column.setSpacing(scale.SPACE_4)
        column.addLayout(head)
        column.addWidget(self.time)
        column.addWidget(plain_label(self._meaning, "small", wraps=True))
        column.addWidget(self.details)
        column.addStretch(1)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)

    def show_facts(self, facts: PresetFacts | None, is_chosen: bool) -> None:
        """Show what it comes to; nothing as long as the model is not known."""
        self._is_chosen = is_chosen
        self._mark.setVisible(is_chosen)
        time, details = (facts.time, facts.sentence) if facts else ("", "")
        self.time.setText(time)
        self.time.setVisible(bool(time))
        self.details.setText(details)
        self.details.setVisible(bool(details))
        self.setAccessibleName(self._title + ", chosen" * is_chosen)
        self.setAccessibleDescription(" ".join(filter(None, (f"{time}." if time else "", self._meaning, details))))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._is_chosen and not self.hasFocus():
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(theme().tokens.accent), 1))
            rounded = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
            painter.drawRoundedRect(rounded, scale.RADIUS_CARD, scale.RADIUS_CARD)
