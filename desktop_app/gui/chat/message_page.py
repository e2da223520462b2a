"""A page of messages that scrolls: it keeps the reader's place, and makes widgets in slices between other events.

Whatever changes (messages above, a growing answer, the window's width), what the person is reading stays where it is;
only who is at the bottom is taken along.
"""

import time
from dataclasses import dataclass

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

from desktop_app.gui.chat.message_column import Entry, MessageColumn
from desktop_app.gui.chat.message_view import MessageView
from desktop_app.storage.records import Message

_SLICE_S = 0.004
_PAUSE_MS = 20  # between slices for what nobody will see soon
_SCREENS_AHEAD = 2  # messages that should be there above and below what is in sight
_CHARACTERS_AHEAD = 400_000  # of very long messages fewer are made ahead
_MOST_AT_ONCE = 8  # new messages at the end that are made without a pause
_AT_BOTTOM_PX = 8


@dataclass(frozen=True)
class Place:
    """What the person is reading: a message, and how far the top of the page is below its top, in pixels."""

    message_id: int
    offset: int


class MessagePage(QScrollArea):
    """The scrolling part of the transcript. A place of None stands for the bottom.

    Signals:
        earlier_wanted(), later_wanted(): The reader comes near an end of the window, and the conversation goes on there.
        bottom_reached(): The newest message is in sight.
    """

    earlier_wanted = Signal()
    later_wanted = Signal()
    bottom_reached = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.is_following = True
        self._is_adjusting = False
        self._asked_earlier = self._asked_later = False
        self._focus_is_ordered = True
        self.column = MessageColumn(self.make_view)
        self.setWidget(self.column)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)  # its coming would move the text
        bar = self.verticalScrollBar()
        bar.valueChanged.connect(self._on_scrolled)
        bar.rangeChanged.connect(lambda _low, high: bar.setEnabled(high > 0))
        self._work = QTimer(self, singleShot=True)
        self._work.timeout.connect(self._do_slice)

    def make_view(self, message: Message) -> MessageView:
        """Make the widget of a message."""
        raise NotImplementedError

    # ------------------------------------------------------------ the reader's place

    def place(self) -> Place | None:
        """Return what is at the top of the page; None for who is at the bottom and stays there."""
        if self.is_following:
            return None
        top = self.verticalScrollBar().value()
        for entry in self.column.built():
            if entry.top + entry.height > top:
                return Place(entry.message.id, top - entry.top)
        return None

    def go_on(self, place: Place | None) -> None:
        """After a change of messages: fill the page at once, and leave the rest to later turns of the event loop."""
        self._asked_earlier = self._asked_later = False
        self._focus_is_ordered = False
        if not self.isVisible():
            return
        column = self.column
        if self.is_following:
            if len(column.entries) - column.high > _MOST_AT_ONCE:
                column.start_at_end()
            while column.high < len(column.entries):
                column.build_below()
        self.settle(place)
        while column.height() < self.viewport().height() and self._build_next():
            self.settle(place)
        column.number()
        self._work.start(0)

    def settle(self, place: Place | None) -> None:
        """Lay everything out, and bring what the person was reading back to where it was."""
        self._is_adjusting = True
        self.column.lay_out()
        bar = self.verticalScrollBar()
        index = self.column.index(place.message_id) if place is not None else -1
        if place is not None and index >= 0:
            bar.setValue(self.column.entries[index].top + place.offset)
        elif self.is_following:
            bar.setValue(bar.maximum())
        self._is_adjusting = False

    def on_view_resized(self, view: MessageView) -> None:
        """Take over the new height of a message."""
        entry = next((entry for entry in self.column.built() if entry.view is view), None)
        if entry is not None:
            place = self.place()
            self.column.measure(entry)
            self._focus_is_ordered = False
            self.settle(place)
            self._work.start(0)

    def measure_all(self) -> None:
        """Find all heights anew."""
        place = self.place()
        for entry in self.column.built():
            self.column.measure(entry)
        self.settle(place)
        self._work.start(0)

    def _on_scrolled(self) -> None:
        if self._is_adjusting:
            return
        bar = self.verticalScrollBar()
        self.is_following = bar.value() >= bar.maximum() - _AT_BOTTOM_PX and not self.column.has_later
        if self.is_following:
            self.bottom_reached.emit()
        self._work.start(0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        place = self.place()
        super().resizeEvent(event)
        self._take_width(place)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._take_width(self.place())

    def _take_width(self, place: Place | None) -> None:
        self.column.set_page_width(self.viewport().width())
        if self.isVisible():
            for entry in self._in_sight():
                self.column.measure(entry)
            self.go_on(place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        bar = self.verticalScrollBar()
        if event.key() == Qt.Key.Key_End:
            bar.setValue(bar.maximum())
        elif event.key() == Qt.Key.Key_Home:
            bar.setValue(0)
        else:
            super().keyPressEvent(event)

    # ------------------------------------------------------------ work in slices

    @property
    def is_busy(self) -> bool:
        """True while widgets are still to be made."""
        return self._work.isActive()

    def _do_slice(self) -> None:
        if not self.isVisible():
            return
        end = time.perf_counter() + _SLICE_S
        place = self.place()
        done = False
        while time.perf_counter() < end and (self._measure_next() or self._build_next() or self._ready_next()):
            done = True
        if done:
            self.settle(place)
            self._work.start(0 if self.lacks_nearby else _PAUSE_MS)
        else:
            self._finish_work()

    @property
    def lacks_nearby(self) -> bool:
        """True while what the reader may scroll to next is not there yet."""
        column, bar = self.column, self.verticalScrollBar()
        ahead = _SCREENS_AHEAD * self.viewport().height()
        return (column.low > 0 and bar.value() < ahead) or (
            column.high < len(column.entries) and bar.maximum() - bar.value() < ahead
        )

    def _measure_next(self) -> bool:
        """Find the height of the nearest message that was measured for another width, if there is one."""
        top = self.verticalScrollBar().value()
        stale = filter(self.column.is_stale, self.column.built())
        nearest = min(stale, key=lambda entry: abs(entry.top - top), default=None)
        if nearest is not None:
            self.column.measure(nearest)
        return nearest is not None

    def _ready_next(self) -> bool:
        """Make the buttons of a message in sight, if some have none."""
        unready = next((entry for entry in self._in_sight() if not entry.is_ready), None)
        if unready is not None and unready.view is not None:
            unready.view.make_ready()
            unready.is_ready = True
            self._focus_is_ordered = False
        return unready is not None

    def _build_next(self) -> bool:
        """Make the widget that will be needed first, if any is missing."""
        column, bar = self.column, self.verticalScrollBar()
        ahead = _SCREENS_AHEAD * self.viewport().height()
        can_above, can_below = column.low > 0, column.high < len(column.entries)
        is_full = sum(len(entry.message.content) for entry in column.built()) > _CHARACTERS_AHEAD
        if can_below and bar.maximum() - bar.value() < ahead:
            column.build_below()
        elif can_above and (bar.value() < ahead or not is_full):
            column.build_above()
        elif can_below and not is_full:
            column.build_below()
        else:
            return False
        self._focus_is_ordered = False
        return True

    def _finish_work(self) -> None:
        if not self._focus_is_ordered:
            self._focus_is_ordered = True
            self.column.number()
            self.column.order_focus(self)
        self._ask_for_more()

    def _ask_for_more(self) -> None:
        column, bar = self.column, self.verticalScrollBar()
        ahead = _SCREENS_AHEAD * self.viewport().height()
        if column.first_index > 0 and column.low == 0 and bar.value() < ahead and not self._asked_earlier:
            self._asked_earlier = True
            self.earlier_wanted.emit()
        is_built = column.high == len(column.entries)
        if column.has_later and is_built and bar.maximum() - bar.value() < ahead and not self._asked_later:
            self._asked_later = True
            self.later_wanted.emit()

    def _in_sight(self) -> list[Entry]:
        top = self.verticalScrollBar().value()
        bottom = top + self.viewport().height()
        return [e for e in self.column.built() if e.top < bottom and e.top + e.height > top]
