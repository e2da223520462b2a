"""Cuts Markdown that is still being written into parts that are shown apart: prose in bounded chunks, and code.

Every character is looked at once, however the text is cut into pieces on its way here, and the parts are the same as
those of the whole text. Only the last part can still change: what came before it may be shown for good.

Fences that belong to a list item, and indented code, stay with their prose: cutting there would end the list.
"""

import re

CHUNK_CHARACTERS = 1_500  # the live chunk is rendered anew at each step; this bounds what a step costs

_FENCE = re.compile(r"( *)(`{3,}|~{3,})(.*)")
_ITEM = re.compile(r"( *)([-+*]|\d{1,9}[.)])( +|$)")
_RULE = re.compile(r" {0,3}([-*_])(?:[ \t]*\1){2,}[ \t]*$")
_DEFINITION = re.compile(r" {0,3}\[[^\]]+\]:[ \t]*\S")
# The start of a line that could become anything: a rule, a heading's underline, an item, a fence, a table row.
_UNDECIDED = re.compile(r"\s*(?:[-=*_+#>]+\s*|\d{1,9}[.)]?\s*|`{1,2}|~{1,2}|(?:```|~~~|\|).*)?$", re.DOTALL)
_CODE_INDENT = 4  # spaces that make a line indented code, unless it belongs to a list item


class Prose:
    """A chunk of Markdown without fences of its own. `closed` says that nothing will be added."""

    def __init__(self) -> None:
        self.closed = False
        self.size = 0
        self._lines: list[str] = []
        self._partial = ""

    @property
    def text(self) -> str:
        return ("\n".join(self._lines) + "\n" + self._partial).rstrip("\n")

    def add_line(self, line: str) -> None:
        self._lines.append(line)
        self._partial = ""
        self.size += len(line) + 1

    def set_partial(self, partial: str) -> None:
        """Show the part that has come of a line which is not complete."""
        self._partial = partial


class Fence:
    """A block of code. Its text only ever grows: `pieces` lists what was added, in order."""

    def __init__(self, language: str, mark: str, indent: int) -> None:
        self.closed = False
        self.language = language
        self.pieces: list[str] = []
        self._mark = mark
        self._indent = indent

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    def add(self, text: str, starts_line: bool) -> None:
        """Take a line, its indentation included, or the rest of one that was begun."""
        if starts_line:
            text = text[min(_indent_of(text), self._indent) :]
            # The line break comes before a line, so that the one before the closing fence is not part of the code.
            self.pieces.append("\n" + text if self.pieces else text)
        elif text:
            self.pieces.append(text)

    def is_end(self, line: str) -> bool:
        bare = line.strip(" \t")
        return _indent_of(line) < _CODE_INDENT and bare[:1] == self._mark[0] and _is_run(bare, self._mark)

    def may_become_end(self, partial: str) -> bool:
        """Tell whether a line that begins like this could still close the block."""
        bare = partial.strip(" \t")
        return _indent_of(partial) < _CODE_INDENT and bare.count(self._mark[0]) == len(bare)


Segment = Prose | Fence


