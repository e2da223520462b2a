"""From a trained run to an adapter in the library: proved first, and written with what was measured of it.

Each part is done once: after a crash in between, doing it all again goes on with what is missing.
"""

from pathlib import Path

from desktop_app.adapters.catalog import SOURCE_TRAINED, Inspected, enter, free_path, inspect_adapter
from desktop_app.errors import UserError
from desktop_app.finetune import events
from desktop_app.finetune.export import ADAPTER, write_adapter
from desktop_app.finetune.proof import evaluation
from desktop_app.finetune.report import Report
from desktop_app.library.file_errors import shown_name
from desktop_app.library.inspect import file_sha256
from desktop_app.storage.adapters import Adapters
from desktop_app.storage.records import Adapter
from desktop_app.trainer.contract import Base


def export_run(folder: Path, report: Report, adapters: Path, repo: str = "") -> Inspected:
    """Write the adapter of a run that has been proved, into its folder and for the library.

    Args:
        folder: Of the run.
        report: Of its proof.
        adapters: Where the library keeps adapters.
        repo: Where its model is on the Hub, as owner/name, if that is known.

    Raises:
        UserError: If it cannot be written.
    """
    facts = evaluation(report)
    write_adapter(folder, folder / ADAPTER, repo, facts)
    sha256, written = file_sha256(folder / ADAPTER), adapters / f"{folder.name}.gguf"
    if written.is_file() and file_sha256(written) == sha256:  # and then the program was killed
        return inspect_adapter(written, sha256)
    path = free_path(adapters, folder.name)
    try:
        write_adapter(folder, path, repo, facts)
        return inspect_adapter(path)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def enter_run(folder: Path, found: Inspected, adapters: Adapters) -> Adapter:
    """Put an exported adapter into the library, under the name of its run, and note it."""
    adapter = enter(adapters, found, SOURCE_TRAINED, folder.name)
    events.add_event(folder, events.EXPORTED, path=adapter.path, sha256=adapter.sha256)
    return adapter


def check_base(base: Base, path: Path) -> None:
    """Refuse a model that is not the one of the run: whatever is measured with it would say nothing.

    Args:
        base: Of the run.
        path: The model's first file; the others lie beside it.

    Raises:
        UserError: If it is another one, or cannot be read.
    """
    for place, part in zip((path, *(path.with_name(part.name) for part in base.parts[1:])), base.parts, strict=True):
        if file_sha256(place) != part.sha256:
            raise UserError(
                f"“{shown_name(place)}” is not the model that this run was prepared for, or it has changed since.",
                f"Bring back the file “{part.name}” of “{base.name}”, or prepare a new run.",
            )
