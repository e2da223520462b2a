"""Whether the window can draw here: text, icons, colored code and a curve, on no screen. For `moatless selftest`."""

import time

from PySide6.QtCore import QEventLoop
from PySide6.QtGui import QColor, QFontDatabase, QImage
from PySide6.QtWidgets import QApplication, QWidget

from desktop_app.errors import UserError
from desktop_app.gui.chat.code_view import CodeView
from desktop_app.gui.chat.message_body import MessageBody
from desktop_app.gui.finetune.curve_values import CurveValues
from desktop_app.gui.theme import theme
from desktop_app.jobs.background import Background

_WIDTH = 600
_ANSWER = "# A heading\n\nSome *words*, and code:\n\n```python\ndef area(r):\n    return 3.14 * r\n```\n"
_CURVE = CurveValues(
    steps=(1, 2, 3), losses=(3.0, 2.6, 2.4), smoothed=(3.0, 2.8, 2.6), held_out={0: 3.1, 3: 2.5}, n_steps=3
)
_PATIENCE_S = 60
_TURN_MS = 50
_FEWEST_COLORS = 8  # letters alone have more, with their soft edges
_AGAIN = "Install Moatless again."


def check_drawing(window: QWidget, background: Background) -> dict[str, int]:
    """Draw the window, an answer with code in it, and the curve of a run; return how many colors each has.

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
    found["curve"] = n_colors(_draw_curve())
    if min(found.values()) < _FEWEST_COLORS:
        raise UserError("Nothing is drawn.", _AGAIN)
    return found


def n_colors(picture: QImage) -> int:
    """Return how many colors a picture has."""
    return len(_colors(picture))


def _colors(picture: QImage) -> set[int]:
    return {picture.pixel(x, y) for y in range(picture.height()) for x in range(picture.width())}


def _draw_curve() -> QImage:
    """Nothing else needs the library that draws it; loaded here, what it lacks is told like all that fails."""
    from desktop_app.gui.finetune.curve_plot import CurvePlot

    plot = CurvePlot()
    try:
        plot.show_values(_CURVE, "accent")
        plot.resize(_WIDTH, _WIDTH // 2)
        plot.show()
        picture: QImage = plot.grab().toImage()
    finally:
        plot.deleteLater()
    if QColor(theme().tokens.accent).rgb() not in _colors(picture):
        raise UserError("The curve of the loss cannot be drawn.", _AGAIN)
    return picture


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
