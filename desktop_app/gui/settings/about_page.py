"""What Moatless is, what it consists of, and the license of each part: a list to search, and a text to read."""

from collections.abc import Iterator, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QLabel, QVBoxLayout, QWidget

from desktop_app import __version__, licenses, product
from desktop_app.errors import UserError
from desktop_app.gui.library.labels import plain_label
from desktop_app.gui.settings.license_text import LicenseText
from desktop_app.gui.settings.part_list import PartList
from desktop_app.gui.theme import scale
from desktop_app.gui.widgets.back_button import BackButton
from desktop_app.gui.widgets.column_page import ColumnPage
from desktop_app.gui.widgets.search_field import SearchField
from desktop_app.jobs.background import Background
from desktop_app.licenses import Notice
from desktop_app.paths import APPLICATION_NAME

COLUMN_WIDTH = 1_000
_LIST_WIDTH = 280
_STACKED_WIDTH = 620  # of the page; below it, the text is under the list and not beside it
_STACKED_LIST_HEIGHT = 180
_LEAST_TEXT_HEIGHT = 200
_ANY_SIZE = 16_777_215  # Qt's word for no limit
_SEPARATOR = "  ·  "
_OTHERS = "Much of it is the work of others. Each part has a license of its own, which you can read here."
_NO_TEXT = "This part brings no text of its license."

_WHAT_IT_IS = (
    f"{product.SUMMARY}. It is free software under the MIT license: everyone may use it, change it and pass it on."
)


class AboutPage(ColumnPage):
    """Reads the list when it is first shown.

    Signals:
        back_wanted(): To the settings.
    """

    back_wanted = Signal()

    def __init__(self, background: Background) -> None:
        super().__init__("About and licenses", COLUMN_WIDTH)
        self._background = background
        self._parts: Sequence[Notice] = ()
        self._is_asked = False
        back = BackButton("Back to the settings")
        back.clicked.connect(self.back_wanted)
        self.summary = _wrapped("", "muted")
        self.search = SearchField("Find a part or a license")
        self.search.textChanged.connect(self._filter)
        self.list = PartList()
        self.list.chosen.connect(self._show_part)
        self.nothing = _wrapped("No part has these words.", "muted")
        self.name = _wrapped("", "heading")
        self.facts = _wrapped("", "small")
        self.facts.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.text = LicenseText()
        self._lay_out(back)
        self._show_part(None)

    def refresh(self) -> None:
        """Read the list, unless it is there."""
        if not self._is_asked:
            self._is_asked = True
            self._background.run(licenses.read, self._show, self._refuse)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place(is_stacked=self.width() < _STACKED_WIDTH)

    def _lay_out(self, back: BackButton) -> None:
        self.column.insertWidget(0, back, 0, Qt.AlignmentFlag.AlignLeft)
        self.column.addWidget(plain_label(f"{APPLICATION_NAME} {__version__}", "heading"))
        self.column.addWidget(_wrapped(_WHAT_IT_IS))
        self.column.addWidget(self.summary)
        self.column.addSpacing(scale.SPACE_8)
        self._left, right = QWidget(), QWidget()
        left_column, right_column = QVBoxLayout(self._left), QVBoxLayout(right)
        for column in (left_column, right_column):
            column.setContentsMargins(0, 0, 0, 0)
            column.setSpacing(scale.SPACE_8)
        left_column.addWidget(self.search)
        left_column.addWidget(self.nothing)
        left_column.addWidget(self.list, 1)
        right_column.addWidget(self.name)
        right_column.addWidget(self.facts)
        self.text.setMinimumHeight(_LEAST_TEXT_HEIGHT)
        right_column.addWidget(self.text, 1)
        right_column.addStretch(0)
        self._beside = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._beside.setSpacing(scale.SPACE_16)
        self._beside.addWidget(self._left)
        self._beside.addWidget(right, 1)
        self.column.addLayout(self._beside, 1)

    def _place(self, is_stacked: bool) -> None:
        direction = QBoxLayout.Direction.TopToBottom if is_stacked else QBoxLayout.Direction.LeftToRight
        self._beside.setDirection(direction)
        self._left.setMinimumWidth(0 if is_stacked else _LIST_WIDTH)
        self._left.setMaximumWidth(_ANY_SIZE if is_stacked else _LIST_WIDTH)
        self.list.setMaximumHeight(_STACKED_LIST_HEIGHT if is_stacked else _ANY_SIZE)

    def _show(self, parts: Sequence[Notice]) -> None:
        self._parts = parts
        self.summary.setText(_OTHERS)
        self._filter(self.search.text())

    def _refuse(self, error: UserError) -> None:
        self._is_asked = False
        self.summary.setText(str(error))

    def _filter(self, text: str) -> None:
        words = text.casefold().split()
        found = [part for part in self._parts if all(word in _found_by(part) for word in words)]
        self.list.show_parts(found)
        self.nothing.setVisible(bool(self._parts) and not found)

    def _show_part(self, part: Notice | None) -> None:
        self.text.setVisible(part is not None)
        self.name.setText(part.name if part else "")
        self.facts.setText("\n".join(_facts(part)) if part else "")
        self.text.setAccessibleName(f"License of {part.name}" if part else "")
        self.text.show_text(part.text or _NO_TEXT if part else "")


def _wrapped(text: str, role: str = "") -> QLabel:
    label = plain_label(text, role)
    label.setWordWrap(True)
    return label


def _found_by(part: Notice) -> str:
    return f"{part.name} {part.license}".casefold()


def _facts(part: Notice) -> Iterator[str]:
    version = part.version if not part.version or part.version.startswith("in ") else f"Version {part.version}"
    yield _SEPARATOR.join(filter(None, (version, part.license)))
    if part.home:
        yield part.home
