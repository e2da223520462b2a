"""Whether the window can draw here: text, icons and colored code, on no screen. For `moatless selftest`."""

import time

from PySide6.QtCore import QEventLoop
from PySide6.QtGui import QFontDatabase, QImage
from PySide6.QtWidgets import QApplication, QWidget

from desktop_app.errors import UserError
from desktop_app.gui.chat.code_view import CodeView
from desktop_app.gui.chat.message_body import MessageBody
from desktop_app.gui.theme import theme
from desktop_app.jobs.background import Background

_WIDTH = 600
_ANSWER = "# A heading\n\nSome *words*, and code:\n\n```python\ndef area(r):\n    return 3.14 * r\n```\n"
_PATIENCE_S = 60
_TURN_MS = 50
_FEWEST_COLORS = 8  # letters alone have more, with their soft edges
_AGAIN = "Install Moatless again."


def check_drawing(window: QWidget, background: Background) -> dict[str, int]:
    """Draw the window and an answer with code in it; return how many colors each has.

    Raises:
        UserError: If something is not drawn.
    """
    if not QFontDatabase.families():
        raise UserError("There is no font on this computer, so that no text can be shown.", "Install a font.")
    if QApplication.windowIcon().pixmap(64).isNull():
        raise UserError("Icons cannot be drawn.", _AGAIN)
    body = MessageBody(background.run)
    try:
        body.set_text(_ANSWER)
        body.resize(_WIDTH, body.height_for(_WIDTH))
        body.show()
        _wait_for_colors(body)
        found = {"window": n_colors(window.grab().toImage()), "answer": n_colors(body.grab().toImage())}
    finally:
        body.deleteLater()
    if min(found.values()) < _FEWEST_COLORS:
        raise UserError("Nothing is drawn.", _AGAIN)
    return found


def n_colors(picture: QImage) -> int:
    """Return how many colors a picture has."""
    return len({picture.pixel(x, y) for y in range(picture.height()) for x in range(picture.width())})


def _wait_for_colors(body: MessageBody) -> None:
    """Words are found in another thread, which takes a moment."""
    code = body.findChild(CodeView)
    if not isinstance(code, CodeView):
        raise UserError("Code is not shown as code.", _AGAIN)
    deadline = time.monotonic() + _PATIENCE_S
    while theme().tokens.code_keyword.lower() not in _code_colors(code):
        if time.monotonic() > deadline:
            raise UserError("Code gets no colors.", _AGAIN)
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, _TURN_MS)


def _code_colors(code: CodeView) -> set[str]:
    formats = code.text_view.document().firstBlock().layout().formats()
    return {part.format.foreground().color().name() for part in formats}
