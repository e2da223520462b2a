"""Reads docs/changes.md, which tells people what is new, for packages that have to say it in a form of their own."""

import calendar
import datetime
import os
import re
from dataclasses import dataclass
from pathlib import Path

from desktop_app.errors import UserError

PATH = Path(__file__).resolve().parents[2] / "docs" / "changes.md"
_HEADING = re.compile(r"## (\d+\.\d+\.\d+) \((\d{4}-\d\d-\d\d)\)")


@dataclass(frozen=True)
class Release:
    """What is new in one version.

    Attributes:
        version: As in `__version__`.
        date: The day it was published.
        summary: The paragraph before the list.
        items: The list, a sentence or two each.
    """

    version: str
    date: datetime.date
    summary: str
    items: tuple[str, ...]

    @property
    def seconds(self) -> int:
        """The beginning of its day, in seconds since 1970 as of UTC."""
        return calendar.timegm(self.date.timetuple())


def releases(text: str | None = None) -> list[Release]:
    """Return what each version brought, newest first, from docs/changes.md or a text like it.

    Raises:
        UserError: If a heading is not one of a version with its date, or there is none.
    """
    text = PATH.read_text("utf-8") if text is None else text
    found = [_release(section) for section in re.split(r"^(?=## )", text, flags=re.MULTILINE)[1:]]
    if not found:
        raise UserError("docs/changes.md tells of no version.", "Write what is new under “## 1.2.3 (2026-01-31)”.")
    return found


def _release(section: str) -> Release:
    heading, *rest = section.splitlines()
    matched = _HEADING.fullmatch(heading.strip())
    if matched is None:
        raise UserError(
            f"docs/changes.md has the heading “{heading}”, which names no version with its date.",
            "Write it like “## 1.2.3 (2026-01-31)”.",
        )
    blocks = [" ".join(block.split()) for block in re.split(r"\n(?=- )|\n\s*\n", "\n".join(rest)) if block.strip()]
    return Release(
        matched[1],
        datetime.date.fromisoformat(matched[2]),
        " ".join(block for block in blocks if not block.startswith("- ")),
        tuple(block.removeprefix("- ") for block in blocks if block.startswith("- ")),
    )


def build_time() -> int:
    """Return the time that all files of a package get, so that the same tree makes the same package.

    It is the day of the newest version, or what the build asks for as https://reproducible-builds.org has it.
    """
    return int(os.environ.get("SOURCE_DATE_EPOCH") or releases()[0].seconds)
