"""Words for what is counted, and for how long something takes."""


def count(number: int, noun: str) -> str:
    """Return a number with its noun, such as “1 example”, “1,200 examples” and “2 addresses”."""
    return f"{number:,} {noun}{'' if number == 1 else 'es' if noun.endswith('s') else 's'}"


def readable_time(seconds: float) -> str:
    """Return a duration in words, in steps that fit its length."""
    if seconds < 90:
        return count(round(seconds), "second")
    minutes = round(seconds / 60)
    return count(minutes, "minute") if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
