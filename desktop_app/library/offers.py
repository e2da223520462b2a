"""What can be downloaded from a repository: its files put together to whole models, each in one quantization."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from desktop_app.library.places import is_safe_path
from desktop_app.network.records import HubFile
from desktop_app.storage.records import RemoteFile

_SPLIT = re.compile(r"(?P<stem>.+)-(?P<number>\d{5})-of-(?P<count>\d{5})", re.IGNORECASE)
_QUANT = re.compile(
    r"(?:^|[-._])(I?Q\d+_(?:K_(?:XXL|XL|[SML])|K|\d|XXS|XS|NL|[SML])|TQ\d_\d|MXFP4(?:_MOE)?|NVFP4|BF16|FP?16|FP?32)"
    r"(?=[-._]|$)",
    re.IGNORECASE,
)
_PREFERRED = ("Q4_K_M", "Q4_K_S", "Q4_0", "MXFP4", "MXFP4_MOE", "Q5_K_M", "IQ4_XS", "Q8_0")
_EYES = ("f16", "bf16", "q8_0")  # precisions of the part that sees, best first


@dataclass(frozen=True)
class Offer:
    """A model as it can be downloaded.

    Attributes:
        name: Of its file, without ending and part number.
        quant_type: As the name says, or empty.
        files: The model or its parts in order, then the part that sees pictures, if there is one.
    """

    name: str
    quant_type: str
    files: tuple[HubFile, ...]

    @property
    def size_bytes(self) -> int:
        return sum(file.size_bytes for file in self.files)

    @property
    def model_bytes(self) -> int:
        """Size of the model itself."""
        return sum(file.size_bytes for file in self.files if not _is_eyes(file.path))

    @property
    def sees_pictures(self) -> bool:
        """Whether the part that sees pictures comes along."""
        return any(_is_eyes(file.path) for file in self.files)

    def remote_files(self) -> tuple[RemoteFile, ...]:
        return tuple(RemoteFile(file.path, file.size_bytes, file.sha256) for file in self.files)


def quant_of(name: str) -> str:
    """Return the quantization that a file's name speaks of, or else its folder's, or an empty text."""
    for part in reversed(name.split("/")):
        if found := _QUANT.findall(part):
            quant: str = found[-1].upper()
            return quant.replace("FP16", "F16").replace("FP32", "F32")
    return ""


def find_offers(files: Iterable[HubFile]) -> tuple[Offer, ...]:
    """Return the whole models among the files, the smallest first; names that could do harm are left out."""
    models: dict[tuple[str, int], dict[int, HubFile]] = defaultdict(dict)
    eyes: list[HubFile] = []
    for file in files:
        if not is_model_name(file.path):
            if is_safe_path(file.path) and _is_eyes(file.path) and file.path.lower().endswith(".gguf"):
                eyes.append(file)
            continue
        stem = file.path[: -len(".gguf")]
        split = _SPLIT.fullmatch(stem)
        name, number, count = (split["stem"], int(split["number"]), int(split["count"])) if split else (stem, 1, 1)
        models[name, count][number] = file
    found = [
        Offer(name.rpartition("/")[2], quant_of(name), (*(parts[number] for number in sorted(parts)), *_best(eyes)))
        for (name, count), parts in models.items()
        if sorted(parts) == list(range(1, count + 1))
    ]
    return tuple(sorted(found, key=lambda offer: (offer.size_bytes, offer.name)))


def is_model_name(path: str) -> bool:
    """Return whether a file of a repository can be a model, or a part of one, and may be stored under its name."""
    return path.lower().endswith(".gguf") and is_safe_path(path) and not _is_eyes(path) and not _is_other(path)


def recommended(offers: Sequence[Offer], largest_bytes: int) -> Offer | None:
    """Return what most people should take: four bits where there is such a file, smaller where that is too large.

    Args:
        offers: Of one model.
        largest_bytes: What the memory has room for.
    """
    fitting = [offer for offer in offers if offer.model_bytes <= largest_bytes]
    for quant_type in _PREFERRED:
        for offer in fitting:
            if offer.quant_type == quant_type:
                return offer
    if fitting:
        return fitting[-1]
    return offers[0] if offers else None


def _is_eyes(path: str) -> bool:
    return "mmproj" in path.rpartition("/")[2].lower()


def _is_other(path: str) -> bool:
    """Return whether it is a matrix of importances, a vocabulary, or only guesses ahead for the model beside it."""
    name = path.rpartition("/")[2].lower()
    return any(mark in name for mark in ("imatrix", "eagle3", "dflash")) or name.startswith("ggml-vocab")


def _best(eyes: Sequence[HubFile]) -> tuple[HubFile, ...]:
    def rank(file: HubFile) -> tuple[int, str]:
        quant = quant_of(file.path).lower()
        return (_EYES.index(quant) if quant in _EYES else len(_EYES), file.path)

    return tuple(sorted(eyes, key=rank)[:1])
