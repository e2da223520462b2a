"""What a reader process is asked and answers: one JSON object a line, one answer to each question."""

from desktop_app.engine.messages import Struct
from desktop_app.finetune.course import ReadFile


class Question(Struct, frozen=True):
    """A file to read. `path` is as the system has it, which may be no text; `limit_s` is how long it may take."""

    path: bytes
    limit_s: float
    is_strict: bool = False


class Answer(Struct, frozen=True):
    """What was read, or why nothing was: a sentence and a hint for the person, and `details` for the log.

    Attributes:
        is_last: The process has taken so much memory that the next file should have a new one.
    """

    file: ReadFile | None = None
    sentence: str = ""
    hint: str = ""
    details: str = ""
    is_last: bool = False
