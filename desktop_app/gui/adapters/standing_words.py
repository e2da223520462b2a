"""How an adapter stands, in words, each with an icon and a color."""

from dataclasses import dataclass

from desktop_app.adapters.effect import effect_sentence, has_effect
from desktop_app.gui.adapters.standings import Standing
from desktop_app.gui.library.labels import counted, listed
from desktop_app.library.memory import readable_size
from desktop_app.storage.records import Adapter


@dataclass(frozen=True)
class Told:
    """A few words with an icon of the set, in the color of a token; without words there is nothing to say."""

    icon: str = ""
    token: str = "muted"
    words: str = ""
    is_small: bool = False


def verdict_told(adapter: Adapter, standing: Standing) -> Told:
    """Say in a few words whether an adapter is for the model in use."""
    verdict = standing.verdict
    if verdict is None:
        return Told()
    from desktop_app.adapters.verdict import Level  # there already, or there would be no verdict

    if verdict.level is Level.VERIFIED:
        return Told("shield-check", "good", f"Verified for {standing.model_name}")
    if verdict.level is Level.DECLARED:
        return Told("check", "muted", f"Made for {base_of(adapter)}, as declared")
    if verdict.level is Level.UNVERIFIED:
        return Told("circle-alert", "warn", "Loads, unverified")
    return Told("triangle-alert", "danger", "Not for this model")


def reason(standing: Standing) -> str:
    """Return why an adapter should not be trusted, or cannot be used; empty where there is nothing against it."""
    verdict = standing.verdict
    if verdict is None:
        return ""
    from desktop_app.adapters.verdict import Level  # there already, or there would be no verdict

    return verdict.sentence if verdict.level in (Level.UNVERIFIED, Level.BLOCKED) else ""


def effect_told(standing: Standing) -> Told:
    """Say what an adapter was measured to do; nothing as long as it was not."""
    if standing.is_measuring:
        return Told("clock", "muted", f"Measuring what it does to {standing.model_name}…", is_small=True)
    if standing.trouble:
        return Told("circle-alert", "danger", standing.trouble)
    if standing.proof is None:
        return Told()
    effect = standing.proof.effect
    if has_effect(effect):
        return Told("activity", "muted", effect_sentence(effect), is_small=True)
    return Told("triangle-alert", "warn", effect_sentence(effect))


def base_of(adapter: Adapter) -> str:
    """Return the model that it says it was made for, without its owner, or an empty text."""
    return adapter.base_name or adapter.base_repo.rpartition("/")[2]


def facts_line(adapter: Adapter, standing: Standing) -> str:
    """Return what tells adapters apart, in one line; the model it is for only where the verdict does not name it."""
    is_named = standing.verdict is not None and not standing.is_blocked
    base = base_of(adapter)
    return listed(
        (
            f"for {base}" if base and not is_named else "",
            f"rank {adapter.max_rank}",
            readable_size(adapter.size_bytes),
            f"used in {counted(standing.n_chats, 'chat')}" if standing.n_chats else "",
        )
    )
