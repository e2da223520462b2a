"""Which adapters the library has: a file where it lies, a folder of PEFT by being converted, what was downloaded.

Two steps: looking at one reads all of it and may take seconds; entering it in the library takes no time. An adapter
is what its file holds, so the same content is entered once, wherever it lies.

`source` says how one came in, as for models; what was made here is converted, flattened or trained.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from desktop_app.adapters.peft_config import CONFIG_NAME, read_peft_config
from desktop_app.errors import UserError
from desktop_app.library.catalog import NOT_OURS, SOURCE_FILE, SOURCE_HUB
from desktop_app.library.file_errors import utf8_path
from desktop_app.library.gguf import GgufHeader, read_header
from desktop_app.library.inspect import file_sha256
from desktop_app.library.places import is_safe_name
from desktop_app.library.upkeep import delete_files, is_kept_here, missing
from desktop_app.storage.adapters import Adapters
from desktop_app.storage.records import Adapter, Download, RemoteFile

if TYPE_CHECKING:  # NumPy takes its time to load, and the window starts without it
    from desktop_app.adapters.check import AdapterFacts

SOURCE_CONVERTED = "converted"
SOURCE_FLATTENED = "flattened"
SOURCE_TRAINED = "trained"

_MOST_OF_ONE_NAME = 1000


@dataclass(frozen=True)
class Inspected:
    """An adapter that was looked at and found to be safe."""

    path: Path
    sha256: str
    facts: "AdapterFacts"


def is_peft(path: Path) -> bool:
    """Return whether it is the folder of an adapter that has to be converted, or a file out of one."""
    return path.is_dir() or path.name == CONFIG_NAME or path.suffix == ".safetensors"


# ------------------------------------------------------------ looking, which takes its time


def inspect_adapter(path: Path, sha256: str = "") -> Inspected:
    """Read and check an adapter file; a hash that is not known is computed.

    Raises:
        UserError: If it is no adapter that can be used.
    """
    from desktop_app.adapters.check import adapter_facts
    from desktop_app.adapters.open_lora import open_lora

    path = utf8_path(path.absolute())
    open_lora(path)
    return Inspected(path, sha256 or file_sha256(path), adapter_facts(read_header(path)))


def convert_peft(
    folder: Path, out: Path, model: GgufHeader | None = None, base_config: Mapping[str, Any] | None = None
) -> Inspected:
    """Write a PEFT adapter as a GGUF file at `out`.

    Args:
        folder: Has `adapter_config.json` and `adapter_model.safetensors`.
        out: Nothing is left there if it fails.
        model, base_config: What is known of the model that it is for, see `import_peft`.

    Raises:
        UserError: If it cannot be converted or written, or does not fit the model.
    """
    from desktop_app.adapters.check import check_fits
    from desktop_app.adapters.lora_file import write_lora
    from desktop_app.adapters.peft import import_peft

    try:
        write_lora(out, import_peft(folder, model, base_config))
        if model is not None:  # of another one it would have rows in another order, which nobody could tell later
            check_fits(read_header(out), model)
        return inspect_adapter(out)
    except BaseException:
        out.unlink(missing_ok=True)
        raise


def convert_own(path: Path, out_folder: Path, model: GgufHeader | None = None) -> Inspected:
    """Write a PEFT adapter of the person's own as a GGUF file in this folder, under a name that is free.

    Args:
        path: Its folder, or a file in it.
        out_folder: Where converted adapters go.
        model: The model that it is for; without it, the folder has to have that one's `config.json`.

    Raises:
        UserError: If it cannot be converted or written.
    """
    folder = path if path.is_dir() else path.parent
    read_peft_config(folder)  # before a name is taken for it
    return convert_peft(folder, free_path(out_folder, folder.name), model)


def free_path(folder: Path, name: str) -> Path:
    """Return a path for an adapter of this name where none is yet, and keep it free by an empty file.

    Raises:
        UserError: If nothing can be written there.
    """
    name = name if is_safe_name(f"{name}.gguf") else "adapter"
    names = (f"{name}.gguf", *(f"{name} {number}.gguf" for number in range(2, _MOST_OF_ONE_NAME)))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path in map(folder.joinpath, names):
            with suppress(FileExistsError):
                path.touch(exist_ok=False)
                return path
    except OSError as error:
        raise UserError(
            f"Moatless cannot write to {folder}.", "Make the folder writable, or free some space, then try again."
        ) from error
    raise UserError(f"There are too many adapters called “{name}” in {folder}.", "Rename the folder of this one.")


# ------------------------------------------------------------ entering


def enter(adapters: Adapters, found: Inspected, source: str, name: str = "", **where: Any) -> Adapter:
    """Put an adapter that was looked at into the library; if that has one of the same content, it is that one.

    Args:
        adapters: The library.
        found: The adapter.
        source: How it has come in. What was made here is deleted again if the library has it elsewhere.
        name: What to call it; by default what it calls itself.
        where: License, repo, revision and files, if it is from the Hub.
    """
    known = adapters.by_sha256(found.sha256)
    if known is not None and Path(known.path) != found.path:
        if not missing([known]):
            with suppress(OSError):  # then it lies there for nothing, which does no harm
                if source not in NOT_OURS and not found.path.samefile(known.path):
                    found.path.unlink(missing_ok=True)
            return known
        adapters.remove(known.id)  # its file is not there any more, but here
    facts = found.facts
    return adapters.add(
        name=name or facts.name,
        path=str(found.path),
        sha256=found.sha256,
        size_bytes=facts.size_bytes,
        architecture=facts.architecture,
        max_rank=facts.max_rank,
        n_weights=facts.n_weights,
        targets=facts.targets,
        base_name=facts.base_name,
        base_repo=facts.base_repo,
        source=source,
        default_scale=facts.default_scale,
        **{"license": facts.license, **where},
    )


def add_adapter(adapters: Adapters, path: Path, source: str = SOURCE_FILE, sha256: str = "") -> Adapter:
    """Add an adapter file where it lies.

    Raises:
        UserError: If it is no adapter that can be used.
    """
    return enter(adapters, inspect_adapter(path, sha256), source)


def add_peft(adapters: Adapters, path: Path, model: GgufHeader | None, out_folder: Path) -> Adapter:
    """Convert a PEFT adapter (see `convert_own`) and add the result.

    Raises:
        UserError: If it cannot be converted or written.
    """
    return enter(adapters, convert_own(path, out_folder, model), SOURCE_CONVERTED)


def add_downloaded_adapter(adapters: Adapters, download: Download, found: Inspected, hashes: Sequence[str]) -> Adapter:
    """Add what a download has brought, or what it was converted to; every file was compared with what was announced."""
    return enter(
        adapters,
        found,
        SOURCE_CONVERTED if needs_conversion(download) else SOURCE_HUB,
        download.name,
        license=download.license or found.facts.license,
        repo=download.repo,
        revision=download.revision,
        files=tuple(
            RemoteFile(file.path, file.size_bytes, sha256) for file, sha256 in zip(download.files, hashes, strict=True)
        ),
    )


def needs_conversion(download: Download) -> bool:
    """Return whether a downloaded adapter is one of PEFT."""
    return download.files[0].path.endswith(CONFIG_NAME)


def remove_adapter(adapters: Adapters, adapter: Adapter, folder: Path) -> None:
    """Take an adapter out of the library, together with its file if that is in this program's own folder.

    Raises:
        UserError: If the file cannot be deleted; then it stays in the library.
    """
    if is_kept_here(adapter, folder):
        delete_files(adapter, folder, adapters.list_adapters())
    adapters.remove(adapter.id)
