"""The message box: where the person writes, sends, and stops an answer; the stack that acts on it is a part of it."""

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPlainTextEdit, QToolButton, QVBoxLayout

from desktop_app.gui.adapters.stack_area import StackArea
from desktop_app.gui.adapters.stack_bar import StackBar
from desktop_app.gui.theme import icon, scale, theme

MAX_LINES = 9


class Composer(QFrame):
    """A growing text field with one button, and a line below that says what is going on.

    Signals:
        send_requested(str): The text, without blanks around it.
        stop_requested(): The person wants no more of the answer.
        edited(): The text is different.
    """

    send_requested = Signal(str)
    stop_requested = Signal()
    edited = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._sends_with_enter = True
        self._busy = False
        self._status_token = "muted"
        self.setObjectName("composer")
        self.edit = QPlainTextEdit()
        self.edit.setProperty("flat", "true")
        self.edit.setPlaceholderText("Write a message")
        self.edit.setAccessibleName("Message")
        self.edit.setTabChangesFocus(True)
        self.edit.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.edit.installEventFilter(self)
        self.edit.textChanged.connect(self._on_text_changed)
        self.edit.document().documentLayout().documentSizeChanged.connect(self._fit_height)
        self.button = QToolButton()
        self.button.setProperty("kind", "primary")
        self.button.setFixedSize(36, 36)
        self.button.clicked.connect(self._on_button)
        self.stack = StackBar()
        self.status = QLabel()
        self.status.setProperty("role", "small")
        self.status.setTextFormat(Qt.TextFormat.PlainText)
        self.status.setWordWrap(True)
        self._lay_out()
        self._show_button()
        self._restyle()
        theme().changed.connect(self._restyle)
        theme().changed.connect(self._color_status)

    # ------------------------------------------------------------ for the page

    def text(self) -> str:
        return self.edit.toPlainText()

    def set_text(self, text: str) -> None:
        """Show a text, e.g. a draft, with the cursor at its end."""
        self.edit.setPlainText(text)
        cursor = self.edit.textCursor()
        cursor.movePosition(cursor.MoveOperation.End)
        self.edit.setTextCursor(cursor)

    def clear(self) -> None:
        self.edit.clear()

    def set_busy(self, busy: bool) -> None:
        """Offer Stop instead of Send."""
        self._busy = busy
        self._show_button()

    def set_send_key(self, key: str) -> None:
        """Send with `enter` or with `ctrl_enter`; the other one begins a new line."""
        self._sends_with_enter = key == "enter"

    def show_status(self, text: str, token: str = "muted") -> None:
        """Say in one line what is going on; an empty text says nothing. `token` is muted or danger."""
        self.status.setText(text)
        self._status_token = token
        self._color_status()
        self.status.setVisible(bool(text))

    def _color_status(self) -> None:
        token = self._status_token
        self.status.setStyleSheet("" if token == "muted" else f"color: {getattr(theme().tokens, token)}")

    # ------------------------------------------------------------ inside

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                return self._on_enter(event.modifiers())
        elif event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self._restyle()
        return super().eventFilter(watched, event)

    def _on_enter(self, modifiers: Qt.KeyboardModifier) -> bool:
        with_control = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
        if modifiers & Qt.KeyboardModifier.ShiftModifier or with_control == self._sends_with_enter:
            self.edit.insertPlainText("\n")
            self.edit.ensureCursorVisible()
        else:
            self._send()
        return True

    def _on_button(self) -> None:
        if self._busy:
            self.stop_requested.emit()
        else:
            self._send()

    def _send(self) -> None:
        text = self.text().strip()
        if text and not self._busy:
            self.send_requested.emit(text)

    def _on_text_changed(self) -> None:
        self._show_button()
        self.edited.emit()

    def _show_button(self) -> None:
        name = "Stop" if self._busy else "Send"
        self.button.setIcon(icon("square" if self._busy else "arrow-up", "on_accent"))
        self.button.setAccessibleName(name)
        self.button.setToolTip("Stop (Esc)" if self._busy else name)
        self.button.setEnabled(self._busy or bool(self.text().strip()))

    def _fit_height(self) -> None:
        lines = min(MAX_LINES, max(1, round(self.edit.document().size().height())))
        margins = 2 * self.edit.document().documentMargin()
        self.edit.setFixedHeight(round(lines * self.edit.fontMetrics().lineSpacing() + margins) + 2)

    def _restyle(self) -> None:
        tokens = theme().tokens
        focused = self.edit.hasFocus()
        border = f"2px solid {tokens.accent}" if focused else f"1px solid {tokens.line}"
        margin = 0 if focused else 1
        self.setStyleSheet(
            f"#composer {{ background: {tokens.surface}; border: {border}; margin: {margin}px;"
            f" border-radius: {scale.RADIUS_BOX}px; }}"
        )
        self._fit_height()

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(scale.SPACE_8)
        row.addWidget(self.edit, 1, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self.button, 0, Qt.AlignmentFlag.AlignBottom)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(scale.SPACE_16, scale.SPACE_8, scale.SPACE_8, scale.SPACE_8)
        layout.setSpacing(scale.SPACE_4)
        layout.addWidget(StackArea(self.stack))
        layout.addLayout(row)
        layout.addWidget(self.status)
        self.status.hide()
