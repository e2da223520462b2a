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
        self._current = 0
        self._shows_trash = False
        self._asked = 0
        self.setProperty("panel", "sunken")
        self._model = ConversationModel()
        self.search = SearchField("Search all chats")
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SEARCH_DELAY_MS)
        self._timer.timeout.connect(self.refresh)
        self.search.textChanged.connect(lambda _text: self._timer.start())
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
        self._lay_out()
        self._add_actions()
        store.conversations_changed.connect(self.refresh)
        theme().changed.connect(self.view.viewport().update)

    # ------------------------------------------------------------ what is shown

    def set_current(self, conversation_id: int) -> None:
        """Mark the conversation that is open; 0 for a new one."""
        self._current = conversation_id
        self._select_current()

    def refresh(self) -> None:
        """Read what the search or the list should show now."""
        self._asked += 1
        asked, text = self._asked, self.search.text().strip()
        if text:
            self._store.ask(lambda r: r.chats.search(text), lambda hits: self._show_hits(asked, hits))
        elif self._shows_trash:
            self._store.ask(lambda r: r.chats.trashed(), lambda found: self._show_conversations(asked, found))
        else:
            self._store.ask(
                lambda r: r.chats.list_conversations(), lambda found: self._show_conversations(asked, found)
            )

    def _show_conversations(self, asked: int, conversations: tuple[Conversation, ...]) -> None:
        if asked != self._asked:
            return
        self._model.show_conversations(conversations, datetime.date.today())
        empty = "The trash is empty." if self._shows_trash else "Your chats will be listed here."
        self._after_change(empty)

    def _show_hits(self, asked: int, hits: tuple[SearchHit, ...]) -> None:
        if asked != self._asked:
            return
        self._model.show_hits(hits)
        self._after_change("No chat has these words.")

    def _after_change(self, note_if_empty: str) -> None:
        is_empty = not self._model.rows
        self._note.setText(note_if_empty)
        self._note.setVisible(is_empty)
        self.view.setVisible(not is_empty)
        self._select_current()

    def _select_current(self) -> None:
        row = self._model.row_of(self._current) if self._current else -1
        selection = self.view.selectionModel()
        selection.clear()
        if row >= 0:
            self.view.setCurrentIndex(self._model.index(row))

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
        for action in self.menu_actions(self._model.rows[index.row()]):
            menu.addAction(action)
        menu.exec(self.view.viewport().mapToGlobal(position))

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
        action = QAction(icon(icon_name), text, self)
        action.triggered.connect(do)
        return action

    def _rename(self, conversation: Conversation) -> None:
        title, accepted = QInputDialog.getText(self, "Rename chat", "Title", text=conversation.title)
        if accepted and title.strip():
            self._store.change(lambda r: r.chats.rename(conversation.id, title.strip()))

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
        view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        view.setMouseTracking(True)
        view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        view.customContextMenuRequested.connect(self._show_menu)
        view.clicked.connect(lambda index: self._open(self._model.rows[index.row()]))
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
        layout.addStretch(0)
        layout.addLayout(foot)
        QWidget.setTabOrder(self.new_button, self.search)
        QWidget.setTabOrder(self.search, self.view)
