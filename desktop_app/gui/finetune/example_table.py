"""The table of a course's examples: read, choose, take out."""

from collections.abc import Collection

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QMenu,
    QSizePolicy,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from desktop_app.finetune.course import CourseExample
from desktop_app.gui.finetune.example_model import ANSWER, DOCUMENT, ORIGIN, QUESTION, TOKENS, ExampleModel
from desktop_app.gui.finetune.example_words import ORIGINS
from desktop_app.gui.theme import icon, scale, theme

_Index = QModelIndex | QPersistentModelIndex

_MOST_ROWS, _FEWEST_ROWS = 10, 3
_WIDE = 88  # letters; in less there is no room to say which document a row is from
_NARROW = 60  # nor how many tokens it has


class _Cell(QStyledItemDelegate):
    """Puts the mark of what is held out behind the words, so that all of them begin at one edge."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: _Index) -> None:
        super().initStyleOption(option, index)
        option.decorationPosition = QStyleOptionViewItem.Position.Right


class ExampleTable(QTableView):
    """Delete takes the chosen rows out.

    Attributes:
        examples: The rows.
        is_locked: Nothing can be taken out now.

    Signals:
        chosen(object): This row is the current one; None if there is none.
        leave_out_wanted(list): Take the rows with these ids out of the table.
    """

    chosen = Signal(object)
    leave_out_wanted = Signal(list)

    def __init__(self) -> None:
        super().__init__()
        self.examples = ExampleModel()
        self.is_locked = False
        self.setModel(self.examples)
        self.setAccessibleName("Examples")
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setIconSize(QSize(scale.ICON_SIZE_SMALL, scale.ICON_SIZE_SMALL))
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._show_menu)
        self.setItemDelegate(_Cell(self))
        self._set_up_headers()
        for changed in (self.examples.rowsInserted, self.examples.layoutChanged):
            changed.connect(self.updateGeometry)
            changed.connect(self._share_width)
        for changed in (self.examples.layoutChanged, self.examples.dataChanged):
            changed.connect(self._tell_current)
        theme().changed.connect(self._fit)
        self._fit()

    @property
    def current(self) -> CourseExample | None:
        """The row that the person has chosen."""
        number = self.currentIndex().row()
        return self.examples.rows[number] if 0 <= number < len(self.examples.rows) else None

    def choose(self, row_id: str) -> None:
        """Make a row the current one, and seen, if it is shown."""
        if (number := self.examples.row_of(row_id)) >= 0:
            self.selectRow(number)
            self.scrollTo(self.examples.index(number, QUESTION))

    def after(self, ids: Collection[str]) -> str:
        """Return which row is looked at once these are gone: the next one, or else the one before; none if empty."""
        number = max(0, self.currentIndex().row())
        near = (*self.examples.rows[number:], *reversed(self.examples.rows[:number]))
        return next((row.id for row in near if row.id not in ids), "")

    def chosen_ids(self) -> list[str]:
        """Return the ids of all rows that the person has chosen."""
        return [self.examples.rows[index.row()].id for index in self.selectionModel().selectedRows()]

    def sizeHint(self) -> QSize:
        rows = min(max(self.examples.rowCount(), _FEWEST_ROWS), _MOST_ROWS)
        height = rows * self.verticalHeader().defaultSectionSize() + self.horizontalHeader().sizeHint().height()
        return QSize(0, height)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, 0)

    def currentChanged(self, current: _Index, previous: _Index) -> None:
        super().currentChanged(current, previous)
        self._tell_current()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share_width()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Delete:
            self._leave_out()
        else:
            super().keyPressEvent(event)

    def _leave_out(self) -> None:
        ids = self.chosen_ids()
        if ids and not self.is_locked:
            self.leave_out_wanted.emit(ids)

    def _tell_current(self) -> None:
        self.chosen.emit(self.current)

    def _show_menu(self, position: QPoint) -> None:
        if self.chosen_ids():
            menu = QMenu(self)
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.addAction(icon("trash-2"), "Leave out", self._leave_out).setEnabled(not self.is_locked)
            menu.popup(self.viewport().mapToGlobal(position))

    # ------------------------------------------------------------ sizes

    def _set_up_headers(self) -> None:
        down, across = self.verticalHeader(), self.horizontalHeader()
        down.hide()
        down.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        down.setMinimumSectionSize(scale.TOUCH_HEIGHT)
        across.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        across.setAccessibleName("Columns")
        across.setHighlightSections(False)
        across.setSectionsClickable(False)
        across.setMinimumSectionSize(1)

    def _fit(self) -> None:
        """Take over other fonts."""
        line = QFontMetrics(theme().font(theme().type_scale.body)).height()
        self.verticalHeader().setDefaultSectionSize(line + scale.SPACE_12)
        self._share_width()
        self.updateGeometry()

    def _share_width(self) -> None:
        """Give questions and answers what the short columns leave."""
        metrics = QFontMetrics(theme().font(theme().type_scale.body))
        width = self.viewport().width()
        letters = width // metrics.averageCharWidth()
        self.setColumnHidden(DOCUMENT, letters < _WIDE)
        self.setColumnHidden(TOKENS, letters < _NARROW)
        has_questions = any(row.prompt for row in self.examples.rows)  # passages alone have none
        self.setColumnHidden(QUESTION, not has_questions)
        words = max(metrics.horizontalAdvance(each) for each in ORIGINS.values())
        short = {
            ORIGIN: words + scale.ICON_SIZE_SMALL + scale.SPACE_24,
            DOCUMENT: width // 6,
            TOKENS: metrics.horizontalAdvance("Tokens") + scale.SPACE_24,
        }
        for column, needed in short.items():
            self.setColumnWidth(column, needed)
        left = width - sum(needed for column, needed in short.items() if not self.isColumnHidden(column))
        asked = left * 2 // 5 if has_questions else 0
        self.setColumnWidth(QUESTION, asked)
        self.setColumnWidth(ANSWER, max(1, left - asked))
