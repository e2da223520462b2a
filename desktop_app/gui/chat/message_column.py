"""The widgets of a window of messages, below each other. Those that exist are always a run without holes."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget

from desktop_app.gui.chat.message_view import BLEED, MessageView
from desktop_app.gui.chat.placing import place
from desktop_app.gui.chat.prose_style import prose_style
from desktop_app.gui.theme.scale import PAGE_MARGIN, PAGE_MARGIN_NARROW, SPACE_12, SPACE_24
from desktop_app.storage.records import Message

WINDOW_MESSAGES = 60
SLACK_MESSAGES = 30  # more than the window that may exist before some are let go
_NARROW_COLUMN = 600
_HEIGHT = 12_000_000  # of the plane messages lie on, in pixels; Qt allows 16,777,215
_ORIGIN = 9_000_000  # where the first one is put: a conversation mostly grows upwards, as older messages are read


@dataclass(eq=False)
class Entry:
    """A message of the window, and its widget once there is one. Sizes in pixels."""

    message: Message
    view: MessageView | None = None
    width: int = -1  # that the height was found for
    height: int = 0
    top: int = _ORIGIN
    is_ready: bool = False  # its buttons are made
    is_placed: bool = False  # its parts lie where its size wants them
    is_in_tab_order: bool = False


class MessageColumn(QWidget):
    """Knows where each message lies; what is in sight is not its business.

    Signals:
        pressed(): The mouse was pressed beside the messages.
    """

    pressed = Signal()

    def __init__(self, make_view: Callable[[Message], MessageView], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._make_view = make_view
        self.entries: list[Entry] = []
        self.low = 0  # entries[low:high] have widgets
        self.high = 0
        self.first_index = 0  # of the first entry, in the conversation
        self.total = 0  # messages in the conversation
        self._page_width = 0
        self._has_stale = False  # whether `nearest_stale` is worth looking for

    # ------------------------------------------------------------ entries

    @property
    def has_later(self) -> bool:
        """True if the window does not reach the end of the conversation."""
        return self.first_index + len(self.entries) < self.total

    def built(self) -> list[Entry]:
        """Return the entries with widgets, from top to bottom."""
        return self.entries[self.low : self.high]

    def index(self, message_id: int) -> int:
        """Return the place of a message in the window, or -1."""
        return next((i for i, entry in enumerate(self.entries) if entry.message.id == message_id), -1)

    def replace(self, messages: tuple[Message, ...]) -> None:
        """Show other messages, and keep the widgets of those that stay; the run grows from the end."""
        old = {entry.message.id: entry for entry in self.entries}
        entries = []
        for message in messages:
            entry = old.pop(message.id, None)
            if entry is None or entry.message.role != message.role:
                entry = Entry(message)
            elif entry.message != message:
                entry.message = message
                entry.width = -1
                if entry.view is not None:
                    entry.view.set_message(message)
            entries.append(entry)
        kept = {id(entry) for entry in entries}
        for entry in self.entries:
            if id(entry) not in kept:
                _drop(entry)
        self.entries = entries
        with_view = [i for i, entry in enumerate(entries) if entry.view is not None]
        self.low, self.high = (with_view[0], with_view[-1] + 1) if with_view else (len(entries), len(entries))
        for entry in self.built():
            self._build(entry)

    def start_at_end(self) -> None:
        """Let go of all widgets, so that the run grows from the newest message again."""
        for entry in self.built():
            _drop(entry)
        self.low = self.high = len(self.entries)

    def insert(self, at: int, messages: tuple[Message, ...]) -> None:
        """Add messages at one of the ends."""
        self.entries[at:at] = [Entry(message) for message in messages]
        if at == 0:
            self.first_index -= len(messages)
            self.low += len(messages)
            self.high += len(messages)

    def remove(self, start: int, end: int) -> None:
        """Let go of the messages in `entries[start:end]`, which is one of the ends."""
        for entry in self.entries[start:end]:
            _drop(entry)
        del self.entries[start:end]
        count = end - start
        if start == 0:
            self.low, self.high = max(0, self.low - count), max(0, self.high - count)
            self.first_index += count
        else:
            self.low, self.high = min(self.low, start), min(self.high, start)

    def let_go(self, in_sight: list[Entry], top: int, bottom: int) -> bool:
        """Let go of the message at the end that has more messages before it, unless the reader is near it.

        Args:
            in_sight: What the reader sees.
            top, bottom: What lies between them is near.

        Returns:
            True if one was let go.
        """
        if not in_sight:
            return False
        above, below = self.entries.index(in_sight[0]), len(self.entries) - 1 - self.entries.index(in_sight[-1])
        index = 0 if above > below else len(self.entries) - 1
        entry = self.entries[index]
        is_built = self.low <= index < self.high
        if is_built and ((entry.top < bottom and entry.top + entry.height > top) or _is_in_use(entry)):
            return False
        self.remove(index, index + 1)
        return True

    def reach(self, index: int) -> None:
        """Make widgets up to and including that of an entry."""
        while index < self.low:
            self.build_above()
        while index >= self.high:
            self.build_below()

    def build_above(self) -> None:
        """Make the widget of the message above those that have one."""
        self.low -= 1
        self._build(self.entries[self.low])

    def build_below(self) -> None:
        """Make the widget of the message below those that have one."""
        self.high += 1
        self._build(self.entries[self.high - 1])

    def _build(self, entry: Entry) -> None:
        if entry.view is None:
            entry.view = self._make_view(entry.message)
        self.measure(entry)

    def number(self) -> None:
        """Tell each message which one of the conversation it is."""
        for index in range(self.low, self.high):
            view = self.entries[index].view
            if view is not None:
                view.set_place(self.first_index + index + 1, self.total)

    # ------------------------------------------------------------ layout

    @property
    def message_width(self) -> int:
        """How wide a message is in this page, in pixels."""
        margin = PAGE_MARGIN if self._page_width >= _NARROW_COLUMN else PAGE_MARGIN_NARROW
        return max(1, min(prose_style().column, self._page_width - 2 * margin)) + 2 * BLEED

    def set_page_width(self, width: int) -> None:
        """Take over the width that there is; what it changes is found by `nearest_stale`."""
        before = self.message_width
        self._page_width = width
        self.resize(width, _HEIGHT)
        self._has_stale = self._has_stale or self.message_width != before

    def nearest_stale(self, y: int) -> Entry | None:
        """Return the message nearest to a line that was measured for another width, if there is one."""
        if not self._has_stale:
            return None
        width = self.message_width
        stale = (entry for entry in self.built() if entry.width != width)
        nearest = min(stale, key=lambda entry: abs(entry.top - y), default=None)
        self._has_stale = nearest is not None
        return nearest

    def measure(self, entry: Entry) -> None:
        """Find the height of a message in the present width."""
        if entry.view is not None:
            entry.width = self.message_width
            entry.height = entry.view.height_for(entry.width)
            entry.is_placed = False

    @property
    def top(self) -> int:
        """Where the messages begin, with some space before them."""
        built = self.built()
        return built[0].top - SPACE_24 if built else _ORIGIN

    @property
    def bottom(self) -> int:
        """Where the messages end, with some space after them."""
        built = self.built()
        return built[-1].top + built[-1].height + SPACE_24 if built else _ORIGIN

    def lay_out(self, fixed: Entry | None) -> None:
        """Put all widgets in place, above and below of one that stays where it is; the first one if None."""
        built = self.built()
        if not built:
            return
        start = next((i for i, entry in enumerate(built) if entry is fixed), 0)
        top = built[start].top
        for entry in reversed(built[:start]):
            top -= SPACE_12 + entry.height
            entry.top = top
        top = built[start].top
        for entry in built[start:]:
            entry.top = top
            top += entry.height + SPACE_12
        for entry in built:
            self._put(entry)

    def _put(self, entry: Entry) -> None:
        view, left = entry.view, (self._page_width - entry.width) // 2
        if view is None:
            return
        if not entry.is_placed:
            place(view, left, entry.top, entry.width, entry.height)
            view.show()
            entry.is_placed = True
        elif view.y() != entry.top or view.x() != left:
            view.move(left, entry.top)

    def order_focus(self, before: QWidget) -> None:
        """Let the Tab key go through the messages as they are read, whenever they were made."""
        for entry in self.built():
            widgets = entry.view.focus_widgets() if entry.view is not None else []
            if not entry.is_in_tab_order:
                entry.is_in_tab_order = True
                for one, following in pairwise((before, *widgets)):
                    QWidget.setTabOrder(one, following)
            before = widgets[-1] if widgets else before

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.pressed.emit()


def _is_in_use(entry: Entry) -> bool:
    """Tell whether the person is in the middle of something in a message, which must not vanish."""
    focus, view = QApplication.focusWidget(), entry.view
    return view is not None and (view.is_editing or (focus is not None and view.isAncestorOf(focus)))


def _drop(entry: Entry) -> None:
    if entry.view is not None:
        entry.view.hide()
        entry.view.deleteLater()
        entry.view = None
        entry.is_ready = entry.is_placed = entry.is_in_tab_order = False
