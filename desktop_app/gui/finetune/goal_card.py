"""One of the things that a model can be taught: what it is, what comes of it, and what does not."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from desktop_app.finetune.goals import Goal
from desktop_app.gui.adapters.standing_words import Told
from desktop_app.gui.adapters.told_line import ToldLine
from desktop_app.gui.library.labels import plain_label
from desktop_app.gui.library.opening_card import OpeningCard
from desktop_app.gui.theme import scale, theme
from desktop_app.gui.widgets.mark import Mark


class GoalCard(OpeningCard):
    """A click on it, Enter or Space chooses it."""

    def __init__(self, goal: Goal) -> None:
        super().__init__()
        self.goal = goal
        self._is_chosen = False
        self._mark = Mark("check", "accent")
        policy = self._mark.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # or the words would be broken elsewhere once it is chosen
        self._mark.setSizePolicy(policy)
        title = plain_label(goal.title[:1].upper() + goal.title[1:], "heading", wraps=True)
        can, cannot = ToldLine("small"), ToldLine("small")
        words = QVBoxLayout()
        words.setSpacing(scale.SPACE_4)
        for part in (title, can, cannot):
            words.addWidget(part)
        row = QHBoxLayout(self)
        row.setContentsMargins(scale.SPACE_16, scale.SPACE_12, scale.SPACE_12, scale.SPACE_12)
        row.setSpacing(scale.SPACE_12)
        row.addLayout(words, 1)
        row.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignTop)
        can.tell(Told("check", "muted", goal.can))
        cannot.tell(Told("minus", "muted", goal.cannot))
        self.setAccessibleDescription(f"{goal.can} {goal.cannot}")
        self.show_chosen(False)

    def show_chosen(self, is_chosen: bool) -> None:
        """Mark it as the one that is taught, or as another."""
        self._is_chosen = is_chosen
        self._mark.setVisible(is_chosen)
        self.setAccessibleName(self.goal.title + ", chosen" * is_chosen)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._is_chosen and not self.hasFocus():
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(theme().tokens.accent), 1))
            rounded = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
            painter.drawRoundedRect(rounded, scale.RADIUS_CARD, scale.RADIUS_CARD)
