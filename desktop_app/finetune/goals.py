"""What a person may want a model to learn, in their words: what it takes, what it can do, and what it cannot."""

from dataclasses import dataclass

STYLE, FORMAT, VOCABULARY, EXAMPLES, CHATS = "style", "format", "vocabulary", "examples", "chats"

# Where an example comes from (`CourseExample.origin`): read as it is, or written by the model from what was read.
PASSAGE, GIVEN, OWN = "passage", "given", "own"
QUESTION, REWRITE, SUMMARY, TASK = WRITTEN = ("question", "rewrite", "summary", "task")


@dataclass(frozen=True)
class Goal:
    """One thing to teach.

    Attributes:
        key: What it is called in files.
        title: A short phrase that follows “Teach the model to”.
        can, cannot: Sentences.
        takes: A sentence about what to bring.
        written: Which examples the model is to write from what was read, most useful first.
        learns_passages: Whether the texts themselves are learned, to be continued.
    """

    key: str
    title: str
    can: str
    cannot: str
    takes: str
    written: tuple[str, ...] = ()
    learns_passages: bool = False


GOALS = {
    goal.key: goal
    for goal in (
        Goal(
            STYLE,
            "write in my style",
            "It takes on your tone, your rhythm and the words you like.",
            "It does not learn what you know: what it writes in your style may still be wrong.",
            "Bring texts that you wrote yourself: letters, mails, posts, chapters. Twenty pages are a good beginning.",
            (REWRITE,),
            learns_passages=True,
        ),
        Goal(
            FORMAT,
            "answer in this format",
            "It learns what your documents look like: their parts, their order, their turns of phrase.",
            "It does not check what it fills in. Look over every figure and every name.",
            "Bring documents that all have the format, at least twenty of them: minutes, reports, tickets, recipes.",
            (TASK,),
        ),
        Goal(
            VOCABULARY,
            "know the vocabulary of my field",
            "It learns the words of your field, what they mean and how they are used.",
            "Single facts stick badly and may be mixed up: facts are better looked up than memorized.",
            "Bring texts of your field that explain things: manuals, articles, notes, a glossary.",
            (QUESTION, SUMMARY),
            learns_passages=True,
        ),
        Goal(
            EXAMPLES,
            "follow my examples",
            "It does with new questions what your examples do with theirs. Nothing is learned better than that.",
            "It does not learn from a handful: a hundred examples of one kind are a beginning.",
            "Bring questions with their answers, as a table (CSV) or as JSONL. The Examples step can add to them.",
        ),
        Goal(
            CHATS,
            "get better from my chats",
            "It does more of what you marked as good in your chats, and less of what you marked as bad.",
            "Fewer than twenty marked answers hardly change anything; better say it in the system prompt.",
            "Bring chats: those of this program, or what ChatGPT or WhatsApp export.",
        ),
    )
}
