"""The one door to packages, the same on every system: `python installers/build.py [TARGET...]`.

Needs nothing but Python and what the system compiles with: it makes its own environment, builds llama.cpp for all
computers, freezes the program, looks over what came of it and packs it. Without a target it makes all that this system
can make. A release differs only in variables that say who signs; without them nothing is signed, which is said.
"""

import sys

# Before anything that an older Python could not even read.
if not (3, 11) <= sys.version_info[:2] < (3, 15):
    sys.exit("Moatless needs Python 3.11 to 3.14, and this is Python {}.{}.".format(*sys.version_info))

import shutil
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from desktop_app.errors import UserError
from installers.packaging.freeze import freeze
from installers.packaging.inspection import inspect
from installers.packaging.notices import write_notices
from installers.packaging.packaging_environment import packaging_environment, set_up
from installers.packaging.places import DIST
from installers.packaging.tools import file_sha256
from installers.system_check import check_qt_libraries

Build = Callable[[Path, Path], Path]

# For each system its targets, in the order in which they are made, each with the module that makes it. What has none is
# the frozen folder itself.
TARGETS = {
    "linux": {
        "folder": "",
        "deb": "installers.linux.deb",
        "tarball": "installers.linux.tarball",
        "appimage": "installers.linux.appdir",
    },
    "darwin": {"app": "installers.macos.app", "dmg": "installers.macos.dmg"},
    "win32": {"folder": "", "setup": "installers.windows.setup"},
}
MOST_BYTES = 250_000_000  # that a person has to download


def main(arguments: list[str], system: str = sys.platform) -> int:
    """Build what the arguments name and return the exit status."""
    try:
        targets = wanted_targets(arguments, system)
        print(f"\n{results_table(build(targets, system))}")
    except (UserError, OSError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130
    return 0


def wanted_targets(arguments: Iterable[str], system: str) -> list[str]:
    """Return what is to be made, in the order in which it has to be.

    Raises:
        UserError: If this system cannot make it.
    """
    known = TARGETS.get(system)
    if known is None:
        raise UserError("Packages are made on Linux, macOS and Windows.", "Build on one of them.")
    wanted = set(arguments) or set(known)
    unknown = wanted - known.keys()
    if unknown:
        raise UserError(
            f"{', '.join(sorted(unknown))} is nothing that is made on this system.",
            f"Name one or several of: {', '.join(known)}. Without a name all are made.",
        )
    if "dmg" in wanted:
        wanted.add("app")  # an image is made of the bundle that is signed
    return [target for target in known if target in wanted]


def build(targets: Iterable[str], system: str = sys.platform) -> list[Path]:
    """Make packages and return them.

    Raises:
        UserError: If something is missing that only the person can get, or what was made is not what it should be.
    """
    _check_tools(system)
    environment = packaging_environment()
    set_up(environment)
    # Also where there is no desktop: what is missing here would be missing in the packages.
    check_qt_libraries(environment.packages, {"DISPLAY": "wanted"})
    folder = freeze(environment)
    write_notices(folder, environment)
    print(f"\n{inspect(folder)}\n", flush=True)
    return [_make(target, system, folder) for target in targets]


def _make(target: str, system: str, folder: Path) -> Path:
    module = TARGETS[system][target]
    if not module:
        return folder
    print(f"Making {target} ...", flush=True)
    make: Build = import_module(module).build
    made = make(folder, DIST)
    if system == "linux" and made.is_file() and made.stat().st_size > MOST_BYTES:
        size, most = (f"{value / 1e6:,.0f} MB" for value in (made.stat().st_size, MOST_BYTES))
        raise UserError(f"{made.name} has {size}, and {most} are the most that a person should have to download.")
    return made


def _check_tools(system: str) -> None:
    missing = [name for name in ("objdump", "readelf") if shutil.which(name) is None] if system == "linux" else []
    if missing:
        raise UserError(
            f"Packages are made with {' and '.join(missing)}, which this computer does not have.",
            "Install binutils and give the same command again.",
        )


def results_table(made: Iterable[Path]) -> str:
    """Return what was made, with the size and SHA-256 of what is one file."""
    rows = [(str(path), *_facts(path)) for path in made]
    width = max(len(row[0]) for row in rows)
    return "\n".join(f"{path:{width}}  {size:>10}  {digest}".rstrip() for path, size, digest in rows)


def _facts(path: Path) -> tuple[str, str]:
    if path.is_dir():
        files = (each for each in path.rglob("*") if each.is_file() and not each.is_symlink())
        return f"{sum(file.stat().st_size for file in files) / 1e6:,.1f} MB", ""
    return f"{path.stat().st_size / 1e6:,.1f} MB", file_sha256(path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
