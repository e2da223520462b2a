"""The text of one answer: reasoning, prose and code. While it streams, it is shown at a pace the window can keep."""

import time

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from desktop_app.chat.reasoning import split
from desktop_app.gui.chat.highlight import RunInBackground
from desktop_app.gui.chat.placing import place
from desktop_app.gui.chat.reasoning_view import ReasoningView
from desktop_app.gui.chat.segment_column import SegmentColumn
from desktop_app.gui.chat.text_selection import TextSelection, TextView
from desktop_app.gui.theme.scale import SPACE_8

RENDER_INTERVAL_MS = 50
_PAUSE_PER_COST = 4  # rendering takes a fifth of the time at most


class MessageBody(QWidget):
    """A column of views, as high as its text.

    Args:
        columns: How many of these are shown, and perhaps written, beside each other: they share the time for drawing.

    Signals:
        resized(): The height it needs may have changed; whoever holds it places it anew.
        link_activated(str): The person chose a link.
    """

    resized = Signal()
    link_activated = Signal(str)

    def __init__(self, run_in_background: RunInBackground, parent: QWidget | None = None, columns: int = 1) -> None:
        super().__init__(parent)
        self._run_in_background = run_in_background
        self._columns = columns
        self._text = ""
        self._new: list[str] = []
        self._shown_answer = ""
        self._is_streaming = False
        self._reasoning: ReasoningView | None = None
        self._answer = SegmentColumn(run_in_background, self)
        self.selection = TextSelection(self._text_views, self)
        self._answer.link_activated.connect(self.link_activated)
        self._answer.view_added.connect(self.selection.watch)
        self._timer = QTimer(self, singleShot=True, interval=RENDER_INTERVAL_MS * columns)
        self._timer.timeout.connect(self._render)

    # ------------------------------------------------------------ content

    @property
    def text(self) -> str:
        """The whole text as the model wrote it."""
        if self._new:
            self._text += "".join(self._new)
            self._new.clear()
        return self._text

    def set_text(self, text: str, streaming: bool = False) -> None:
        """Show this text in place of what is there; `streaming` says that more will come."""
        self._timer.stop()
        self._new.clear()
        self._answer.clear()
        self._shown_answer = ""
        self._text, self._is_streaming = text, True
        if streaming:
            self._show()
        else:
            self._end()
        self.resized.emit()

    def append(self, text: str) -> None:
        """Add text at the end; it is shown within moments."""
        self._new.append(text)
        self._is_streaming = True
        if not self._timer.isActive():
            self._timer.start()

    def finish(self) -> None:
        """Say that the text is complete."""
        if self._is_streaming:
            self._timer.stop()
            self._end()
            self.resized.emit()

    def refresh(self) -> None:
        """Take over a new theme."""
        self._answer.refresh()
        if self._reasoning is not None:
            self._reasoning.refresh()
        self.resized.emit()

    def _render(self) -> None:
        started = time.perf_counter()
        self._show()
        self.resized.emit()
        cost_ms = (time.perf_counter() - started) * 1000
        self._timer.setInterval(self._columns * max(RENDER_INTERVAL_MS, round(cost_ms * _PAUSE_PER_COST)))

    def _show(self) -> None:
        parts = split(self.text, streaming=self._is_streaming)
        if parts.reasoning or (parts.thinking and self._reasoning is not None):
            self._reasoning_view().set_text(parts.reasoning, parts.thinking and self._is_streaming)
        elif self._reasoning is not None:
            self._reasoning.deleteLater()
            self._reasoning = None
        if not parts.answer.startswith(self._shown_answer):
            self._answer.clear()  # what looked like the answer turned out to be reasoning
            self._shown_answer = ""
        self._answer.feed(parts.answer[len(self._shown_answer) :])
        self._shown_answer = parts.answer

    def _end(self) -> None:
        self._is_streaming = False
        self._show()
        self._answer.finish()

    def _reasoning_view(self) -> ReasoningView:
        if self._reasoning is None:
            self._reasoning = ReasoningView(self._run_in_background, self)
            self._reasoning.resized.connect(self.resized)
            self._reasoning.content.link_activated.connect(self.link_activated)
            self._reasoning.content.view_added.connect(self.selection.watch)
            self._reasoning.content.setAccessibleName(self.accessibleName())
            self._reasoning.show()
        return self._reasoning

    def focus_widgets(self) -> list[QWidget]:
        """Return what the Tab key visits here, in reading order."""
        reasoning = self._reasoning.focus_widgets() if self._reasoning is not None else []
        return [*reasoning, *self._answer.focus_widgets()]

    def _text_views(self) -> list[TextView]:
        hidden: list[TextView] = []
        if self._reasoning is not None and self._reasoning.is_unfolded:
            hidden.extend(self._reasoning.content.text_views())
        return [*hidden, *self._answer.text_views()]

    def setAccessibleName(self, name: str) -> None:
        super().setAccessibleName(name)
        self._answer.setAccessibleName(name)
        if self._reasoning is not None:
            self._reasoning.content.setAccessibleName(name)

    # ------------------------------------------------------------ layout

    def height_for(self, width: int) -> int:
        """Return the height this needs in some width, in pixels."""
        return self._answer_top(width) + self._answer.height_for(width)

    def arrange(self) -> None:
        """Put the parts where they belong in the width this has now."""
        width = self.width()
        if self._reasoning is not None:
            place(self._reasoning, 0, 0, width, self._reasoning.height_for(width))
        place(self._answer, 0, self._answer_top(width), width, self._answer.height_for(width))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.arrange()

    def _answer_top(self, width: int) -> int:
        return self._reasoning.height_for(width) + SPACE_8 if self._reasoning is not None else 0
