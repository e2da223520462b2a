"""Opening a link from an answer: only after the person has seen where it really goes."""

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

from desktop_app.gui.chat.prose_format import LINK_SCHEMES
from desktop_app.gui.widgets.question import ask


def ask_before_opening(parent: QWidget, url: str) -> None:
    """Show the whole address and open it in the browser if the person wants that; other schemes do nothing."""
    address = QUrl(url)
    if not address.isValid() or address.scheme().lower() not in LINK_SCHEMES:
        return
    goes_to = f"This link goes to {address.host() or address.path()}."
    whole = bytes(address.toEncoded().data()).decode("ascii")  # encoded, no letter can pass for another
    if ask(parent, goes_to, whole, "Open in the browser", "Stay here"):
        QDesktopServices.openUrl(address)
