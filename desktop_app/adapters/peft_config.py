"""What the configuration of a PEFT adapter says, and which kinds of adapter cannot become GGUF.

PEFT (huggingface/peft) saves an adapter as a folder with `adapter_config.json` and `adapter_model.safetensors`. The
first alone tells whether the second is worth downloading. Names and meanings are those of `LoraConfig` in its
`src/peft/tuners/lora/config.py`, version 0.21.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from desktop_app.errors import UserError
from desktop_app.library.file_errors import damaged, shown_name, shown_text
from desktop_app.library.program_folders import read_json

CONFIG_NAME, WEIGHTS_NAME = "adapter_config.json", "adapter_model.safetensors"
CHOOSE = "Choose a plain LoRA adapter, or a GGUF model that has this one merged in."

# Whole sentences about “it”, the adapter.
DORA = "It uses DoRA, which also sets how long each row of a weight is; an adapter in the GGUF format cannot."
BIASES = "It changes biases besides weights, and an adapter in the GGUF format cannot."
EMBEDDING = "It changes the embedding, what each token means to the model, which llama.cpp cannot apply safely."
OUTPUT = "It changes the model's output layer, which llama.cpp cannot apply safely."
EXPERTS = "It changes the experts of a mixture-of-experts model, which cannot be converted yet."
PICTURES = "It also changes the part of the model that sees pictures, which an adapter in the GGUF format cannot."

_VARIANTS = {
    "use_qalora": "QALoRA",
    "use_bdlora": "BD-LoRA",
    "arrow_config": "Arrow",
    "kasa_config": "KaSA",
    "monteclora_config": "MonteCLoRA",
}
# Ways to begin that leave the base model as it is. With PiSSA and its kin training begins from a changed one; where
# an adapter was converted back to the usual base, PEFT writes `true` in place of the name.
_PLAIN_BEGINNINGS = (True, False, None, "gaussian", "eva", "orthogonal", "mica")
_REPO = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", re.ASCII)
_MAX_PATTERN = 200
# Python's `re` may take forever over repeated groups and over many parts that can match in many ways.
_SLOW_PATTERN = re.compile(r"\)[*+?{]|[*+?{].*[*+?{].*[*+?{]|\(.*\(.*\(", re.DOTALL)


@dataclass(frozen=True)
class PeftConfig:
    """The configuration of a LoRA adapter.

    Attributes:
        base_repo: The model it was trained on as owner/name on the Hub; empty if it says none, or a local path.
        rank: Of most of its matrices.
        targets: Parts of the model that it changes, as PEFT names them; a single one may be a regular expression.
        alphas: The alphas of modules whose name ends like a pattern.
        refusals: Why it cannot become GGUF, each a whole sentence about “it”; empty if it can, as far as is known.
    """

    base_repo: str
    rank: int
    alpha: float
    use_rslora: bool
    targets: tuple[str, ...]
    alphas: tuple[tuple[re.Pattern[str], float], ...]
    refusals: tuple[str, ...]

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any], name: str) -> "PeftConfig":
        """Return what a configuration says.

        Args:
            values: The JSON object in `adapter_config.json`.
            name: What the adapter is called in sentences.

        Raises:
            UserError: If it is none, or too much of one.
        """
        kind = values.get("peft_type")
        if not isinstance(kind, str):
            raise UserError(
                f"“{name}” is not an adapter made by PEFT: its configuration does not say of which kind it is.", CHOOSE
            )
        if kind != "LORA":
            raise UserError(
                f"“{name}” is an adapter of the kind “{shown_text(kind)}”, and only LoRA is supported.", CHOOSE
            )
        base, rank = values.get("base_model_name_or_path"), values.get("r")
        if isinstance(rank, bool) or not isinstance(rank, int) or rank < 1:
            raise damaged(name, "its configuration does not say its rank")
        targets = _targets(values.get("target_modules"))
        return cls(
            base_repo=base if isinstance(base, str) and _REPO.fullmatch(base) else "",
            rank=rank,
            alpha=_number(values.get("lora_alpha"), name),
            use_rslora=bool(values.get("use_rslora")),
            targets=targets,
            alphas=_alphas(values.get("alpha_pattern") or {}, name),
            refusals=tuple(_refusals(values, targets)),
        )

    def check(self, name: str) -> None:
        """Refuse an adapter that cannot become GGUF.

        Raises:
            UserError: With the first reason.
        """
        if self.refusals:
            raise cannot_convert(name, self.refusals[0])

    def scale(self, module: str, rank: int) -> float:
        """Return the factor of B·A in a module of this name and rank, as PEFT computes it (`get_pattern_key`)."""
        alpha = next((alpha for pattern, alpha in self.alphas if pattern.match(module)), self.alpha)
        return alpha / (math.sqrt(rank) if self.use_rslora else rank)


def read_peft_config(folder: Path) -> PeftConfig:
    """Return what the configuration in an adapter's folder says.

    Raises:
        UserError: If there is none that can be read.
    """
    name = shown_name(folder)
    if not (folder / CONFIG_NAME).is_file():
        raise UserError(
            f"“{name}” is not the folder of an adapter made by PEFT: there is no {CONFIG_NAME} in it.",
            "Choose the folder that has it.",
        )
    values = read_json(folder / CONFIG_NAME)
    if not values:
        raise damaged(name, f"{CONFIG_NAME} in it cannot be read")
    return PeftConfig.from_mapping(values, name)


def cannot_convert(name: str, reason: str) -> UserError:
    """Return the error for an adapter that cannot become GGUF; the reason is a sentence about “it”."""
    return UserError(f"“{name}” cannot be converted. {reason}", CHOOSE)


def _refusals(values: Mapping[str, Any], targets: tuple[str, ...]) -> list[str]:
    reasons = []
    beginning = values.get("init_lora_weights")
    if values.get("use_dora"):
        reasons.append(DORA)
    reasons += [
        f"It uses {title}, a kind of LoRA that llama.cpp cannot apply."
        for key, title in _VARIANTS.items()
        if values.get(key)
    ]
    if beginning not in _PLAIN_BEGINNINGS:
        title = shown_text(str(beginning))
        reasons.append(
            f"It was begun with “{title}”, which also changes the model, and so it does not fit the usual one."
        )
    if values.get("bias") not in (None, "none") or values.get("lora_bias"):
        reasons.append(BIASES)
    if saved := values.get("modules_to_save"):
        parts = shown_text(", ".join(map(str, saved)) if isinstance(saved, list) else str(saved))
        reasons.append(f"It replaces whole parts of the model ({parts}), and an adapter in the GGUF format cannot.")
    if values.get("trainable_token_indices") or any(target.endswith("embed_tokens") for target in targets):
        reasons.append(EMBEDDING)
    if any(target.endswith("lm_head") for target in targets):
        reasons.append(OUTPUT)
    if values.get("layer_replication"):
        reasons.append("It repeats layers of the model, and an adapter in the GGUF format cannot.")
    if values.get("target_parameters"):
        reasons.append(EXPERTS)
    if values.get("alora_invocation_tokens"):
        reasons.append("It begins to act only after certain words of a chat (activated LoRA), which is not supported.")
    return reasons


def _targets(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return tuple(sorted(map(str, value))) if isinstance(value, list) else ()


def _alphas(value: Any, name: str) -> tuple[tuple[re.Pattern[str], float], ...]:
    if not isinstance(value, Mapping):
        raise damaged(name, "its configuration does not say its alphas")
    alphas = []
    for pattern, alpha in value.items():
        try:
            if len(pattern) > _MAX_PATTERN or _SLOW_PATTERN.search(pattern):
                raise ValueError("would take too long to match")
            compiled = re.compile(rf"(.*\.)?({pattern})$")
        except (ValueError, re.error) as error:
            raise UserError(
                f"“{name}” cannot be converted: the pattern “{shown_text(pattern)}” in its configuration is not clear.",
                CHOOSE,
            ) from error
        alphas.append((compiled, _number(alpha, name)))
    return tuple(alphas)


def _number(value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e6:
        raise damaged(name, "its configuration does not say its alpha")
    return float(value)
