"""The conversations at the left of the chat page: choose, search, rename, pin, delete, and the trash."""

import datetime
import re
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QInputDialog,
    QLabel,
    QListView,
    QMenu,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from desktop_app.chat.export import save_markdown
from desktop_app.gui.chat.conversation_delegate import ConversationDelegate
from desktop_app.gui.chat.conversation_model import ConversationModel, Row
from desktop_app.gui.theme import icon, scale, theme
from desktop_app.gui.widgets.question import ask
from desktop_app.gui.widgets.search_field import SearchField
from desktop_app.jobs.store import Store
from desktop_app.storage.records import Conversation, SearchHit

SEARCH_DELAY_MS = 120  # a search for each letter typed quickly would only be thrown away


class ConversationList(QFrame):
    """Lives from the store: it reads the list anew whenever the store says that it changed.

    Signals:
        chosen(int, object): Conversation id, and the id of the message that was found, or None.
        new_wanted(): A new chat.
        trashed(str, Callable): A conversation with this title went to the trash; calling brings it back.
        removed(int): The conversation with this id is not there any more.
    """

    chosen = Signal(int, object)
    new_wanted = Signal()
    trashed = Signal(str, object)
    removed = Signal(int)

    def __init__(self, store: Store) -> None:
        super().__init__()
        self._store = store
        self._current: tuple[int, int | None] = (0, None)  # what is open: a conversation, and a message found in it
        self._is_in_place = True  # it has been brought into sight, and is not once more
        self._shows_trash = False
        self._shown = (False, "")  # in the trash, or by this search
        self._asked = 0
        self.setProperty("panel", "sunken")
        self._model = ConversationModel()
        self.search = SearchField("Search all chats")
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SEARCH_DELAY_MS)
        self._timer.timeout.connect(self.refresh)
        self.search.textChanged.connect(self._on_search)
        self.new_button = QPushButton("New chat")
        self.new_button.setIcon(icon("plus"))
        self.new_button.clicked.connect(self.new_wanted)
        self.view = self._make_view()
        self._note = QLabel()
        self._note.setProperty("role", "small")
        self._note.setWordWrap(True)
        self._note.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._note.setContentsMargins(scale.SPACE_16, scale.SPACE_24, scale.SPACE_16, 0)
        self.trash_button = QToolButton()
        self.trash_button.setText("Trash")
        self.trash_button.setIcon(icon("trash-2", "muted"))
        self.trash_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.trash_button.setToolTip("Deleted chats, kept for 30 days")
        self.trash_button.setCheckable(True)
        self.trash_button.toggled.connect(self._show_trash)
        self.restore_button = QToolButton()
        self.restore_button.setText("Restore")
        self.restore_button.setIcon(icon("archive-restore", "muted"))
        self.restore_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.restore_button.setToolTip("Bring the chosen chat back")
        self.restore_button.clicked.connect(self._restore_current)
        self.restore_button.hide()
        self._lay_out()
        self._add_actions()
        store.conversations_changed.connect(self.refresh)
        theme().changed.connect(self.view.viewport().update)

    # ------------------------------------------------------------ what is shown

    def set_current(self, conversation_id: int, message_id: int | None = None) -> None:
        """Mark the conversation that is open, 0 for a new one, and of its hits that of the message."""
        if (conversation_id, message_id) != self._current:
            self._current = (conversation_id, message_id)
            self._is_in_place = False
            self._select_current()

    def leave_trash(self) -> None:
        """Show the chats again."""
        self.trash_button.setChecked(False)

    def refresh(self) -> None:
        """Read what the search or the list should show now."""
        self._asked += 1
        asked, text = self._asked, self.search.text().strip()
        shown = (self._shows_trash, text)

        def show_hits(hits: tuple[SearchHit, ...]) -> None:
            if asked == self._asked:
                self._show(shown, lambda: self._model.show_hits(hits), "No chat has these words.")

        def show_conversations(found: tuple[Conversation, ...]) -> None:
            if asked == self._asked:
                empty = "The trash is empty." if self._shows_trash else "Your chats will be listed here."
                self._show(shown, lambda: self._model.show_conversations(found, datetime.date.today()), empty)

        if text:
            self._store.ask(lambda r: r.chats.search(text), show_hits)
        elif self._shows_trash:
            self._store.ask(lambda r: r.chats.trashed(), show_conversations)
        else:
            self._store.ask(lambda r: r.chats.list_conversations(), show_conversations)

    def _show(self, shown: tuple[bool, str], fill: Callable[[], None], note_if_empty: str) -> None:
        """Show other rows; of the same kind, the person stays at the same place, with the keyboard and without."""
        is_same, self._shown = shown == self._shown, shown
        bar, place, at = self.view.verticalScrollBar(), self._current_row(), self.view.currentIndex().row()
        scrolled = bar.value()
        fill()
        is_empty = not self._model.rows
        self._note.setText(note_if_empty)
        self._note.setVisible(is_empty)
        self.view.setVisible(not is_empty)
        self.view.doItemsLayout()
        bar.setValue(scrolled if is_same else 0)
        if is_same and place is not None and place.conversation_id is not None and self.view.hasFocus():
            row = self._model.row_of(place.conversation_id, place.message_id)
            self._select(self._model.row_at(at) if row < 0 else row, scrolls=False)
        else:
            self._is_in_place = self._is_in_place and is_same
            self._select_current()

    def _select_current(self) -> None:
        row = self._model.row_of(*self._current)
        self._select(row, scrolls=not self._is_in_place)
        self._is_in_place = self._is_in_place or row >= 0

    def _select(self, row: int, scrolls: bool) -> None:
        self.view.selectionModel().clear()
        if row >= 0:
            self.view.setAutoScroll(scrolls)
            self.view.setCurrentIndex(self._model.index(row))
            self.view.setAutoScroll(True)
        self._show_restore()

    def _show_restore(self) -> None:
        self.restore_button.setVisible(self._shows_trash and bool(self._model.rows))
        self.restore_button.setEnabled(self._current_row() is not None)

    def _on_search(self, text: str) -> None:
        if text:
            self.leave_trash()  # its chats are not searched
        self._timer.start()

    def _show_trash(self, shown: bool) -> None:
        self._shows_trash = shown
        self.refresh()

    # ------------------------------------------------------------ what the person does

    def _open(self, row: Row) -> None:
        if row.conversation_id is not None and not self._shows_trash:
            self.chosen.emit(row.conversation_id, row.message_id)

    def _show_menu(self, position: QPoint) -> None:
        index = self.view.indexAt(position)
        if not index.isValid() or self._model.rows[index.row()].conversation is None:
            return
        menu = QMenu(self)
        actions = self.menu_actions(self._model.rows[index.row()])
        menu.addActions(actions)
        menu.exec(self.view.viewport().mapToGlobal(position))
        menu.deleteLater()

    def menu_actions(self, row: Row) -> list[QAction]:
        """Return what can be done to a conversation."""
        conversation = row.conversation
        assert conversation is not None
        if self._shows_trash:
            return [
                self._action("Restore", "archive-restore", lambda: self._restore(conversation)),
                self._action("Delete for good", "trash-2", lambda: self._delete_forever(conversation)),
            ]
        pin = ("Unpin", "pin-off") if conversation.pinned else ("Pin", "pin")
        return [
            self._action("Rename", "pencil", lambda: self._rename(conversation)),
            self._action(*pin, lambda: self._set_pinned(conversation)),
            self._action("Save as Markdown", "file-text", lambda: self._export(conversation)),
            self._action("Delete", "trash-2", lambda: self.trash(conversation)),
        ]

    def _action(self, text: str, icon_name: str, do: Callable[[], None]) -> QAction:
        action = QAction(icon(icon_name), text)  # of nobody: it goes with the menu that it was made for
        action.triggered.connect(do)
        return action

    def _rename(self, conversation: Conversation) -> None:
        title, accepted = QInputDialog.getText(self, "Rename chat", "Title", text=conversation.title)
        if accepted and title.strip():
            self._store.rename(conversation.id, title.strip())

    def _set_pinned(self, conversation: Conversation) -> None:
        self._store.change(lambda r: r.chats.set_pinned(conversation.id, not conversation.pinned))

    def trash(self, conversation: Conversation) -> None:
        """Move a conversation to the trash and offer the way back."""

        def done() -> None:
            self.removed.emit(conversation.id)
            self.trashed.emit(conversation.title, lambda: self._restore(conversation))

        self._store.trash(conversation.id, done)

    def _restore(self, conversation: Conversation) -> None:
        self._store.change(lambda r: r.chats.restore(conversation.id))

    def _restore_current(self) -> None:
        row = self._current_row()
        if row is not None and row.conversation is not None:
            self._restore(row.conversation)

    def _delete_forever(self, conversation: Conversation) -> None:
        question = f"Delete “{conversation.title}” for good?"
        if ask(self, question, "This cannot be undone.", "Delete for good", "Keep it"):
            self._store.delete_forever(conversation.id)

    def _export(self, conversation: Conversation) -> None:
        suggested = re.sub(r"[^\w\- ]", "", conversation.title).strip() or "Chat"
        name, _ = QFileDialog.getSaveFileName(self, "Save as Markdown", f"{suggested}.md", "Markdown (*.md)")
        if name:
            self._store.ask(lambda r: save_markdown(r.chats, conversation.id, Path(name)))

    def _current_row(self) -> Row | None:
        index = self.view.currentIndex()
        return self._model.rows[index.row()] if index.isValid() else None

    # ------------------------------------------------------------ construction

    def _make_view(self) -> QListView:
        view = QListView()
        view.setModel(self._model)
        view.setItemDelegate(ConversationDelegate(view))
        view.setAccessibleName("Chats")
        view.setUniformItemSizes(True)
        view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        view.setMouseTracking(True)
        view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        view.customContextMenuRequested.connect(self._show_menu)
        view.clicked.connect(lambda index: self._open(self._model.rows[index.row()]))
        view.selectionModel().currentChanged.connect(lambda *_rows: self._show_restore())
        view.activated.connect(lambda index: self._open(self._model.rows[index.row()]))
        return view

    def _add_actions(self) -> None:
        """Keys that act only while the list has the focus, so that no key destroys anything by accident."""
        for keys, do in (
            (QKeySequence.StandardKey.Delete, self.trash),
            (QKeySequence(Qt.Key.Key_F2), self._rename),
        ):
            action = QAction(self.view)
            action.setShortcut(keys)
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
            action.triggered.connect(lambda _checked=False, do=do: self._do_to_current(do))
            self.view.addAction(action)

    def _do_to_current(self, do: Callable[[Conversation], None]) -> None:
        row = self._current_row()
        if row is not None and row.conversation is not None and not self._shows_trash:
            do(row.conversation)

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(scale.SPACE_12, scale.SPACE_12, scale.SPACE_12, scale.SPACE_8)
        layout.setSpacing(scale.SPACE_8)
        layout.addWidget(self.new_button)
        layout.addWidget(self.search)
        layout.addWidget(self._note)
        layout.addWidget(self.view, 1)
        foot = QHBoxLayout()
        foot.addWidget(self.trash_button)
        foot.addStretch(1)
        foot.addWidget(self.restore_button)
        layout.addStretch(0)
        layout.addLayout(foot)
        QWidget.setTabOrder(self.new_button, self.search)
        QWidget.setTabOrder(self.search, self.view)
