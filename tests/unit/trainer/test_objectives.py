"""Losses, held against formulas written down a second time, in 64 bits, for one sequence at a time."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from desktop_app.trainer.contract import Example, Recipe, Sequence
from desktop_app.trainer.errors import TrainerError
from desktop_app.trainer.lora import Adapter
from desktop_app.trainer.objectives import (
    Lesson,
    check_examples,
    micro_distance,
    micro_loss,
    n_computed,
    sequence_logprobs,
    step_share,
)
from tests.support.fake_trainee import N_EMBD, N_VOCAB, WEIGHT, FakeTrainee, random_texts, small_adapter, text

MIXED = {
    "likelihood": random_texts(4),
    "dpo": [*random_texts(2), *random_texts(3, 1, "pair")],
    "kto": [*random_texts(2), *random_texts(2, 1, "up"), *random_texts(2, 2, "down")],
    "apo_zero": [*random_texts(2), *random_texts(2, 1, "up"), *random_texts(2, 2, "down")],
}


def model():
    adapter = Adapter.new({WEIGHT: (N_EMBD, N_EMBD)}, rank=2, alpha=4.0, seed=1)
    adapter.load(small_adapter(3))
    return FakeTrainee(adapter, (), torch.float32, "fast", lambda *_: None)


def exact_logprob(trainee, sequence):
    """Return the sum of ln p of the learned tokens."""
    adapter = trainee.adapter
    a, b = (each[WEIGHT].detach().double().numpy() for each in (adapter.a, adapter.b))
    weight = trainee.weight.double().numpy() + adapter.scale * b @ a
    x = trainee.embedding.double().numpy()[list(sequence.tokens)]
    means = np.cumsum(x, axis=0) / np.arange(1, len(x) + 1)[:, None]
    logits = (np.tanh(means @ weight.T) + x / 2) @ trainee.head.double().numpy().T
    logprobs = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    return sum(logprobs[t - 1, sequence.tokens[t]] for start, stop in sequence.learned for t in range(start, stop))


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def exact_loss(trainee, lessons, recipe):
    """Return the loss of a whole step."""
    likelihood, n_tokens, preferences, distances = 0.0, 0, [], []
    for lesson in lessons:
        example = lesson.example
        now = [exact_logprob(trainee, each) for each in example.sequences]
        if example.kind != "down":
            likelihood -= now[0] * (1.0 if example.kind == "text" else recipe.likelihood_share)
            n_tokens += example.sequences[0].n_learned
        if recipe.loss == "kto" and example.kind != "text":
            distances.append(now[1] - lesson.reference[1])
    z = max(0.0, sum(distances) / len(distances)) if distances else 0.0
    for lesson in lessons:
        kind = lesson.example.kind
        if kind == "text":
            continue
        d = [exact_logprob(trainee, s) - r for s, r in zip(lesson.example.sequences, lesson.reference, strict=True)]
        if recipe.loss == "dpo":
            margin, smoothing = recipe.beta * (d[0] - d[1]), recipe.label_smoothing
            preferences.append(-(1 - smoothing) * math.log(sigmoid(margin)) - smoothing * math.log(sigmoid(-margin)))
        elif recipe.loss == "kto":
            value = recipe.beta * (d[0] - z)
            preferences.append(1 - sigmoid(value if kind == "up" else -value))
        else:
            preferences.append(1 - sigmoid(recipe.beta * d[0]) if kind == "up" else sigmoid(recipe.beta * d[0]))
    mean_preference = sum(preferences) / len(preferences) if preferences else 0.0
    return likelihood / n_tokens + mean_preference


def with_references(examples, offset):
    """Return lessons as if the model had been less sure before training, or surer."""
    trainee = model()
    return [
        Lesson(example, tuple(exact_logprob(trainee, each) - offset for each in example.sequences))
        for example in examples
    ]


def shared(trainee, lessons, recipe):
    share = step_share([lesson.example for lesson in lessons], recipe)
    thumbs = [lesson for lesson in lessons if recipe.loss == "kto" and lesson.example.kind != "text"]
    return share.at(max(0.0, micro_distance(trainee, thumbs) / len(thumbs))) if thumbs else share


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("offset", [1.5, -1.5])
@pytest.mark.parametrize("loss", MIXED)
def test_a_loss_is_what_its_paper_says(loss, offset, smoothing):
    recipe = Recipe(loss=loss, beta=0.3, likelihood_share=0.7, label_smoothing=smoothing)
    lessons = with_references(MIXED[loss], offset)
    trainee = model()
    found = micro_loss(trainee, lessons, shared(trainee, lessons, recipe), recipe)
    assert float(found.detach()) == pytest.approx(exact_loss(trainee, lessons, recipe), rel=1e-5)


@pytest.mark.parametrize("loss", MIXED)
def test_gradients_are_those_of_finite_differences(loss):
    recipe = Recipe(loss=loss, beta=0.3, likelihood_share=0.7, label_smoothing=0.1)
    lessons = with_references(MIXED[loss], 1.5)
    trainee = model()
    share = shared(trainee, lessons, recipe)
    micro_loss(trainee, lessons, share, recipe).backward()

    def loss_with(parameter, place, change):
        with torch.no_grad():
            parameter[place] += change
            trainee.refresh()
            # z stays: KTO does not look at how it changes.
            value = float(micro_loss(trainee, lessons, share, recipe))
            parameter[place] -= change
        return value

    step = 1e-2
    for parameter in trainee.adapter.parameters():
        for place in [(0, 1), (1, 0)]:
            difference = loss_with(parameter, place, step) - loss_with(parameter, place, -step)
            assert float(parameter.grad[place]) == pytest.approx(difference / (2 * step), rel=0.01, abs=2e-4)


@pytest.mark.parametrize("loss", MIXED)
def test_packing_changes_nothing(loss):
    recipe = Recipe(loss=loss)
    lessons = with_references(MIXED[loss], 1.5)
    gradients, losses = [], []
    for groups in ([lessons], [lessons[::-1]], [[lesson] for lesson in lessons], [lessons[:3], lessons[3:]]):
        trainee = model()
        share = shared(trainee, lessons, recipe)
        parts = [micro_loss(trainee, group, share, recipe) for group in groups]
        for part in parts:
            part.backward()
        losses.append(float(sum(parts).detach()))
        gradients.append(torch.cat([each.grad.flatten() for each in trainee.adapter.parameters()]))
    for loss_value, gradient in zip(losses[1:], gradients[1:], strict=True):
        assert loss_value == pytest.approx(losses[0], rel=1e-5)
        torch.testing.assert_close(gradient, gradients[0], rtol=1e-4, atol=1e-6)


@torch.no_grad()
def test_a_token_that_is_not_learned_has_no_effect_on_what_comes_before_it():
    tokens = (4, 5, 6, 7, 8)
    one, other = Sequence(tokens, ((2, 4),)), Sequence((*tokens[:4], 1), ((2, 4),))
    found = sequence_logprobs(model(), [one, other]).tolist()
    assert found[0] == found[1] == pytest.approx(exact_logprob(model(), one), rel=1e-5)


@torch.no_grad()
def test_several_ranges_are_learned():
    sequence = Sequence((4, 5, 6, 7, 8, 9), ((1, 2), (4, 6)))
    assert sequence_logprobs(model(), [sequence]).tolist() == [
        pytest.approx(exact_logprob(model(), sequence), rel=1e-5)
    ]


def test_tokens_behind_the_last_prediction_are_not_computed():
    assert n_computed([Sequence(tuple(range(10)), ((2, 4),)), Sequence((1, 2), ((1, 2),))]) == 3 + 1


def test_the_distance_is_without_gradient_and_not_below_zero():
    lessons = with_references(MIXED["kto"], -1.5)
    trainee = model()
    assert shared(trainee, lessons, Recipe(loss="kto")).distance == 0.0
    assert micro_distance(trainee, lessons[2:4]) == pytest.approx(-3.0, rel=1e-4)


def test_preferences_without_a_likelihood_share_leave_the_mean_to_texts():
    recipe = Recipe(loss="dpo", likelihood_share=0.0)
    texts, pairs = random_texts(2), random_texts(2, 1, "pair")
    assert step_share([*texts, *pairs], recipe).n_tokens == sum(each.sequences[0].n_learned for each in texts)


# ------------------------------------------------------------ refusals

GOOD = Sequence((1, 2, 3), ((1, 3),))


@pytest.mark.parametrize(
    ("example", "loss"),
    [
        (Example("pair", (GOOD, GOOD)), "likelihood"),
        (Example("up", (GOOD, GOOD)), "dpo"),
        (Example("pair", (GOOD, GOOD)), "kto"),
        (Example("pair", (GOOD,)), "dpo"),
        (Example("up", (GOOD,)), "kto"),
        (Example("text", ()), "likelihood"),
        (text(1, 2, N_VOCAB), "likelihood"),
        (text(1, -2, 3), "likelihood"),
        (Example("text", (Sequence((1, 2), ()),)), "likelihood"),
        (text(1, 2, 3, learned=(0, 2)), "likelihood"),
        (text(1, 2, 3, learned=(1, 4)), "likelihood"),
        (text(1, 2, 3, learned=(2, 2)), "likelihood"),
        (Example("text", (replace(GOOD, learned=((2, 3), (1, 2))),)), "likelihood"),
    ],
    ids=[
        "pairs by likelihood",
        "thumbs by DPO",
        "pairs by KTO",
        "a pair of one",
        "KTO without a mismatched answer",
        "nothing at all",
        "a token beyond the vocabulary",
        "a negative token",
        "nothing learned",
        "a first token learned",
        "a range beyond the end",
        "an empty range",
        "ranges in disorder",
    ],
)
def test_examples_that_cannot_be_learned_from_are_refused(example, loss):
    with pytest.raises(TrainerError, match="Example 2"):
        check_examples([text(1, 2), example], loss, N_VOCAB)


def test_a_thumb_without_another_answer_will_do_for_apo():
    check_examples([Example("up", (GOOD,)), text(1, 2)], "apo_zero", N_VOCAB)
