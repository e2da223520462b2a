"""The person's own text as the answer, and what it says in plain words as the question: so a style is learned alone."""

from collections.abc import Sequence

from desktop_app.chat.reasoning import without_reasoning
from desktop_app.finetune.course_texts import paragraphs, passages
from desktop_app.finetune.script import n_words
from desktop_app.finetune.writing.checks import (
    MOST_REPEATED,
    content,
    names,
    repeated,
    whole_sentences,
    without_repetition,
    words,
)
from desktop_app.finetune.writing.drafts import LENGTH, PROMPT_LEFT, UNCHANGED, UNGROUNDED, Ask, Draft, conversation

PROMPT = "Write this in your own style: {}"

EACH = 2  # examples a passage

_CHARACTERS = 350  # of the text; a small model says no more than that again without losing its way
_TOKENS = 90
_ASKED = "Say this in short, plain words, in the language of the text.\n\n{}"
_SHOWN = (
    (
        "Well, the garden is a jungle again, bless it, and I have lost a rake in there that I was fond of.",
        "The garden is overgrown again. A rake is lost in it.",
    ),
    (
        "Off we went at the crack of dawn, grumbling like badgers, and not a soul on the road but a cat.",
        "We left very early and complained. The road was empty, except for a cat.",
    ),
)
_FEWEST_TO_SAY = 12  # words
_FEWEST = 5
_LONGEST = 1.5  # times the text
_FEWEST_SHARED, _LEAST_SHARED = 2, 0.25  # words that mean something; a good paraphrase has others


def write(texts: Sequence[str], ask: Ask) -> list[list[Draft]]:
    """Return up to `EACH` examples for each text."""
    chosen = [_parts(text) for text in texts]
    flat = [part for each in chosen for part in each]
    shown = [(_ASKED.format(said), plain) for said, plain in _SHOWN]
    answers = ask([conversation(shown, _ASKED.format(part)) for part in flat], _TOKENS)
    drafts = iter([_draft(part, _plain(answer)) for part, answer in zip(flat, answers, strict=True)])
    return [[next(drafts) for _ in each] for each in chosen]


def _parts(text: str) -> list[str]:
    """Return the longest parts of a text that the model can say again; greetings and titles are none."""
    parts = [part for each in paragraphs(text) for part in passages(" ".join(each.split()), _CHARACTERS)]
    usable = [part for part in parts if n_words(part) >= _FEWEST_TO_SAY]
    best = sorted(usable, key=len, reverse=True)[:EACH]
    return [part for part in usable if part in best]


def _plain(answer: str) -> str:
    return without_repetition(whole_sentences(" ".join(without_reasoning(answer).split())))


def _draft(text: str, plain: str) -> Draft:
    return Draft(PROMPT.format(plain), text, _fault(text, plain))


def _fault(text: str, plain: str) -> str:
    if not _FEWEST <= n_words(plain) <= _LONGEST * n_words(text):
        return LENGTH
    if any(shown in plain for _, shown in _SHOWN):
        return PROMPT_LEFT
    if repeated(plain, text) > MOST_REPEATED:
        return UNCHANGED
    about = content(plain)
    if len(about & content(text)) < max(_FEWEST_SHARED, _LEAST_SHARED * len(about)) or not names(plain) <= words(text):
        return UNGROUNDED
    return ""
