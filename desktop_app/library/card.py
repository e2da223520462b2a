"""A model's description on the Hub as Markdown that can be shown here: without HTML, pictures and doubtful links.

Cards mix Markdown and HTML at will, and anybody may have written them. The renderer shows tags as they stand and
fetches nothing, so all this is for the eye, and so that links lead to the web and nowhere else. Every pattern is
bounded, because text may be made to be slow.
"""

import html
import re

MAX_CHARACTERS = 60_000  # characters that are shown
_MAX_READ = 2 * MAX_CHARACTERS

_FRONT_MATTER = re.compile(r"\A\s*---[ \t]*\n.*?\n---[ \t]*(\n|\Z)", re.DOTALL)
# Control characters, those that turn the direction of what follows, and the two that stand for hidden code below.
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ue000\ue001]")
_FENCE = re.compile(r"[ \t]*(?:(?:[-*+]|\d{1,9}\.)[ \t]+)?(?P<mark>`{3,}|~{3,})")
_INLINE_CODE = re.compile(r"``[^`\n]+(?:`[^`\n]+){0,20}``|`[^`\n]+`")
_HIDDEN = re.compile("\ue000([0-9]+)\ue001")
_TAG = re.compile(r"<!--|<(?P<end>/?)(?P<name>[a-zA-Z][a-zA-Z0-9]{0,20})(?P<attributes>\s[^<>]{0,2000})?\s?/?>")
_ADDRESS = re.compile(r"""\shref\s?=\s?(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
_PICTURE = re.compile(r"!\[[^\]\n]{0,120}\](?:\([^)\n]{0,250}\)|\[[^\]\n]{0,120}\])")
_LINK = re.compile(
    r"(?<!!)\[(?P<text>[^\[\]]{0,120})\]"
    r"\(\s?(?P<address>[^()\s]{0,250}(?:\([^()\s]{0,100}\))?[^()\s]{0,100})(?:\s[^)]{0,200})?\)"
)
_DEFINITION = re.compile(r"^ {0,3}\[[^\]\n]{1,100}\]:[ \t]*(?!<?https?://)\S.*$", re.MULTILINE | re.IGNORECASE)
_AUTOMATIC_LINK = re.compile(r"<(?!https?://)[a-z][a-z0-9+.-]{1,30}:[^\s<>]{0,250}>", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")
_EMPTY_HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]{0,9}$", re.MULTILINE)
_BLANK_LINES = re.compile(r"\n(?:[ \t]{0,200}\n){2,}")

_DROPPED = {"script", "style", "svg", "iframe", "object", "head", "template", "video", "audio", "canvas", "noscript"}
_MARKS = {"b": "**", "strong": "**", "i": "*", "em": "*", "s": "~~", "del": "~~"}
_BREAK_NAMES = "blockquote center details div dl figure footer header main ol p pre section summary table tr ul"
_BREAKS = frozenset(_BREAK_NAMES.split())
_HEADINGS = {f"h{level}": "#" * level for level in range(1, 7)}
_STARTS = {"br": "\n", "hr": "\n\n***\n\n", "li": "\n- ", "dt": "\n", "dd": "\n", "td": " ", "th": " "}
_SILENT_NAMES = """
a area body button caption cite code col colgroup embed figcaption font form html img input ins kbd label link map mark
meta nav picture q small source span sub sup tbody tfoot thead time u var
"""
_SILENT = frozenset(_SILENT_NAMES.split())


def readable_card(markdown: str) -> str:
    """Return the card as Markdown without HTML; what is too long is cut."""
    text = _UNWANTED.sub("", markdown[:_MAX_READ].replace("\r\n", "\n"))
    text, code = _hide_code(_FRONT_MATTER.sub("", text, count=1))
    text = _ENTITY.sub(_decoded, _without_html(text))
    text = _AUTOMATIC_LINK.sub("", _DEFINITION.sub("", _PICTURE.sub("", text)))
    text = _EMPTY_HEADING.sub("", _LINK.sub(_safe_link, text))
    text = _BLANK_LINES.sub("\n\n", text)
    text = _HIDDEN.sub(lambda found: code[int(found[1])], text).strip()
    if len(text) <= MAX_CHARACTERS:
        return text
    beginning = text[: MAX_CHARACTERS - 2]
    return f"{beginning.rpartition(chr(10))[0] or beginning}\n…"


def _hide_code(text: str) -> tuple[str, list[str]]:
    """Put a mark in place of all code, in which nothing is to be changed, and return the code by number."""
    code: list[str] = []

    def hide(piece: str) -> str:
        code.append(piece)
        return f"\ue000{len(code) - 1}\ue001"

    lines, fence = [], ""
    for line in text.splitlines(keepends=True):
        found = _FENCE.match(line)
        if not fence and not found:
            lines.append(_INLINE_CODE.sub(lambda inline: hide(inline[0]), line))
            continue
        if found and not fence:
            fence = found["mark"]
        elif found and found["mark"].startswith(fence) and not line[found.end() :].strip():
            fence = ""
        lines.append(hide(line))
    return "".join(lines), code


def _without_html(text: str) -> str:
    parts: list[str] = []
    addresses: list[str] = []
    at = 0
    while tag := _TAG.search(text, at):
        parts.append(text[at : tag.start()])
        at = tag.end()
        name, is_end = (tag["name"] or "").lower(), bool(tag["end"])
        if not name:
            at = _after("-->", text, at)
        elif name in _DROPPED:
            at = at if is_end else _after(f"</{name}>", text, at)
        elif name == "a":
            parts.append(_anchor(tag, addresses))
        elif name in _HEADINGS:
            parts.append("\n\n" if is_end else f"\n\n{_HEADINGS[name]} ")
        elif name in _BREAKS:
            parts.append("\n\n")
        elif name in _MARKS:
            parts.append(_MARKS[name])
        elif name in _STARTS:
            parts.append("" if is_end else _STARTS[name])
        elif name not in _SILENT:  # no HTML, such as <think>
            parts.append(tag[0])
    return "".join([*parts, text[at:]])


def _anchor(tag: re.Match[str], addresses: list[str]) -> str:
    """Return a link's beginning or end in Markdown; `addresses` are of the links that are open."""
    if tag["end"]:
        return f"]({addresses.pop()})" if addresses else ""
    found = _ADDRESS.search(tag["attributes"] or "")
    addresses.append(next(filter(None, found.groups()), "") if found else "")
    return "["


def _after(mark: str, text: str, at: int) -> int:
    """Return the place behind a mark, or the end of the text without one."""
    found = re.compile(re.escape(mark), re.IGNORECASE).search(text, at)
    return found.end() if found else len(text)


def _decoded(entity: re.Match[str]) -> str:
    return _UNWANTED.sub("", html.unescape(entity[0]))


def _safe_link(link: re.Match[str]) -> str:
    """Return a link to the web as it is, any other one as its text, and nothing where only a picture was linked."""
    text = " ".join(link["text"].split())
    is_web = link["address"].lower().startswith(("https://", "http://"))
    return f"[{text}]({link['address']})" if text and is_web else text
