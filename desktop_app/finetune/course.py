"""The course: everything that a person puts together to teach a model, kept as a folder so that it is there tomorrow.

    course.json            `Course`: the goal, the model, the documents and what is chosen; written whole or not at all
    texts/<sha256>.json    `ReadFile`: what was read in a document of this content, so that the file may go away
    examples.jsonl         a `CourseExample` a line: all that is learned or held out, in the order of the table
    written.jsonl          a `Written` a line: what the model has written examples from, and is not asked again
    lock                   held by whoever changes the folder

A run is made from a course (`course_material`), and a course may have several: each continues the one before. It comes
to know them by what they bring along (`course_runs`).
"""

from desktop_app.engine.messages import ChatMessage, Struct
from desktop_app.finetune.goals import STYLE
from desktop_app.finetune.pieces import Exchange, Passage, Piece
from desktop_app.finetune.private_data import DEFAULT_OUT
from desktop_app.finetune.recipe import BALANCED
from desktop_app.finetune.script import n_words
from desktop_app.trainer.contract import TEXT

COURSE, TEXTS, EXAMPLES, WRITTEN, LOCK = "course.json", "texts", "examples.jsonl", "written.jsonl", "lock"
FORMAT = 1
CHATS_SOURCE = "chats:"  # the chats of this program, among the sources and as the path of their document


class Section(Struct, frozen=True):
    """A part of a document as it is divided: a page, a chapter, a mail. Paragraphs are parted by empty lines."""

    title: str
    text: str


class Skipped(Struct, frozen=True):
    """Something that was left out while reading.

    Attributes:
        why: What it is, as in “3 page numbers”: a noun in the plural or in the singular, as `n` has it.
        n: How many of it.
        shown: The beginning of one of them, or empty.
    """

    why: str
    n: int
    shown: str = ""


class ReadFile(Struct, frozen=True):
    """What was read in one file.

    Attributes:
        name: Of the file alone.
        kind: What it was read as, such as PDF or E-mail; words for the screen.
        sha256, size_bytes: Of the file.
        sections: Its text, without what was left out.
        exchanges: What was said and answered in it, where it has that.
        skipped: What was left out, the most important first.
    """

    name: str
    kind: str
    sha256: str
    size_bytes: int
    sections: tuple[Section, ...] = ()
    exchanges: tuple["GivenExchange", ...] = ()
    skipped: tuple[Skipped, ...] = ()

    @property
    def n_words(self) -> int:
        """Words of everything that was read."""
        said = sum(each.n_words for each in self.exchanges)
        return said + sum(n_words(each.text) for each in self.sections)


class GivenExchange(Struct, frozen=True):
    """An exchange as it was found in a file; fields as in `pieces.Exchange`, but for its group.

    Attributes:
        conversation: What it may not be parted from, such as a chat; empty leaves that to how it begins.
    """

    kind: str
    prompt: tuple[ChatMessage, ...]
    answers: tuple[str, ...]
    conversation: str = ""

    @property
    def n_words(self) -> int:
        return sum(map(n_words, (*(message.content for message in self.prompt), *self.answers)))


class CourseDocument(Struct, frozen=True):
    """A document of a course, as the list of documents shows it.

    Attributes:
        path: Where the file lay when it was read.
        modified_at: When the file was changed last, Unix time in seconds: what is newer is read again.
        n_words, skipped: Of what was read.
        private: How many possible secrets and personal data were found, by kind (`private_data.KINDS`).
        is_left_out: The person does not want it.
        is_held_out: Nothing of it is learned; it is for measuring.
        n_learned: How many characters of its text are learned, from its start; the rest is held out. Settled once, and
            -1 until then.
        before: The sha256 of what was there before it was changed, until its examples have taken over from that.
        trouble: Why it could not be read, as a sentence; everything else is empty then.
    """

    path: str
    name: str
    sha256: str = ""
    kind: str = ""
    size_bytes: int = 0
    modified_at: float = 0.0
    n_words: int = 0
    skipped: tuple[Skipped, ...] = ()
    private: dict[str, int] = {}
    is_left_out: bool = False
    is_held_out: bool = False
    n_learned: int = -1
    before: str = ""
    trouble: str = ""

    @property
    def is_settled(self) -> bool:
        """Whether it is known what of it is held out."""
        return self.n_learned >= 0


class Course(Struct, frozen=True):
    """What a person has put together.

    Attributes:
        name: Of the course, of its runs and of the adapters that come out of them.
        goal: One of `goals.GOALS`.
        model_sha256, model_path: The model that is taught; empty until one was chosen.
        sources: Files and folders that the person gave, as absolute paths; and `CHATS_SOURCE`.
        private_out: Kinds of private data that are left out of everything that is learned.
        preset: One of `recipe.PRESETS`.
        choices: What was chosen besides: names and values of `recipe.Choices`.
        characters_per_token: Of the model's vocabulary on these texts; a guess before the model has seen them.
        notes: Sentences about what was left out when examples were made.
        runs: Names of the run folders that were made from it, oldest first.
    """

    name: str
    goal: str = STYLE
    model_sha256: str = ""
    model_path: str = ""
    sources: tuple[str, ...] = ()
    documents: tuple[CourseDocument, ...] = ()
    private_out: tuple[str, ...] = DEFAULT_OUT
    preset: str = BALANCED
    choices: dict[str, int | float | str | tuple[str, ...]] = {}
    characters_per_token: float = 4.0
    notes: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()
    created_at: float = 0.0
    format: int = FORMAT


class CourseExample(Struct, frozen=True):
    """One row of the table: something that is learned, or held out to measure what was learned.

    Attributes:
        id: Stays the same when the row is edited; no two rows have the same.
        origin: One of `goals`' PASSAGE, GIVEN, OWN and WRITTEN.
        document: The sha256 of the document it comes from; empty for the person's own.
        group: What it may not be parted from when something is held out. Of the person's own, its id until that is
            settled.
        kind: One of the contract's: text, pair, up or down.
        prompt: Empty for a passage.
        answers: One; of a pair two, the better one first. Of a passage, its text.
        is_end: A passage's document ends here.
        is_held_out: It is not learned. Settled once, and never changed.
        run: The name of the run that learned it first; empty before.
        is_left_out: The person took it out of the table; undo brings it back.
        is_edited: The person has changed it.
    """

    id: str
    origin: str
    document: str
    group: str
    answers: tuple[str, ...]
    prompt: tuple[ChatMessage, ...] = ()
    kind: str = TEXT
    is_end: bool = True
    is_held_out: bool = False
    run: str = ""
    is_left_out: bool = False
    is_edited: bool = False

    @property
    def characters(self) -> int:
        """Of all that the model reads, the prompt included."""
        return sum(map(len, self.answers)) + len(self.answers) * sum(len(each.content) for each in self.prompt)

    def piece(self) -> Piece:
        """Return it as what examples are made from."""
        if not self.prompt:
            return Passage(self.answers[0], self.group, self.is_end)
        return Exchange(self.kind, self.prompt, self.answers, self.group)


class Written(Struct, frozen=True):
    """Something that the model has written examples from.

    Attributes:
        source: What it was: the id of a passage, or of an answer to be.
        origin: One of `goals.WRITTEN`.
        kept: How many examples came of it.
        dropped: How many did not become one, by why.
    """

    source: str
    origin: str
    kept: int
    dropped: dict[str, int] = {}
