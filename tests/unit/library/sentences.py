"""What every sentence for a person must be like."""

import re

from desktop_app.errors import UserError


def assert_readable(error: UserError) -> None:
    """Whole sentences, with a hint, without class names, tracebacks or exclamation marks."""
    for whole in (error.sentence, error.hint):
        text = re.sub("“[^”]*”", "“”", whole)  # what a file calls itself is its own affair
        assert text
        assert text[0].isupper() or text[0] in "“"
        assert text.endswith(".")
        assert "!" not in text
        assert "\n" not in text
        assert not re.search(r"Error\b|Exception|Traceback|errno|0x", text)
    assert len(error.sentence) < 260
    str(error).encode()  # a file's name may hold bytes that are no text
