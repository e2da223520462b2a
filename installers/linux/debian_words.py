"""The texts of the Debian package: its licence in the form that Debian's tools read, and its description."""

import textwrap
from pathlib import Path

from desktop_app.paths import APPLICATION_NAME
from desktop_app.product import HOMEPAGE
from installers.linux.desktop_files import DESCRIPTION, FEATURES

_LICENSE = Path(__file__).resolve().parents[2] / "LICENSE"


def copyright_file(home: str) -> str:
    """Return the licence as https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/ has it.

    Args:
        home: Where the program is, which has the licences of all that is inside.
    """
    _title, _, rest = _LICENSE.read_text("utf-8").partition("\n")
    holder, _, terms = rest.strip().partition("\n")
    return "\n".join(
        [
            "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/",
            f"Upstream-Name: {APPLICATION_NAME}",
            f"Source: {HOMEPAGE}",
            "Comment:",
            *_indented(
                f"Libraries and a model of others are inside, under licenses of their own. All of them are in"
                f" {home}/_internal/assets/licenses.json, and can be read in the program under Settings, “About and"
                f" licences”."
            ),
            "",
            "Files: *",
            f"Copyright: {holder.removeprefix('Copyright (c) ')}",
            "License: Expat",
            *(f" {line}" if line else " ." for line in terms.strip().splitlines()),
            "",
        ]
    )


def extended_description() -> str:
    """Return the lines below the first of a package's description."""
    blocks = [_indented(paragraph) for paragraph in DESCRIPTION]
    blocks.append([f" {line}" for item in FEATURES for line in _item(item)])
    return "\n .\n".join("\n".join(block) for block in blocks)


def _item(text: str) -> list[str]:
    return textwrap.wrap(text, 76, initial_indent=" * ", subsequent_indent="   ")


def _indented(paragraph: str) -> list[str]:
    return [f" {line}" for line in textwrap.wrap(paragraph, 78)]
