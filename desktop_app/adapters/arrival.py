"""From the files of a downloaded adapter to one that can be entered in the library, by converting it if need be."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from desktop_app.adapters.catalog import Inspected, convert_peft, free_path, inspect_adapter, needs_conversion
from desktop_app.adapters.offers import read_config
from desktop_app.adapters.peft_config import read_peft_config
from desktop_app.errors import UserError
from desktop_app.library.file_errors import shown_text
from desktop_app.library.gguf import read_header
from desktop_app.storage.adapters import Adapters
from desktop_app.storage.records import Download

if TYPE_CHECKING:  # it takes its time to load
    from desktop_app.network.hub import Hub


def look_at_downloaded(
    download: Download, paths: Sequence[Path], hashes: Sequence[str], model: Path | None, hub: Callable[[], "Hub"]
) -> Inspected:
    """Check what has come, and convert it if it is one of PEFT. Takes seconds, and perhaps a question to the Hub.

    Args:
        download: All of it is there.
        paths: Where its files are.
        hashes: Of these files.
        model: The file of the model that it is for, if that is still here.
        hub: Gives the Hub, which is asked for the base model's configuration otherwise.

    Raises:
        UserError: If it is no adapter that can be used, or cannot be converted.
    """
    if not needs_conversion(download):
        return inspect_adapter(paths[0], hashes[0])
    folder = paths[0].parent
    # It takes the place of none that stacks still use: what is there may be of another version, or for another model.
    name = f"{folder.name}-{download.revision[:7]}"
    if model is not None and model.is_file():
        return convert_peft(folder, free_path(folder, name), read_header(model))
    base = read_peft_config(folder).base_repo
    if not base:
        raise UserError(
            f"“{shown_text(download.name)}” does not say which model of the Hub it was made for, so it cannot be "
            "converted without that model.",
            "Add the model to the library, then look for the adapter again.",
        )
    config = read_config(hub(), base)
    return convert_peft(folder, free_path(folder, name), base_config=config)


def forget_conversion(adapters: Adapters, download: Download, found: Inspected) -> None:
    """Delete what was converted for nothing, unless the library has it from before."""
    known = adapters.by_sha256(found.sha256)
    if needs_conversion(download) and (known is None or Path(known.path) != found.path):
        with suppress(OSError):
            found.path.unlink(missing_ok=True)


def forget_originals(download: Download, paths: Sequence[Path]) -> None:
    """Delete what a converted adapter was made from; where that fails it goes with the adapter."""
    if needs_conversion(download):
        for path in paths:
            with suppress(OSError):
                path.unlink(missing_ok=True)
