"""What is said of adapters on the Hub: of those that a search has found, and of those that a repository offers."""

from desktop_app.adapters.browse import AdapterLook, FoundAdapter
from desktop_app.adapters.offers import AdapterOffer, Kind
from desktop_app.gui.library.found_card import MUST_ACCEPT, Words
from desktop_app.gui.library.labels import counted, listed, month, printable, split_name
from desktop_app.gui.library.offer_row import OfferWords
from desktop_app.library.memory import readable_size

CANNOT_BE_USED = "Cannot be used"
_KINDS = {Kind.GGUF: "GGUF, ready to use", Kind.PEFT: "Needs conversion, done here"}
_LONGEST = 400


def words_of_found_adapter(found: FoundAdapter, names_base: bool) -> Words:
    """Describe a result of a search, with the model it was made for if that needs to be said."""
    model = found.model
    facts = (
        "" if found.refusal else _KINDS[found.kind],
        f"for {found.base.rpartition('/')[2]}" if names_base else "",
        model.license,
        counted(model.downloads, "download"),
        counted(model.likes, "like"),
        month(model.updated_at),
        MUST_ACCEPT if model.is_gated else "",
    )
    obstacle = CANNOT_BE_USED if found.refusal else ""
    return Words(model.id, *split_name(model.id), facts, printable(found.refusal, _LONGEST), obstacle)


def words_of_adapters(look: AdapterLook) -> list[OfferWords]:
    """Describe the adapters of a repository, those that can be used first; the first is the one to take."""
    offers = sorted(look.offers, key=lambda offer: bool(offer.refusal))
    name = split_name(look.repo.model.id)[1]
    return [_words(offer, name, offer is offers[0] and not offer.refusal) for offer in offers]


def _words(offer: AdapterOffer, repo_name: str, is_recommended: bool) -> OfferWords:
    size = readable_size(offer.size_bytes) if offer.size_bytes else ""
    return OfferWords(
        offer,
        "Adapter" if offer.name == repo_name else printable(offer.name),  # which the page is called already
        listed(("" if offer.refusal else _KINDS[offer.kind], size)),
        sentence=printable(offer.refusal, _LONGEST),
        obstacle=CANNOT_BE_USED if offer.refusal else "",
        is_recommended=is_recommended,
    )
