"""A license to read: some have thousands of lines, which are put in piece by piece, so that the window never waits."""

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QPlainTextEdit

PIECE_LINES = 150  # a piece takes a millisecond or two


class LicenseText(QPlainTextEdit):
    """Read-only; the keyboard scrolls and selects."""

    def __init__(self) -> None:
        super().__init__()
        self.setReadOnly(True)
        self.setUndoRedoEnabled(False)
        self.setTabChangesFocus(True)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._pieces: list[str] = []
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._add_piece)

    def show_text(self, text: str) -> None:
        """Show a text from its beginning."""
        lines = text.splitlines(keepends=True)
        first, *rest = ["".join(lines[at : at + PIECE_LINES]) for at in range(0, len(lines), PIECE_LINES)] or [""]
        self._pieces = rest[::-1]
        self.setPlainText(first)
        if rest:
            self._timer.start()
        else:
            self._timer.stop()

    @property
    def is_whole(self) -> bool:
        """Whether all of the text is there."""
        return not self._pieces

    def _add_piece(self) -> None:
        end = QTextCursor(self.document())  # not the view's own: that one stays where the person has put it
        end.movePosition(QTextCursor.MoveOperation.End)
        end.insertText(self._pieces.pop())
        if not self._pieces:
            self._timer.stop()
