"""What is kept where, in the parts that a person may want to be rid of, and how much of the disk each takes."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from desktop_app.finetune.environment.place import folder_bytes
from desktop_app.paths import DataFolder


class Part(StrEnum):
    """One part. The token is not in the folder, but in the keychain of the system."""

    CHATS = "chats"
    MODELS = "models"
    ADAPTERS = "adapters"
    TEACHING = "teaching"
    TRAINING = "training"
    TOKEN = "token"


WORDS = {
    Part.CHATS: "conversations, settings and logs",
    Part.MODELS: "models that were downloaded, copied or made here",
    Part.ADAPTERS: "adapters that were downloaded, converted or made here, and stacks with a name",
    Part.TEACHING: "courses and training runs",
    Part.TRAINING: "the training environment",
    Part.TOKEN: "the token for the Hugging Face Hub, in the keychain of this system",
}


@dataclass(frozen=True)
class Kept:
    """What there is of a part.

    Attributes:
        paths: Files and folders that are there.
        links: Those that lead elsewhere. Removing them leaves alone what they lead to.
        size_bytes: Of all that is in them; what a link leads to does not count.
        is_there: There is more than empty folders.
    """

    part: Part
    paths: tuple[Path, ...]
    links: tuple[Path, ...]
    size_bytes: int
    is_there: bool


def kept_on_disk(folder: DataFolder) -> tuple[Kept, ...]:
    """Return every part but the token, whether or not there is anything of it."""
    return tuple(kept_of(folder, part) for part in Part if part != Part.TOKEN)


def kept_of(folder: DataFolder, part: Part) -> Kept:
    """Return what there is of a part that is in the folder."""
    paths = tuple(path for path in _paths(folder, part) if path.exists() or path.is_symlink())
    links = tuple(path for path in paths if path.is_symlink())
    return Kept(part, paths, links, sum(map(_bytes, paths)), any(map(_is_something, paths)))


def database_files(folder: DataFolder) -> tuple[Path, ...]:
    """Return the files of the database itself, which need not be there."""
    path = folder.database
    return (path, *(path.with_name(path.name + end) for end in ("-wal", "-shm", "-journal")))


def _paths(folder: DataFolder, part: Part) -> tuple[Path, ...]:
    match part:
        case Part.CHATS:
            # Copies from before updates, what was found damaged, and what a kill has left half written.
            others = [
                path
                for file in (folder.database, folder.settings, folder.window_state, folder.updates)
                for name in (f"{file.name}.*", f".{file.name}.*")
                for path in sorted(folder.root.glob(name))
            ]
            own = (folder.settings, folder.window_state, folder.updates, folder.kv, folder.logs)
            return (*database_files(folder), *others, *own)
        case Part.MODELS:
            return (folder.models,)
        case Part.ADAPTERS:
            return (folder.adapters,)
        case Part.TEACHING:
            return (folder.courses, folder.runs)
        case Part.TRAINING:
            return (folder.training,)
        case Part.TOKEN:
            return ()


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _is_something(path: Path) -> bool:
    try:
        return not _is_folder(path) or any(path.iterdir())
    except OSError:  # it may not be looked into
        return True


def _bytes(path: Path) -> int:
    if _is_folder(path):
        return folder_bytes(path)
    try:
        return path.lstat().st_size
    except OSError:  # it was just removed
        return 0
