"""Colors for code: Pygments finds the words, away from the GUI thread; the GUI thread only puts the colors on."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QBrush, QColor, QFont, QTextCharFormat, QTextDocument, QTextLayout

from desktop_app.gui.chat.lexing import Lexed, Line, lex
from desktop_app.gui.theme import Tokens, theme

# Runs its first argument on another thread and hands the result to the second one in the GUI thread.
RunInBackground = Callable[[Callable[[], Any], Callable[[Any], None]], Any]

LINES_A_TURN = 200
LARGEST_CHARACTERS = 200_000  # more is shown without colors
_SHORTEST_PAUSE_MS = 200
_PAUSE_PER_COST = 10  # lexing takes a tenth of the time at most, however long the code has become


class Highlighter(QObject):
    """Keeps the colors of one document up to date while its text grows at the end."""

    def __init__(self, document: QTextDocument, language: str, run: RunInBackground, parent: QObject) -> None:
        super().__init__(parent)
        self._document = document
        self._language = language
        self._run = run
        self._applied: list[Line] = []
        self._wanted: tuple[Line, ...] = ()
        self._next = 0
        self._is_lexing = False
        self._grew_meanwhile = False
        self._pause = QTimer(self, singleShot=True, interval=_SHORTEST_PAUSE_MS)
        self._pause.timeout.connect(self._lex)
        self._turn = QTimer(self, singleShot=True, interval=0)
        self._turn.timeout.connect(self._apply_some)

    def text_grew(self) -> None:
        """Color the new text soon."""
        if self._is_lexing:
            self._grew_meanwhile = True
        elif not self._pause.isActive():
            self._pause.start()

    def finish(self) -> None:
        """Color the text now: it is complete."""
        self._pause.stop()
        if self._is_lexing:
            self._grew_meanwhile = True
            self._pause.setInterval(0)
        else:
            self._lex()

    def recolor(self) -> None:
        """Take over the colors of a new theme."""
        self._applied = []
        self._next = 0
        self._turn.start()

    def _lex(self) -> None:
        text, language = self._document.toPlainText(), self._language
        if len(text) > LARGEST_CHARACTERS or not language:
            return
        self._is_lexing, self._grew_meanwhile = True, False
        self._run(lambda: lex(language, text), self._take)

    def _take(self, lexed: Lexed) -> None:
        self._is_lexing = False
        if self._grew_meanwhile:
            self._pause.start()
        self._pause.setInterval(max(_SHORTEST_PAUSE_MS, round(lexed.cost_s * 1000 * _PAUSE_PER_COST)))
        self._wanted = lexed.lines
        self._next = 0
        self._apply_some()

    def _apply_some(self) -> None:
        """Put colors on the next lines whose words have changed, so few that the window does not notice."""
        wanted, applied, formats = self._wanted, self._applied, _formats(theme().tokens)
        number, changed = self._next, 0
        first_dirty = -1
        while number < len(wanted) and changed < LINES_A_TURN:
            if number >= len(applied) or applied[number] != wanted[number]:
                changed += 1
                _color(self._document, number, wanted[number], formats)
                first_dirty = number if first_dirty < 0 else first_dirty
                applied[number : number + 1] = [wanted[number]]
            number += 1
        self._next = number
        if first_dirty >= 0:
            start = self._document.findBlockByNumber(first_dirty).position()
            last = self._document.findBlockByNumber(number - 1)
            end = last.position() + last.length() if last.isValid() else self._document.characterCount()
            self._document.markContentsDirty(start, end - start)
        if number < len(wanted):
            self._turn.start()


def _color(document: QTextDocument, number: int, line: Line, formats: dict[str, QTextCharFormat]) -> None:
    block = document.findBlockByNumber(number)
    if not block.isValid():
        return
    ranges = []
    for start, length, kind in line:
        part = QTextLayout.FormatRange()
        part.start, part.length, part.format = start, length, formats[kind]
        ranges.append(part)
    block.layout().setFormats(ranges)


@lru_cache(maxsize=2)
def _formats(tokens: Tokens) -> dict[str, QTextCharFormat]:
    colors = {
        "keyword": tokens.code_keyword,
        "string": tokens.code_string,
        "number": tokens.code_number,
        "comment": tokens.code_comment,
        "function": tokens.code_function,
        "type": tokens.code_type,
        "builtin": tokens.code_builtin,
        "deleted": tokens.danger,
        "inserted": tokens.good,
        "heading": tokens.text,
    }
    formats = {}
    for kind, color in colors.items():
        formats[kind] = QTextCharFormat()
        formats[kind].setForeground(QBrush(QColor(color)))
    formats["heading"].setFontWeight(QFont.Weight.DemiBold)
    return formats
