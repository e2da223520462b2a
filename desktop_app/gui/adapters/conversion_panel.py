"""Asks which model an adapter of PEFT was made for, because it is converted for that one."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from desktop_app.adapters.peft_config import read_peft_config
from desktop_app.errors import UserError
from desktop_app.gui.library.button_row import ButtonRow
from desktop_app.gui.library.labels import announce, plain_label, printable
from desktop_app.gui.theme import scale
from desktop_app.gui.widgets.choice import Choice
from desktop_app.jobs.model_library import ModelLibrary
from desktop_app.library.file_errors import shown_name
from desktop_app.storage.records import Model

RunInBackground = Callable[[Any, Any, Any], None]
BASE_CONFIG = "config.json"
WHY = "It is converted for one model, and is of no use with others."


@dataclass(frozen=True)
class _Peft:
    """An adapter to be converted: what the person has given, its name, and the model it says it was made for."""

    path: Path
    name: str
    base_repo: str
    describes_base: bool  # so that nothing has to be known of the model


class ConversionPanel(QFrame):
    """Hidden as long as there is nothing to ask; of several folders it asks one after the other.

    Args:
        run_in_background: Runs its first argument elsewhere and calls the second with the result, or the third with
            what went wrong.

    Signals:
        decided(Path, object): Convert this folder for this model; None if its folder describes the model.
        refused(UserError): The folder holds no adapter that can be converted.
    """

    decided = Signal(Path, object)
    refused = Signal(UserError)

    def __init__(self, models: ModelLibrary, run_in_background: RunInBackground) -> None:
        super().__init__()
        self._models = models
        self._run_in_background = run_in_background
        self._waiting: list[_Peft] = []
        self._in_use: Model | None = None
        self.setProperty("panel", "card")
        self.setAccessibleName("Convert an adapter")
        self.question = plain_label(wraps=True)
        self.choice = Choice("Model that the adapter was made for")
        self.convert_button = QPushButton("Convert and add")
        self.convert_button.setProperty("kind", "primary")
        self.convert_button.clicked.connect(self._convert)
        self.leave_button = QPushButton("Leave it")
        self.leave_button.clicked.connect(self._next)
        self._lay_out()
        self.hide()

    def focus_widgets(self) -> list[QWidget]:
        """Return what the Tab key visits here, in reading order."""
        return [self.choice, self.convert_button, self.leave_button]

    def take(self, path: Path, in_use: Model | None) -> None:
        """Convert an adapter, given by its folder or a file in it; asks only if its model is not certain.

        Args:
            in_use: The model that is suggested where the folder says nothing.
        """
        self._in_use = in_use
        self._run_in_background(lambda: _look(path), self._on_looked, self.refused.emit)

    def _on_looked(self, peft: _Peft) -> None:
        usable = self._usable()
        named = [model for model in usable if _is_named(model, peft.base_repo)]
        best = [model for model in named if self._in_use is not None and model.id == self._in_use.id] or named
        if peft.describes_base or not usable:
            self.decided.emit(peft.path, None)
        elif len(best) == 1:
            self.decided.emit(peft.path, best[0])
        else:
            self._waiting.append(peft)
            if len(self._waiting) == 1:
                self._show()

    def _usable(self) -> list[Model]:
        return [model for model in self._models.models if model.id not in self._models.missing]

    def _show(self) -> None:
        self.setVisible(bool(self._waiting))
        if not self._waiting:
            return
        peft = self._waiting[0]
        says = f" It says: {printable(peft.base_repo)}." if peft.base_repo else ""
        self.question.setText(f"Which model was “{printable(peft.name)}” made for?{says} {WHY}")
        self.choice.clear()
        for model in self._usable():
            self.choice.addItem(model.name, model)
            if self._in_use is not None and model.id == self._in_use.id:
                self.choice.setCurrentIndex(self.choice.count() - 1)
        self.choice.setFocus()
        announce(self, self.question.text())

    def _convert(self) -> None:
        peft, model = self._waiting[0], self.choice.currentData()
        self._next()
        self.decided.emit(peft.path, model)

    def _next(self) -> None:
        del self._waiting[0]
        self._show()

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(scale.SPACE_8)
        row.addWidget(self.choice, 1)
        row.addWidget(ButtonRow(self.convert_button, self.leave_button), 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(scale.SPACE_16, scale.SPACE_12, scale.SPACE_16, scale.SPACE_12)
        column.setSpacing(scale.SPACE_8)
        column.addWidget(self.question)
        column.addLayout(row)


def _look(path: Path) -> _Peft:
    folder = path if path.is_dir() else path.parent
    config = read_peft_config(folder)
    config.check(shown_name(folder))  # before anything is asked about it
    return _Peft(path, folder.name, config.base_repo, (folder / BASE_CONFIG).is_file())


def _is_named(model: Model, repo: str) -> bool:
    """Return whether a model is called like a repository, whatever else its name has."""
    last = _plain(repo.rpartition("/")[2])
    return bool(last) and last in _plain(model.name)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.casefold())
