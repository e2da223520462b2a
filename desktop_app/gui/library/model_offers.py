"""What is said of the models that a repository offers: how good, how large, how they would run here."""

import re
from collections import Counter

from desktop_app.gui.library.found_card import RECOMMENDED
from desktop_app.gui.library.labels import listed, printable, prospect_words
from desktop_app.gui.library.offer_row import OfferWords
from desktop_app.library.browse import Look
from desktop_app.library.memory import readable_size
from desktop_app.library.offers import Offer

USUAL = "Q4_K_M"
_HINTS = {
    1: "1 bit, hardly usable",
    2: "2 bits, makes many mistakes",
    3: "3 bits, noticeably worse",
    4: "4 bits, good for its size",
    5: "5 bits, a little better than 4",
    6: "6 bits, close to the original",
    8: "8 bits, nearly the original",
    16: "16 bits, the original",
    32: "32 bits, no better than 16",
}


def words_of_models(look: Look) -> list[OfferWords]:
    """Describe the models of a repository: the recommended one first, then the smallest."""
    kinds = Counter(offer.quant_type for offer, _ in look.offers)
    described = []
    for offer, prospect in sorted(look.offers, key=lambda offered: offered[0] is not look.recommended):
        needs_name = kinds[offer.quant_type] > 1 or not offer.quant_type
        is_recommended = offer is look.recommended
        described.append(
            OfferWords(
                offer,
                offer.quant_type or "Model",
                _facts(offer, is_recommended),
                printable(offer.name) * needs_name,
                prospect_words(prospect),
                prospect.outlook,
                is_recommended=is_recommended,
            )
        )
    return described


def quant_hint(quant_type: str) -> str:
    """Return how good a quantization is, in words; nothing for one that is not known."""
    if quant_type == USUAL:
        return "4 bits, the usual choice"
    bits = 4 if "FP4" in quant_type else int((re.search(r"\d+", quant_type) or ["0"])[0])
    return _HINTS.get(bits, "")


def _facts(offer: Offer, is_recommended: bool) -> str:
    n_parts = len(offer.files) - offer.sees_pictures
    return listed(
        (
            RECOMMENDED * is_recommended,
            quant_hint(offer.quant_type),
            readable_size(offer.size_bytes),
            f"{n_parts} files" if n_parts > 1 else "",
            "sees pictures" if offer.sees_pictures else "",
        )
    )
