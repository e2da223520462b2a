"""Makes the frozen folder: the program with a Python and all libraries, which runs where none of them are installed."""

import os
import re
from pathlib import Path

from desktop_app.errors import UserError
from installers.environment import Environment, run_patiently
from installers.packaging.icons import write_icon_files
from installers.packaging.left_out import is_wanted
from installers.packaging.places import FOLDER, ROOT, WORK

SPEC = Path(__file__).with_name("moatless.spec")
_MISSING = re.compile(r"Library not found: could not resolve '(.+?)', dependency of '(.+?)'")


def freeze(environment: Environment) -> Path:
    """Return the frozen folder, made anew with PyInstaller.

    Args:
        environment: Has what the program consists of, and nothing that does not belong to it.

    Raises:
        UserError: If it fails, or if a library is missing here that it would be missing then.
    """
    write_icon_files()
    log = WORK / "freeze.log"
    folders = ["--distpath", str(FOLDER.parent), "--workpath", str(WORK / "pyinstaller")]
    command = [str(environment.python), "-m", "PyInstaller", "--noconfirm", "--clean", *folders, str(SPEC)]
    # Nothing of this computer's owner may change what is found.
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    status = run_patiently("Freezing the program", command, variables, ROOT, log)
    said = log.read_text("utf-8", errors="replace")
    if "PythonLibraryNotFoundError" in said:
        raise UserError(
            "This Python has no library of its own that a program could take along.",
            "Build with another one: that of the system with its development package, or one that was built with"
            " --enable-shared.",
        )
    if status:
        raise UserError("PyInstaller could not freeze the program.", f"What it said is in {log}.")
    if missing := missing_libraries(said):
        raise UserError(
            f"The program would lack libraries that are not installed here: {', '.join(missing)}.",
            "Install them and build again; `python installers/checkout.py setup` names the packages of most.",
        )
    return FOLDER


def missing_libraries(log: str) -> list[str]:
    """Return the libraries that PyInstaller has looked for in vain, but for those of parts that are left out."""
    found = ((name, Path(user)) for name, user in _MISSING.findall(log))
    return sorted({name for name, user in found if is_wanted(_within(user))})


def _within(path: Path) -> str:
    """Return where a file would be in the frozen folder."""
    parts = path.parts
    return "/".join(parts[parts.index("PySide6") :]) if "PySide6" in parts else path.name
