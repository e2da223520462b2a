"""Looking for adapters on the Hub that were made for a model of the library. Used off the window's thread."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from desktop_app.adapters.offers import AdapterOffer, Kind, find_adapters, refusal_of
from desktop_app.library.card import readable_card
from desktop_app.network.door import Gated
from desktop_app.network.records import HubFile, HubModel, HubRepo

if TYPE_CHECKING:  # it takes its time to load
    from desktop_app.network.hub import Hub

SECOND_HOPS = 5  # each is a question of its own

# Who merges an adapter into its model and quantizes that often names the adapter as the base. An adapter has a
# hundredth of its model's weights.
_LARGEST_SHARE = 0.5


@dataclass(frozen=True)
class FoundAdapter:
    """A result of a search.

    Attributes:
        base: The model on the Hub that it was made for, as it says.
        refusal: Why it cannot be used, as far as its list of files tells; or empty.
    """

    model: HubModel
    kind: Kind
    base: str
    refusal: str = ""

    @property
    def repo(self) -> str:
        """owner/name."""
        return self.model.id

    @property
    def author(self) -> str:
        return self.model.id.partition("/")[0]

    @property
    def name(self) -> str:
        return self.model.id.partition("/")[2]


@dataclass(frozen=True)
class AdapterLook:
    """A repository in detail.

    Attributes:
        offers: Its adapters; those with a refusal cannot be used with the model that was asked for.
        card: Its description as Markdown.
        gate: What to do before it can be downloaded, or None.
        note: A sentence about what is not there, or empty.
    """

    repo: HubRepo
    offers: tuple[AdapterOffer, ...]
    card: str
    gate: Gated | None = None
    note: str = ""


def search(hub: "Hub", bases: Sequence[str], words: str, limit: int, n_params: int) -> tuple[FoundAdapter, ...]:
    """Return adapters for any of these models with these words in their name, the most downloaded of the nearest first.

    Adapters in the GGUF format that somebody has made from one in PEFT's follow after that one.

    Args:
        hub: Is asked once for each base, and once for each of the first few that would have to be converted.
        bases: As owner/name, the nearest first.
        words: May be none.
        limit: For each base.
        n_params: Of the model they are for.
    """
    found: dict[str, FoundAdapter | None] = {}
    for base in bases:
        tags = (f"base_model:adapter:{base}",)
        for model in hub.search(words, "downloads", limit, tags, f"Look for adapters of {base}"):
            found.setdefault(model.id, _found(model, base))
    results = {repo: each for repo, each in found.items() if each is not None and not _is_whole(each, n_params)}
    hops = [each for each in results.values() if each.kind == Kind.PEFT][:SECOND_HOPS]
    converted = {each.repo: _converted(hub, each, n_params) for each in hops}
    ordered = [shown for each in results.values() for shown in (each, *converted.get(each.repo, ()))]
    return tuple({each.repo: each for each in ordered}.values())


def look(hub: "Hub", repo_id: str, architecture: str) -> AdapterLook:
    """Return a repository with its adapters and what speaks against each.

    Args:
        hub: Is asked for the beginning of one file of each.
        repo_id: The repository.
        architecture: Of the model that an adapter is wanted for.
    """
    repo = hub.repo(repo_id)
    offers = find_adapters(repo_id, repo.files)
    gate, note = None, "" if offers else "There is no adapter here that could be used."
    try:
        offers = tuple(
            replace(offer, refusal=refusal_of(hub, repo_id, repo.revision, offer, architecture)) for offer in offers
        )
    except Gated as error:
        gate = error
    return AdapterLook(repo, offers, readable_card(hub.card(repo_id, repo.revision)), gate, note)


def _converted(hub: "Hub", adapter: FoundAdapter, n_params: int) -> list[FoundAdapter]:
    """Return what others have made of an adapter in the GGUF format."""
    tags = (f"base_model:quantized:{adapter.repo}", "gguf")
    models = hub.search("", "downloads", SECOND_HOPS, tags, f"Look for {adapter.repo} in the GGUF format")
    found = (_found(model, adapter.base) for model in models)
    return [each for each in found if each and each.kind == Kind.GGUF and not _is_whole(each, n_params)]


def _found(model: HubModel, base: str) -> FoundAdapter | None:
    """Return what a repository is by the names of its files; None if it has no adapter in either format."""
    offers = find_adapters(model.id, _unsized(model.file_names))
    if not offers:
        return None
    best = next((offer for offer in offers if not offer.refusal), offers[0])
    return FoundAdapter(model, best.kind, base, best.refusal)


def _unsized(names: Iterable[str]) -> list[HubFile]:
    return [HubFile(name, 0, "") for name in names]


def _is_whole(found: FoundAdapter, n_params: int) -> bool:
    return found.kind == Kind.GGUF and found.model.n_params > _LARGEST_SHARE * n_params
