"""What all packages for Linux do with the frozen program: copied with the permissions a package has, with its icons."""

import shutil
from pathlib import Path

from installers.linux import desktop_files
from installers.packaging.icons import write_pngs


def copy_program(folder: Path, target: Path) -> None:
    """Copy the frozen program to where a package has it."""
    shutil.copytree(folder, target, symlinks=True)


def set_permissions(tree: Path) -> None:
    """Make everything readable for all and writable for its owner only, whatever the umask of the build was.

    Programs (our own, and uv, which the training environment needs) keep being executable; libraries are only read.
    """
    for path in (tree, *tree.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or _is_program(path) else 0o644)


def _is_program(path: Path) -> bool:
    return bool(path.stat().st_mode & 0o100) and ".so" not in path.suffixes


def write_share(share: Path, work: Path) -> None:
    """Write what the desktop reads below `share`; `work` is a folder for the pictures on the way there."""
    write_pngs(work, desktop_files.ICON_SIZES)
    desktop_files.write_share(share, work)


def fresh(folder: Path) -> Path:
    """Return this folder, made anew."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
