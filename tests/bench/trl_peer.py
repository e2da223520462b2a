"""TRL's trainer with PEFT on the same GGUF file, which transformers unpacks: the peer of the trainer.

Run as a module, this file is that program: it trains as the JSON file that it is given says, and prints a JSON object
with the loss and the seconds of each step. Nothing else imports it, because it needs what only `make bench` installs.
"""

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from datasets import Dataset
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback
from trl import SFTConfig, SFTTrainer

from desktop_app.adapters.peft_names import base_of_model
from desktop_app.library.gguf import read_header
from desktop_app.trainer.contract import A_SUFFIX, Recipe
from desktop_app.trainer.optimizer import learning_rate

Steps = list[list[list[int]]]


class _Trainer(SFTTrainer):
    """Notes the loss and the time of each step."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self.losses: list[float] = []
        self.seconds: list[float] = []
        super().__init__(*arguments, callbacks=[_Clock(self)], **options)

    def training_step(self, *arguments: Any, **options: Any) -> Any:
        loss = super().training_step(*arguments, **options)
        self.losses[-1] += float(loss)  # which is divided by the tokens of the whole step
        return loss


class _Clock(TrainerCallback):
    def __init__(self, trainer: _Trainer) -> None:
        self._trainer = trainer

    def on_step_begin(self, *_: Any, **__: Any) -> None:
        self._trainer.losses.append(0.0)
        self._started = time.perf_counter()

    def on_step_end(self, *_: Any, **__: Any) -> None:
        self._trainer.seconds.append(time.perf_counter() - self._started)


def train(
    model: Path, start: Path, recipe: Recipe, steps: Steps, threads: int, checkpointing: bool
) -> dict[str, list[float]]:
    """Train.

    Args:
        model: The GGUF file.
        start: The adapter to begin with, as in a run folder.
        recipe: As in a run folder.
        steps: Of each step, the tokens of its sequences.
        threads: To compute on.
        checkpointing: Whether activations are computed again for the backward pass instead of being kept.
    """
    torch.set_num_threads(threads)
    trainee = _with_adapter(_load(model), model, start, recipe)
    chosen = [each for each in trainee.parameters() if each.requires_grad]
    optimizer = torch.optim.AdamW(chosen, lr=1.0, weight_decay=recipe.weight_decay)
    # It also asks for the step after the last one.
    rates = [learning_rate(min(number, len(steps)), len(steps), recipe) for number in range(1, len(steps) + 2)]
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, rates.__getitem__)
    tokens = [sequence for step in steps for sequence in step]
    micro_batch = recipe.micro_tokens // recipe.length
    with tempfile.TemporaryDirectory() as folder:
        arguments = SFTConfig(
            folder,
            use_cpu=True,
            bf16=False,
            per_device_train_batch_size=micro_batch,
            gradient_accumulation_steps=len(steps[0]) // micro_batch,
            max_steps=len(steps),
            max_grad_norm=recipe.clip,
            max_length=recipe.length,
            gradient_checkpointing=checkpointing,
            train_sampling_strategy="sequential",
            logging_strategy="no",
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
        )
        trainer = _Trainer(
            trainee,
            args=arguments,
            train_dataset=Dataset.from_dict({"input_ids": tokens, "labels": tokens}),
            processing_class=AutoTokenizer.from_pretrained(model.parent, gguf_file=model.name),
            optimizers=(optimizer, schedule),
        )
        trainer.train()
    return {"losses": trainer.losses, "seconds": trainer.seconds}


def _load(path: Path) -> Any:
    model = AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name, dtype=torch.float32)
    assert all(each.dtype == torch.float32 for each in model.parameters())
    # All of it is unpacked, but it still says that it is quantized, and training such models is refused.
    model.is_quantized = False
    del model.hf_quantizer, model.quantization_method, model.config.quantization_config
    return model


def _with_adapter(model: Any, path: Path, start: Path, recipe: Recipe) -> Any:
    """Add an adapter to all linear layers, whose A is that of `start` and whose B is zero, as it is there."""
    options = LoraConfig(r=recipe.rank, lora_alpha=recipe.alpha, target_modules="all-linear", task_type="CAUSAL_LM")
    model = get_peft_model(model, options)
    base = base_of_model(read_header(path))
    with np.load(start) as arrays, torch.no_grad():
        weights = [name.removesuffix(A_SUFFIX) for name in arrays.files if name.endswith(A_SUFFIX)]
        for weight in weights:
            layer = model.get_submodule(f"base_model.model.{base.module(weight)}")
            layer.lora_A["default"].weight.copy_(torch.from_numpy(arrays[weight + A_SUFFIX]))
    assert sum("lora_A" in name for name, _ in model.named_parameters()) == len(weights)
    return model


def _main(path: str) -> None:
    job = json.loads(Path(path).read_text("utf-8"))
    model, start, recipe = Path(job.pop("model")), Path(job.pop("start")), Recipe(**job.pop("recipe"))
    print(json.dumps(train(model, start, recipe, **job)))


if __name__ == "__main__":
    _main(sys.argv[1])
