"""Finds the words of program text that deserve a color. Slow work, for a thread of the background; no Qt here."""

import time
from dataclasses import dataclass
from functools import lru_cache

Span = tuple[int, int, str]  # start and length in UTF-16 units of the line, and the word's kind
Line = tuple[Span, ...]

# A lexer holds the interpreter's lock; it works in slices so short that the window's thread never waits long for it.
_WORK_S = 0.001
_REST_S = 0.002

_KINDS = (
    ("Comment.Preproc", "keyword"),
    ("Comment", "comment"),
    ("Keyword.Type", "type"),
    ("Keyword.Constant", "number"),
    ("Keyword", "keyword"),
    ("Operator.Word", "keyword"),
    ("Name.Function", "function"),
    ("Name.Decorator", "function"),
    ("Name.Attribute", "function"),
    ("Name.Class", "type"),
    ("Name.Exception", "type"),
    ("Name.Namespace", "type"),
    ("Name.Tag", "keyword"),
    ("Name.Builtin", "builtin"),
    ("Name.Entity", "number"),
    ("Literal.Number", "number"),
    ("Literal.String.Escape", "number"),
    ("Literal", "string"),
    ("Generic.Deleted", "deleted"),
    ("Generic.Inserted", "inserted"),
    ("Generic.Heading", "heading"),
    ("Generic.Subheading", "heading"),
    ("Generic.Prompt", "comment"),
)


@dataclass(frozen=True)
class Lexed:
    """The lines of a text with what is to be colored in them, and the processor time it took."""

    lines: tuple[Line, ...]
    cost_s: float


def lex(language: str, text: str) -> Lexed:
    """Find the words to color. Meant for a thread of the background: it takes its time."""
    from pygments.lexers import get_lexer_by_name  # slow to load, and not needed until there is code
    from pygments.util import ClassNotFound

    started = time.thread_time()
    try:
        lexer = get_lexer_by_name(language or "text")
    except ClassNotFound:
        return Lexed((), 0.0)
    lines = text.split("\n")
    found: list[list[Span]] = [[] for _ in lines]
    number, line_start = 0, 0
    rest_at = time.perf_counter() + _WORK_S
    for index, token, value in lexer.get_tokens_unprocessed(text + "\n"):
        if time.perf_counter() > rest_at:
            time.sleep(_REST_S)
            rest_at = time.perf_counter() + _WORK_S
        while number < len(lines) and index > line_start + len(lines[number]):
            line_start += len(lines[number]) + 1
            number += 1
        kind = _kind(str(token))
        if not kind:
            continue
        row, column = number, index - line_start
        for part in value.split("\n"):
            if part and row < len(lines):
                found[row].append((column, len(part), kind))
            row, column = row + 1, 0
    spans = tuple(_in_utf16(line, row) for line, row in zip(lines, found, strict=True))
    return Lexed(spans, time.thread_time() - started)


@lru_cache(maxsize=512)
def _kind(token: str) -> str:
    name = token.removeprefix("Token.")
    return next((kind for prefix, kind in _KINDS if name == prefix or name.startswith(prefix + ".")), "")


def _in_utf16(line: str, spans: list[Span]) -> Line:
    """Qt counts characters outside the basic plane, such as emoji, twice."""
    if line.isascii() or max(line, default="") <= "\uffff":
        return tuple(spans)

    def units(part: str) -> int:
        return len(part.encode("utf-16-le", "surrogatepass")) // 2

    return tuple((units(line[:start]), units(line[start : start + length]), kind) for start, length, kind in spans)
