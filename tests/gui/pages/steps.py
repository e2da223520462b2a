"""What a person does in the window, as one step for a test."""

from PySide6.QtCore import Qt

from desktop_app.jobs.chat_session import Status


def type_message(qtbot, app, text):
    qtbot.keyClicks(app.chat.composer.edit, text)


def answer_questions_with(monkeypatch, *buttons):
    """Press these buttons, one a question; return what was asked."""
    waiting, asked = list(buttons), []

    def press(box):
        asked.append((box.text(), box.informativeText()))
        wanted = waiting.pop(0)
        next(button for button in box.buttons() if button.text() == wanted).click()

    monkeypatch.setattr("PySide6.QtWidgets.QMessageBox.exec", press)
    return asked


def send(qtbot, app, text):
    """Type a message, press Enter, and wait for the end of its answer."""
    type_message(qtbot, app, text)
    with qtbot.waitSignal(app.session.changed) as ended:
        qtbot.keyClick(app.chat.composer.edit, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: app.session.status == Status.IDLE)
    return ended.args[0]


def titles(app):
    return [row.title for row in app.chat.list._model.rows if not row.is_heading]
