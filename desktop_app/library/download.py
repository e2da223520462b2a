"""A whole download: all its files, one after the other and named together, and what is left when it is canceled."""

from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress
from pathlib import Path

from desktop_app.errors import UserError
from desktop_app.library.places import target_paths
from desktop_app.library.transfer import Source, check_space, receive
from desktop_app.library.unfinished import LOCK, give_names, locked, part_of, there_bytes
from desktop_app.library.upkeep import Entry, files_in, remove_empty_folders
from desktop_app.network.door import Stop
from desktop_app.storage.records import Download


def run_download(
    download: Download,
    models: Path,
    source: Source,
    progress: Callable[[int], None],
    stop: Stop,
    reserved_bytes: int = 0,
) -> tuple[str, ...]:
    """Get what is not there yet of all files and return their SHA-256.

    Args:
        download: What is wanted.
        models: The folder that what it becomes is kept in.
        source: Where the files come from.
        progress: Is told how many bytes of all files are there.
        stop: Ends it at once; what is there stays.
        reserved_bytes: Of the free disk, for what is being downloaded beside it.

    Raises:
        Stopped: If it was stopped.
        UserError: If it cannot be finished; what is there stays, unless it is wrong.
    """
    targets = target_paths(models, download)
    there = _there(download, targets)
    check_space(targets[0].parent, download.size_bytes - sum(there), reserved_bytes)
    hashes = []
    with ExitStack() as locks:
        for number, (file, target) in enumerate(zip(download.files, targets, strict=True)):
            others = sum(there) - there[number]

            def tell(done: int, others: int = others) -> None:
                progress(others + done)

            locks.enter_context(locked(target))
            hashes.append(receive(source, file, target, tell, stop))
            there[number] = file.size_bytes
        give_names(targets)
    return tuple(hashes)


def done_bytes(download: Download, models: Path) -> int:
    """Return how much of a download is on this disk.

    Raises:
        UserError: If it has files that are not downloaded because of their names.
    """
    return sum(_there(download, target_paths(models, download)))


def discard(download: Download, models: Path, library: Iterable[Entry], others: Iterable[Download]) -> None:
    """Delete what is there of a canceled download, but nothing that belongs to somebody else as well.

    Args:
        download: That was canceled.
        models: The folder that what it becomes is kept in.
        library: All that are there.
        others: All other downloads.
    """
    models = models.resolve()  # as the paths that are kept are
    targets = target_paths(models, download)
    kept = {*files_in(targets[0].parent, library)}
    for other in others:
        with suppress(UserError):
            kept.update(*map(_traces, target_paths(models, other)))
    for target in targets:
        for path in _traces(target):
            if path not in kept:
                with suppress(OSError):
                    path.unlink(missing_ok=True)
    remove_empty_folders(targets[0].parent, models)


def _traces(target: Path) -> tuple[Path, ...]:
    """Return what there may be of a file."""
    return (target, part_of(target), Path(f"{target}{LOCK}"))


def _there(download: Download, targets: tuple[Path, ...]) -> list[int]:
    return [there_bytes(target, file.size_bytes) for file, target in zip(download.files, targets, strict=True)]
