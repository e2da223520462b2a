"""From passages of text to examples: pieces of the longest length there may be, cut where a paragraph ends."""

from collections.abc import Sequence

from desktop_app.finetune.cutting import LINE, PARAGRAPH, cut, joined
from desktop_app.finetune.encoder import Encoder, Tokens
from desktop_app.finetune.pieces import Passage
from desktop_app.trainer.contract import TEXT, Example
from desktop_app.trainer.contract import Sequence as TokenSequence


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

    These are counted one by one and the pieces encoded again as a whole, because tokens do not keep to the borders.
    """
    parts: list[tuple[str, int]] = []
    paragraphs = list(cut(text, PARAGRAPH))
    for paragraph, tokens in zip(paragraphs, encoder.texts(paragraphs), strict=True):
        if len(tokens) <= room:
            parts.append((paragraph, len(tokens)))
            continue
        lines = list(cut(paragraph, LINE))
        parts += zip(lines, map(len, encoder.texts(lines)), strict=True)
    return joined(parts, room)


def _cut(tokens: Tokens, room: int) -> list[Tokens]:
    return [tokens[start : start + room] for start in range(0, len(tokens), room)]
