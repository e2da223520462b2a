"""The conversations as rows of a list: by day with headings, or the hits of a search."""

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt

from desktop_app.storage.records import Conversation, SearchHit

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_MARKS = re.compile(r"\*{1,3}|`+|^#+ |~~")  # Markdown's, which a snippet of one line does not show

SNIPPET_ROLE = Qt.ItemDataRole.UserRole + 1
IS_HEADING_ROLE = Qt.ItemDataRole.UserRole + 2
IS_PINNED_ROLE = Qt.ItemDataRole.UserRole + 3


@dataclass(frozen=True)
class Row:
    """One line: a heading, a conversation or a hit in one. `snippet` marks the match with \\x02 and \\x03."""

    title: str
    conversation: Conversation | None = None
    conversation_id: int | None = None
    message_id: int | None = None
    snippet: str = ""

    @property
    def is_heading(self) -> bool:
        return self.conversation_id is None


class ConversationModel(QAbstractListModel):
    """Rows for the list view."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: tuple[Row, ...] = ()

    def show_conversations(self, conversations: Sequence[Conversation], today: datetime.date) -> None:
        """Show conversations under headings; they come pinned ones first, then the latest."""
        self._replace(_by_day(conversations, today))

    def show_hits(self, hits: Sequence[SearchHit]) -> None:
        """Show what a search found."""
        self._replace(
            [Row(hit.title, None, hit.conversation_id, hit.message_id, _MARKS.sub("", hit.snippet)) for hit in hits]
        )

    def row_of(self, conversation_id: int, message_id: int | None = None) -> int:
        """Return the row of a conversation, -1 if it is not shown; of its hits that of this message, or the first."""
        rows = [n for n, row in enumerate(self.rows) if row.conversation_id == conversation_id]
        return next((n for n in rows if self.rows[n].message_id == message_id), rows[0] if rows else -1)

    def row_at(self, row: int) -> int:
        """Return the row of the conversation that is here or nearest to here, -1 if there is none."""
        rows = (n for n, each in enumerate(self.rows) if not each.is_heading)
        return min(rows, key=lambda n: (abs(n - row), -n), default=-1)

    def _replace(self, rows: Sequence[Row]) -> None:
        self.beginResetModel()
        self.rows = tuple(rows)
        self.endResetModel()

    # Qt's side

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def flags(self, index: _Index) -> Qt.ItemFlag:
        if self.rows[index.row()].is_heading:
            return Qt.ItemFlag.ItemNeverHasChildren
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        row = self.rows[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return row.title or "New chat"
        if role == SNIPPET_ROLE:
            return row.snippet
        if role == IS_HEADING_ROLE:
            return row.is_heading
        if role == IS_PINNED_ROLE:
            return row.conversation is not None and row.conversation.pinned
        return None


def _by_day(conversations: Sequence[Conversation], today: datetime.date) -> list[Row]:
    rows: list[Row] = []
    heading = ""
    for conversation in conversations:
        name = "Pinned" if conversation.pinned else _day_name(conversation.updated_at, today)
        if name != heading:
            heading = name
            rows.append(Row(name))
        rows.append(Row(conversation.title, conversation, conversation.id))
    return rows


def _day_name(time_s: float, today: datetime.date) -> str:
    day = datetime.date.fromtimestamp(time_s)
    age = (today - day).days
    if age <= 0:
        return "Today"
    if age == 1:
        return "Yesterday"
    if age < 7:
        return "Last 7 days"
    if age < 30:
        return "Last 30 days"
    return day.strftime("%B %Y")
