"""Tries a setup program as a person gets it: `python -m installers.windows.trial SETUP`.

It installs silently for one person into a folder with an awkward name, has the program try itself, and uninstalls: the
program has to be gone and what it stored has to be there.
"""

import sys
import tempfile
from pathlib import Path

from desktop_app.errors import UserError
from installers.packaging.places import program
from installers.packaging.selftest import DATA, selftest
from installers.packaging.tools import run_tool

_SILENT = ("/VERYSILENT", "/SUPPRESSMSGBOXES", "/NORESTART")


def main(arguments: list[str]) -> int:
    """Try the setup program that the first argument names; return the exit status."""
    try:
        with tempfile.TemporaryDirectory() as scratch:
            print(try_setup(Path(arguments[0]).absolute(), Path(scratch)))
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def try_setup(setup: Path, scratch: Path) -> str:
    """Return what the installed program says of itself.

    Raises:
        UserError: If it cannot be installed, used or removed, or if more is removed than the program.
    """
    installed = scratch / "Zoë's programs"
    run_tool(setup, *_SILENT, "/CURRENTUSER", f"/DIR={installed}")
    said = selftest(program(installed, "win32"), scratch)
    run_tool(installed / "unins000.exe", *_SILENT)
    left = [str(path.relative_to(installed)) for path in installed.rglob("*") if not path.name.startswith("unins")]
    if left:
        raise UserError(f"Uninstalling has left {len(left)} files of the program, the first of them {left[0]}.")
    if not (scratch / DATA).is_dir():
        raise UserError("Uninstalling without a question has deleted what the person made.")
    return said


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
