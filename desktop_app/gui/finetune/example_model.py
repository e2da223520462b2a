"""The examples of a course as a table of thousands of rows: those that a search and a filter leave, in their order."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from desktop_app.finetune.course import Course, CourseExample
from desktop_app.gui.finetune.document_words import FOR_MEASURING
from desktop_app.gui.finetune.example_words import FILTERS, ORIGINS, Filter, mark, n_tokens, question_shown
from desktop_app.gui.theme import icon

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()

ORIGIN, QUESTION, ANSWER, DOCUMENT, TOKENS = range(5)
TITLES = ("From", "Question", "Answer", "Document", "Tokens")
_WHY_HELD_OUT = "For measuring: it is not learned, to see how much better the model has become at what it has not seen."
_SHOWN_CHARACTERS = 300  # of a text in a cell of one line


class ExampleModel(QAbstractTableModel):
    """Rows for the table.

    Attributes:
        rows: Those that are shown.
        filter: Which of all those are.
        search: Words that have to be in them, in lower case.
    """

    def __init__(self) -> None:
        super().__init__()
        self._all: tuple[CourseExample, ...] = ()
        self._course = Course("")
        self._names: dict[str, str] = {}
        self.rows: list[CourseExample] = []
        self.filter: Filter = FILTERS[0]
        self.search = ""

    # ------------------------------------------------------------ what is shown

    def show_rows(self, rows: Sequence[CourseExample], course: Course) -> None:
        """Show the rows of a course as they are now; where they only grew or changed, nothing moves."""
        names = {document.sha256: document.name for document in course.documents}
        has_other_facts = names != self._names or course.characters_per_token != self._course.characters_per_token
        self._all, self._course, self._names = tuple(rows), course, names
        self._show(self._found())
        if has_other_facts and self.rows:
            self.dataChanged.emit(self.index(0, DOCUMENT), self.index(len(self.rows) - 1, TOKENS))

    def narrow(self, search: str, chosen: Filter) -> None:
        """Show only rows with these words, of this kind."""
        self.search, self.filter = search.strip().casefold(), chosen
        self._show(self._found())

    def row_of(self, row_id: str) -> int:
        """Return where a row is shown, -1 if it is not."""
        return next((n for n, row in enumerate(self.rows) if row.id == row_id), -1)

    def _found(self) -> list[CourseExample]:
        takes, search = self.filter.takes, self.search
        return [row for row in self._all if not row.is_left_out and takes(row) and (not search or _has(row, search))]

    def _show(self, now: list[CourseExample]) -> None:
        before = self.rows
        if [row.id for row in now[: len(before)]] != [row.id for row in before]:
            self._replace(before, now)
            return
        if len(now) > len(before):
            self.beginInsertRows(_ROOT, len(before), len(now) - 1)
            self.rows = now
            self.endInsertRows()
        self.rows = now
        for number, (old, new) in enumerate(zip(before, now, strict=False)):
            if old is not new and old != new:
                self.dataChanged.emit(self.index(number, ORIGIN), self.index(number, TOKENS))

    def _replace(self, before: list[CourseExample], now: list[CourseExample]) -> None:
        """Show other rows; what is chosen stays chosen as long as it is shown."""
        self.layoutAboutToBeChanged.emit()
        places = {row.id: number for number, row in enumerate(now)}
        kept = self.persistentIndexList()
        moved = [self._moved(index, before, places) for index in kept]
        self.rows = now
        self.changePersistentIndexList(kept, moved)
        self.layoutChanged.emit()

    def _moved(self, index: QModelIndex, before: list[CourseExample], places: dict[str, int]) -> QModelIndex:
        number = places.get(before[index.row()].id)
        return QModelIndex() if number is None else self.createIndex(number, index.column())

    # ------------------------------------------------------------ Qt's side

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(TITLES)

    def headerData(self, section: int, way: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if way == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return TITLES[section]
        if way == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(section)
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if role == Qt.ItemDataRole.DisplayRole:
            return self._texts[index.column()](self.rows[index.row()])
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(index.column())
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.AccessibleTextRole:
            held_out = f", {FOR_MEASURING}" if row.is_held_out and index.column() == ORIGIN else ""
            return f"{TITLES[index.column()]}: {self._texts[index.column()](row)}{held_out}"
        if index.column() == ORIGIN and row.is_held_out:
            if role == Qt.ItemDataRole.DecorationRole:
                return icon("activity", "muted")
            if role == Qt.ItemDataRole.ToolTipRole:
                return _WHY_HELD_OUT
        return None

    @property
    def _texts(self) -> tuple[Callable[[CourseExample], str], ...]:
        return (origin_words, _asked, _answered, self._document, self._tokens)

    def _document(self, row: CourseExample) -> str:
        return self._names.get(row.document, "")

    def _tokens(self, row: CourseExample) -> str:
        return f"{n_tokens(row, self._course):,}"


def origin_words(row: CourseExample) -> str:
    """Return where a row is from, and what else there is to know of it at a glance."""
    return ORIGINS.get(row.origin, row.origin)


def _asked(row: CourseExample) -> str:
    return _one_line(question_shown(row))


def _answered(row: CourseExample) -> str:
    said = _one_line(row.answers[0])
    return f"({mark(row)}) {said}" if mark(row) else said


def _one_line(text: str) -> str:
    return " ".join(text[:_SHOWN_CHARACTERS].split())


def _has(row: CourseExample, search: str) -> bool:
    return any(search in text.casefold() for text in (*row.answers, *(message.content for message in row.prompt)))


def _alignment(column: int) -> Qt.AlignmentFlag:
    # Leading is right in a window that is read from right to left, and trailing is left there.
    side = Qt.AlignmentFlag.AlignTrailing if column == TOKENS else Qt.AlignmentFlag.AlignLeading
    return side | Qt.AlignmentFlag.AlignVCenter
