"""A page of messages that scrolls: it keeps the reader's place, and makes widgets in slices between other events.

Whatever changes (messages above, a growing answer, the window's width), what the person is reading stays where it is;
only who is at the bottom is taken along.
"""

import time

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QFrame, QWidget

from desktop_app.gui.chat.message_column import SLACK_MESSAGES, WINDOW_MESSAGES, Entry, MessageColumn
from desktop_app.gui.chat.message_view import MessageView
from desktop_app.gui.chat.prose_style import prose_style
from desktop_app.gui.theme.scale import SPACE_16
from desktop_app.storage.records import Message

_SLICE_S = 0.002  # the last thing that was begun in it, and the layout, come on top
_PAUSE_MS = 20  # between slices for what nobody will see soon
_SCREENS_AHEAD = 2  # messages that should be there above and below what is in sight
_CHARACTERS_AHEAD = 400_000  # of very long messages fewer are made ahead
_MOST_AT_ONCE = 8  # new messages at the end that are made without a pause
_AT_BOTTOM_PX = 8


class MessagePage(QAbstractScrollArea):
    """The scrolling part of the transcript.

    Messages lie on a plane so high that more of them fit above and below without moving the others; the scroll bar's
    range is the part of the plane that is in use.

    Signals:
        earlier_wanted(), later_wanted(): The reader comes near an end of the window, but not of the conversation.
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
        self._is_letting_go = False
        # Tells Qt where messages stand in the order of the Tab key; this page itself stands for all it contains.
        self._start = QWidget(self)
        self._start.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # else Qt leaves it out of that order
        self._start.hide()
        self.column = MessageColumn(self.make_view, self.viewport())
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)  # its coming would move the text
        bar = self.verticalScrollBar()
        bar.valueChanged.connect(self._on_scrolled)
        bar.rangeChanged.connect(lambda low, high: bar.setEnabled(high > low))
        self._work = QTimer(self, singleShot=True)
        self._work.timeout.connect(self._do_slice)

    def make_view(self, message: Message) -> MessageView:
        """Make the widget of a message."""
        raise NotImplementedError

    # ------------------------------------------------------------ the reader's place

    def go_on(self) -> None:
        """After a change of messages: fill the page at once, and leave the rest to later turns of the event loop."""
        self._asked_earlier = self._asked_later = False
        if not self.isVisible():
            return
        column = self.column
        if self.is_following:
            if len(column.entries) - column.high > _MOST_AT_ONCE:
                column.start_at_end()
            while column.high < len(column.entries):
                column.build_below()
        self.settle()
        while column.bottom - column.top < self.viewport().height() and self._build_next():
            self.settle()
        column.number()
        self._work.start(0)

    def settle(self) -> None:
        """Lay everything out, so that what the person is reading stays where it is."""
        self._is_adjusting = True
        self.column.lay_out(next(iter(self.in_sight()), None))
        bar, height = self.verticalScrollBar(), self.viewport().height()
        low = self.column.top
        bar.setPageStep(height)
        bar.setRange(low, max(low, self.column.bottom - height))
        if self.is_following:
            bar.setValue(bar.maximum())
        self._is_adjusting = False

    def scroll_to_y(self, y: int) -> None:
        """Bring a line of the plane to the top of the page."""
        self._is_adjusting = True
        self.verticalScrollBar().setValue(y)
        self._is_adjusting = False

    def on_view_resized(self, view: MessageView) -> None:
        """Take over the new height of a message."""
        entry = next((entry for entry in self.column.built() if entry.view is view), None)
        if entry is not None:
            self.column.measure(entry)
            self.settle()
            self._work.start(0)

    def measure_all(self) -> None:
        """Find all heights anew."""
        for entry in self.column.built():
            self.column.measure(entry)
        self.settle()
        self._work.start(0)

    def in_sight(self) -> list[Entry]:
        """Return the messages of which something is on the page, from top to bottom."""
        top = self.verticalScrollBar().value()
        bottom = top + self.viewport().height()
        return [e for e in self.column.built() if e.is_placed and e.top < bottom and e.top + e.height > top]

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        self.column.move(0, -self.verticalScrollBar().value())

    def _on_scrolled(self) -> None:
        if self._is_adjusting:
            return
        bar = self.verticalScrollBar()
        self.is_following = bar.value() >= bar.maximum() - _AT_BOTTOM_PX and not self.column.has_later
        if self.is_following:
            self.bottom_reached.emit()
        self._work.start(0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._take_size()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._take_size()

    def _take_size(self) -> None:
        self.column.set_page_width(self.viewport().width())
        self.verticalScrollBar().setSingleStep(prose_style().line_px)
        if self.isVisible():
            for entry in self.in_sight():
                self.column.measure(entry)
            self.go_on()

    def focusNextPrevChild(self, forward: bool) -> bool:
        moved = super().focusNextPrevChild(forward)
        focus = QApplication.focusWidget()
        if moved and focus is not None and self.column.isAncestorOf(focus):
            self._show_widget(focus)
        return moved

    def _show_widget(self, widget: QWidget) -> None:
        """Scroll as little as is needed to see the widget, or the start of one that is higher than the page."""
        top = widget.mapTo(self.column, QPoint(0, 0)).y()
        bar, height = self.verticalScrollBar(), self.viewport().height()
        if top < bar.value() or widget.height() + 2 * SPACE_16 > height:
            bar.setValue(top - SPACE_16)
        elif top + widget.height() > bar.value() + height:
            bar.setValue(top + widget.height() + SPACE_16 - height)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        bar = self.verticalScrollBar()
        if event.key() == Qt.Key.Key_End:
            bar.setValue(bar.maximum())
        elif event.key() == Qt.Key.Key_Home:
            bar.setValue(bar.minimum())
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
        done = False
        while time.perf_counter() < end and self._do_next():
            done = True
        if done:
            self.settle()
            self._work.start(0 if self.lacks_nearby else _PAUSE_MS)
        else:
            self._finish_work()

    @property
    def lacks_nearby(self) -> bool:
        """True while what the reader may scroll to next is not there yet."""
        column = self.column
        return (column.low > 0 and self._is_near_top()) or (
            column.high < len(column.entries) and self._is_near_bottom()
        )

    def _is_near_top(self) -> bool:
        above = self.verticalScrollBar().value() - self.column.top
        return above < _SCREENS_AHEAD * self.viewport().height()

    def _is_near_bottom(self) -> bool:
        below = self.column.bottom - self.verticalScrollBar().value()
        return below < (_SCREENS_AHEAD + 1) * self.viewport().height()

    def _do_next(self) -> bool:
        """Do the most urgent small thing; False if there is none."""
        return (
            self._measure_next()
            or (self.lacks_nearby and self._build_next())
            or self._ready_next()
            or self._build_next()
            or self._let_go_next()
        )

    def _let_go_next(self) -> bool:
        """Let go of a message far away, once there are many more than the window should have."""
        count = len(self.column.entries)
        self._is_letting_go = count >= WINDOW_MESSAGES + SLACK_MESSAGES or (
            self._is_letting_go and count > WINDOW_MESSAGES
        )
        bar, height = self.verticalScrollBar(), self.viewport().height()
        ahead = _SCREENS_AHEAD * height
        top, bottom = bar.value() - ahead, bar.value() + height + ahead
        return self._is_letting_go and self.column.let_go(self.in_sight(), top, bottom)

    def _measure_next(self) -> bool:
        """Find the height of the nearest message that was measured for another width, if there is one."""
        stale = self.column.nearest_stale(self.verticalScrollBar().value())
        if stale is not None:
            self.column.measure(stale)
        return stale is not None

    def _ready_next(self) -> bool:
        """Make the buttons of a message in sight, if some have none."""
        unready = next((entry for entry in self.in_sight() if not entry.is_ready), None)
        if unready is not None and unready.view is not None:
            unready.view.make_ready()
            unready.is_ready = True
        return unready is not None

    def _build_next(self) -> bool:
        """Make the widget that will be needed first, if any is missing."""
        column = self.column
        can_above, can_below = column.low > 0, column.high < len(column.entries)
        is_full = sum(len(entry.message.content) for entry in column.built()) > _CHARACTERS_AHEAD
        if can_below and self._is_near_bottom():
            column.build_below()
        elif can_above and (self._is_near_top() or not is_full):
            column.build_above()
        elif can_below and not is_full:
            column.build_below()
        else:
            return False
        return True

    def _finish_work(self) -> None:
        self.column.number()
        self.column.order_focus(self._start)
        self._ask_for_more()

    def _ask_for_more(self) -> None:
        column = self.column
        if column.first_index > 0 and column.low == 0 and self._is_near_top() and not self._asked_earlier:
            self._asked_earlier = True
            self.earlier_wanted.emit()
        is_built = column.high == len(column.entries)
        if column.has_later and is_built and self._is_near_bottom() and not self._asked_later:
            self._asked_later = True
            self.later_wanted.emit()
