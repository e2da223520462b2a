"""Real adapters for tests: trained with PEFT in a moment, on tiny models and on the starter model, and saved by it.

All is made when it is first asked for and kept as long as the tests run; the fixture `trained` hands it out.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from tqdm import tqdm
from transformers import PreTrainedModel

from desktop_app.adapters.lora_file import write_lora
from desktop_app.adapters.peft import import_peft
from desktop_app.library.gguf import read_header
from tests.support.gguf_files import F32
from tests.support.native_logits import Job, logits
from tests.support.starter_torch import starter_in_torch
from tests.support.tiny_models import tiny_gguf, tiny_model, tiny_tokens

tqdm.monitor_interval = 0  # or the first progress bar of transformers leaves a thread behind

TEXT = (
    "The miller's daughter counts the sacks by lamplight and writes the number on the door. In the morning the wind "
    "has turned, the wheel stands still, and nobody asks how many there were."
)
TOKENS = tiny_tokens(TEXT)
BASE_REPO = "example/tiny-model"
STEPS = 12

_ALL = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
_PHI_ALL = ("qkv_proj", "o_proj", "gate_up_proj", "down_proj")


@dataclass(frozen=True)
class Recipe:
    """How an adapter is trained: what it changes (all, qv or mlp) and the options of PEFT."""

    changes: str
    rank: int
    alpha: int
    seed: int
    options: dict[str, Any] = field(default_factory=dict)
    rate: float = 0.01

    def config(self, architecture: str) -> LoraConfig:
        modules = _PHI_ALL if architecture == "phi3" else _ALL
        words = {"all": ("",), "qv": ("q_proj", "v_proj", "qkv"), "mlp": ("gate", "up_proj", "down")}[self.changes]
        return LoraConfig(
            r=self.rank,
            lora_alpha=self.alpha,
            target_modules=[module for module in modules if any(word in module for word in words)],
            task_type="CAUSAL_LM",
            **self.options,
        )


RECIPES = {
    "all-r8": Recipe("all", 8, 16, 1),
    "all-r16-rslora": Recipe("all", 16, 16, 2, {"use_rslora": True}),
    "qv-r4": Recipe("qv", 4, 8, 3),
    "mlp-r8": Recipe("mlp", 8, 16, 4),
    "patterns": Recipe(
        "all",
        8,
        16,
        5,
        {
            "rank_pattern": {"o_proj": 4, r"layers\.1\.mlp\.down_proj": 16},
            "alpha_pattern": {"self_attn.o_proj": 64, r"^model\.layers\.1\..*down_proj": 2},
        },
    ),
}
STARTER_RECIPE = Recipe("all", 16, 32, 6, rate=0.0002)


class TrainedAdapters:
    """Models and adapters by their names in `tiny_models.KINDS` and `RECIPES`, all in one folder.

    Args:
        folder: Where files are written.
        starter: The file of the starter model.
    """

    def __init__(self, folder: Path, starter: Path) -> None:
        self._folder = folder
        self.starter = starter

    def tiny(self, architecture: str, type_id: int = F32) -> Path:
        """Return the GGUF file of a tiny model."""
        path = self._folder / f"{architecture}-{type_id}.gguf"
        return path if path.exists() else tiny_gguf(tiny_model(architecture), type_id).write(path)

    def peft(self, architecture: str, recipe: str) -> Path:
        """Return the folder of an adapter as PEFT saves it."""
        folder = self._folder / f"{architecture}-{recipe}"
        if not folder.exists():
            _train(tiny_model(architecture), RECIPES[recipe], architecture, TOKENS, folder)
        return folder

    def gguf(self, architecture: str, recipe: str) -> Path:
        """Return the same adapter as it is imported."""
        return self._imported(self.peft(architecture, recipe), self.tiny(architecture))

    @cached_property
    def starter_in_torch(self) -> PreTrainedModel:
        return starter_in_torch(self.starter)

    def starter_peft(self) -> Path:
        """Return the folder of an adapter for the starter model, of rank 16 for all matrices, which knows `TEXT`."""
        folder = self._folder / "starter"
        if not folder.exists():
            [(tokens, _)] = logits([Job(self.starter, TEXT)])
            _train(self.starter_in_torch, STARTER_RECIPE, "llama", tokens, folder)
        return folder

    def starter_gguf(self) -> Path:
        """Return the same adapter as it is imported."""
        return self._imported(self.starter_peft(), self.starter)

    def _imported(self, folder: Path, model: Path) -> Path:
        path = folder.with_suffix(".lora.gguf")
        if not path.exists():
            write_lora(path, import_peft(folder, read_header(model)))
        return path


def peft_logits(model: PreTrainedModel, tokens: Sequence[int], folder: Path | None = None) -> np.ndarray:
    """Return what torch computes for tokens, (tokens, vocabulary), with an adapter as PEFT applies it or without."""
    wrapped = PeftModel.from_pretrained(model, folder) if folder else None
    with torch.no_grad():
        found = (wrapped or model)(torch.tensor([list(tokens)])).logits[0].numpy()
    if wrapped:
        wrapped.unload()
    return found


def _train(model: PreTrainedModel, recipe: Recipe, architecture: str, tokens: Sequence[int], folder: Path) -> None:
    """Train an adapter on a text and save it; the model is as before."""
    model.name_or_path = BASE_REPO
    with torch.random.fork_rng():
        torch.manual_seed(recipe.seed)
        wrapped = get_peft_model(model, recipe.config(architecture)).train()
    parameters = [parameter for parameter in wrapped.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(parameters, recipe.rate)
    batch = torch.tensor([list(tokens)])
    for _ in range(STEPS):
        wrapped(batch, labels=batch).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    wrapped.eval().save_pretrained(folder, save_embedding_layers=False)
    wrapped.unload()
