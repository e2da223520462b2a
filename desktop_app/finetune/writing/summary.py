"""What a passage says in a sentence or two: the words of a field in the sentences they are used in."""

from collections.abc import Sequence

from desktop_app.chat.reasoning import without_reasoning
from desktop_app.finetune.script import n_words
from desktop_app.finetune.writing.checks import is_grounded, repeated, whole_sentences, without_repetition
from desktop_app.finetune.writing.drafts import LENGTH, UNCHANGED, UNGROUNDED, Ask, Draft, conversation

PROMPT = "Summarize this text:\n\n{}"

_TOKENS = 90
_ASKED = "{}\n\nSay in one or two sentences what this text says, in its language."
_FEWEST = 8  # words
_LONGEST = 0.6  # of the text
_MOST_REPEATED = 0.95


def write(texts: Sequence[str], ask: Ask) -> list[list[Draft]]:
    """Return a summary of each passage."""
    answers = ask([conversation((), _ASKED.format(text)) for text in texts], _TOKENS)
    return [[_draft(text, answer)] for text, answer in zip(texts, answers, strict=True)]


def _draft(text: str, answer: str) -> Draft:
    said = without_repetition(whole_sentences(" ".join(without_reasoning(answer).split())))
    if not _FEWEST <= n_words(said) <= _LONGEST * n_words(text):
        fault = LENGTH
    elif not is_grounded(said, text):
        fault = UNGROUNDED
    else:
        fault = UNCHANGED if repeated(said, text) > _MOST_REPEATED else ""
    return Draft(PROMPT.format(text), said, fault)
