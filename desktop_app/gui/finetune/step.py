"""One of the steps on the page of a course: what it is about, and below that the step itself, folded away or open."""

from enum import StrEnum

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from desktop_app.gui.finetune.step_badge import StepBadge
from desktop_app.gui.library.labels import name_label, plain_label, set_role
from desktop_app.gui.library.opening_card import OpeningCard
from desktop_app.gui.theme import scale, theme
from desktop_app.gui.widgets.mark import Mark


class StepState(StrEnum):
    """How far the person is with a step."""

    OPEN = "open"
    DONE = "done"  # folded to a line; can be opened
    WAITING = "waiting"  # for what is before it


class Step(QFrame):
    """A card for a step.

    Args:
        number: From 1.
        title: A word or two.
        about: What is done in it, in a sentence.

    Attributes:
        state: How it is shown.
        head: Always to be seen; what is clicked.
        body: Where the step puts its parts; seen while it is open.

    Signals:
        opened(): The person wants it open. Whoever put it on the page opens it, and folds the one before.
    """

    opened = Signal()

    def __init__(self, number: int, title: str, about: str) -> None:
        super().__init__()
        self.state = StepState.WAITING
        self.title = title
        self.head = _Head(number, title, about)
        self.head.opened.connect(self.opened)
        self._content = QWidget()
        self.body = QVBoxLayout(self._content)
        self.body.setContentsMargins(scale.SPACE_16, 0, scale.SPACE_16, scale.SPACE_16)
        self.body.setSpacing(scale.SPACE_12)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.head)
        column.addWidget(self._content)
        self.setAccessibleName(title)
        theme().changed.connect(self.update)
        self.set_state(StepState.WAITING)

    def set_state(self, state: StepState) -> None:
        """Open it or fold it."""
        self.state = state
        self._content.setVisible(state == StepState.OPEN)
        self.head.show_state(state)
        self.update()

    def set_summary(self, summary: str) -> None:
        """Say in a line what has come of it, for when it is folded."""
        self.head.show_summary(summary)

    def focus_first(self) -> None:
        """Put the focus on the first thing in it that the Tab key visits, or else where the key goes on from."""
        part = self._content.nextInFocusChain()
        while part is not None and self._content.isAncestorOf(part):
            if part.focusPolicy() & Qt.FocusPolicy.TabFocus and part.isVisible() and part.isEnabled():
                part.setFocus(Qt.FocusReason.TabFocusReason)
                return
            part = part.nextInFocusChain()
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.state != StepState.OPEN:  # a folded one is its head, which paints itself
            return
        tokens = theme().tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(tokens.line), 1))
        painter.setBrush(QColor(tokens.surface))
        rounded = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(rounded, scale.RADIUS_CARD, scale.RADIUS_CARD)


class _Head(OpeningCard):
    """Number, title and a line below it; opens its step by a click, Enter or Space where there is something to open."""

    def __init__(self, number: int, title: str, about: str) -> None:
        super().__init__()
        self._number = number
        self._title_text = title
        self._state = StepState.WAITING
        self._badge = StepBadge(number)
        self._title = plain_label(title)
        self._about = plain_label(about, "small", wraps=True)
        self._summary = name_label("", "small")
        self._chevron = Mark("chevron-down")
        words = QVBoxLayout()
        words.setSpacing(0)
        for label in (self._title, self._about, self._summary):
            words.addWidget(label)
        row = QHBoxLayout(self)
        row.setContentsMargins(scale.SPACE_16, scale.SPACE_12, scale.SPACE_16, scale.SPACE_12)
        row.setSpacing(scale.SPACE_12)
        row.addWidget(self._badge, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        row.addWidget(self._chevron)

    def show_state(self, state: StepState) -> None:
        self._state = state
        is_folded = state == StepState.DONE
        self._badge.show_state(is_open=state == StepState.OPEN, is_done=is_folded)
        roles = {StepState.OPEN: "section", StepState.DONE: "heading", StepState.WAITING: "muted"}
        set_role(self._title, roles[state])
        self._about.setHidden(is_folded)
        self._summary.setVisible(is_folded)
        self._chevron.setVisible(is_folded)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus if is_folded else Qt.FocusPolicy.NoFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor if is_folded else Qt.CursorShape.ArrowCursor)
        self._tell()
        self.update()

    def show_summary(self, summary: str) -> None:
        self._summary.setText(summary)
        self._tell()

    def _tell(self) -> None:
        """Let a screen reader say what there is to see."""
        self.setAccessibleName(f"Step {self._number}: {self._title_text}")
        says = {
            StepState.OPEN: self._about.text(),
            StepState.DONE: f"{self._summary.text()}. Enter opens it.".removeprefix(". "),
            StepState.WAITING: f"Not yet. {self._about.text()}",
        }
        self.setAccessibleDescription(says[self._state])

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._state == StepState.DONE:
            super().mousePressEvent(event)
        else:
            event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._state == StepState.DONE:
            super().paintEvent(event)
