"""What a word is, in any script: some write without spaces between words, and of these each sign is one.

A program that finds their words needs a dictionary of each language. A sign is a little less than a word, which does no
harm where it only matters about how long a text is.
"""

import re

_SIGNS = (
    r"\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Tibetan; Burmese; Khmer
    r"\u3041-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9f"  # Kana
    r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Han
)
_SIGN = rf"[{_SIGNS}](?:(?!\w)[{_SIGNS}])*"  # with the marks above and below it

WORD = re.compile(rf"(?=\w){_SIGN}|[^\W{_SIGNS}]+")  # without what stands around it
PART = re.compile(rf"{_SIGN}|[^\s{_SIGNS}]+")  # with that: parts make up a text but for its spaces


def n_words(text: str) -> int:
    """Return how many words a text has."""
    return sum(any(map(str.isalnum, part)) for part in PART.findall(text))
