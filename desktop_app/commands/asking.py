"""Questions on a terminal, before something is downloaded or deleted; whatever is not a plain yes is a no."""

import sys

from desktop_app.errors import UserError


def can_ask() -> bool:
    """Return whether somebody sits there."""
    return sys.stdin is not None and sys.stdin.isatty()  # a program without a console has none


def is_yes(question: str) -> bool:
    """Ask, and return whether the answer is y."""
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() == "y"


def is_sure(question: str) -> bool:
    """Ask, where `--yes` would have been the answer beforehand.

    Raises:
        UserError: If nobody sits there.
    """
    if not can_ask():
        raise UserError("Nothing was done, because nobody is here to be asked.", "To agree beforehand, add: --yes")
    return is_yes(question)
