"""Looking for models on the Hub, with what each of them would mean here. Used off the window's thread."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from desktop_app.errors import UserError
from desktop_app.library.architectures import CHAT
from desktop_app.library.card import readable_card
from desktop_app.library.file_errors import shown_text
from desktop_app.library.gguf_reader import Value
from desktop_app.library.model_check import check_architecture
from desktop_app.library.offers import Offer, find_offers, recommended
from desktop_app.library.prospects import (
    Machine,
    Prospect,
    header_of_usual_shape,
    prospect,
    prospects_of,
    rough_prospect,
)
from desktop_app.library.sketch import read_beginning
from desktop_app.network.door import Gated
from desktop_app.network.records import HubModel, HubRepo

if TYPE_CHECKING:  # it takes its time to load
    from desktop_app.network.hub import Hub, Order

BEGINNING_BYTES = 1 << 18  # the numbers stand before the vocabulary, in the first few kilobytes


@dataclass(frozen=True)
class Found:
    """A result of a search. `prospect` is a rough one, and None where nothing is known of its size."""

    model: HubModel
    prospect: Prospect | None

    @property
    def can_chat(self) -> bool:
        """Whether its architecture is one that runs here, as far as the Hub says."""
        return not self.model.architecture or self.model.architecture in CHAT


@dataclass(frozen=True)
class Look:
    """A repository in detail.

    Attributes:
        offers: What can be downloaded, with what is to be expected of each.
        recommended: The one that most people should take here.
        card: Its description as Markdown.
        gate: What to do before it can be downloaded, or None.
        note: A sentence about what could not be found out, or empty.
    """

    repo: HubRepo
    offers: tuple[tuple[Offer, Prospect], ...]
    recommended: Offer | None
    card: str
    gate: Gated | None = None
    note: str = ""


def search(hub: "Hub", words: str, order: "Order", limit: int, machine: Machine) -> tuple[Found, ...]:
    """Return at most `limit` models with these words in their name."""
    return tuple(
        Found(model, rough_prospect(model.n_params, model.n_ctx_train, machine))
        for model in hub.search(words, order, limit)
    )


def look(hub: "Hub", repo_id: str, machine: Machine) -> Look:
    """Return a repository with its description and what its files would mean here."""
    repo = hub.repo(repo_id)
    offers = find_offers(repo.files)
    sizes = [offer.model_bytes for offer in offers]
    prospects: tuple[Prospect, ...] = ()
    gate, note = None, "" if offers else "There is no whole model in the GGUF format here."
    try:
        metadata = _metadata(hub, repo, offers)
        prospects = prospects_of(metadata, sizes, machine)
        if offers:
            check_architecture(str(metadata.get("general.architecture", "")), repo_id)
    except Gated as error:
        gate = error
    except UserError as error:
        note = str(error)
    if not prospects:
        prospects = tuple(prospect(header_of_usual_shape(_params(repo, size), size), machine) for size in sizes)
    card = readable_card(hub.card(repo_id, repo.revision))
    best = recommended(offers, machine.largest_model_bytes)
    return Look(repo, tuple(zip(offers, prospects, strict=True)), best, card, gate, note)


def choose_offer(hub: "Hub", repo_id: str, wanted: str) -> tuple[HubRepo, Offer]:
    """Return what to download for a quantization or a file name.

    Raises:
        UserError: If the repository has no such model, or cannot be looked at.
    """
    repo = hub.repo(repo_id)
    offers = find_offers(repo.files)
    name = wanted.casefold().removesuffix(".gguf")
    for offer in offers:
        if name in (offer.quant_type.casefold(), offer.name.casefold()) or offer.files[0].path == wanted:
            return repo, offer
    if not offers:
        raise UserError(f"“{shown_text(repo_id)}” has no whole model in the GGUF format.", "Choose another repository.")
    names = ", ".join(offer.quant_type or offer.name for offer in offers)
    raise UserError(f"“{shown_text(repo_id)}” has no “{shown_text(wanted)}”.", f"It has these: {names}.")


def _metadata(hub: "Hub", repo: HubRepo, offers: tuple[Offer, ...]) -> dict[str, Value]:
    """Return the beginning of a file's header; all quantizations of a model have the same numbers in it.

    The largest one is asked, because a small one may be of a model that guesses ahead for it.
    """
    if not offers:
        return {}
    path = offers[-1].files[0].path
    return read_beginning(hub.beginning(repo.model.id, repo.revision, path, BEGINNING_BYTES), path)


def _params(repo: HubRepo, size_bytes: int) -> int:
    return repo.model.n_params or size_bytes
