"""Reasoning models think aloud before they answer, between `<think>` tags; a person reads the two apart."""

import re
from dataclasses import dataclass

_NAMES = ("think", "thinking")
_OPEN = re.compile(r"\s*<(think|thinking)>")
# Where the chat template has opened the block already, only the closing tag is in the text: on a line of its own, or
# right behind the last word. An answer that talks about the tag has it between words, in quotes or in code.
_CLOSE = re.compile(r"(?<![ \t`\"'“«(*])</(?:think|thinking)>")
_FENCE = re.compile(r"^\s*(?:```|~~~)", re.MULTILINE)
_LONGEST_TAG = len("</thinking>")


@dataclass(frozen=True)
class Split:
    """An answer's two parts. `thinking` is True while the reasoning has no end yet."""

    reasoning: str
    answer: str
    thinking: bool = False


def split(text: str, streaming: bool = False) -> Split:
    """Return the reasoning at the start of an answer and the answer proper, without tags.

    Args:
        text: The answer as the model wrote it, or the part of it that has come so far.
        streaming: More will come: a tag that is cut off at the end is not shown as text.
    """
    parts: list[str] = []
    position = 0
    while opening := _OPEN.match(text, position):
        closing_tag = f"</{opening[1]}>"
        end = text.find(closing_tag, opening.end())
        if end < 0:
            parts.append(_without_cut_tag(text[opening.end() :], [closing_tag] if streaming else []))
            return Split(_joined(parts), "", thinking=True)
        parts.append(text[opening.end() : end])
        position = end + len(closing_tag)
    if not parts and (closing := _lone_close(text)):
        parts.append(text[: closing.start()])
        position = closing.end()
    rest = text[position:]
    if streaming and _is_cut_tag(rest.strip()):
        return Split(_joined(parts), "", thinking=True)
    return Split(_joined(parts), rest.lstrip() if parts else rest)


def without_reasoning(text: str) -> str:
    """Return the answer proper: what goes back into the prompt, and what a person copies."""
    return split(text).answer


def _lone_close(text: str) -> re.Match[str] | None:
    closings = _CLOSE.finditer(text)
    return next((each for each in closings if len(_FENCE.findall(text, 0, each.start())) % 2 == 0), None)


def _joined(parts: list[str]) -> str:
    return "\n\n".join(part.strip() for part in parts if part.strip())


def _is_cut_tag(text: str) -> bool:
    return bool(text) and any(f"<{name}>".startswith(text) for name in _NAMES)


def _without_cut_tag(text: str, tags: list[str]) -> str:
    start = text.rfind("<", max(0, len(text) - _LONGEST_TAG))
    if start >= 0 and any(tag.startswith(text[start:]) for tag in tags):
        return text[:start]
    return text
