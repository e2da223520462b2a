"""The training environment in words: how it stands, and what and under which terms would come."""

from desktop_app.finetune.environment.lock import CPU, MPS, PYTHON_DOWNLOAD_BYTES, Lock
from desktop_app.finetune.environment.place import Record
from desktop_app.finetune.environment.status import State
from desktop_app.library.memory import readable_size

TITLE = "Training environment"
OFFER = (
    "Teaching needs PyTorch, which is too large to come with Moatless. It is downloaded once into a folder of its own, "
    "tried out, and can be removed at any time."
)
BROKEN = "Files of the training environment are missing or damaged. Repairing sets it up anew."
OUTDATED = (
    "This version of Moatless was tested with newer packages. Those that are here still work; they stay in use until "
    "the new ones are ready."
)
ELSEWHERE = "Another Moatless is setting it up at the moment."
# What is said where something can be done, and what that is called.
OFFERS = {State.ABSENT: (OFFER, "Install"), State.BROKEN: (BROKEN, "Repair"), State.OUTDATED: (OUTDATED, "Update")}

_DEVICES = {CPU: "the processor", MPS: "the GPU of this Mac"}
_PYTHON_TERMS = "PSF-2.0"
_FAMILIES = ("BSD", "MIT", "Apache", "PSF")
_OWN_TERMS = "NVIDIA"


def ready_words(record: Record) -> str:
    """Return what there is."""
    torch = record.packages.get("torch", "").partition("+")[0]
    device = _DEVICES.get(record.device, record.device)
    return f"{TITLE}: PyTorch {torch}, trains on {device}, takes {readable_size(record.disk_bytes)} of the disk"


def license_words(lock: Lock) -> str:
    """Return the licenses of all packages in a sentence."""
    licenses = [each.license for each in lock.packages]
    families = [family for family in _FAMILIES if any(family in license for license in licenses)]
    *most, last = families
    words = f"Open source: {', '.join(most)} and {last}." if most else f"Open source: {last}."
    if any(_OWN_TERMS in license for license in licenses):
        words += " The libraries of NVIDIA are free to use, but not open source."
    return words


def each_license(lock: Lock) -> list[tuple[str, str, int]]:
    """Return Python and the packages: name and version, terms, and size as it comes, in bytes."""
    # Whoever brings a folder of packages along needs to know what the archive is called.
    python = (f"Python {lock.python}", f"{_PYTHON_TERMS}, in {lock.python_archive}", PYTHON_DOWNLOAD_BYTES)
    return [python, *((f"{each.name} {each.version}", each.license, each.download_bytes) for each in lock.packages)]
