"""Questions that a passage answers, each with the sentence of the passage that answers it.

The model turns single sentences into questions, which even the smallest can. The answer is the sentence as it stands:
answers of small models were measured to be right one time in five, and the words of the text are what is to be learned.
"""

import re
from collections.abc import Sequence

from desktop_app.chat.reasoning import without_reasoning
from desktop_app.finetune.script import n_words
from desktop_app.finetune.writing.checks import content, lines, names, words
from desktop_app.finetune.writing.drafts import LENGTH, NO_QUESTION, PROMPT_LEFT, UNGROUNDED, Ask, Draft, conversation

EACH = 3  # questions a passage

_TOKENS = 40
_ASKED = "Write the question that this answers, in the language of the text.\n\n{}"
_SHOWN = (
    (
        "The old bridge over the Tamar was opened in 1932 by the mayor of Lindow.",
        "When was the old bridge over the Tamar opened?",
    ),
    (
        "Bees find their way home by the position of the sun, and by landmarks when it is cloudy.",
        "How do bees find their way home?",
    ),
    ("Mira Holt keeps the keys of the museum in a tin under her desk.", "Where does Mira Holt keep the keys?"),
)
_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"”\u2019)]*\s+|\n\s*\n")
# What begins so cannot be understood by itself.
_REFERS_BACK = re.compile(
    r"(it|its|he|his|she|her|they|their|this|that|these|those|there|then|but|and|so|or|afterwards|however|er|sie|es|"
    r"dies\w*|dort|dann|aber|und|il|elle|ils|elles|cela|mais|et|el|ella|ellos|esto|pero|y)\b",
    re.IGNORECASE,
)
_NO_PROSE = ("`", "](", "|", "  ", "://")
_LEAST_LETTERS = 0.85
_FEWEST, _MOST = 7, 50  # words of a sentence
_FEWEST_ASKED, _MOST_ASKED = 4, 30
_FEWEST_SHARED, _LEAST_SHARED = 2, 0.5  # words that mean something, and of all those of the question


def write(texts: Sequence[str], ask: Ask) -> list[list[Draft]]:
    """Return up to `EACH` questions with answers for each passage."""
    stated = [statements(text) for text in texts]
    shown = [(_ASKED.format(said), question) for said, question in _SHOWN]
    asked = [conversation(shown, _ASKED.format(said)) for each in stated for said in each]
    answers = iter(ask(asked, _TOKENS))
    return [[_draft(next(answers), said) for said in each] for each in stated]


def statements(text: str) -> list[str]:
    """Return the sentences of a passage that say most, in their order."""
    sentences = [" ".join(lines(each)) for each in _SENTENCE_END.split(text.replace("**", ""))]
    usable = [
        each
        for each in sentences
        if _FEWEST <= n_words(each) <= _MOST and not each.endswith("?") and _can_stand_alone(each)
    ]
    best = sorted(usable, key=lambda each: (len(names(each)), len(content(each))), reverse=True)[:EACH]
    return [each for each in usable if each in best]


def _can_stand_alone(sentence: str) -> bool:
    """Return whether it is prose that refers to nothing before it."""
    letters = sum(letter.isalpha() or letter.isspace() for letter in sentence)
    is_prose = letters >= _LEAST_LETTERS * len(sentence) and not any(mark in sentence for mark in _NO_PROSE)
    return is_prose and not _REFERS_BACK.match(sentence)


def _draft(answer: str, statement: str) -> Draft:
    question = next(iter(lines(without_reasoning(answer))), "")
    return Draft(question, statement, _fault(question, statement))


def _fault(question: str, statement: str) -> str:
    if not question.endswith(("?", "\uff1f")):
        return NO_QUESTION
    if not _FEWEST_ASKED <= n_words(question) <= _MOST_ASKED:
        return LENGTH
    if any(question == shown for _, shown in _SHOWN):
        return PROMPT_LEFT
    _, _, about_what = question.partition(" ")  # it begins with the word that asks
    about, said = content(about_what), content(statement)
    if len(about & said) < max(_FEWEST_SHARED, _LEAST_SHARED * len(about)) or not names(question) <= words(statement):
        return UNGROUNDED
    return NO_QUESTION if said <= about else ""
