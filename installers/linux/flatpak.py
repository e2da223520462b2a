"""Fills the Flatpak manifest in for a release: `python installers/linux/flatpak.py FOLDER`, which has its archives."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from desktop_app import __version__
from desktop_app.errors import UserError
from desktop_app.product import HOMEPAGE, IDENTIFIER
from installers.packaging.places import file_name
from installers.packaging.tools import file_sha256, run_on_folder

MANIFEST = Path(__file__).with_name(f"{IDENTIFIER}.yml")
MACHINES = ("x86_64", "aarch64")


def write_manifest(folder: Path) -> Path:
    """Write the manifest that installs the archives in `folder` once they are published, beside them.

    Raises:
        UserError: If one of them is not there.
    """
    text = MANIFEST.read_text("utf-8")
    for machine in MACHINES:
        archive = folder / file_name("tarball", machine=machine)
        text = text.replace(f"@URL-{machine}@", f"{HOMEPAGE}/releases/download/v{__version__}/{archive.name}")
        text = text.replace(f"@SHA256-{machine}@", _sha256(archive))
    target = folder / MANIFEST.name
    target.write_text(text, "utf-8")
    return target


def _sha256(archive: Path) -> str:
    try:
        return file_sha256(archive)
    except FileNotFoundError as error:
        raise UserError(
            f"The Flatpak manifest needs {archive.name}, which is not in {archive.parent}.",
            "Put the archives of all processors there first.",
        ) from error


def main(arguments: list[str]) -> int:
    """Write the manifest beside the archives in the folder that is named, and return the exit status."""
    return run_on_folder(arguments, "installers/linux/flatpak.py", write_manifest)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
