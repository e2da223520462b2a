"""The one kind of error a person gets to read: what happened, what it means, what to do."""


class UserError(Exception):
    """Trouble of the world (not a bug of ours) that can be told in a sentence.

    Args:
        sentence: What happened and what it means; whole sentences, no jargon, no codes.
        hint: What the person can do now; whole sentences, or empty.
    """

    def __init__(self, sentence: str, hint: str = "") -> None:
        super().__init__(sentence if not hint else f"{sentence} {hint}")
        self.sentence = sentence
        self.hint = hint


class TryAgain(UserError):
    """Trouble that may pass by itself, such as no network.

    Args:
        wait_s: How long the other side asks to wait before the next try, or None.
    """

    def __init__(self, sentence: str, hint: str = "", wait_s: float | None = None) -> None:
        super().__init__(sentence, hint)
        self.wait_s = wait_s


def unexpected_error() -> UserError:
    """Return what to say about a bug of ours; the caller has logged it."""
    return UserError("Something in Moatless went wrong that should not happen.", "The log has the details; try again.")
