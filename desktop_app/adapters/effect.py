"""Whether an adapter does anything to a model, judged by a text that both have read.

The commonest trouble with adapters is that one loads and changes nothing. Single numbers say little: quantized
products also round what goes in, so that two ways to compute the same differ by a divergence of 0.003 and, over 512
tokens, by 0.0006 ± 0.004 nats a token. What is judged are means over as many tokens.
"""

from desktop_app.engine.messages import Effect
from desktop_app.paths import bundled

_LEAST_DIVERGENCE = 0.01  # nats a token; three times what rounding does
_LEAST_ERRORS = 3.0  # standard errors of the difference
_LARGEST_EQUAL_DIFFERENCE = 0.02  # nats a token
# Of what the adapters did to the model, measured as a divergence; what is left is no more than the rest.
_MUCH_LOST = 0.5
_PART_LOST = 0.1


def probe_text() -> str:
    """Return the general text that comes with the program: more than 600 tokens of any vocabulary."""
    return bundled("probe.txt").read_text(encoding="utf-8")


def has_effect(effect: Effect) -> bool:
    """Return whether the two ways of reading differ by more than rounding can do."""
    return effect.kl > _LEAST_DIVERGENCE or _shifts(effect)


def are_equal(effect: Effect) -> bool:
    """Return whether the two ways of reading are the same up to rounding."""
    return effect.kl < _LEAST_DIVERGENCE and abs(effect.other_nll - effect.mean_nll) < _LARGEST_EQUAL_DIFFERENCE


def effect_sentence(effect: Effect) -> str:
    """Say what an adapter does to a model.

    Args:
        effect: How the model with the adapter differs from the bare one, which is the first of the two.
    """
    if not has_effect(effect):
        return "This adapter does not change the answers of this model."
    changed = 1 - effect.agreement
    places = f"in {changed:.0%} of all places" if changed >= 0.005 else "hardly anywhere"
    changes = f"On a general text, this adapter changes {places} which word is the likeliest to come next"
    if not _shifts(effect):
        return f"{changes}; the text as a whole is as likely as without it."
    direction = "less" if effect.other_nll > effect.mean_nll else "more"
    return (
        f"{changes}, and makes the text as a whole {direction} likely "
        f"({effect.other_nll:.2f} in place of {effect.mean_nll:.2f} nats a token)."
    )


def merge_sentence(taught: Effect, merged: Effect) -> str:
    """Say what a model that adapters were merged into has kept of what they do.

    A quantized model can hold no change that is finer than half its steps, however much many such changes do together,
    so merging may lose all that an adapter taught.

    Args:
        taught: How the model under the stack differs from the bare one, which is the first of the two.
        merged: How the merged model differs, on the same text, from the model under the stack, which is the first.
    """
    if not has_effect(taught):
        return "The adapters change nothing on a general text, so it cannot be measured what merging has kept of them."
    agreements = (
        f"it and the stack think the same word likeliest in {merged.agreement:.0%} of all places, the bare model and "
        f"the stack in {taught.agreement:.0%}."
    )
    lost = 0.0 if are_equal(merged) else merged.kl / max(taught.kl, _LEAST_DIVERGENCE)
    if lost >= _MUCH_LOST:
        return (
            "Merging has lost most of what the adapters do, because the quantization of this model is too coarse for "
            f"it; keep using the adapters: {agreements}"
        )
    if lost >= _PART_LOST:
        return f"Merging has lost part of what the adapters do, about {lost:.0%}: {agreements}"
    return f"The merged model does what the stack does: {agreements}"


def _shifts(effect: Effect) -> bool:
    difference = abs(effect.other_nll - effect.mean_nll)
    return difference > _LEAST_ERRORS * effect.nll_error