class MarkdownBlocks:
    """Takes text piece by piece; `segments` are its parts so far, of which only the last is open."""

    def __init__(self) -> None:
        self.segments: list[Segment] = []
        self.definitions: list[str] = []  # of link references, which may be used chunks away
        self._line = ""  # the incomplete line, or what has not been given on of it
        self._begun = False  # the start of the incomplete line is in the fence already
        self._return = ""  # a carriage return whose line feed may follow
        self._header = ""  # may be a table's header, which the next line decides
        self._list_indent: int | None = None  # where the text of the current top-level item begins
        self._inner_mark = ""  # opened the fence inside that item
        self._after_blank = True
        self._in_paragraph = False
        self._in_table = False
        self._chunk_is_table = False

    def feed(self, text: str) -> None:
        """Take more text."""
        text = self._return + text
        self._return = "\r" if text.endswith("\r") else ""
        *complete, rest = text.removesuffix("\r").replace("\r\n", "\n").split("\n")
        for part in complete:
            self._line += part
            self._end_line()
        self._line += rest
        self._show_partial()

    def finish(self) -> None:
        """Close what is open: no more text will come."""
        if self._line:
            self._end_line()
        self._release_header()
        self._close()

    # ------------------------------------------------------------ lines

    def _end_line(self) -> None:
        line, self._line = self._line, ""
        begun, self._begun = self._begun, False
        fence = self._open_fence()
        if fence is None:
            self._prose_line(line)
        elif begun or not fence.is_end(line):
            fence.add(line, starts_line=not begun)
        else:
            self._close()
            self._after_blank, self._in_paragraph, self._chunk_is_table = True, False, False

    def _show_partial(self) -> None:
        fence = self._open_fence()
        if fence is not None:
            if self._begun or not fence.may_become_end(self._line):
                fence.add(self._line, starts_line=not self._begun)
                self._begun, self._line = True, ""
            return
        shown = "" if self._header or _UNDECIDED.match(self._line) else self._line
        segment = self._open_prose()
        if segment is None and shown.strip():
            segment = self._start_prose()
        if segment is not None:
            segment.set_partial(shown)

    def _prose_line(self, line: str) -> None:
        bare = line.lstrip()
        if bare.startswith("|") and not self._header and not self._in_table:
            self._header = line
            return
        self._release_header()
        self._take(line, bare)

    def _release_header(self) -> None:
        if self._header:
            header, self._header = self._header, ""
            self._take(header, header.lstrip())

    # ------------------------------------------------------------ blocks

    def _take(self, line: str, bare: str) -> None:
        self._in_table = bare.startswith("|")
        if not bare:
            self._after_blank, self._in_paragraph = True, False
            if (segment := self._open_prose()) is not None:
                segment.add_line("")
            return
        indent = len(line) - len(bare)
        if self._inner_mark:
            if indent >= (self._list_indent or 0):
                if _is_run(bare.rstrip(), self._inner_mark):
                    self._inner_mark = ""
                self._add(line)
                return
            self._inner_mark = ""  # the item ended, and its code with it
        if self._opens_fence(line, indent):
            return
        self._follow_list(line, bare, indent)
        if _DEFINITION.match(line):
            self.definitions.append(line)
        self._add(line)
        self._in_paragraph = bare[0] != "#" and not _RULE.match(line)

    def _opens_fence(self, line: str, indent: int) -> bool:
        match = _FENCE.match(line)
        if match is None or (match[2][0] == "`" and "`" in match[3]):
            return False
        if self._list_indent is not None and indent >= self._list_indent:
            self._inner_mark = match[2]
            self._add(line)
            return True
        if indent >= _CODE_INDENT:
            return False
        self._close()
        self._list_indent = None
        language = match[3].strip().split(" ")[0].strip("{}.").split(",")[0]
        self.segments.append(Fence(language.lower(), match[2], indent))
        return True

    def _follow_list(self, line: str, bare: str, indent: int) -> None:
        """Keep track of where lists begin and end, and cut a chunk that is long enough at a safe place."""
        is_rule = _RULE.match(line) is not None
        item = None if is_rule else _ITEM.match(line)
        inside = self._list_indent is not None
        if item is not None and self._in_paragraph and not inside and item[2] not in ("-", "+", "*", "1.", "1)"):
            item = None  # a number at the start of a paragraph's next line is no list
        if item is not None and indent < (self._list_indent if self._list_indent is not None else _CODE_INDENT):
            self._cut_if_long(safe=self._after_blank or inside)
            self._list_indent = item.end() if item[3] and len(item[3]) <= 4 else item.end(2) + 1
            if (fence := _FENCE.match(line[item.end() :])) is not None:
                self._inner_mark = fence[2]
        elif inside and indent < (self._list_indent or 0) and (self._after_blank or is_rule or bare[0] in "#>"):
            self._list_indent = None
            self._cut_if_long(safe=indent == 0)
        elif not inside and self._after_blank and indent == 0:
            # A table is a chunk of its own, because it may be wider than prose.
            self._cut_if_long(safe=True, limit=1 if bare[0] == "|" or self._chunk_is_table else CHUNK_CHARACTERS)
            self._chunk_is_table = bare[0] == "|"

    def _cut_if_long(self, safe: bool, limit: int = CHUNK_CHARACTERS) -> None:
        segment = self._open_prose()
        if safe and segment is not None and segment.size >= limit:
            self._close()

    def _add(self, line: str) -> None:
        segment = self._open_prose() or self._start_prose()
        segment.add_line(line)
        self._after_blank = False

    # ------------------------------------------------------------ segments

    def _open_prose(self) -> Prose | None:
        last = self.segments[-1] if self.segments else None
        return last if isinstance(last, Prose) and not last.closed else None

    def _open_fence(self) -> Fence | None:
        last = self.segments[-1] if self.segments else None
        return last if isinstance(last, Fence) and not last.closed else None

    def _start_prose(self) -> Prose:
        segment = Prose()
        self.segments.append(segment)
        return segment

    def _close(self) -> None:
        if self.segments and not self.segments[-1].closed:
            last = self.segments[-1]
            if isinstance(last, Prose):
                last.set_partial("")
            last.closed = True


def _indent_of(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _is_run(bare: str, mark: str) -> bool:
    """Tell whether the text is nothing but the mark's character, at least as often."""
    return len(bare) >= len(mark) and bare.count(mark[0]) == len(bare)
