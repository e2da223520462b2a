"""Sentences that count something."""


def count(number: int, noun: str) -> str:
    """Return a number with its noun, such as “1 example” and “1,200 examples”."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
