"""The messages of the open conversation, newest at the bottom. Only a window of them exists, and fewer as widgets."""

from msgspec.structs import replace
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QWidget

from desktop_app.gui.chat.drag_scroller import DragScroller
from desktop_app.gui.chat.highlight import RunInBackground
from desktop_app.gui.chat.live_answer import LiveAnswer
from desktop_app.gui.chat.message_page import MessagePage
from desktop_app.gui.chat.message_view import MessageView
from desktop_app.gui.chat.new_text_button import NewTextButton
from desktop_app.gui.theme import theme
from desktop_app.gui.theme.scale import SPACE_16
from desktop_app.storage.records import Message, MessageState, Rating, Role


class Transcript(MessagePage):
    """Shows messages it is given, and asks for more near the ends of its window.

    Signals:
        earlier_wanted(), later_wanted(): Messages beyond an end are needed: answer with `prepend`, `append_later`.
        latest_wanted(): The person wants to be at the end, which is not in the window: answer with `show_messages`.
        regenerate_requested(int), compare_requested(int), delete_requested(int), continue_requested(int): A wish
            about a message.
        version_requested(int, int): Show the version before (-1) or after (1) this message.
        rating_requested(int, Rating): The person marks this answer like that.
        edited(int, str): The person changed a message's text.
        link_activated(str): The person chose a link to the web or a mail address.
    """

    latest_wanted = Signal()
    regenerate_requested = Signal(int)
    compare_requested = Signal(int)
    delete_requested = Signal(int)
    continue_requested = Signal(int)
    version_requested = Signal(int, int)
    rating_requested = Signal(int, Rating)
    edited = Signal(int, str)
    link_activated = Signal(str)

    def __init__(self, run_in_background: RunInBackground, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._run_in_background = run_in_background
        self._live: dict[int, LiveAnswer] = {}
        self._below = NewTextButton(self)
        self._drag = DragScroller(self)
        self.setAccessibleName(self.tr("Messages"))
        self._below.clicked.connect(self.scroll_to_end)
        self.bottom_reached.connect(self._below.hide)
        self.column.pressed.connect(lambda: self._end_selections(None))
        theme().changed.connect(self._refresh)

    # ------------------------------------------------------------ what is shown

    @property
    def first_index(self) -> int:
        """The place in the conversation of the first message of the window, counted from 0."""
        return self.column.first_index

    def messages(self) -> tuple[Message, ...]:
        """Return the messages of the window."""
        return tuple(entry.message for entry in self.column.entries)

    def message(self, message_id: int) -> Message | None:
        """Return a message of the window."""
        index = self.column.index(message_id)
        return self.column.entries[index].message if index >= 0 else None

    def view(self, message_id: int) -> MessageView | None:
        """Return the widget of a message, if there is one now."""
        index = self.column.index(message_id)
        return self.column.entries[index].view if index >= 0 else None

    def show_messages(self, messages: tuple[Message, ...], total: int, first_index: int) -> bool:
        """Show a conversation, or another version of the one that is shown.

        Args:
            messages: A run of its messages, usually the newest ones, oldest first.
            total: How many messages the conversation has.
            first_index: How many there are before the first of these.

        Returns:
            Whether the focus is on a message, as it was, be it on another version of it.
        """
        held = self._held()
        is_same = any(self.column.index(message.id) >= 0 for message in messages)
        for message_id in list(self._live):
            self._end_live(message_id)
        if not is_same:
            self.is_following = True
        self._below.hide()
        self.column.replace(messages)
        self.column.first_index, self.column.total = first_index, total
        self.go_on()
        return held is not None and self._hold(*held)

    def _held(self) -> tuple[QWidget, int] | None:
        """Return what has the focus in a message, and the message's place in the conversation."""
        focus, column = QApplication.focusWidget(), self.column
        for index, entry in enumerate(column.entries):
            if focus is not None and entry.view is not None and entry.view.isAncestorOf(focus):
                return focus, column.first_index + index
        return None

    def _hold(self, held: QWidget, place: int) -> bool:
        if held.hasFocus():
            return True
        index = place - self.column.first_index
        view = self.column.entries[index].view if 0 <= index < len(self.column.entries) else None
        return view is not None and view.take_focus(held.accessibleName())

    def prepend(self, messages: tuple[Message, ...]) -> None:
        """Add the messages before the first one."""
        column = self.column
        if not messages or not column.entries or messages[-1].id != column.entries[0].message.parent_id:
            return  # another conversation has been opened meanwhile
        column.insert(0, messages)
        self.go_on()

    def append_later(self, messages: tuple[Message, ...]) -> None:
        """Add the messages after the last one of a window that does not reach the end."""
        column = self.column
        if not messages or not column.entries or messages[0].parent_id != column.entries[-1].message.id:
            return
        column.insert(len(column.entries), messages)
        self.go_on()

    def append_message(self, message: Message) -> None:
        """Add a message that is new. The person's own message is always brought into sight."""
        column = self.column
        was_at_end = not column.has_later
        column.total += 1
        if not was_at_end:
            self.latest_wanted.emit()
            return
        column.insert(len(column.entries), (message,))
        if message.role == Role.USER:
            self.is_following = True
            self._below.hide()
        self.go_on()

    def update_message(self, message: Message) -> None:
        """Show another state of a message."""
        if message.state != MessageState.STREAMING:
            self._end_live(message.id)
        index = self.column.index(message.id)
        if index >= 0:
            entry = self.column.entries[index]
            entry.message = message
            if entry.view is not None:
                entry.view.set_message(message)

    def show_rating(self, message_id: int, rating: Rating) -> None:
        """Show how an answer is marked."""
        index = self.column.index(message_id)
        if index >= 0:
            entry = self.column.entries[index]
            entry.message = replace(entry.message, rating=rating)
            if entry.view is not None:
                entry.view.show_rating(rating)

    def scroll_to(self, message_id: int) -> None:
        """Bring a message of the window to the top, and point to it for a moment."""
        column = self.column
        index = column.index(message_id)
        if index < 0:
            return
        self.is_following = False
        column.reach(index)
        self.go_on()
        self.scroll_to_y(column.entries[index].top - SPACE_16)
        view = column.entries[index].view
        if view is not None:
            view.flash()

    def scroll_to_end(self) -> None:
        """Go to the newest message and stay with it."""
        if self.column.has_later:
            self.latest_wanted.emit()
            return
        self.is_following = True
        self._below.hide()
        self.go_on()

    # ------------------------------------------------------------ answers being written

    def streaming_view(self, message_id: int, text: str) -> LiveAnswer:
        """Return what takes the new text of an answer that is being written.

        Args:
            message_id: The answer.
            text: What has been written of it.
        """
        self._end_live(message_id)
        live = self._live[message_id] = LiveAnswer(message_id, text, self._show_live, self)
        message = self.message(message_id)
        if message is not None:
            self.update_message(replace(message, content=text, state=MessageState.STREAMING))
        return live

    def _show_live(self, message_id: int, text: str) -> None:
        view = self.view(message_id)
        if view is not None:
            view.append(text)
        if not self.is_following:
            self._below.appear()

    def _end_live(self, message_id: int) -> None:
        if (live := self._live.pop(message_id, None)) is not None:
            live.deleteLater()

    # ------------------------------------------------------------ message views

    def make_view(self, message: Message) -> MessageView:
        """Make the widget of a message."""
        if (live := self._live.get(message.id)) is not None:
            message = replace(message, content=live.text, state=MessageState.STREAMING)
        view = MessageView(message, self._run_in_background, self.column)
        view.resized.connect(lambda: self.on_view_resized(view))
        view.regenerate_requested.connect(self.regenerate_requested)
        view.compare_requested.connect(self.compare_requested)
        view.delete_requested.connect(self.delete_requested)
        view.continue_requested.connect(self.continue_requested)
        view.version_requested.connect(self.version_requested)
        view.rating_requested.connect(self.rating_requested)
        view.edited.connect(self.edited)
        view.link_activated.connect(self.link_activated)
        selection = view.body.selection
        selection.started.connect(lambda: self._end_selections(view))
        selection.dragged.connect(lambda point: self._drag.follow(selection, point))
        return view

    def _end_selections(self, new: MessageView | None) -> None:
        for entry in self.column.built():
            if entry.view is not None and entry.view is not new and entry.view.body.selection.has_text():
                entry.view.body.selection.clear()

    def _refresh(self) -> None:
        for entry in self.column.built():
            if entry.view is not None:
                entry.view.refresh()
        self.measure_all()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._below.place()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_End:
            self.scroll_to_end()
        else:
            super().keyPressEvent(event)
