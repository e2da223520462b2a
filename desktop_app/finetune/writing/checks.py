"""Whether what the model wrote can be relied on: only what a text says may be learned from it.

Words are compared by how they begin, so that another ending or spelling does no harm. Whether a text is grounded was
measured with the starter model, see `LEAST_GROUNDED`.
"""

import re
from collections.abc import Iterator

from desktop_app.finetune.word_runs import runs, words_of

LEAST_GROUNDED = 0.8
MOST_REPEATED = 0.6  # of the runs of words of a paraphrase

_BEGINNING = 5  # letters
_SHORTEST = 4  # letters of a word that means something in most languages
_RUN = 4  # words
_WORD = re.compile(r"\w+(?:['\u2019]\w+)?")
_SENTENCE_START = re.compile(r"(?:^|[.!?…:]\s+|\n\s*)[\"“„»(\-\u2013*#\d.\s]*$")
_LIST_MARK = re.compile(r"^\s*(?:[-*•\u2013]|\(?\d{1,2}[.):]|[QA][.:])\s*")


def grounded(text: str, source: str) -> float:
    """Return the share of the words of a text that are in its source; 0 if a number or a name is not."""
    known = {_beginning(word) for word in _WORD.findall(source)}
    numbers = set(re.findall(r"\d+", source))
    if not set(re.findall(r"\d+", text)) <= numbers or any(_beginning(name) not in known for name in _names(text)):
        return 0.0
    meaning = [word for word in _WORD.findall(text) if len(word) >= _SHORTEST]
    return sum(_beginning(word) in known for word in meaning) / len(meaning) if meaning else 0.0


def is_grounded(text: str, source: str) -> bool:
    return grounded(text, source) >= LEAST_GROUNDED


def names(text: str) -> set[str]:
    """Return the capitalized words of a text that do not begin a sentence, and its numbers."""
    return {*_names(text), *re.findall(r"\d+", text)}


def _names(text: str) -> Iterator[str]:
    for match in _WORD.finditer(text):
        if match.group()[0].isupper() and match.group() != "I" and not _SENTENCE_START.search(text[: match.start()]):
            yield match.group()


def words(text: str) -> set[str]:
    return {part for word in _WORD.findall(text) for part in (word, re.split("['\u2019]", word)[0])}


def content(text: str) -> set[str]:
    """Return how the words of a text begin that mean something."""
    return {_beginning(word) for word in _WORD.findall(text) if len(word) >= _SHORTEST or word.isdigit()}


def _beginning(word: str) -> str:
    return word.casefold().partition("'")[0].partition("\u2019")[0][:_BEGINNING]


def repeated(text: str, source: str) -> float:
    """Return the share of the runs of words of a text that its source has, too."""
    mine, other = (set(runs(words_of(each), _RUN)) for each in (text, source))
    return len(mine & other) / len(mine) if mine else 1.0


def lines(answer: str) -> list[str]:
    """Return the lines of an answer that have something, without the marks of a list."""
    return [found for line in answer.splitlines() if (found := _LIST_MARK.sub("", line).strip().strip('"“”').strip())]


def whole_sentences(text: str) -> str:
    """Return a text up to the end of its last whole sentence; an answer may have been cut off."""
    ends = list(re.finditer(r"[.!?…](?=[\"”\u2019)]?(?:\s|$))[\"”\u2019)]?", text))
    return text[: ends[-1].end()].strip() if ends else ""


def without_repetition(text: str) -> str:
    """Return a text up to where it begins to say the same again, as small models do."""
    seen: set[str] = set()
    kept: list[str] = []
    for sentence in re.split(r"(?<=[.!?…])\s+", text):
        key = " ".join(_WORD.findall(sentence.casefold()))
        if key in seen:
            break
        seen.add(key)
        kept.append(sentence)
    return " ".join(kept)
