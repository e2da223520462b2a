"""Makes the setup program for Windows with Inno Setup; what it does is written in moatless.iss."""

import os
import shutil
from pathlib import Path

from desktop_app import __version__
from desktop_app.errors import UserError
from desktop_app.product import HOMEPAGE
from installers.packaging.places import contents, file_name
from installers.packaging.tools import run_tool
from installers.windows import signtool
from installers.windows.visual_c import add_libraries

SCRIPT = Path(__file__).with_name("moatless.iss")
_PLACES = (("PROGRAMFILES(X86)", ""), ("PROGRAMFILES", ""), ("LOCALAPPDATA", "Programs"))


def build(folder: Path, dist: Path) -> Path:
    """Complete the frozen folder, sign what is ours in it, and make the setup program of it.

    Raises:
        UserError: If a tool or library of the system is missing, or a tool refuses.
    """
    add_libraries(folder)
    if signtool.is_configured():
        signtool.sign(ours(folder))
    else:
        print(f"The setup program is not signed by anyone: Windows warns of it ({signtool.CERTIFICATE}).")
    dist.mkdir(parents=True, exist_ok=True)
    target = dist / file_name("setup")
    run_tool(*compile_command(folder, target))
    return target


def ours(folder: Path) -> list[Path]:
    """Return what was built here and is signed by nobody yet: the programs and llama.cpp."""
    return sorted([*folder.glob("*.exe"), *(contents(folder, "win32") / "llama_cpp" / "lib").glob("*.dll")])


def compile_command(folder: Path, target: Path) -> list[str]:
    """Return how Inno Setup is called.

    Raises:
        UserError: If it is not installed.
    """
    defined = {
        "Version": __version__,
        "Homepage": HOMEPAGE,
        "Folder": str(folder.absolute()),
        "Icon": str((target.parent.parent / "icons" / "moatless.ico").absolute()),
    }
    command = [str(_compiler()), "/Qp", *(f"/D{name}={value}" for name, value in defined.items())]
    if signtool.is_configured():
        # Inno Setup puts quotation marks for $q, and the file to be signed, with its own, for $f.
        words = (f"$q{word}$q" if " " in word else word for word in signtool.command())
        command += ["/DSigned", f"/Smoatless={' '.join(words)} $f"]
    return [*command, f"/O{target.parent.absolute()}", f"/F{target.stem}", str(SCRIPT)]


def _compiler() -> Path:
    on_path = shutil.which("ISCC")
    if on_path:
        return Path(on_path)
    for variable, within in _PLACES:
        found = Path(os.environ.get(variable, ""), within, "Inno Setup 6", "ISCC.exe")
        if os.environ.get(variable) and found.is_file():
            return found
    raise UserError(
        "The setup program is made by Inno Setup 6, which is not installed.",
        "Install it from https://jrsoftware.org/isdl.php, then build again.",
    )
