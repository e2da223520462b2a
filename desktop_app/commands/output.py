"""How commands print: text for people, one JSON object a line for programs."""

import json
import sys


def print_line(value: object) -> None:
    """Print one JSON object as a line."""
    takes_all = getattr(sys.stdout, "encoding", None) == "utf-8"
    print(json.dumps(value, ensure_ascii=not takes_all), flush=True)
