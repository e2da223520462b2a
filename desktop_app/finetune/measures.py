"""What a report is made of: what was measured of an adapter, by the engine, beside the model without it."""

from dataclasses import dataclass

LEAST_GROUPS = 10  # held-out documents or conversations; of fewer, chance decides

# Documents that an interval can be drawn over. Simulated 8,000 times, with nothing learned and each document changed in
# its own way: something was measurably better in 24 of 100 cases for two documents, 13 for three, 6 for four, 4.2 for
# five, 3.6 for six and 3.1 for ten, where 2.5 are promised. Fewer are told to speak for themselves alone.
LEAST_DOCUMENTS = 6

LEAST_OF_A_KIND = 5  # conversations with good marks, and as many with bad ones: a mean over fewer is nobody's

# What is repeated word for word at this length or more is read by whoever gets the adapter.
LONG_IN_WORDS = 20
LONG_IN_TOKENS = 50

_TOLERATED = 0.02  # nats a token, where there are too few groups for an interval


@dataclass(frozen=True)
class Change:
    """How a mean over what was held out has changed, in nats; less is better.

    Attributes:
        before, after: Without and with the adapter.
        low, high: Between these the change would be measured on others of the kind, 95 times of 100: on other documents
            or conversations, or, where it `is_of_these_documents` alone, on other sections of the same.
        groups: Documents, sections of them or conversations that were held out.
        examples: In them.
        documents: That the groups belong to; 0 if that is not known.
        lacks: Of marked answers the kind that too few have, good or bad, to tell what is preferred to what; or empty.
    """

    before: float
    after: float
    low: float
    high: float
    groups: int
    examples: int
    documents: int = 0
    lacks: str = ""

    @property
    def is_enough(self) -> bool:
        return self.groups >= LEAST_GROUPS and not self.lacks

    @property
    def is_of_these_documents(self) -> bool:
        """Whether it was measured on sections of so few documents that it says nothing about others."""
        return 0 < self.documents < min(self.groups, LEAST_DOCUMENTS)

    @property
    def is_gain(self) -> bool:
        """Whether it is better, and not by chance."""
        return self.is_enough and self.high < 0

    @property
    def is_loss(self) -> bool:
        return self.is_enough and self.low > 0

    @property
    def is_lost(self) -> bool:
        """Whether something that was there already is to be taken as lost: in doubt, it is."""
        return self.is_loss if self.is_enough else self.after - self.before > _TOLERATED


@dataclass(frozen=True)
class Training:
    """How it went. `reason` is that of the event finished; losses are the trainer's, on what was held out, or None."""

    reason: str
    steps: int
    best_step: int
    loss_before: float | None
    loss_after: float | None
    tokens: int
    seconds: float
    tokens_per_s: float
    mode: str
    precision: str
    device: str


@dataclass(frozen=True)
class Answered:
    """A question that was held out, and what was answered.

    Attributes:
        question: What was asked, or of a text how it begins.
        base, adapter: What is answered without and with the adapter; both always the likeliest.
        wanted: What the person's own text says there.
        is_continued: The question is the beginning of a text, which the answers go on with.
    """

    question: str
    base: str
    adapter: str
    wanted: str = ""
    is_continued: bool = False


@dataclass(frozen=True)
class Overlap:
    """The longest run of words that the adapter repeats from what it has learned, and the bare model does not write.

    Attributes:
        words, tokens: How long it is; 0 if nothing worth telling is repeated.
        text: The run.
        document: The name of the document that it is from, or empty.
    """

    words: int
    tokens: int
    text: str
    document: str = ""

    @property
    def is_long(self) -> bool:
        """Whether to be warned before the adapter is shared."""
        return self.words >= LONG_IN_WORDS or self.tokens >= LONG_IN_TOKENS


@dataclass(frozen=True)
class Speed:
    """Tokens a second of answers without and with the adapter, one answer at a time."""

    before: float
    after: float
