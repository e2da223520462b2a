"""Writes the licenses of everything inside a frozen folder into it, where the program's page about them looks.

`write_notices` is for whoever builds. It runs this very module with the Python of the packaging environment, because
only that one knows the packages that the folder was made of.
"""

import os
import sys
from pathlib import Path

from desktop_app import licenses
from desktop_app.errors import UserError
from desktop_app.licenses import Notice
from installers.environment import Environment
from installers.packaging import debian
from installers.packaging.places import ROOT, contents
from installers.packaging.tools import ToolFailed, run_tool

_MICROSOFT = Notice(
    "Microsoft Visual C++ runtime",
    "",
    "Microsoft Software License Terms",
    "The libraries that programs of Microsoft's C++ compiler need (vcruntime140.dll, msvcp140.dll, vcomp140.dll and "
    "those beside them) are copyright (c) Microsoft Corporation. All rights reserved. Microsoft lets everyone who "
    "makes a program with its compiler hand on these files, unchanged, as parts of that program: they are on the list "
    "of distributable code of Visual Studio.",
    "https://learn.microsoft.com/visualstudio/releases/2022/redistribution",
)


def write_notices(folder: Path, environment: Environment) -> None:
    """Write the licenses of all that is in a frozen folder.

    Args:
        folder: The frozen folder, or the bundle of macOS; not signed yet.
        environment: What it was made of.

    Raises:
        UserError: If something inside is of unknown origin, or comes without a license.
    """
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    try:
        run_tool(
            environment.python,
            "-m",
            __name__,
            folder.resolve(),
            environment={**variables, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
        )
    except ToolFailed as error:
        raise UserError(f"The licenses could not be collected: {error.trouble.strip()}") from error


def notices_of(folder: Path) -> list[Notice]:
    """Return the notices of all that is in a frozen folder, by name.

    Raises:
        UserError: If something inside is of unknown origin, or comes without a license.
    """
    from installers.packaging.origins import find_origins

    inside = find_origins(folder)
    of_system = debian.notices_of(inside.system)
    notices = [
        *licenses.collect(inside.packages),
        *of_system,
        *debian.common_texts(notice.text for notice in of_system),
        *([_MICROSOFT] if inside.has_microsoft_runtime else ()),
    ]
    if bare := [notice.name for notice in notices if not notice.text]:
        raise UserError(
            f"These parts bring no license text: {', '.join(sorted(bare))}.",
            "Put it into assets/licenses, and let desktop_app/licenses.py give it to them.",
        )
    return sorted(notices, key=lambda notice: notice.name.casefold())


def _main(folder: Path) -> None:
    licenses.write(notices_of(folder), contents(folder) / "assets" / licenses.WRITTEN)


if __name__ == "__main__":
    try:
        _main(Path(sys.argv[1]))
    except UserError as error:
        sys.exit(str(error))
