"""What a repository has to offer as adapters: GGUF files, and folders of PEFT that have to be converted."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from desktop_app.adapters.peft_config import CONFIG_NAME, WEIGHTS_NAME, PeftConfig
from desktop_app.errors import TryAgain, UserError
from desktop_app.library.file_errors import damaged, shown_text
from desktop_app.library.offers import is_model_name, quant_of
from desktop_app.library.places import is_safe_path
from desktop_app.library.sketch import read_beginning
from desktop_app.network.door import Gated
from desktop_app.network.records import HubFile
from desktop_app.storage.records import RemoteFile

if TYPE_CHECKING:  # it takes its time to load
    from desktop_app.network.hub import Hub

MAX_CONFIG_BYTES = 1_000_000
BEGINNING_BYTES = 1 << 16  # of an adapter's file; it has no vocabulary in front
MOST = 12  # each is asked about; a repository with more has one for each step of its training

_PICKLE_NAME = "adapter_model.bin"
_PICKLE = "Its weights are in PyTorch's own format only, which can hide programs and is not opened."
_UNQUANTIZED = ("", "F16", "BF16", "F32")


class Kind(StrEnum):
    """How an adapter is packed: ready for use, or to be converted here."""

    GGUF = "gguf"
    PEFT = "peft"


@dataclass(frozen=True)
class AdapterOffer:
    """An adapter as it can be downloaded.

    Attributes:
        name: Of its file or folder.
        files: Of a PEFT adapter its configuration and its weights.
        refusal: Why it cannot be used here, or empty.
    """

    name: str
    kind: Kind
    files: tuple[HubFile, ...]
    refusal: str = ""

    @property
    def size_bytes(self) -> int:
        return sum(file.size_bytes for file in self.files)

    def remote_files(self) -> tuple[RemoteFile, ...]:
        return tuple(RemoteFile(file.path, file.size_bytes, file.sha256) for file in self.files)


def find_adapters(repo_id: str, files: Iterable[HubFile]) -> tuple[AdapterOffer, ...]:
    """Return the adapters among the files, those that need no conversion first; names that could do harm are left out.

    Only names are looked at: a GGUF file may still turn out to be a whole model.
    """
    by_path = {file.path: file for file in files}
    found = []
    for path, file in by_path.items():
        folder, _, name = path.rpartition("/")
        if is_model_name(path):
            found.append(AdapterOffer(name[: -len(".gguf")], Kind.GGUF, (file,), _refusal_of_type(name)))
        elif name == CONFIG_NAME and is_safe_path(path):
            inner = f"{folder}/" if folder else ""
            title = folder.rpartition("/")[2] or repo_id.rpartition("/")[2]
            if (weights := by_path.get(inner + WEIGHTS_NAME)) is not None:
                found.append(AdapterOffer(title, Kind.PEFT, (file, weights)))
            elif inner + _PICKLE_NAME in by_path:
                found.append(AdapterOffer(title, Kind.PEFT, (file,), _PICKLE))
    found.sort(
        key=lambda offer: (offer.kind != Kind.GGUF, offer.files[0].path.count("/"), bool(offer.refusal), offer.name)
    )
    return tuple(found[:MOST])


def refusal_of(hub: "Hub", repo_id: str, revision: str, offer: AdapterOffer, architecture: str) -> str:
    """Return why an adapter cannot be used, as its beginning or its configuration tells; or an empty text.

    Args:
        hub: Is asked for the first bytes of one file.
        repo_id, revision: Where the offer is from.
        offer: What is looked at.
        architecture: Of the model that it is wanted for, as GGUF files have it.

    Raises:
        Gated: If its owner lets in only people who have accepted something.
        TryAgain: If the Hub cannot be asked now.
    """
    if offer.refusal:
        return offer.refusal
    path = offer.files[0].path
    try:
        if offer.kind == Kind.GGUF:
            metadata = read_beginning(hub.beginning(repo_id, revision, path, BEGINNING_BYTES), offer.name)
            return _refusal_of_header(metadata, architecture)
        data = hub.beginning(repo_id, revision, path, MAX_CONFIG_BYTES)
        config = PeftConfig.from_mapping(_json_object(data, offer.name), offer.name)
        return next(iter(config.refusals), "")
    except (Gated, TryAgain):
        raise
    except UserError as error:
        return str(error)


def read_config(hub: "Hub", repo_id: str) -> Mapping[str, Any]:
    """Return `config.json` of a model on the Hub.

    Raises:
        UserError: If it cannot be had.
    """
    return _json_object(hub.beginning(repo_id, "main", "config.json", MAX_CONFIG_BYTES), repo_id)


def _refusal_of_type(name: str) -> str:
    quant_type = quant_of(name)
    if quant_type in _UNQUANTIZED:
        return ""
    return f"It is quantized ({quant_type}), and adapters are used with 16 or 32 bits only."


def _refusal_of_header(metadata: Mapping[str, Any], architecture: str) -> str:
    if metadata.get("general.type") != "adapter":
        return "This is no adapter but a whole model; look for it among the models."
    made_for = metadata.get("general.architecture")
    if made_for != architecture:
        return f"It was made for the architecture “{shown_text(str(made_for))}”, and this model has “{architecture}”."
    return ""


def _json_object(data: bytes, name: str) -> dict[str, Any]:
    try:
        values = json.loads(data)
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict):
        raise damaged(shown_text(name), "its configuration cannot be read")
    return values
