"""Looking after what is in the library: which files it has, whether these are still right, deleting them."""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from desktop_app.errors import UserError
from desktop_app.library.catalog import NOT_OURS
from desktop_app.library.file_errors import shown_name
from desktop_app.library.gguf import read_header
from desktop_app.library.inspect import file_sha256, inspect_model
from desktop_app.library.places import beside
from desktop_app.storage.records import Adapter, Model

Entry = Model | Adapter


@dataclass(frozen=True)
class Verified:
    """Every file is what it should be. `had_hashes` is False where there was nothing to compare with until now."""

    sha256: str
    had_hashes: bool


def is_kept_here(model: Entry, folder: Path) -> bool:
    """Return whether its files came into this folder of the program's own and lie there still.

    Then it goes by being deleted. Whoever works on a copy of a data folder has files of the first in the list.
    """
    return model.source not in NOT_OURS and folder in Path(model.path).parents


def missing(library: Iterable[Entry]) -> frozenset[int]:
    """Return the numbers of those whose file is not there or cannot be reached."""
    return frozenset(model.id for model in library if not _is_there(model.path))


def files_of(model: Entry) -> tuple[Path, ...]:
    """Return the files of a model or an adapter: itself or its parts, and what was downloaded with it.

    What lies beside one that was moved is not known to be of it.
    """
    path = Path(model.path)
    came_along = () if model.source in NOT_OURS else model.files
    if isinstance(model, Adapter):  # what it was converted from may still lie beside it
        return tuple(dict.fromkeys((path, *(path.with_name(file.path.split("/")[-1]) for file in came_along))))
    if came_along:
        return beside(path, came_along)
    try:
        return read_header(path).parts
    except UserError:
        return (path,)


def files_in(folder: Path, library: Iterable[Entry]) -> frozenset[Path]:
    """Return the files of those that lie in this folder, without links; two may have one of them in common."""
    folder = folder.resolve()
    here = (model for model in library if Path(model.path).parent.resolve() == folder)
    return frozenset(path.resolve() for model in here for path in files_of(model))


def disk_bytes(model: Model) -> int:
    """Return how much of the disk its files take, those that are there."""
    return sum(path.stat().st_size for path in files_of(model) if _is_there(path))


def _is_there(path: Path | str) -> bool:
    return os.path.isfile(path)  # noqa: PTH113  Path.is_file raises where a drive does not answer


def verify(
    model: Model, progress: Callable[[float], None] | None = None, should_stop: Callable[[], bool] | None = None
) -> Verified | None:
    """Read all files of a model and hold them against the hashes that are known; None if it was stopped.

    Raises:
        UserError: If one is missing, cannot be read, or is not what it was.
    """
    paths = files_of(model)
    expected = [file.sha256 for file in model.files] or [model.sha256]
    hashes = []
    for number, path in enumerate(paths):

        def tell(fraction: float, number: int = number) -> None:
            if progress:
                progress((number + fraction) / len(paths))

        found = file_sha256(path, tell, should_stop)
        if not found:
            return None
        known = expected[number] if number < len(expected) else ""
        if known and found != known:
            raise UserError(
                f"“{shown_name(path)}” is not what it was when it came into the library: it was changed, or its disk "
                "is damaged.",
                "Download it again." if model.repo else "Replace it by a copy that is sound, then add it again.",
            )
        hashes.append(found)
    return Verified(hashes[0], all(expected) and len(expected) >= len(paths))


def delete_files(model: Entry, models: Path, library: Iterable[Entry]) -> None:
    """Delete the files of a model or an adapter from the disk, and the folders that are empty then.

    Args:
        model: Of the library.
        models: The folder that downloaded ones are kept in.
        library: All of them; what another one has as well stays.

    Raises:
        UserError: If a file cannot be deleted, e.g. because it is in use.
    """
    kept = files_in(Path(model.path).parent, (other for other in library if other.id != model.id))
    for path in files_of(model):
        if path.resolve() in kept:
            continue
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise UserError(
                f"“{shown_name(path)}” cannot be deleted.",
                "If it is in use, chat with another model first; else check the permissions of its folder.",
            ) from error
    remove_empty_folders(Path(model.path).parent, models)


def remove_empty_folders(folder: Path, models: Path) -> None:
    """Remove folders that nothing is in any more, up to the one that all of them are in."""
    while folder != models and folder.is_relative_to(models):
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent


def check_same(model: Model, path: Path, should_stop: Callable[[], bool] | None = None) -> str:
    """Refuse a file that is not the one that the library has lost, and return its hash.

    Reads all of it, if it is of the right size and kind: two that were made of one model differ in nothing else.

    Raises:
        UserError: If it is no model, or another one.
    """
    found = inspect_model(path)
    facts = (found.size_bytes, found.architecture, found.quant_type)
    is_alike = facts == (model.size_bytes, model.architecture, model.quant_type)
    sha256 = file_sha256(path, should_stop=should_stop) if is_alike else ""
    if not is_alike or (model.sha256 and sha256 != model.sha256):
        raise UserError(
            f"“{shown_name(path)}” is another model than {model.name}.",
            "Choose the file that was moved, or add this one to the library.",
        )
    return sha256
