"""Documents in a format as answers, each to an instruction that the model thinks of.

No document is lost to a weak model: where its instruction is about something else, the words that the document has
more than others make up a plain one.
"""

from collections import Counter
from collections.abc import Sequence

from desktop_app.chat.reasoning import without_reasoning
from desktop_app.finetune.script import n_words
from desktop_app.finetune.writing.checks import content, lines, names
from desktop_app.finetune.writing.drafts import Ask, Draft, conversation

PLAIN = "Write one in our format about: {}"

_CHARACTERS = 800  # of the beginning of a document, which says what it is
_TOKENS = 40
_ASKED = "Write the request that somebody was given this text for, in its language.\n\n{}"
_SHOWN = (
    (
        "Minutes of the garden club, 3 May\nPresent: Lea, Tom, Aisha\n1. The pump is broken. Tom asks for an offer.",
        "Write the minutes of the garden club on 3 May about the broken pump.",
    ),
    (
        "Lentil soup\nFor four. 200 g red lentils, 1 onion, 1 lemon\nFry the onion, add the lentils.",
        "Write the recipe for a lentil soup for four.",
    ),
)
_FEWEST, _MOST = 4, 40  # words
_LEAST_SHARED = 0.5
_WORDS_OF_PLAIN = 6
_SHORTEST_WORD = 4


def write(texts: Sequence[str], ask: Ask) -> list[list[Draft]]:
    """Return each document with an instruction for it."""
    shown = [(_ASKED.format(text), request) for text, request in _SHOWN]
    answers = ask([conversation(shown, _ASKED.format(text[:_CHARACTERS])) for text in texts], _TOKENS)
    common = Counter(word for text in texts for word in set(_long_words(text)))
    return [[Draft(_request(text, answer, common), text)] for text, answer in zip(texts, answers, strict=True)]


def _request(text: str, answer: str, common: Counter[str]) -> str:
    found = next(iter(lines(without_reasoning(answer))), "")
    about = content(found)
    is_good = (
        _FEWEST <= n_words(found) <= _MOST
        and not any(found == shown for _, shown in _SHOWN)
        and len(about & content(text)) >= _LEAST_SHARED * len(about)
        and all(name in text for name in names(found))
    )
    return found if is_good else PLAIN.format(_what_it_is_about(text, common))


def _what_it_is_about(text: str, common: Counter[str]) -> str:
    counts = Counter(_long_words(text))
    best = sorted(counts, key=lambda word: (common[word], -counts[word]))[:_WORDS_OF_PLAIN]
    return ", ".join(word for word in counts if word in best)


def _long_words(text: str) -> list[str]:
    words = ("".join(letter for letter in word if letter.isalnum() or letter == "-") for word in text.split())
    return [word for word in words if len(word) >= _SHORTEST_WORD and not word.isdigit()]
