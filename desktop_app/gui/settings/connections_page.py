"""Every connection the program made, newest first, so that anyone can see that nothing else was sent or fetched."""

import time
from collections import defaultdict

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtWidgets import QHeaderView, QLabel, QTableView

from desktop_app.gui.theme import scale
from desktop_app.gui.widgets.back_button import BackButton
from desktop_app.gui.widgets.column_page import ColumnPage
from desktop_app.jobs.connection import HubConnection
from desktop_app.library.memory import readable_size
from desktop_app.network.journal import Connection

COLUMN_WIDTH = 820
_HEADS = ("When", "Where to", "What for", "Received")
_MB = 1_000_000


class ConnectionsPage(ColumnPage):
    """Reads the list anew whenever it is shown.

    Signals:
        back_wanted(): To the settings.
    """

    back_wanted = Signal()

    def __init__(self, connection: HubConnection) -> None:
        super().__init__("Connections", COLUMN_WIDTH)
        self._connection = connection
        back = BackButton("Back to the settings")
        back.clicked.connect(self.back_wanted)
        self.summary = QLabel()
        self.summary.setProperty("role", "muted")
        self.summary.setWordWrap(True)
        self.model = _ConnectionTable()
        self.table = _table(self.model)
        self.column.insertWidget(0, back, 0, Qt.AlignmentFlag.AlignLeft)
        self.column.addWidget(self.summary)
        self.column.addSpacing(scale.SPACE_8)
        self.column.addWidget(self.table, 1)

    def refresh(self) -> None:
        """Read the list."""
        self._connection.read_journal(self._show)

    def _show(self, connections: tuple[Connection, ...]) -> None:
        self.model.show(connections)
        self.table.setVisible(bool(connections))
        self.summary.setText(_summary(connections))


class _ConnectionTable(QAbstractTableModel):
    def __init__(self) -> None:
        super().__init__()
        self._rows: tuple[Connection, ...] = ()

    def show(self, connections: tuple[Connection, ...]) -> None:
        self.beginResetModel()
        self._rows = connections
        self.endResetModel()

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(_HEADS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return _HEADS[section]
        return _alignment(section) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(index.column())
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return None
        row = self._rows[index.row()]
        return (_when(row.at), row.host, row.why, _received(row))[index.column()]


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column == len(_HEADS) - 1 else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


def _table(model: QAbstractTableModel) -> QTableView:
    table = QTableView()
    table.setModel(model)
    table.setAccessibleName("Connections")
    table.setShowGrid(False)
    table.setWordWrap(False)
    table.setTabKeyNavigation(False)
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(scale.TOUCH_HEIGHT)
    table.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
    table.setMinimumHeight(10 * scale.TOUCH_HEIGHT)
    head = table.horizontalHeader()
    head.setHighlightSections(False)
    for column in range(len(_HEADS)):
        stretches = column == _HEADS.index("What for")
        head.setSectionResizeMode(
            column, QHeaderView.ResizeMode.Stretch if stretches else QHeaderView.ResizeMode.ResizeToContents
        )
    return table


def _when(at: float) -> str:
    try:
        return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))
    except (OverflowError, ValueError, OSError):  # a clock that was far off
        return ""


def _received(row: Connection) -> str:
    if row.received_bytes is None:
        return "not ended"
    amount = _amount(row.received_bytes)
    return f"{amount}, {row.outcome}" if row.outcome else amount


def _amount(n_bytes: int) -> str:
    return readable_size(n_bytes) if n_bytes >= _MB else f"{n_bytes / 1000:,.1f} kB"


def _summary(connections: tuple[Connection, ...]) -> str:
    if not connections:
        return "No connection has ever been made. Here you will see each one: when, where to, what for, how much came."
    received: dict[str, int] = defaultdict(int)
    for row in connections:
        received[row.host] += row.received_bytes or 0
    hosts = ", ".join(f"{host} ({_amount(amount)})" for host, amount in sorted(received.items()))
    return f"These are all connections that Moatless made, the newest first. Received from: {hosts}."
