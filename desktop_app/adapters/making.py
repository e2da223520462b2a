"""From the adapters of a stack to the file of one that does the same."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from desktop_app.adapters.catalog import Inspected, free_path, inspect_adapter
from desktop_app.engine.messages import AdapterScale
from desktop_app.library.outlook import cached_header

if TYPE_CHECKING:  # NumPy takes its time to load, and the window starts without it
    from desktop_app.adapters.lora import Lora

# Of the time that it takes: when all files are read, and when the new one is being written and read again.
_READ = 0.3
_MADE = 0.9


@dataclass(frozen=True)
class Made:
    """What was made. `energy` is the share that it keeps of what the stack does to the weights, from 0 to 1."""

    inspected: Inspected
    rank: int
    energy: float


def make_adapter(
    stack: Sequence[AdapterScale],
    model: Path,
    name: str,
    rank: int | None,
    folder: Path,
    on_progress: Callable[[float], None],
) -> Made:
    """Write one adapter that does what these do together.

    Args:
        stack: At least one.
        model: The one that all of them are for.
        name: What to call it; its file is called the same if it can be.
        rank: The largest it may have; None makes it exact, with the sum of the ranks.
        folder: Where it goes.
        on_progress: Is told the fraction that is done, and may end it by raising something; then nothing is left.

    Raises:
        UserError: If one of the adapters cannot be used, or the new one not be written.
    """
    from desktop_app.adapters.flatten import make_one
    from desktop_app.adapters.open_lora import open_lora

    parts: list[tuple[Lora, float]] = []
    for number, each in enumerate(stack):
        on_progress(_READ * number / len(stack))
        parts.append((open_lora(Path(each.path), cached_header(model)), each.scale))
    one = make_one(parts, rank, lambda fraction: on_progress(_READ + (_MADE - _READ) * fraction))
    on_progress(_MADE)
    lora = replace(one.lora, metadata={**one.lora.metadata, "general.name": name})
    return Made(_written(lora, folder, name), one.rank, one.energy)


def _written(lora: "Lora", folder: Path, name: str) -> Inspected:
    """Write an adapter under a name that is free, and look at it as at any other."""
    from desktop_app.adapters.lora_file import write_lora

    path = free_path(folder, name)
    try:
        write_lora(path, lora)
        return inspect_adapter(path)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
