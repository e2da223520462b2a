"""What setting the training environment up would mean, told before anything is begun."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from desktop_app.finetune.environment.lock import Lock
from desktop_app.finetune.environment.place import Place, folder_bytes
from desktop_app.finetune.environment.troubles import no_space
from desktop_app.finetune.environment.uv import Supply
from desktop_app.library.memory import readable_size
from desktop_app.library.transfer import SPARE_BYTES


@dataclass(frozen=True)
class Plan:
    """What would come.

    Attributes:
        lock: The packages, and what they would compute on.
        reason: Why on that, in a sentence.
        sources: Whom it would be downloaded from; empty where it comes from a folder.
        folder: Where it would go.
        needed_bytes: Of the disk, while it is set up; less than of all where something is there already.
        free_bytes: Of the disk.
    """

    lock: Lock
    reason: str
    sources: tuple[str, ...]
    folder: Path
    needed_bytes: int
    free_bytes: int

    @property
    def has_room(self) -> bool:
        return self.free_bytes >= self.needed_bytes + SPARE_BYTES


def make_plan(place: Place, lock: Lock, supply: Supply, reason: str) -> Plan:
    """Return what setting up would mean here and now."""
    sources = tuple(dict.fromkeys((*supply.hosts(lock), *supply.python_hosts(lock))))
    return Plan(lock, reason, sources, place.root, _needed_bytes(place, lock), _free_bytes(place))


def check_space(place: Place, lock: Lock) -> None:
    """Refuse what would fill the disk.

    Raises:
        UserError: If there is too little of it. Names the numbers.
    """
    needed, free = _needed_bytes(place, lock), _free_bytes(place)
    if free < needed + SPARE_BYTES:
        raise no_space(readable_size(needed + SPARE_BYTES), readable_size(free), place.root)


def _needed_bytes(place: Place, lock: Lock) -> int:
    return max(0, lock.download_bytes + lock.disk_bytes - folder_bytes(place.cache))


def _free_bytes(place: Place) -> int:
    existing = next(parent for parent in (place.root, *place.root.parents) if parent.exists())
    return shutil.disk_usage(existing).free
