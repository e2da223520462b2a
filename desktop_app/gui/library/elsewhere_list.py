"""Models that other programs have on this computer, each with a button that adds it where it lies."""

from collections.abc import Iterator
from functools import partial
from itertools import groupby
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from desktop_app.gui.library.fact_grid import shown_path
from desktop_app.gui.library.labels import name_label, plain_label
from desktop_app.gui.theme import icon, scale
from desktop_app.gui.widgets.elided_label import ElidedLabel
from desktop_app.library.elsewhere import FoundModel
from desktop_app.library.memory import readable_size

MOST_UNFOLDED = 5
HELP = "Other programs have these models. They can be used where they lie: nothing is copied, and they stay there."


class ElsewhereList(QWidget):
    """Takes no room where there is nothing to offer. More than a few are folded until the person wants to see them.

    Signals:
        add_wanted(FoundModel): Take this one into the library.
    """

    add_wanted = Signal(FoundModel)

    def __init__(self) -> None:
        super().__init__()
        self._models: tuple[FoundModel, ...] = ()
        self._rows: dict[Path, _Row] = {}
        self._heads: dict[str, _Head] = {}
        title = QLabel("On this computer already")
        title.setProperty("role", "section")
        self.fold_button = QToolButton()
        self.fold_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.fold_button.setIconSize(QSize(scale.ICON_SIZE_SMALL, scale.ICON_SIZE_SMALL))
        self.fold_button.setFixedHeight(scale.TOUCH_HEIGHT)
        self.fold_button.setCheckable(True)
        self.fold_button.toggled.connect(self._arrange)
        self._list = QWidget()
        self._list_column = QVBoxLayout(self._list)
        self._list_column.setContentsMargins(0, 0, 0, 0)
        self._list_column.setSpacing(scale.SPACE_8)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, scale.SPACE_24, 0, 0)
        column.setSpacing(scale.SPACE_4)
        column.addWidget(title)
        column.addWidget(plain_label(HELP, "small", wraps=True))
        column.addWidget(self.fold_button, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self._list)
        self.hide()

    @property
    def add_buttons(self) -> list[QPushButton]:
        """The buttons of single models, in order."""
        return [self._rows[model.path].button for model in self._models if model.path in self._rows]

    def show_models(self, models: tuple[FoundModel, ...]) -> None:
        """Offer these; they come by program. What was offered before keeps its place and its focus."""
        if models == self._models:
            return
        self._models = models
        self.setVisible(bool(models))
        self._arrange()

    def let_again(self) -> None:
        """Let everything that is still offered be added, because something could not be."""
        for button in (*(row.button for row in self._rows.values()), *(head.button for head in self._heads.values())):
            button.setEnabled(True)

    def focus_widgets(self) -> list[QWidget]:
        """Return what the Tab key visits here, in reading order."""
        found: list[QWidget] = [self.fold_button]
        for program, models in groupby(self._models, lambda model: model.program):
            if program in self._heads:
                found.append(self._heads[program].button)
            found += [self._rows[model.path].button for model in models if model.path in self._rows]
        return found

    def _arrange(self) -> None:
        n_models = len(self._models)
        is_unfolded = n_models <= MOST_UNFOLDED or self.fold_button.isChecked()
        self.fold_button.setVisible(n_models > MOST_UNFOLDED)
        self.fold_button.setText(f" {'Hide' if is_unfolded else 'Show'} {n_models} models of {self._programs()}")
        self.fold_button.setIcon(icon("chevron-down" if is_unfolded else "chevron-right", "muted"))
        if is_unfolded:
            self._show_rows()
        self._list.setVisible(is_unfolded)

    def _show_rows(self) -> None:
        paths = {model.path for model in self._models}
        programs = {model.program for model in self._models}
        for path in [path for path in self._rows if path not in paths]:
            _drop(self._rows.pop(path))
        for program in [program for program in self._heads if program not in programs]:
            _drop(self._heads.pop(program))
        for place, part in enumerate(self._parts()):
            self._list_column.insertWidget(place, part)
            part.show()

    def _parts(self) -> Iterator[QWidget]:
        """Yield what is to be seen, from the top; what was not there is made."""
        for program, group in groupby(self._models, lambda model: model.program):
            models = tuple(group)
            head = self._heads.get(program)
            if head is None:
                head = self._heads[program] = _Head(program)
                head.button.clicked.connect(partial(self._add_all, program))
            head.show_count(len(models))
            yield head
            for model in models:
                row = self._rows.get(model.path)
                if row is None:
                    row = self._rows[model.path] = _Row(model)
                    row.button.clicked.connect(partial(self._add, model))
                yield row

    def _add(self, model: FoundModel, _is_checked: bool = False) -> None:
        self._rows[model.path].button.setEnabled(False)
        self.add_wanted.emit(model)

    def _add_all(self, program: str, _is_checked: bool = False) -> None:
        self._heads[program].button.setEnabled(False)
        for model in self._models:
            if model.program == program:
                self._add(model)

    def _programs(self) -> str:
        *most, last = dict.fromkeys(model.program for model in self._models) or ("other programs",)
        return f"{', '.join(most)} and {last}" if most else last


class _Head(QWidget):
    """A program, and a button for all it has."""

    def __init__(self, program: str) -> None:
        super().__init__()
        self.button = QPushButton()
        self.button.setAccessibleName(f"Add all models of {program}")
        name = plain_label(program, "muted")
        name.setMinimumHeight(scale.CONTROL_HEIGHT)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, scale.SPACE_8, 0, 0)
        layout.addWidget(name, 1)
        layout.addWidget(self.button)

    def show_count(self, n_models: int) -> None:
        self.button.setVisible(n_models > 1)
        self.button.setText(f"Add all {n_models}")


class _Row(QWidget):
    """One model, and a button for it."""

    def __init__(self, model: FoundModel) -> None:
        super().__init__()
        self.button = QPushButton("Add")
        self.button.setAccessibleName(f"Add {model.name}")
        path = ElidedLabel(shown_path(model.path), mode=Qt.TextElideMode.ElideMiddle)
        path.setProperty("role", "small")
        where = QHBoxLayout()
        where.setSpacing(scale.SPACE_8)
        where.addWidget(plain_label(readable_size(model.size_bytes), "small"))
        where.addWidget(path, 1)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(name_label(model.name, ""))
        words.addLayout(where)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(scale.SPACE_16)
        layout.addLayout(words, 1)
        layout.addWidget(self.button)


def _drop(widget: QWidget) -> None:
    widget.hide()  # at once, so that the focus goes on to what is next
    widget.deleteLater()
