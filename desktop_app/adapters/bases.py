"""Which models of the Hub a file of the library was made from: there the adapters for it are found."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from desktop_app.adapters.check import base_repo, is_repo
from desktop_app.errors import TryAgain, UserError
from desktop_app.library import starter
from desktop_app.library.catalog import SOURCE_STARTER
from desktop_app.library.gguf import GgufHeader
from desktop_app.library.outlook import cached_header
from desktop_app.storage.records import Model

if TYPE_CHECKING:  # it takes its time to load
    from desktop_app.network.hub import Hub

MAX_STEPS = 5  # from a quantization to the model that all began with it takes three or four

_BASE_TAG, _QUANTIZED_TAG = "base_model:", "base_model:quantized:"


def known_repos(model: Model) -> tuple[str, ...]:
    """Return where a model of the library is from on the Hub, as owner/name, as far as that is known for certain."""
    if model.source == SOURCE_STARTER:
        return (starter.REPO,)
    return (model.repo,) if model.repo else ()


def find_bases(hub: "Hub", model: Model) -> tuple[str, ...]:
    """Return the models that adapters for this one may have been made for, the nearest first; perhaps none.

    Adapters for a quantization are made for the model it was made from. The models that this one was trained from come
    after it: their adapters fit its shapes, and often work.

    Raises:
        UserError: If the model's file cannot be read, or the Hub not be asked.
    """
    header = cached_header(Path(model.path))
    bases = [base for repo in known_repos(model) for base in _upwards(hub, repo)]
    if (told := base_repo(header)) and told not in bases:
        # Files name what their model was trained from and not the model itself. Its own names are believed where the
        # Hub has a model of these names that was trained from the same.
        suggested = suggested_base(header)
        upwards = _upwards(hub, suggested) if suggested and not bases else []
        bases += upwards if told in upwards else [told]
    return tuple(dict.fromkeys(bases))


def suggested_base(header: GgufHeader) -> str:
    """Return which model of the Hub it may be by its names, for the person to confirm; empty if they tell nothing."""
    organization, name = header.text("general.organization"), header.text("general.name")
    stem = f"{organization}/{name}".replace(" ", "-")
    return stem if organization and is_repo(stem) else ""


def _upwards(hub: "Hub", repo: str) -> list[str]:
    """Return a repository and what it was made from, step by step; without itself if it only quantizes that."""
    path = [repo]
    only_quantizes = False
    for _ in range(MAX_STEPS):
        try:
            tags = hub.repo(path[-1]).model.tags
        except TryAgain:
            raise
        except UserError:  # renamed, withdrawn or closed; what is known up to there still holds
            break
        parents = _parents(tags)
        if len(parents) != 1 or parents[0] in path:  # of a merge of several, adapters for one of them are not for it
            break
        only_quantizes = only_quantizes or (len(path) == 1 and f"{_QUANTIZED_TAG}{parents[0]}" in tags)
        path.append(parents[0])
    return path[1:] if only_quantizes else path


def _parents(tags: Iterable[str]) -> list[str]:
    """Return the models in tags such as base_model:owner/name and base_model:quantized:owner/name."""
    names = (tag.rpartition(":")[2] for tag in tags if tag.startswith(_BASE_TAG))
    return list(dict.fromkeys(name for name in names if is_repo(name)))
