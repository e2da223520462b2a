"""What can be said of a model before it is loaded: how much memory it will need here, and whether that is there."""

from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from pathlib import Path

from desktop_app.engine.choices import LoadSettings
from desktop_app.errors import UserError
from desktop_app.library.file_errors import shown_name
from desktop_app.library.fit import DoesNotFit, LoadPlan, plan_load
from desktop_app.library.gguf import GgufHeader, read_header
from desktop_app.library.hardware import FreeMemory
from desktop_app.library.memory import readable_size


class Fit(Enum):
    """How well a model fits into what is free now, in the words of the Models page."""

    WELL = "Fits well"
    TIGHT = "Tight"
    TOO_LARGE = "Too large"


@dataclass(frozen=True)
class Outlook:
    """`fit` is None where the sentence is about something else than memory."""

    fit: Fit | None
    sentence: str


def look_ahead(path: Path, settings: LoadSettings, free: FreeMemory) -> Outlook:
    """Return what loading a model of the library like this would mean. Reads the header of a file once."""
    try:
        header = cached_header(path)
        draft = cached_header(Path(settings.draft_path)) if settings.speculate and settings.draft_path else None
    except UserError as error:
        return Outlook(None, str(error))
    return outlook_of(header, settings, free, draft)


def outlook_of(
    header: GgufHeader, settings: LoadSettings, free: FreeMemory, draft: GgufHeader | None = None
) -> Outlook:
    """Return what loading a model with this header would mean."""
    try:
        plan = plan_load(header, settings, free, draft)
    except DoesNotFit as error:
        # It stands below the model's name.
        return Outlook(Fit.TOO_LARGE, str(error).replace(f"“{shown_name(header.path)}” needs", "Needs", 1))
    except UserError as error:
        return Outlook(None, str(error))
    return Outlook(Fit.WELL if plan.is_comfortable(free) else Fit.TIGHT, _sentence(plan, free))


def _sentence(plan: LoadPlan, free: FreeMemory) -> str:
    is_apart = plan.memory.vram and not free.is_shared
    on_gpu = f" and {readable_size(plan.memory.vram)} on the graphics processor" if is_apart else ""
    needs = f"Needs about {readable_size(free.taken_from_ram(plan.memory))} of memory{on_gpu}"
    return f"{needs} for a context of {plan.n_ctx:,} tokens. {plan.note}".rstrip()


def cached_header(path: Path) -> GgufHeader:
    """Read the header of a file, once as long as the file stays the same; raises `UserError`."""
    try:
        status = path.stat()
    except OSError:
        return read_header(path)  # it has a sentence for this
    return _read_once(path, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=128)
def _read_once(path: Path, _size: int, _changed_at: int) -> GgufHeader:
    return read_header(path)
