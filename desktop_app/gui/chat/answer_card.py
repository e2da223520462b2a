"""One of several answers beside each other: its text scrolls by itself, and a button lets it be the one that stays."""

from itertools import pairwise

from msgspec.structs import replace
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from desktop_app.gui.chat.answer_facts import stack_words, summary
from desktop_app.gui.chat.drag_scroller import DragScroller
from desktop_app.gui.chat.highlight import RunInBackground
from desktop_app.gui.chat.message_footer import INSET
from desktop_app.gui.chat.message_view import BLEED, MessageView
from desktop_app.gui.chat.placing import place
from desktop_app.gui.chat.prose_style import prose_style
from desktop_app.gui.theme.scale import ICON_SIZE_SMALL, SPACE_4, SPACE_8
from desktop_app.gui.widgets.elided_label import ElidedLabel
from desktop_app.gui.widgets.icon_button import IconButton
from desktop_app.storage.records import Message, MessageState


class AnswerCard(QFrame):
    """As high as there is room. Its text is made by `make_ready`, so that several need not be made in one go.

    Args:
        number, total: Which of the answers this is, counted from 1.
        is_shown: Whether it is the one that the conversation has now.
        names_stack: Whether what sets it apart from the others is its stack.

    Signals:
        keep_requested(int), stop_requested(int): A button was pressed, with the answer's id.
        link_activated(str): The person chose a link.
        selection_started(): Text is being selected here.
    """

    keep_requested = Signal(int)
    stop_requested = Signal(int)
    link_activated = Signal(str)
    selection_started = Signal()

    def __init__(
        self,
        message: Message,
        number: int,
        total: int,
        is_shown: bool,
        names_stack: bool,
        run_in_background: RunInBackground,
    ) -> None:
        super().__init__()
        self.message = message
        self.view: MessageView | None = None
        self._total = total
        self._run_in_background = run_in_background
        self._ordered: list[QWidget] = []
        self.setProperty("panel", "card")
        self.setAccessibleName(self.tr("Answer {number} of {total}").format(number=number, total=total))
        title = stack_words(message.stack) if names_stack else self.tr("Answer {number}").format(number=number)
        shown = self.tr("{title}, in the chat now").format(title=title)
        self._title = ElidedLabel(shown if is_shown else title)
        self._names_stack = names_stack
        self.stop = IconButton("square", self.tr("Stop answer {number}").format(number=number), size=ICON_SIZE_SMALL)
        self.stop.clicked.connect(lambda: self.stop_requested.emit(self.message.id))
        self._facts = ElidedLabel()
        self._facts.setProperty("role", "small")
        self.scroller = _Scroller()
        self._drag = DragScroller(self.scroller)
        self.keep = QPushButton(self.tr("Keep this one"))
        self.keep.setAccessibleName(self.tr("Keep answer {number}").format(number=number))
        self.keep.setToolTip(self.tr("The chat goes on from this answer. Teach can learn from your choice."))
        self.keep.clicked.connect(lambda: self.keep_requested.emit(self.message.id))
        self._lay_out()
        self._show_state()

    def make_ready(self) -> None:
        """Make the text."""
        if self.view is not None:
            return
        view = self.view = MessageView(self.message, self._run_in_background, columns=self._total)
        view.setAccessibleName(self.accessibleName())
        view.body.setAccessibleName(self.accessibleName())
        view.link_activated.connect(self.link_activated)
        selection = view.body.selection
        selection.started.connect(self.selection_started)
        selection.dragged.connect(lambda point: self._drag.follow(selection, point))
        self.scroller.setWidget(view)
        view.setAutoFillBackground(False)  # Qt has just turned it on, in the color of the window
        view.resized.connect(self._on_resized)
        self._on_resized()
        view.show()

    def set_message(self, message: Message) -> None:
        """Show another state of the answer."""
        self.message = message
        self._show_state()
        if self.view is not None:
            self.view.set_message(message)

    def append(self, text: str) -> None:
        """Add text at the end of an answer that is being written."""
        if self.view is not None:
            self.view.append(text)
        else:
            self.message = replace(self.message, content=self.message.content + text)

    def end_selection(self) -> None:
        """Let nothing be selected here any more."""
        if self.view is not None and self.view.body.selection.has_text():
            self.view.body.selection.clear()

    def refresh(self) -> None:
        """Take over a new theme."""
        if self.view is not None:
            self.view.refresh()
            self.scroller.fit()

    def _show_state(self) -> None:
        is_written = self.message.state == MessageState.STREAMING
        self.stop.setVisible(is_written)
        said = replace(self.message, stack=()) if self._names_stack else self.message
        self._facts.setText(self.tr("Writing") if is_written else summary(said))
        self.keep.setEnabled(self.message.state != MessageState.FAILED)

    def _on_resized(self) -> None:
        self.scroller.fit()
        widgets = [self.stop, *(self.view.focus_widgets() if self.view else []), self.keep]
        if widgets != self._ordered:
            self._ordered = widgets
            for before, widget in pairwise(widgets):
                QWidget.setTabOrder(before, widget)

    def _lay_out(self) -> None:
        policy = self.stop.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.stop.setSizePolicy(policy)
        head = QHBoxLayout()
        head.setContentsMargins(BLEED, 0, BLEED - INSET, 0)
        head.addWidget(self._title, 1)
        head.addWidget(self.stop)
        facts = QHBoxLayout()
        facts.setContentsMargins(BLEED, 0, BLEED, SPACE_8)
        facts.addWidget(self._facts)
        foot = QHBoxLayout()
        foot.setContentsMargins(BLEED - 1, SPACE_8, BLEED, BLEED)  # the button's edge is drawn a pixel further in
        foot.addWidget(self.keep)
        foot.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, SPACE_4, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addLayout(facts)
        layout.addWidget(self.scroller, 1)
        layout.addLayout(foot)


class _Scroller(QScrollArea):
    """Keeps a growing text where the person reads it; only who has scrolled to its end is taken along."""

    def __init__(self) -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # its texts have it
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)  # its coming would move the text
        bar = self.verticalScrollBar()
        bar.rangeChanged.connect(lambda low, high: bar.setEnabled(high > low))

    def fit(self) -> None:
        """Give the text the height it needs in the present width."""
        view, bar = self.widget(), self.verticalScrollBar()
        if isinstance(view, MessageView):
            goes_along = 0 < bar.maximum() == bar.value()
            width = self.viewport().width()
            bar.setSingleStep(prose_style().line_px)
            place(view, view.x(), view.y(), width, view.height_for(width))
            if goes_along:
                bar.setValue(bar.maximum())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()
