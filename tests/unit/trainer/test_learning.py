"""A real model, if a tiny one, learns what it is shown."""

import torch

from desktop_app.trainer.contract import A_SUFFIX, B_SUFFIX, TEXT, Example, Recipe, Sequence
from desktop_app.trainer.objectives import Lesson, micro_loss, step_share
from desktop_app.trainer.optimizer import Optimizer
from tests.support.tiny_models import tiny_gguf, tiny_model
from tests.support.trainees import open_trainee

STEPS = 120
LENGTH = 20
RECIPE = Recipe(learning_rate=0.02, warm_up=0.05, weight_decay=0.0)


def test_ten_examples_are_learned_by_heart(tmp_path):
    path = tmp_path / "tiny.gguf"
    path.write_bytes(tiny_gguf(tiny_model("qwen3")).to_bytes())
    model, adapter = open_trainee(path, rank=8)
    chance = torch.Generator().manual_seed(4)
    tokens = torch.randint(3, 280, (10, LENGTH), generator=chance).tolist()
    examples = [Example(TEXT, (Sequence(tuple(each), ((1, LENGTH),)),)) for each in tokens]
    names = [name + suffix for name in adapter.names for suffix in (A_SUFFIX, B_SUFFIX)]
    optimizer = Optimizer(names, adapter.parameters(), RECIPE, STEPS)
    losses = []
    for step in range(STEPS):
        loss = micro_loss(model, [Lesson(example) for example in examples], step_share(examples, RECIPE), RECIPE)
        loss.backward()
        optimizer.clip()
        optimizer.step(step + 1)
        optimizer.clear_gradients()
        model.refresh()
        losses.append(loss.item())
    assert losses[0] > 4
    assert losses[-1] < 0.05
