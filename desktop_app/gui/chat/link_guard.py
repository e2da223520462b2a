"""Opening a link from an answer: only after the person has seen where it really goes."""

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QMessageBox, QWidget

from desktop_app.gui.chat.prose_format import LINK_SCHEMES


def ask_before_opening(parent: QWidget, url: str) -> None:
    """Show the whole address and open it in the browser if the person wants that; other schemes do nothing."""
    address = QUrl(url, QUrl.ParsingMode.StrictMode)
    if address.scheme().lower() not in LINK_SCHEMES:
        return
    box = QMessageBox(parent)
    box.setWindowTitle("Open this link?")
    box.setText(f"The link goes to {address.host() or address.path()}.")
    box.setInformativeText(address.toDisplayString(QUrl.ComponentFormattingOption.FullyEncoded))
    open_button = box.addButton("Open in the browser", QMessageBox.ButtonRole.AcceptRole)
    cancel = box.addButton("Stay here", QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(cancel)
    box.exec()
    if box.clickedButton() is open_button:
        QDesktopServices.openUrl(address)
