"""From passages of text to examples: pieces of the longest length there may be, cut where a paragraph ends."""

import re
from collections.abc import Iterator, Sequence

from desktop_app.finetune.encoder import Encoder, Tokens
from desktop_app.finetune.pieces import Passage
from desktop_app.trainer.contract import TEXT, Example
from desktop_app.trainer.contract import Sequence as TokenSequence

_PARAGRAPH_END = re.compile(r"\n\s*\n")
_LINE_END = re.compile(r"\n")


def text_examples(passages: Sequence[Passage], encoder: Encoder, length: int) -> list[Example]:
    """Return the examples of some passages.

    A piece begins with BOS if the model has it, and ends with the end of generation where the document ends. All
    tokens but the first are learned.

    Args:
        passages: What is to be learned.
        encoder: Makes the tokens.
        length: Tokens of the longest example.
    """
    start = () if encoder.bos is None else (encoder.bos,)
    room = length - len(start) - (encoder.eog is not None)
    examples = []
    for passage in passages:
        texts = _pieces(passage.text, encoder, room)
        pieces = [part for tokens in encoder.texts(texts) for part in _cut(tokens, room)]
        for number, tokens in enumerate(pieces, 1):
            is_end = passage.is_end and number == len(pieces)
            whole = (*start, *tokens, *((encoder.eog,) if is_end and encoder.eog is not None else ()))
            if len(whole) > 1:
                examples.append(Example(TEXT, (TokenSequence(whole, ((1, len(whole)),)),), passage.group))
    return examples


def is_passage(example: Example) -> bool:
    """Return whether this is an example of a passage; the beginning of a chat, which its template writes, is none."""
    return example.kind == TEXT and example.sequences[0].learned[:1] == ((1, len(example.sequences[0].tokens)),)


def _pieces(text: str, encoder: Encoder, room: int) -> list[str]:
    """Return a text in pieces of as many whole paragraphs as there is room for; lines take the place of long ones.

    Units are counted one by one and the pieces encoded again as a whole, because tokens do not keep to the borders.
    """
    units: list[tuple[str, int]] = []
    paragraphs = list(_split(text, _PARAGRAPH_END))
    for paragraph, tokens in zip(paragraphs, encoder.texts(paragraphs), strict=True):
        if len(tokens) <= room:
            units.append((paragraph, len(tokens)))
            continue
        lines = list(_split(paragraph, _LINE_END))
        units += zip(lines, map(len, encoder.texts(lines)), strict=True)
    pieces: list[str] = []
    free = 0
    for unit, n_tokens in units:
        if n_tokens > free:
            pieces.append("")
            free = room
        pieces[-1] += unit
        free -= n_tokens
    return pieces


def _split(text: str, border: re.Pattern[str]) -> Iterator[str]:
    """Yield the parts of a text, each with the border behind it."""
    at = 0
    for match in border.finditer(text):
        yield text[at : match.end()]
        at = match.end()
    if at < len(text):
        yield text[at:]


def _cut(tokens: Tokens, room: int) -> list[Tokens]:
    return [tokens[start : start + room] for start in range(0, len(tokens), room)]
