"""The model's files: where they are on this computer, and whether they still are what the run began with."""

import hashlib
from pathlib import Path

from .contract import Base, Part
from .errors import TrainerError


def find_parts(base: Base, path: Path | None) -> list[Path]:
    """Return the model's files, in order, after reading all of them.

    Args:
        base: What the run was prepared for.
        path: Of the first file, if it is not where the run says. The others lie beside it.

    Raises:
        TrainerError: If one is missing or has changed.
    """
    first = path or Path(base.path)
    parts = [first, *(first.with_name(part.name) for part in base.parts[1:])]
    for place, part in zip(parts, base.parts, strict=True):
        try:
            is_same = place.stat().st_size == part.size_bytes and _sha256(place) == part.sha256
        except OSError as error:
            raise TrainerError(
                f"The model's file {place} is missing or cannot be read.",
                f"Bring it back, or say where “{base.name}” is now with --model.",
            ) from error
        if not is_same:
            raise _changed(place, part, base)
    return parts


def _changed(place: Path, part: Part, base: Base) -> TrainerError:
    return TrainerError(
        f"The model's file {place} is not the one that this run was prepared for, or it has changed since.",
        f"Bring back the file “{part.name}” of “{base.name}”, or prepare a new run.",
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
