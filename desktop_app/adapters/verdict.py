"""How far an adapter can be trusted to be for a model, before anything is computed.

That the shapes fit says little: a base model and its instruct version have the same. What an adapter says about its
model, and better still the identity that it recorded of it, say more; what it really does is measured afterwards.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from desktop_app.adapters.check import (
    MERGED,
    AdapterFacts,
    adapter_facts,
    base_repo,
    check_adapter,
    check_fits,
    model_file_name,
)
from desktop_app.adapters.identity import BaseIdentity, base_identity
from desktop_app.errors import UserError
from desktop_app.library.file_errors import shown_text
from desktop_app.library.gguf import GgufHeader
from desktop_app.library.gguf_types import FILE_TYPES

_PACKAGING = ("gguf", "i1", "imatrix", "ud", "unsloth", "bnb-4bit", "bnb-8bit", "fp16", "q[0-9]-k-x{0,2}l")
_QUANTS = [name.lower().replace("_", "-") for name in FILE_TYPES.values()]
_SUFFIXES = re.compile(rf"([-.]({'|'.join([*_PACKAGING, *_QUANTS])}))+$")
_COMPARE = "Compare answers with and without it before you rely on it."


class Level(Enum):
    """From worst to best."""

    BLOCKED = "blocked"
    UNVERIFIED = "loads, unverified"
    DECLARED = "declared match"
    VERIFIED = "verified"


@dataclass(frozen=True)
class Verdict:
    """A level, a sentence that gives the reason, and what to do about it, which may be empty."""

    level: Level
    sentence: str
    hint: str = ""


def judge(
    adapter: GgufHeader,
    model: GgufHeader,
    model_repos: Sequence[str] = (),
    recorded: BaseIdentity | None = None,
    sha256: str = "",
) -> Verdict:
    """Say whether an adapter is for a model.

    Args:
        adapter: Any sound GGUF file.
        model: A model that can be run.
        model_repos: Where this model is on the Hub, in whatever quantization, as far as known; as owner/name.
        recorded: Identity of the adapter's model where the program knows it; otherwise what the adapter's file says.
        sha256: Of the adapter's file, if known, to tell whether it was merged into the model.

    Raises:
        UserError: If an identity has to be compared and the model's file cannot be read any more.
    """
    try:
        check_adapter(adapter)
        check_fits(adapter, model)
    except UserError as error:
        return Verdict(Level.BLOCKED, error.sentence, error.hint)
    facts, model_name = adapter_facts(adapter), model_file_name(model)
    if sha256 and sha256 in model.text(MERGED):
        sentence = f"“{facts.name}” is in the weights of “{model_name}” already, so it would act twice."
        return Verdict(Level.UNVERIFIED, sentence, _COMPARE)
    identity = recorded or facts.base_identity
    if identity and identity.norms_sha256:
        if identity == base_identity(model):
            return Verdict(Level.VERIFIED, f"“{facts.name}” was made for this model.")
        return Verdict(
            Level.UNVERIFIED,
            f"“{facts.name}” was made for another model of the same shape as “{model_name}”, as a base model and its "
            "instruct version are, so it may do nothing or do harm.",
            _COMPARE,
        )
    return _judge_by_names(facts, model, model_name, model_repos)


def _judge_by_names(facts: AdapterFacts, model: GgufHeader, model_name: str, model_repos: Sequence[str]) -> Verdict:
    base = shown_text(facts.base_repo) or facts.base_name
    if not base:
        sentence = f"“{facts.name}” fits “{model_name}”, but does not say which model it was made for."
        return Verdict(Level.UNVERIFIED, sentence, _COMPARE)
    wanted = _plain_names((facts.base_repo, facts.base_name))
    if wanted & _plain_names((*model_repos, model.name)):
        sentence = f"“{facts.name}” says that it was made for “{base}”, and that is what this model is called."
        return Verdict(Level.DECLARED, sentence, _COMPARE)
    if wanted & _plain_names((base_repo(model), model.text("general.base_model.0.name"))):
        sentence = f"“{facts.name}” says that it was made for “{base}”, which “{model_name}” was made from."
        return Verdict(Level.DECLARED, sentence, _COMPARE)
    sentence = f"“{facts.name}” fits “{model_name}”, but says that it was made for “{base}”."
    return Verdict(Level.UNVERIFIED, sentence, _COMPARE)


def _plain_names(names: Iterable[str]) -> set[str]:
    """Return names as they can be compared: without owner, packaging and quantization.

    Owners do not count because others than the model's maker publish its quantizations. Some of them put its owner
    before its name, so that form is returned too.
    """
    plain = set()
    for name in names:
        owner, _, last = re.sub(r"[\s_]", "-", name.casefold()).rpartition("/")
        last = _SUFFIXES.sub("", last)
        plain |= {last, f"{owner}-{last}"} if owner else {last}
    return plain - {""}
