"""One example below the table: all that it says, to be read and changed, or a new one to be written."""

import msgspec
from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QFontMetrics, QHideEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPlainTextEdit, QPushButton, QVBoxLayout

from desktop_app.engine.messages import ChatMessage
from desktop_app.finetune.course import CourseExample
from desktop_app.gui.adapters.standing_words import Told
from desktop_app.gui.adapters.told_line import ToldLine
from desktop_app.gui.finetune.example_model import origin_words
from desktop_app.gui.finetune.example_words import before, mark, question
from desktop_app.gui.library.labels import listed, plain_label, printable
from desktop_app.gui.theme import scale, theme

_QUESTION_LINES, _ANSWER_LINES = 3, 6
_BEFORE_CHARACTERS = 600
_STILL_HERE = (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason)
_HELD_OUT = "For measuring: the model does not learn it. Change it only if it is wrong."


class ExampleEditor(QFrame):
    """What is typed is saved when the field or the row is left; nothing has to be pressed, and nothing is lost.

    Signals:
        changed(CourseExample): The row has other words now.
        added(str, str): A new question with its answer.
        leave_out_wanted(str): Take the row with this id out of the table.
    """

    changed = Signal(CourseExample)
    added = Signal(str, str)
    leave_out_wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.row: CourseExample | None = None
        self.is_new = False
        self.title = plain_label(role="heading", wraps=True)
        self.held_out = ToldLine("small")
        self.earlier = plain_label(role="small", wraps=True)
        self.question = _Field("Question")
        self.answer = _Field("Answer")
        self.worse = _Field("Worse answer")
        self.leave_out_button = QPushButton("Leave out")
        self.add_button = QPushButton("Add")
        self.cancel_button = QPushButton("Cancel")
        self._lay_out()
        self._connect()
        self.show_row(None)

    def show_row(self, row: CourseExample | None, document: str = "", is_locked: bool = False) -> None:
        """Show a row; none hides all of it. What was typed for another one is saved first."""
        is_same = row is not None and self.row is not None and row.id == self.row.id and not self.is_new
        if not is_same:
            self.save()
        self.is_new = False
        has_typed = is_same and self._is_changed()
        self.row = row
        self.setVisible(row is not None)
        if row is None:
            return
        self.title.setText(listed((origin_words(row), mark(row), printable(document, 60), "edited" * row.is_edited)))
        self.held_out.setVisible(row.is_held_out)
        earlier = before(row)
        self.earlier.setText(printable_lines(earlier))
        self.earlier.setVisible(bool(earlier))
        if not has_typed:
            self._fill(row)
        self._show_parts(is_question=bool(row.prompt), is_worse=len(row.answers) > 1)
        for field in self._fields:
            field.edit.setReadOnly(is_locked)
        self.leave_out_button.setEnabled(not is_locked)

    def begin_new(self) -> None:
        """Ask for an example of the person's own."""
        self.save()
        self.row, self.is_new = None, True
        self.title.setText("An example of your own")
        for field in self._fields:
            field.set_text("")
            field.edit.setReadOnly(False)
        self.held_out.hide()
        self.earlier.hide()
        self._show_parts(is_question=True, is_worse=False)
        self._show_whether_complete()
        self.show()
        self.question.edit.setFocus()

    def save(self) -> None:
        """Tell what was changed, if anything was."""
        if self.row is None or not self._is_changed():
            return
        row, answers = self.row, [self.answer.text(), self.worse.text()][: len(self.row.answers)]
        if not all(text.strip() for text in answers) or (row.prompt and not self.question.text().strip()):
            self._fill(row)  # an example without an answer cannot be learned; leaving it out is another button
            return
        prompt = row.prompt
        if prompt:
            prompt = (*prompt[:-1], ChatMessage(prompt[-1].role, self.question.text()))
        self.row = msgspec.structs.replace(row, prompt=prompt, answers=tuple(answers), is_edited=True)
        self.changed.emit(self.row)

    # ------------------------------------------------------------ the fields

    @property
    def _fields(self) -> tuple["_Field", ...]:
        return self.question, self.answer, self.worse

    def _fill(self, row: CourseExample) -> None:
        self.question.set_text(question(row))
        self.answer.set_text(row.answers[0])
        self.worse.set_text(row.answers[1] if len(row.answers) > 1 else "")

    def _is_changed(self) -> bool:
        row = self.row
        if row is None:
            return False
        shown = (self.question.text(), self.answer.text(), self.worse.text())
        return shown != (question(row), row.answers[0], row.answers[1] if len(row.answers) > 1 else "")

    def _show_parts(self, is_question: bool, is_worse: bool) -> None:
        self.question.setVisible(is_question)
        self.worse.setVisible(is_worse)
        self.answer.label.setText("Better answer" if is_worse else "Answer" if is_question else "Text")
        self.answer.edit.setAccessibleName(self.answer.label.text())
        self.leave_out_button.setVisible(not self.is_new)
        for button in (self.add_button, self.cancel_button):
            button.setVisible(self.is_new)

    def _show_whether_complete(self) -> None:
        is_complete = bool(self.question.text().strip() and self.answer.text().strip())
        self.add_button.setEnabled(is_complete)

    def _on_add(self) -> None:
        self.is_new = False
        self.hide()
        self.added.emit(self.question.text().strip(), self.answer.text().strip())

    def _on_cancel(self) -> None:
        self.is_new = False
        self.hide()

    def _on_leave_out(self) -> None:
        if self.row is not None:
            self.leave_out_wanted.emit(self.row.id)

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(0, 0, self.width(), 1, QColor(theme().tokens.line))

    def hideEvent(self, event: QHideEvent) -> None:
        self.save()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        # Who opens the context menu or looks something up in another program has not left the field.
        if isinstance(event, QFocusEvent) and event.lostFocus() and event.reason() not in _STILL_HERE:
            self.save()
        return super().eventFilter(watched, event)

    # ------------------------------------------------------------ the parts

    def _connect(self) -> None:
        self.leave_out_button.clicked.connect(self._on_leave_out)
        self.add_button.clicked.connect(self._on_add)
        self.cancel_button.clicked.connect(self._on_cancel)
        for field in self._fields:
            field.edit.installEventFilter(self)
            field.edit.textChanged.connect(self._show_whether_complete)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(scale.SPACE_12, scale.SPACE_12, scale.SPACE_12, scale.SPACE_12)
        column.setSpacing(scale.SPACE_8)
        for part in (self.title, self.held_out, self.earlier, *self._fields):
            column.addWidget(part)
        self.held_out.tell(Told("activity", "muted", _HELD_OUT))
        row = QHBoxLayout()
        row.setSpacing(scale.SPACE_8)
        for button in (self.leave_out_button, self.add_button, self.cancel_button):
            row.addWidget(button)
        row.addStretch(1)
        column.addLayout(row)


class _Field(QFrame):
    """A text of several lines with its name above it."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.label: QLabel = plain_label(name, "small")
        self.edit = QPlainTextEdit()
        self.edit.setAccessibleName(name)
        self.edit.setTabChangesFocus(True)
        self.edit.setAcceptDrops(False)  # files are the page's
        self._lines = _QUESTION_LINES if name == "Question" else _ANSWER_LINES
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(scale.SPACE_4)
        column.addWidget(self.label)
        column.addWidget(self.edit)
        theme().changed.connect(self._fit)
        self._fit()

    def text(self) -> str:
        return self.edit.toPlainText()

    def set_text(self, text: str) -> None:
        if text != self.edit.toPlainText():
            self.edit.setPlainText(text)

    def _fit(self) -> None:
        line = QFontMetrics(theme().font(theme().type_scale.body)).lineSpacing()
        self.edit.setFixedHeight(line * self._lines + scale.SPACE_24)


def printable_lines(text: str) -> str:
    """Return the end of what was said before, line by line, without what does not print."""
    lines = text[-_BEFORE_CHARACTERS:].splitlines()
    return "\n".join(filter(None, (printable(line) for line in lines)))
