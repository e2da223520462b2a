"""Sentences that count something."""


def count(number: int, noun: str) -> str:
    """Return a number with its noun, such as “1 example”, “1,200 examples” and “2 addresses”."""
    return f"{number:,} {noun}{'' if number == 1 else 'es' if noun.endswith('s') else 's'}"
