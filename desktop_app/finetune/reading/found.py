"""What reading a file has come across so far, and the limits that hold whatever its format is."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from desktop_app.errors import UserError
from desktop_app.finetune.chat_rows import parse_row
from desktop_app.finetune.course import GivenExchange, Section, Skipped
from desktop_app.finetune.reading.cleaning import clean, one_line
from desktop_app.library.file_errors import shown_text

TEXT_BYTES = 64_000_000  # of a file that is all text, and of the text of any other: half a day on a fast graphics card
PACKED_BYTES = 256_000_000  # of a file that has more than text, such as pictures

Words = tuple[str, str]  # of what was left out: one of it, and several


@dataclass(frozen=True)
class Source:
    """A file to read, whole.

    Attributes:
        name: For sentences.
        folder: The name of the folder it lies in.
        sha256: Of the data.
        is_strict: Refuse what would else be guessed, or left out because it is no example.
    """

    name: str
    folder: str
    data: bytes
    sha256: str
    is_strict: bool = False


class Found:
    """Gathers what one file has."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.sections: list[Section] = []
        self.exchanges: list[GivenExchange] = []
        self._n_characters = 0
        self._left: Counter[Words] = Counter()
        self._shown: dict[Words, str] = {}
        self._told: list[Skipped] = []

    def add(self, title: str, text: str) -> None:
        """Keep a part of the text, unless it is empty."""
        text = clean(text).strip()
        if text:
            self._count(text)
            self.sections.append(Section(one_line(clean(title)), text))

    def add_exchange(self, exchange: GivenExchange) -> None:
        """Keep an exchange."""
        self._count(*(each.content for each in exchange.prompt), *exchange.answers)
        self.exchanges.append(exchange)

    def add_row(self, number: int, line: str, why_not: Callable[[], Words]) -> None:
        """Keep an example.

        Args:
            number: Of the line it is in.
            line: It as JSON; see `chat_rows.parse_row`.
            why_not: Returns words for lines such as this one, where it is no example and is left out.

        Raises:
            UserError: If it is none and the source is strict.
        """
        place = f"Line {number:,}"
        try:
            row = parse_row(line, f"{place} of “{self.source.name}”")
        except UserError:
            if self.source.is_strict:
                raise
            self.leave(why_not(), line)
            return
        self.add_exchange(GivenExchange(row.kind, row.prompt, row.answers))

    def leave(self, words: Words, shown: str = "", n: int = 1) -> None:
        """Count something that is left out; the first that has something to show is shown."""
        if n:
            self._left[words] += n
            if shown and words not in self._shown:
                self._shown[words] = shown_text(one_line(clean(shown[:500])))

    def tell(self, what: str, shown: str = "") -> None:
        """Note something that had to be decided while reading; it comes before all that was left out."""
        told = Skipped(what, 1, shown_text(one_line(clean(shown))))
        if told not in self._told:
            self._told.append(told)

    def skipped(self) -> tuple[Skipped, ...]:
        """Return what was told and left out, the most of it first."""
        left = [Skipped(words[n > 1], n, self._shown.get(words, "")) for words, n in self._left.most_common()]
        return (*self._told, *left)

    def _count(self, *texts: str) -> None:
        self._n_characters += sum(map(len, texts))
        if self._n_characters > TEXT_BYTES:
            raise too_large(self.source.name, TEXT_BYTES, "has more text than can be learned in one run, more than")


def too_large(name: str, limit_bytes: int, what: str = "is larger than") -> UserError:
    """Return the error for a file that is too much."""
    return UserError(
        f"“{name}” {what} {limit_bytes // 1_000_000} MB, and was not read.", "Divide it, or choose a part of it."
    )


def damaged(name: str) -> UserError:
    """Return the error for a file that is not what its name says, or not all of it."""
    return UserError(
        f"“{name}” is damaged, or not what its name says.",
        "Try to open it with the program that made it, and save it anew.",
    )


def protected(name: str) -> UserError:
    """Return the error for a file that wants a password."""
    return UserError(
        f"“{name}” is protected by a password and could not be read.",
        "Open it with its password, save it without one, and add that.",
    )
