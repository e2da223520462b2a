"""What is known of an adapter, as a list of names and values."""

import datetime
from collections.abc import Sequence
from pathlib import Path

from desktop_app.adapters.catalog import SOURCE_CONVERTED, SOURCE_FLATTENED, SOURCE_TRAINED
from desktop_app.gui.library.fact_grid import FactGrid, readable_day
from desktop_app.gui.library.labels import counted
from desktop_app.gui.widgets.elided_label import ElidedLabel
from desktop_app.library.memory import readable_size
from desktop_app.storage.records import Adapter

_SOURCES = {
    SOURCE_CONVERTED: "Converted here from a PEFT folder",
    SOURCE_FLATTENED: "Made here from a stack of adapters",
    SOURCE_TRAINED: "Trained here",
}
_PARTS = {  # what llama.cpp calls the weights of a layer begins with the part they belong to
    "attn_": ("attention", {"q": "query", "k": "key", "v": "value", "qkv": "query, key, value"}),
    "ffn_": ("feed-forward", {}),
}


class AdapterGrid(FactGrid):
    """Shows one adapter."""

    def __init__(self) -> None:
        super().__init__()
        self._add_row("Made for", ElidedLabel())
        for name in ("Architecture", "Rank", "Changes"):
            self._add_row(name)
        self._add_row("License", ElidedLabel())
        self._add_origin()
        self._add_file()
        self._add_row("Size")
        self._add_hash()
        for name in ("Used in", "Added", "Last used"):
            self._add_row(name)

    def show_adapter(self, adapter: Adapter, n_chats: int, today: datetime.date) -> None:
        """Show what the library knows."""
        self.set_value("Made for", adapter.base_repo or adapter.base_name or "It does not say")
        self.set_value("Architecture", adapter.architecture)
        self.set_value("Rank", f"{adapter.max_rank:,}")
        self.set_value("Changes", f"{counted(adapter.n_weights, 'weight')}: {_kinds(adapter.targets)}")
        self.set_value("License", adapter.license)
        self.show_origin(adapter.repo, _SOURCES.get(adapter.source, "Added from its place"))
        self.show_file(Path(adapter.path))
        self.set_value("Size", readable_size(adapter.size_bytes))
        self.show_hash(adapter.sha256)
        self.set_value("Used in", counted(n_chats, "chat") or "No chat yet")
        self.set_value("Added", readable_day(adapter.added_at, today))
        self.set_value("Last used", readable_day(adapter.last_used_at, today))


def _kinds(targets: Sequence[str]) -> str:
    """Return what kinds of weights these are: attention (query, value), feed-forward (gate, up, down)."""
    listed, others = [], list(targets)
    for prefix, (part, words) in _PARTS.items():
        inner = [target.removeprefix(prefix) for target in targets if target.startswith(prefix)]
        others = [target for target in others if not target.startswith(prefix)]
        if inner:
            listed.append(f"{part} ({', '.join(words.get(each, each) for each in inner)})")
    return ", ".join([*listed, *others])
