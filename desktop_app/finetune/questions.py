"""What a model is asked to see what it has learned: questions with their answers, and beginnings of texts.

A question has been asked in the person's own examples, and a text is their own, so that what should come is known.
"""

import random
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from desktop_app.finetune.answering import Prompt
from desktop_app.finetune.pieces import USER
from desktop_app.finetune.script import WORD
from desktop_app.finetune.source_texts import SourceText
from desktop_app.trainer.contract import DOWN

OPENING_WORDS = 16  # of a text, that are given
WANTED_WORDS = 60  # of it, that are shown beside what the model writes
_LEAST_WORDS = 24  # that have to follow an opening

_PARAGRAPH = re.compile(r"(?:\A|\n\s*\n)\s*(?=\S)")


@dataclass(frozen=True)
class Question:
    """Something to be answered.

    Attributes:
        shown: What was asked, or of a text how it begins.
        wanted: What the person's own text says there.
        group: Of the text.
    """

    prompt: Prompt
    shown: str
    wanted: str
    group: str

    @property
    def is_continued(self) -> bool:
        """Whether it is a text to go on with."""
        return bool(self.prompt.text)


def held_out_questions(texts: Sequence[SourceText]) -> Iterator[Question]:
    """Yield what can be asked of what was held out: questions first, and first one of each group."""
    held_out = [each for each in texts if each.is_held_out and each.kind != DOWN]
    yield from _in_turn([each for each in held_out if each.prompt])
    yield from _in_turn([each for each in held_out if not each.prompt])


def learned_questions(texts: Sequence[SourceText], n_wanted: int, seed: int) -> list[Question]:
    """Return some of what can be asked of what was learned, by chance."""
    found = [question for each in texts if not each.is_held_out and each.kind != DOWN for question in _questions(each)]
    return random.Random(seed).sample(found, min(n_wanted, len(found)))


def _in_turn(texts: Iterable[SourceText]) -> Iterator[Question]:
    waiting: dict[str, list[Iterator[Question]]] = {}
    for each in texts:
        waiting.setdefault(each.group, []).append(_questions(each))
    while waiting:
        for group, sources in list(waiting.items()):
            question = next(sources[0], None)
            if question is not None:
                yield question
                continue
            del sources[0]
            if not sources:
                del waiting[group]


def _questions(text: SourceText) -> Iterator[Question]:
    if text.prompt:
        asked = next(each.content for each in reversed(text.prompt) if each.role == USER)
        yield Question(Prompt(text.prompt), asked, text.text, text.group)
        return
    for paragraph in _PARAGRAPH.finditer(text.text):
        start = paragraph.end()
        words = list(islice(WORD.finditer(text.text, start), OPENING_WORDS + WANTED_WORDS))
        if len(words) >= OPENING_WORDS + _LEAST_WORDS:
            opening = words[OPENING_WORDS - 1].end()
            shown = text.text[start:opening]
            yield Question(Prompt(text=shown), shown, text.text[opening : words[-1].end()].strip(), text.group)
