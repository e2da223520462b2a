"""AdamW and the learning rate."""

import numpy as np
import pytest
import torch
from torch.nn import Parameter

from desktop_app.trainer.contract import Recipe
from desktop_app.trainer.optimizer import Optimizer, learning_rate


def parameters():
    chance = torch.Generator().manual_seed(2)
    return [Parameter(torch.randn(3, 4, generator=chance)), Parameter(torch.zeros(4, 2))]


def gradients(step):
    chance = torch.Generator().manual_seed(100 + step)
    return [3 * torch.randn(3, 4, generator=chance), torch.randn(4, 2, generator=chance)]


def give(chosen, step):
    for parameter, gradient in zip(chosen, gradients(step), strict=True):
        parameter.grad = gradient


def test_steps_are_those_of_torch():
    recipe = Recipe(weight_decay=0.1, clip=1.0)
    ours, theirs = parameters(), parameters()
    optimizer = Optimizer(("a", "b"), ours, recipe, 10)
    reference = torch.optim.AdamW(theirs, weight_decay=0.1)
    for step in range(1, 11):
        give(ours, step)
        give(theirs, step)
        norm = optimizer.clip()
        assert norm == pytest.approx(float(torch.nn.utils.clip_grad_norm_(theirs, 1.0)))
        reference.param_groups[0]["lr"] = optimizer.step(step)
        reference.step()
    for mine, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, other, rtol=1e-5, atol=1e-7)


def test_gradients_within_the_norm_are_left_alone():
    chosen = parameters()
    optimizer = Optimizer(("a", "b"), chosen, Recipe(clip=0.0), 10)
    give(chosen, 1)
    assert optimizer.clip() > 1
    assert torch.equal(chosen[0].grad, gradients(1)[0])


def test_one_that_is_restored_goes_on_bit_for_bit():
    recipe = Recipe()
    first, second = parameters(), parameters()
    uninterrupted = Optimizer(("a", "b"), first, recipe, 6)
    for step in range(1, 4):
        give(first, step)
        uninterrupted.step(step)
    give(first, 4)
    restored = Optimizer(("a", "b"), second, recipe, 6)
    restored.load_moments(*uninterrupted.moments())
    restored.load_gradients(uninterrupted.gradients())
    with torch.no_grad():
        for mine, other in zip(second, first, strict=True):
            mine.copy_(other)
    for each in (uninterrupted, restored):
        each.step(4)
    assert all(torch.equal(mine, other) for mine, other in zip(first, second, strict=True))


def test_the_rate_rises_along_a_line_and_falls_to_a_tenth():
    recipe = Recipe(learning_rate=1.0, warm_up=0.2)
    rates = [learning_rate(step, 20, recipe) for step in range(1, 21)]
    assert rates[:4] == [0.25, 0.5, 0.75, 1.0]
    assert rates[3:] == sorted(rates[3:], reverse=True)
    assert rates[11] == pytest.approx(0.55)
    assert rates[-1] == pytest.approx(0.1)


@pytest.mark.parametrize("n_steps", [1, 2, 5])
def test_short_runs_begin_with_the_whole_rate(n_steps):
    assert learning_rate(1, n_steps, Recipe(learning_rate=1.0)) == 1.0
    assert np.isfinite(learning_rate(n_steps, n_steps, Recipe(learning_rate=1.0)))
