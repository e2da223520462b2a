"""Whether a model has learned how words are used, or only which ones occur.

Whatever is taught, the words in it become likelier, even where nothing can be learned of them. So the texts that were
held out are also read with their words in an order by chance. Only what is gained beyond that is a gain.
"""

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from operator import itemgetter

from desktop_app.finetune.encoder import Encoder
from desktop_app.finetune.held_out import document_of
from desktop_app.finetune.pieces import Passage
from desktop_app.finetune.script import PART
from desktop_app.finetune.source_texts import SourceText
from desktop_app.finetune.text_examples import text_examples
from desktop_app.trainer.contract import Example

MOST_GROUPS = 24  # each takes as long as what it was made from

_SEED = 1


def shuffled_examples(texts: Sequence[SourceText], encoder: Encoder, length: int) -> list[Example]:
    """Return the passages that were held out as examples with their words in an order by chance.

    Args:
        texts: Of the run.
        encoder: Makes the tokens.
        length: Tokens of the longest example.
    """
    passages = [Passage(each.text, each.group, is_end=False) for each in texts if each.is_held_out and not each.prompt]
    chosen = _of_all_documents(dict.fromkeys(each.group for each in passages))[:MOST_GROUPS]
    chance = random.Random(_SEED)
    shuffled = [replace(each, text=_shuffled(each.text, chance)) for each in passages if each.group in chosen]
    return text_examples(shuffled, encoder, length)


def _of_all_documents(groups: Iterable[str]) -> list[str]:
    """Return the groups with one of each document first, and then another of each."""
    before: Counter[str] = Counter()
    turns = []
    for group in groups:
        turns.append((before[document_of(group)], group))
        before[document_of(group)] += 1
    return [group for _, group in sorted(turns, key=itemgetter(0))]


def _shuffled(text: str, chance: random.Random) -> str:
    text = " ".join(text.split())
    words = PART.findall(text)
    chance.shuffle(words)
    left = iter(words)
    return PART.sub(lambda _: next(left), text)  # there are spaces where there were some
