"""One message of a conversation: its text, what is to be said about it, and what can be done with it."""

from itertools import pairwise

from msgspec.structs import replace
from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QColor,
    QEnterEvent,
    QGuiApplication,
    QHideEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QLabel, QWidget
from shiboken6 import isValid

from desktop_app.chat.reasoning import without_reasoning
from desktop_app.gui.chat.answer_facts import Note, Offer, notes
from desktop_app.gui.chat.bubble import Bubble
from desktop_app.gui.chat.highlight import RunInBackground
from desktop_app.gui.chat.message_body import MessageBody
from desktop_app.gui.chat.message_editor import MessageEditor
from desktop_app.gui.chat.message_footer import INSET, MessageFooter
from desktop_app.gui.chat.message_note import MessageNote
from desktop_app.gui.chat.placing import mirrored, place
from desktop_app.gui.chat.prose_style import prose_style
from desktop_app.gui.theme import theme
from desktop_app.gui.theme.scale import RADIUS_CARD, SPACE_4, SPACE_12
from desktop_app.storage.records import Message, MessageState, Rating, Role

BUBBLE_SHARE = 0.8  # of the column, at most
BLEED = 12  # free space on both sides, for the focus ring
_FLASH_MS = 1_500
_RING_GAP = 6


class MessageView(QWidget):
    """Looks the same whether its text came at once or streamed. Signals carry the message's id.

    Args:
        columns: How many answers are shown beside each other; if it is not the only one, it has no buttons of its own.

    Signals:
        resized(): The height it needs may have changed.
        regenerate_requested(int), compare_requested(int), delete_requested(int), continue_requested(int): A wish.
        version_requested(int, int): Show the version before (-1) or after (1) this one.
        rating_requested(int, Rating): The person marks the answer like that.
        edited(int, str): The person changed the text.
        link_activated(str): The person chose a link.
    """

    resized = Signal()
    regenerate_requested = Signal(int)
    compare_requested = Signal(int)
    delete_requested = Signal(int)
    continue_requested = Signal(int)
    version_requested = Signal(int, int)
    rating_requested = Signal(int, Rating)
    edited = Signal(int, str)
    link_activated = Signal(str)

    def __init__(
        self, message: Message, run_in_background: RunInBackground, parent: QWidget | None = None, columns: int = 1
    ) -> None:
        super().__init__(parent)
        self._message = message
        self._has_footer = columns == 1
        self._place = (0, 0)
        self._is_last = False
        self._editor: MessageEditor | None = None
        self._notes: list[MessageNote] = []
        self._shown_notes: list[Note] = []
        self._waiting: QLabel | None = None
        self.body: MessageBody | Bubble
        if message.role == Role.USER:
            self.body = Bubble(message.content, self)
        else:
            self.body = MessageBody(run_in_background, self, columns)
            self.body.link_activated.connect(self.link_activated)
            self.body.set_text(message.content, streaming=self.is_streaming)
        self.body.resized.connect(self._on_resized)
        self._footer: MessageFooter | None = None
        self._focused: QWidget | None = None
        self.body.selection.focused.connect(self._on_focused)
        self._flash: QTimer | None = None
        self._show_state()

    def make_ready(self) -> None:
        """Make what is needed only in sight: the buttons."""
        if self._footer is not None or not self._has_footer:
            return
        footer = self._footer = MessageFooter(self._message, self)
        footer.copy_requested.connect(self._copy)
        footer.regenerate_requested.connect(lambda: self.regenerate_requested.emit(self._message.id))
        footer.compare_requested.connect(lambda: self.compare_requested.emit(self._message.id))
        footer.edit_requested.connect(lambda: self.begin_edit())
        footer.delete_requested.connect(lambda: self.delete_requested.emit(self._message.id))
        footer.version_requested.connect(lambda step: self.version_requested.emit(self._message.id, step))
        footer.rating_requested.connect(lambda rating: self.rating_requested.emit(self._message.id, rating))
        self._show_footer()
        self._place_footer()
        self._order_focus()

    # ------------------------------------------------------------ content

    @property
    def message(self) -> Message:
        return self._message

    @property
    def is_editing(self) -> bool:
        return self._editor is not None

    @property
    def is_streaming(self) -> bool:
        return self._message.state == MessageState.STREAMING

    def set_message(self, message: Message) -> None:
        """Show another state of the same message; text that is there already is left alone."""
        was_streaming = self.is_streaming
        self._message = message
        if isinstance(self.body, Bubble):
            if self.body.text != message.content:
                self.body.set_text(message.content)
        elif self.body.text != message.content or (self.is_streaming and not was_streaming):
            self.body.set_text(message.content, streaming=self.is_streaming)
        elif not self.is_streaming:
            self.body.finish()
        if self._footer is not None:
            self._footer.set_message(message)
            self._order_focus()
        self._show_state()
        self._on_resized()
        if was_streaming and not self.is_streaming:
            self._announce_end()

    def show_rating(self, rating: Rating) -> None:
        """Show another mark of the answer; its text is left alone, also while it grows."""
        self._message = replace(self._message, rating=rating)
        if self._footer is not None:
            self._footer.set_message(self._message)

    def _announce_end(self) -> None:
        words = [note.sentence for note in self._shown_notes] or [self.tr("The answer is finished.")]
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, " ".join(words)))

    def set_place(self, number: int, total: int) -> None:
        """Say which message of the conversation this is, counted from 1."""
        if (number, total) == self._place:
            return
        self._place = (number, total)
        is_last = number == total
        words = self.tr("Your message, {number} of {total}")
        if self._message.role == Role.ASSISTANT:
            words = self.tr("Answer, {number} of {total}")
        name = words.format(number=number, total=total)
        self.setAccessibleName(name)
        self.body.setAccessibleName(name)
        if is_last != self._is_last:
            self._is_last = is_last
            self._show_state()
            self._on_resized()

    def append(self, text: str) -> None:
        """Add text at the end of an answer that is being written."""
        if isinstance(self.body, MessageBody):
            self.body.append(text)

    def flash(self) -> None:
        """Point the person to this message for a moment."""
        if self._flash is None:
            self._flash = QTimer(self, singleShot=True, interval=_FLASH_MS)
            self._flash.timeout.connect(self.update)
        self._flash.start()
        self.update()

    def refresh(self) -> None:
        """Take over a new theme."""
        self.body.refresh()
        self.update()

    def _show_state(self) -> None:
        self._show_footer()
        wanted = notes(self._message, self._is_last)
        if wanted != self._shown_notes:
            self._shown_notes = wanted
            for old in self._notes:
                old.hide()
                old.deleteLater()
            self._notes = [self._make_note(note) for note in wanted]
        self._show_waiting()

    def _make_note(self, note: Note) -> MessageNote:
        view = MessageNote(note, self)
        view.chosen.connect(self._on_continue if note.offer == Offer.CONTINUE else self._on_again)
        view.show()
        return view

    def _show_footer(self) -> None:
        if self._footer is not None:
            self._footer.setVisible(not self.is_streaming and self._editor is None)

    def _show_waiting(self) -> None:
        is_waiting = self.is_streaming and not self.body.text
        if is_waiting and self._waiting is None:
            self._waiting = QLabel("…", self)
            self._waiting.setProperty("role", "muted")
            self._waiting.setAccessibleName(self.tr("The answer is on its way"))
            self._waiting.show()
        elif not is_waiting and self._waiting is not None:
            self._waiting.deleteLater()
            self._waiting = None

    # ------------------------------------------------------------ wishes

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(without_reasoning(self.body.text))
        if self._footer is not None:
            self._footer.say_copied()

    def _on_continue(self) -> None:
        self.continue_requested.emit(self._message.id)

    def _on_again(self) -> None:
        self.regenerate_requested.emit(self._message.id)

    def begin_edit(self, text: str | None = None) -> None:
        """Let the person change the text in its place, or go on with `text`, a change that could not be taken."""
        if self._editor is not None or self.is_streaming:
            return
        save = self.tr("Save and answer") if self._message.role == Role.USER else self.tr("Save")
        self._editor = MessageEditor(self.body.text if text is None else text, save, self)
        self._editor.saved.connect(self._on_saved)
        self._editor.cancelled.connect(self._on_cancelled)
        self._editor.resized.connect(self._on_resized)
        self.body.hide()
        self._editor.show()
        self._show_state()
        self._on_resized()
        self._editor.setFocus()

    def end_edit(self) -> None:
        """Show the message again, as it was."""
        if self._editor is None:
            return
        self._editor.hide()
        self._editor.deleteLater()
        self._editor = None
        self.body.show()
        self._show_state()
        self._on_resized()

    def _on_saved(self, text: str) -> None:
        if text == self.body.text:
            self._on_cancelled()
        else:
            self.end_edit()
            self.edited.emit(self._message.id, text)

    def _on_cancelled(self) -> None:
        self.end_edit()
        self.take_focus(self.tr("Edit"))

    # ------------------------------------------------------------ layout

    def height_for(self, width: int) -> int:
        """Return the height this needs in some width, in pixels."""
        width -= 2 * BLEED
        if self._editor is not None:
            return self._editor.height_for(width)
        height = self._main_height(width)
        for note in self._notes:
            height += SPACE_12 + note.height_for(width)
        return height + SPACE_4 + prose_style().row_px if self._has_footer else height

    def _main_height(self, width: int) -> int:
        if self._editor is not None:
            return self._editor.height_for(width)
        height = self.body.height_for(self._body_width(width))
        return max(height, self._waiting.sizeHint().height()) if self._waiting is not None else height

    def _body_width(self, width: int) -> int:
        return self.body.width_for(round(width * BUBBLE_SHARE)) if isinstance(self.body, Bubble) else width

    def arrange(self) -> None:
        """Put the parts where they belong in the width this has now."""
        width = self.width() - 2 * BLEED
        top = self._main_height(width)
        if self._editor is not None:
            self._editor.setGeometry(BLEED, 0, width, top)
        else:
            body_width = self._body_width(width)
            left = BLEED + width - body_width if isinstance(self.body, Bubble) else BLEED
            place(self.body, mirrored(left, body_width, self), 0, body_width, top)
        if self._waiting is not None:
            self._waiting.setGeometry(BLEED, 0, width, self._waiting.sizeHint().height())
        for note in self._notes:
            note_height = note.height_for(width)
            note.setVisible(self._editor is None)
            note.setGeometry(BLEED, top + SPACE_12, width, note_height)
            top += SPACE_12 + note_height
        self._place_footer()

    def _place_footer(self) -> None:
        if self._footer is not None:
            width, height = self.width() - 2 * (BLEED - INSET), prose_style().row_px
            self._footer.setGeometry(BLEED - INSET, self.height() - height, width, height)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.arrange()

    def _on_resized(self) -> None:
        self._show_waiting()
        self.resized.emit()

    # ------------------------------------------------------------ attention

    def focus_widgets(self) -> list[QWidget]:
        """Return what the Tab key visits here, in reading order."""
        if self._editor is not None:
            return self._editor.focus_widgets()
        found = self.body.focus_widgets()
        for note in self._notes:
            found.extend(note.focus_widgets())
        return [*found, *self._footer.focus_widgets()] if self._footer is not None else found

    def take_focus(self, name: str) -> bool:
        """Give the focus to the button of this name or one that stands for it; False if there are none now."""
        self.make_ready()
        if self._footer is None or self._footer.isHidden() or not self.isVisible():
            return False
        self._footer.take_focus(name)
        return True

    def _order_focus(self) -> None:
        """Let the Tab key go from the text to the buttons, which were made later."""
        widgets = self.focus_widgets()
        for before, widget in pairwise(widgets):
            QWidget.setTabOrder(before, widget)

    def _on_focused(self, view: QWidget | None) -> None:
        self._focused = view
        if view is not None:
            self.make_ready()
        self.update()

    def hideEvent(self, event: QHideEvent) -> None:
        if self._flash is not None:
            self._flash.stop()

    def enterEvent(self, event: QEnterEvent) -> None:
        self.make_ready()
        if self._footer is not None:
            self._footer.set_strong(True)

    def leaveEvent(self, event: QEvent) -> None:
        if self._footer is not None:
            self._footer.set_strong(False)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._is_flashing or self._focused is not None:
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._paint_attention(painter)

    @property
    def _is_flashing(self) -> bool:
        return self._flash is not None and self._flash.isActive()

    def _paint_attention(self, painter: QPainter) -> None:
        tokens = theme().tokens
        if self._is_flashing:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.hover))
            painter.drawRoundedRect(QRectF(self.rect()), RADIUS_CARD, RADIUS_CARD)
        if self._focused is not None and isValid(self._focused):
            corner = self._focused.mapTo(self, QPoint(0, 0))
            ring = QRectF(QRect(corner, self._focused.size())).adjusted(-_RING_GAP, -1, _RING_GAP, 1)
            painter.setPen(QPen(QColor(tokens.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(ring, RADIUS_CARD, RADIUS_CARD)
