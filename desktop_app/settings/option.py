"""The kinds of options there are: what each can be, and how a value from a file or a field is accepted."""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")

MAX_PATH_CHARS = 32_767  # of Windows; other systems have shorter ones


@dataclass(frozen=True)
class Option(Generic[T]):
    """One thing to choose. Which subclass it is says what kind of field shows it."""

    key: str
    section: str
    title: str
    help: str
    default: T

    def accepted(self, value: Any) -> T | None:
        """Return the value if this option can have it (from JSON or from a field), or else None."""
        raise NotImplementedError


@dataclass(frozen=True)
class Toggle(Option[bool]):
    """Yes or no."""

    def accepted(self, value: Any) -> bool | None:
        return value if isinstance(value, bool) else None


@dataclass(frozen=True)
class Whole(Option[int]):
    """A whole number.

    Attributes:
        lowest: What the minimum means in words, where it means something else than a number.
        unit: What is counted, where the title does not say it.
    """

    minimum: int
    maximum: int
    lowest: str = ""
    unit: str = ""

    def accepted(self, value: Any) -> int | None:
        if isinstance(value, bool) or not isinstance(value, int):
            return None
        return value if self.minimum <= value <= self.maximum else None


@dataclass(frozen=True)
class Decimal(Option[float]):
    """A number with a fraction, moved in steps; `decimals` are shown."""

    minimum: float
    maximum: float
    step: float
    decimals: int = 2

    def accepted(self, value: Any) -> float | None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        return float(value) if self.minimum <= value <= self.maximum else None


@dataclass(frozen=True)
class Text(Option[str]):
    """Text of any number of lines."""

    max_chars: int

    def accepted(self, value: Any) -> str | None:
        return value if isinstance(value, str) and len(value) <= self.max_chars else None


@dataclass(frozen=True)
class Line(Text):
    """Text of one line, such as an address."""

    def accepted(self, value: Any) -> str | None:
        text = super().accepted(value)
        return None if text is None or len(text.splitlines()) > 1 else text.strip()


@dataclass(frozen=True)
class Folder(Option[str]):
    """A folder of this computer; empty is none. It need not be there, as that of a drive that is not connected."""

    def accepted(self, value: Any) -> str | None:
        return value if isinstance(value, str) and len(value) <= MAX_PATH_CHARS and "\0" not in value else None


@dataclass(frozen=True)
class Choice(Option[str]):
    """One of a few; `choices` are pairs of the stored value and its words on the screen."""

    choices: tuple[tuple[str, str], ...]

    def accepted(self, value: Any) -> str | None:
        return value if isinstance(value, str) and any(value == stored for stored, _ in self.choices) else None
