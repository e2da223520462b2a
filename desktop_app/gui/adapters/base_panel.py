"""Asks which model of the Hub a model is, because adapters are listed there by the model they were made for."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout

from desktop_app.adapters.check import is_repo
from desktop_app.gui.library.labels import announce, plain_label, printable
from desktop_app.gui.theme import scale


class BasePanel(QFrame):
    """Hidden as long as there is nothing to ask.

    Signals:
        told(str): It is this one, as owner/name.
    """

    told = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("panel", "card")
        self.setAccessibleName("Which model of the Hub it is")
        self.question = plain_label(wraps=True)
        self.field = QLineEdit()
        self.field.setPlaceholderText("owner/name")
        self.field.setAccessibleName("Model on the Hub, as owner/name")
        self.field.returnPressed.connect(self._tell)
        self.button = QPushButton("Look for its adapters")
        self.button.setProperty("kind", "primary")
        self.button.clicked.connect(self._tell)
        self.field.textChanged.connect(lambda text: self.button.setEnabled(is_repo(text.strip())))
        self.button.setEnabled(False)
        row = QHBoxLayout()
        row.setSpacing(scale.SPACE_8)
        row.addWidget(self.field, 1)
        row.addWidget(self.button)
        column = QVBoxLayout(self)
        column.setContentsMargins(scale.SPACE_16, scale.SPACE_12, scale.SPACE_16, scale.SPACE_12)
        column.setSpacing(scale.SPACE_8)
        column.addWidget(self.question)
        column.addLayout(row)
        self.hide()

    def ask(self, model_name: str, suggested: str, is_certain: bool) -> None:
        """Ask about a model.

        Args:
            suggested: What it may be, or is, or an empty text.
            is_certain: It was found out, and the person wants something else.
        """
        why = "Adapters are listed on the Hub by the model they were made for."
        unknown = f"It is not known which model of the Hub “{printable(model_name)}” is. "
        self.question.setText(why if is_certain else unknown + why)
        self.field.setText(suggested)
        self.show()
        self.field.setFocus()
        self.field.selectAll()
        announce(self, self.question.text())

    def _tell(self) -> None:
        if is_repo(self.field.text().strip()):
            self.hide()
            self.told.emit(self.field.text().strip())
