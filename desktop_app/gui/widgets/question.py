"""A question before something that cannot be taken back, with verbs on its buttons; the safe one is chosen by Enter."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget


def ask(parent: QWidget, question: str, details: str, do: str, leave: str) -> bool:
    """Return whether the person chose to `do` it; names and addresses in the texts are never taken for HTML."""
    box = QMessageBox(parent)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(question)
    box.setInformativeText(details)
    do_button = box.addButton(do, QMessageBox.ButtonRole.AcceptRole)
    box.setDefaultButton(box.addButton(leave, QMessageBox.ButtonRole.RejectRole))
    box.exec()
    chosen = box.clickedButton() is do_button
    box.deleteLater()
    return chosen
