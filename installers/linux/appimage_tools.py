"""The two programs of others that make an AppImage, each in the one version that is known here by its SHA-256.

A release machine gets them with `python installers/linux/appimage_tools.py FOLDER`; where they are not, there is no
AppImage. The runtime becomes part of it: the small program that mounts the rest, linked so that it needs nothing.
"""

import os
import platform
import shutil
import sys
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from desktop_app.errors import UserError
from installers.packaging.tools import file_sha256, run_on_folder

_TOOL = "https://github.com/AppImage/appimagetool/releases/download/1.9.1/appimagetool-{machine}.AppImage"
_RUNTIME = "https://github.com/AppImage/type2-runtime/releases/download/20251108/runtime-{machine}"
PINNED = {
    "x86_64": {
        _TOOL: "ed4ce84f0d9caff66f50bcca6ff6f35aae54ce8135408b3fa33abfc3cb384eb0",
        _RUNTIME: "2fca8b443c92510f1483a883f60061ad09b46b978b2631c807cd873a47ec260d",
    },
    "aarch64": {
        _TOOL: "f0837e7448a0c1e4e650a93bb3e85802546e60654ef287576f46c71c126a9158",
        _RUNTIME: "00cbdfcf917cc6c0ff6d3347d59e0ca1f7f45a6df1a428a0d6d8a78664d87444",
    },
}
VARIABLE = "MOATLESS_APPIMAGE_TOOLS"
_TIMEOUT_S = 60


@dataclass(frozen=True)
class Tools:
    tool: Path
    runtime: Path


def find(variables: Mapping[str, str] = os.environ, machine: str = platform.machine()) -> Tools | None:
    """Return the tools in the folder that `MOATLESS_APPIMAGE_TOOLS` names, or None if no folder is named.

    Raises:
        UserError: If one of them is missing there or is another than the one that is known.
    """
    if VARIABLE not in variables:
        return None
    paths = []
    for address, digest in _pinned(machine).items():
        path = Path(variables[VARIABLE], _name(address))
        if not path.is_file() or file_sha256(path) != digest:
            raise UserError(
                f"{path} is missing or is not the one this project knows.",
                f"Fetch it with: python installers/linux/appimage_tools.py {path.parent}",
            )
        paths.append(path)
    return Tools(*paths)


def fetch(folder: Path, machine: str = platform.machine()) -> None:
    """Download both tools, for the machine that makes releases.

    Raises:
        UserError: If one cannot be downloaded or is another than the one that is known.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for address, digest in _pinned(machine).items():
        url = address.format(machine=machine)
        part = folder / f"{_name(address)}.part"
        try:
            with urllib.request.urlopen(url, timeout=_TIMEOUT_S) as source, part.open("wb") as sink:
                shutil.copyfileobj(source, sink)
        except OSError as error:
            raise UserError(f"{url} could not be downloaded.", "Give the same command again later.") from error
        if file_sha256(part) != digest:
            part.unlink()
            raise UserError(f"{url} is not the file this project knows, so it was thrown away.", "Do not use it.")
        part.chmod(0o755)
        part.replace(folder / _name(address))


def _pinned(machine: str) -> dict[str, str]:
    if machine not in PINNED:
        raise UserError(f"No tools are known that make an AppImage on {machine}.", "Build the archive instead.")
    return PINNED[machine]


def _name(address: str) -> str:
    return address.rpartition("/")[2].partition("-")[0]


def main(arguments: list[str]) -> int:
    """Fetch the tools into the folder that is named, and return the exit status."""
    return run_on_folder(arguments, "installers/linux/appimage_tools.py", fetch)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
