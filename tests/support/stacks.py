"""Adapters that lie in a data folder and are in its library, for tests that mix them."""

from pathlib import Path

from desktop_app.adapters.catalog import enter, inspect_adapter
from desktop_app.adapters.lora_file import read_lora, write_lora
from desktop_app.library.catalog import SOURCE_FILE
from desktop_app.library.gguf import read_header
from desktop_app.storage.adapters import Adapters
from desktop_app.storage.records import Adapter, StackEntry
from tests.support.gguf_files import lora_adapter


def add_adapters(adapters: Adapters, folder: Path, *names: str) -> list[Adapter]:
    """Write an adapter for each name, each with other numbers, and add it to the library."""
    added = []
    for number, name in enumerate(names, 1):
        drawn = lora_adapter(seed=number).with_metadata(general__name=name).write(folder / f"{name}.drawn.gguf")
        path = folder / f"{name}.gguf"
        write_lora(path, read_lora(read_header(drawn)))
        drawn.unlink()
        added.append(enter(adapters, inspect_adapter(path), SOURCE_FILE))
    return added


def entry(adapter: Adapter, scale: float = 1.0, is_on: bool = True) -> StackEntry:
    return StackEntry(adapter.sha256, adapter.name, scale, is_on)
