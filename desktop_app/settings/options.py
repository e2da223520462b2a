"""What the user can choose, declared once: type, default, limits, words. The settings page is built from `OPTIONS`."""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from desktop_app.engine.choices import SamplerSettings

T = TypeVar("T")

APPEARANCE = "Appearance"
CHAT = "Chat"
MODEL = "Model"
ANSWERS = "Answers"

_SAMPLER = SamplerSettings()
_MAX_PROMPT_CHARS = 100_000


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
    """A whole number. `zero` is what 0 means in words, where it means something else than a number."""

    minimum: int
    maximum: int
    zero: str = ""

    def accepted(self, value: Any) -> int | None:
        if isinstance(value, bool) or not isinstance(value, int):
            return None
        return value if self.minimum <= value <= self.maximum else None


@dataclass(frozen=True)
class Decimal(Option[float]):
    """A number with a fraction, moved in steps."""

    minimum: float
    maximum: float
    step: float

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
class Choice(Option[str]):
    """One of a few; `choices` are pairs of the stored value and its words on the screen."""

    choices: tuple[tuple[str, str], ...]

    def accepted(self, value: Any) -> str | None:
        return value if isinstance(value, str) and any(value == stored for stored, _ in self.choices) else None


THEME = Choice(
    "theme",
    APPEARANCE,
    "Colors",
    "Light or dark, or whichever your system uses at the moment.",
    "system",
    (("system", "Like the system"), ("light", "Light"), ("dark", "Dark")),
)
TEXT_SIZE = Whole(
    "text_size",
    APPEARANCE,
    "Text size",
    "Steps larger or smaller than the text of your system.",
    0,
    -2,
    6,
    "Like the system",
)
SEND_KEY = Choice(
    "send_key",
    CHAT,
    "Send with",
    "The other one of the two, and Shift+Enter, begin a new line.",
    "enter",
    (("enter", "Enter"), ("ctrl_enter", "Ctrl+Enter")),
)
SUGGEST_TITLES = Toggle(
    "suggest_titles",
    CHAT,
    "Let the model suggest titles",
    "After the first answer the model names the conversation. Otherwise your first words are its title.",
    True,
)
SYSTEM_PROMPT = Text(
    "system_prompt",
    CHAT,
    "System prompt for new chats",
    "What the model should always know or do. Each chat can have its own.",
    "",
    _MAX_PROMPT_CHARS,
)
CONTEXT_LENGTH = Whole(
    "context_length",
    MODEL,
    "Context length",
    "How many tokens of a conversation the model sees at once; a token is about four letters. "
    "More takes more memory. Takes effect when a model is loaded.",
    0,
    0,
    1_048_576,
    "Automatic",
)
THREADS = Whole(
    "threads",
    MODEL,
    "Processor threads",
    "How many processor cores the model uses. Takes effect when a model is loaded.",
    0,
    0,
    512,
    "Automatic",
)
TEMPERATURE = Decimal(
    "temperature",
    ANSWERS,
    "Temperature",
    "Low for the most likely words, high for surprising ones. 0 always takes the likeliest.",
    _SAMPLER.temperature,
    0.0,
    2.0,
    0.05,
)
TOP_K = Whole(
    "top_k",
    ANSWERS,
    "Top-k",
    "Choose among this many of the likeliest tokens.",
    _SAMPLER.top_k,
    0,
    1000,
    "All",
)
TOP_P = Decimal(
    "top_p",
    ANSWERS,
    "Top-p",
    "Choose among the likeliest tokens that together reach this share of probability. 1 keeps all.",
    _SAMPLER.top_p,
    0.0,
    1.0,
    0.01,
)
MIN_P = Decimal(
    "min_p",
    ANSWERS,
    "Min-p",
    "Leave out tokens below this share of the likeliest one's probability. 0 leaves out none.",
    _SAMPLER.min_p,
    0.0,
    1.0,
    0.01,
)
REPEAT_PENALTY = Decimal(
    "repeat_penalty",
    ANSWERS,
    "Repeat penalty",
    "Makes words that have just been used less likely. 1 is off.",
    _SAMPLER.repeat_penalty,
    1.0,
    2.0,
    0.01,
)
MAX_TOKENS = Whole(
    "max_tokens",
    ANSWERS,
    "Longest answer",
    "An answer ends after this many tokens.",
    _SAMPLER.max_tokens,
    0,
    1_048_576,
    "As long as the context allows",
)

OPTIONS: tuple[Option[Any], ...] = (
    THEME,
    TEXT_SIZE,
    SEND_KEY,
    SUGGEST_TITLES,
    SYSTEM_PROMPT,
    CONTEXT_LENGTH,
    THREADS,
    TEMPERATURE,
    TOP_K,
    TOP_P,
    MIN_P,
    REPEAT_PENALTY,
    MAX_TOKENS,
)
