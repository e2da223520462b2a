"""How commands print: text for people, one JSON object a line for programs."""

import json


def print_line(value: object) -> None:
    """Print one JSON object as a line."""
    print(json.dumps(value, ensure_ascii=False), flush=True)
