"""Has a built program try itself: with an empty home, an awkward name of a person, and no tools of the build."""

import os
from pathlib import Path

from installers.packaging.tools import run_tool

# What Windows does not start programs without; of the rest a program must not need anything.
_KEPT = ("SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "COMSPEC")
DATA = Path("Zoë van den Berg", "data")  # within the scratch folder
_SYSTEM_PATH = {"nt": r"C:\Windows\System32", "posix": "/usr/bin:/bin:/usr/sbin:/sbin"}  # as Finder has it


def selftest(program: Path, scratch: Path) -> str:
    """Return what the program says of itself.

    Args:
        program: That of the command line.
        scratch: A folder for the home that the program gets.

    Raises:
        UserError: If one of its checks fails.
    """
    data = scratch / DATA
    data.parent.mkdir(parents=True)
    kept = {name: value for name, value in os.environ.items() if name.upper() in _KEPT}
    personal = dict.fromkeys(("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA"), str(data.parent))
    environment = {**kept, **personal, "PATH": _SYSTEM_PATH[os.name]}
    return run_tool(program, "--data-dir", data, "selftest", environment=environment)
