"""Where downloaded files go. Their names come from outside and may be meant to do harm, so each part is checked."""

import re
import unicodedata
from pathlib import Path

from desktop_app.errors import UserError
from desktop_app.library.file_errors import shown_text
from desktop_app.storage.records import Download, RemoteFile

COPIES = "local copies"  # with a space, which no owner of a repository has in its name
MERGED = "merged models"
MAX_NAME_BYTES = 200  # file systems take 255, and `.part` and `.lock` are added

_END_OF_A_PART = re.compile(r"-\d{5}-of-\d{5}\.gguf$", re.IGNORECASE)
_NEVER = set('/\\:*?"<>|')  # mean something else than a letter on one system or another
_DEVICES = {
    *("con", "prn", "aux", "nul", "conin$", "conout$"),
    *(f"{kind}{number}" for kind in ("com", "lpt") for number in "0123456789¹²³"),
}


def is_safe_name(name: str) -> bool:
    """Return whether a file or folder may be called so on every system, and looks like what it is called."""
    return (
        0 < len(name.encode("utf-8", "replace")) <= MAX_NAME_BYTES
        and not name.startswith((".", " "))
        and not name.endswith((".", " "))
        and name.partition(".")[0].rstrip().casefold() not in _DEVICES
        and not any(letter in _NEVER or unicodedata.category(letter)[0] == "C" for letter in name)
    )


def is_safe_path(path: str) -> bool:
    """Return whether a path in a repository may become one on this disk."""
    return all(is_safe_name(part) for part in path.split("/"))


def target_paths(models: Path, download: Download) -> tuple[Path, ...]:
    """Return where the files of a download go: all into one folder, where llama.cpp looks for the parts of a model.

    Raises:
        UserError: If one has a name that is not safe.
    """
    if not download.repo:
        folder = models / COPIES / str(download.id)
        return tuple(folder / _checked(Path(file.path).name) for file in download.files)
    *inner, _ = download.files[0].path.split("/")
    folder = models.joinpath(*(_checked(part) for part in (*download.repo.split("/"), *inner)))
    return tuple(folder / _checked(_name_here(file.path)) for file in download.files)


def merged_path(models: Path, name: str) -> Path:
    """Return where a model of this name goes that is made here.

    Raises:
        UserError: If a file cannot be called so.
    """
    if not is_safe_name(f"{name}.gguf"):
        raise UserError(f"A file cannot be called “{shown_text(name)}”.", "Choose another name for the new model.")
    return models / MERGED / f"{name}.gguf"


def beside(path: Path, files: tuple[RemoteFile, ...]) -> tuple[Path, ...]:
    """Return where the files of a model are that has its first one at `path`."""
    # Of a copied model, these are paths of this system.
    return (path, *(path.with_name(_name_here(file.path.replace("\\", "/"))) for file in files[1:]))


def _name_here(path: str) -> str:
    """Return what a file is called here: llama.cpp finds the parts of a model only where they end in small letters."""
    return _END_OF_A_PART.sub(lambda end: end[0].lower(), path.rpartition("/")[2])


def _checked(name: str) -> str:
    if not is_safe_name(name):
        raise UserError(
            f"The name “{shown_text(name)}” is not one that a file can safely have, so it is not downloaded.",
            "Choose another file or another source.",
        )
    return name
