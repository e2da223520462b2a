"""The model in torch is the model: against transformers, however it is packed, and in its gradients."""

import dataclasses

import pytest
import torch

from desktop_app.trainer.contract import FAST, LEAN, MODES, PACKED, TensorPlace
from desktop_app.trainer.errors import TrainerError
from desktop_app.trainer.model import adapter_shapes
from tests.support.tiny_models import KINDS, tiny_gguf, tiny_model
from tests.support.trainees import logprobs, model_file, open_trainee, shake

CHANCE = torch.Generator().manual_seed(7)
FIRST, SECOND = (torch.randint(3, 280, (length,), generator=CHANCE).tolist() for length in (40, 25))
TARGETS = torch.randint(3, 280, (65,), generator=CHANCE)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """`tiny(architecture)` is a model in transformers and the path of the same as a GGUF file."""
    folder = tmp_path_factory.mktemp("tiny")
    made = {}

    def tiny(architecture):
        if architecture not in made:
            model = tiny_model(architecture)
            path = folder / f"{architecture}.gguf"
            path.write_bytes(tiny_gguf(model).to_bytes())
            made[architecture] = model, path
        return made[architecture]

    return tiny


def by_transformers(model, sequences):
    with torch.no_grad():
        return torch.cat([model(torch.tensor([each])).logits[0].log_softmax(-1) for each in sequences])


def loss_of(model):
    hidden = model.hidden(torch.tensor([*FIRST, *SECOND]), [len(FIRST), len(SECOND)])
    return -model.logprobs(hidden, TARGETS).mean()


def gradients(model, adapter):
    for parameter in adapter.parameters():
        parameter.grad = None
    loss_of(model).backward()
    return torch.cat([parameter.grad.flatten() for parameter in adapter.parameters()])


# ------------------------------------------------------------ what it computes


@pytest.mark.parametrize("architecture", KINDS)
def test_each_family_computes_what_transformers_computes(tiny, architecture):
    reference, path = tiny(architecture)
    model, _ = open_trainee(path)
    found, expected = logprobs(model, [FIRST, SECOND]), by_transformers(reference, [FIRST, SECOND])
    assert expected.std() > 1
    assert (found - expected).abs().max() < 1e-4


@pytest.mark.parametrize("architecture", ["llama", "gemma2", "gemma3"])  # with windows shorter than a sequence, too
def test_sequences_computed_at_once_know_nothing_of_each_other(tiny, architecture):
    model, _ = open_trainee(tiny(architecture)[1])
    together = logprobs(model, [FIRST, SECOND, SECOND, FIRST])
    alone = torch.cat([logprobs(model, [each]) for each in (FIRST, SECOND, SECOND, FIRST)])
    assert (together - alone).abs().max() < 1e-4


@pytest.mark.parametrize("architecture", ["llama", "qwen3", "gemma2", "phi3"])
@pytest.mark.parametrize("mode", [PACKED, LEAN])
def test_every_memory_mode_computes_the_same_and_has_the_same_gradients(tiny, architecture, mode):
    found = {}
    for each in (FAST, mode):
        model, adapter = open_trainee(tiny(architecture)[1], each)
        shake(model, adapter)
        found[each] = logprobs(model, [FIRST]), gradients(model, adapter)
    assert (found[FAST][0] - found[mode][0]).abs().max() < 1e-5
    torch.testing.assert_close(found[FAST][1], found[mode][1], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("architecture", ["llama", "qwen3", "gemma2"])
def test_sixteen_bits_are_near(tiny, architecture):
    exact, exact_adapter = open_trainee(tiny(architecture)[1])
    near, near_adapter = open_trainee(tiny(architecture)[1], LEAN, torch.bfloat16)
    shake(exact, exact_adapter)
    shake(near, near_adapter)
    p, q = logprobs(exact, [FIRST]), logprobs(near, [FIRST])
    assert 0 < (p.exp() * (p - q)).sum(-1).mean() < 0.003
    g, h = gradients(exact, exact_adapter), gradients(near, near_adapter)
    assert (g - h).norm() < 0.06 * g.norm()


def test_a_frozen_stack_acts_like_weights_that_have_it_in_them(tiny):
    reference, path = tiny("qwen3")
    other, other_adapter = open_trainee(path)
    shake(other, other_adapter)
    arrays = other_adapter.arrays()
    scaled = {name: array * (other_adapter.scale if name.endswith("lora_b") else 1) for name, array in arrays.items()}
    bare = by_transformers(reference, [FIRST])
    for dtype, error in ((torch.float32, 1e-4), (torch.bfloat16, 0.5)):
        model, _ = open_trainee(path, stack=[scaled], dtype=dtype)
        assert (logprobs(model, [FIRST]) - logprobs(other, [FIRST])).abs().max() < error
        assert (logprobs(model, [FIRST]) - bare).abs().max() > 1


def test_a_new_adapter_changes_nothing(tiny):
    reference, path = tiny("llama")
    model, adapter = open_trainee(path)
    assert all(a.abs().max() > 0 for a in adapter.a.values())
    assert (logprobs(model, [FIRST]) - by_transformers(reference, [FIRST])).abs().max() < 1e-4


# ------------------------------------------------------------ gradients


@pytest.mark.parametrize("architecture", KINDS)
def test_gradients_are_those_of_finite_differences(tiny, architecture):
    """Along a direction the loss changes as the gradient says; 32-bit losses allow for four digits of it."""
    model, adapter = open_trainee(tiny(architecture)[1])
    shake(model, adapter)
    gradient = gradients(model, adapter)
    chance = torch.Generator().manual_seed(3)
    for pick in (adapter.a, adapter.b):  # each alone, or the larger one would hide the other
        chosen = set(map(id, pick.values()))
        parts = [torch.randn(p.numel(), generator=chance) * (id(p) in chosen) for p in adapter.parameters()]
        direction = torch.cat(parts)
        direction += (direction != 0) * gradient / gradient.norm() * direction.norm()  # or most of it cancels out
        step = 0.02 / direction.norm()
        losses = []
        for sign in (1, -1, -2, 1):  # to +h, to 0, to -h, and back
            with torch.no_grad():
                for p, part in zip(
                    adapter.parameters(), direction.split([p.numel() for p in adapter.parameters()]), strict=True
                ):
                    p += part.view(p.shape) * (step * {1: 1, -1: -1, -2: -1}[sign])
            model.refresh()
            losses.append(loss_of(model).item())
        slope = (losses[0] - losses[2]) / (2 * step)
        assert losses[3] == pytest.approx(losses[1], abs=1e-5)
        assert slope == pytest.approx((gradient @ direction).item(), rel=0.02)


def test_gradients_are_those_of_autograd(tiny):
    """The same weights as plain tensors in transformers, with W + s B A put together by autograd itself."""
    reference, path = tiny("qwen2")
    model, adapter = open_trainee(path)
    shake(model, adapter)
    names = {"attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj"}
    names |= {"attn_output": "self_attn.o_proj", "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj"}
    names["ffn_down"] = "mlp.down_proj"
    a = {name: p.detach().clone().requires_grad_() for name, p in adapter.a.items()}
    b = {name: p.detach().clone().requires_grad_() for name, p in adapter.b.items()}
    weights = dict(reference.named_parameters())
    for name in adapter.names:
        _, layer, kind, _ = name.split(".")
        full = f"model.layers.{layer}.{names[kind]}.weight"
        weights[full] = weights[full].detach() + adapter.scale * b[name] @ a[name]
    logits = [
        torch.func.functional_call(reference, weights, torch.tensor([each])).logits[0] for each in (FIRST, SECOND)
    ]
    loss = torch.nn.functional.cross_entropy(torch.cat(logits), TARGETS)
    assert loss.item() == pytest.approx(loss_of(model).item(), abs=1e-5)
    loss.backward()
    expected = torch.cat([each.grad.flatten() for name in adapter.names for each in (a[name], b[name])])
    torch.testing.assert_close(gradients(model, adapter), expected, rtol=1e-3, atol=1e-6)


def test_only_chosen_weights_are_trained(tiny):
    _, adapter = open_trainee(tiny("llama")[1], targets=("attn_v", "ffn_down"))
    assert adapter.names == tuple(f"blk.{layer}.{kind}.weight" for layer in (0, 1) for kind in ("attn_v", "ffn_down"))


def test_targets_in_one_weight_are_trained_as_that(tiny):
    shapes = adapter_shapes(model_file(tiny("phi3")[1]), ("attn_q", "attn_k", "ffn_gate"))
    assert list(shapes) == [f"blk.{layer}.{kind}.weight" for layer in (0, 1) for kind in ("attn_qkv", "ffn_up")]
    assert shapes["blk.0.ffn_up.weight"] == (192, 64)


# ------------------------------------------------------------ the head


def test_the_vocabulary_in_slices_is_the_whole(tiny, monkeypatch):
    from desktop_app.trainer import head

    found = []
    for mode, rows in ((FAST, 256), (LEAN, 256), (LEAN, 7)):
        monkeypatch.setattr(head, "_ROWS", rows)
        monkeypatch.setattr(head, "_LARGEST_BYTES", 64 * 4 * 50)  # 50 tokens at once of 288
        model, adapter = open_trainee(tiny("gemma2")[1], mode)
        shake(model, adapter)
        found.append((loss_of(model), gradients(model, adapter), logprobs(model, [FIRST])))
    for other in found[1:]:
        for one, same in zip(found[0], other, strict=True):
            torch.testing.assert_close(one, same, rtol=1e-4, atol=1e-6)


# ------------------------------------------------------------ what is refused


def changed(path, **metadata):
    file = model_file(path)
    return dataclasses.replace(
        file, metadata=file.metadata | {key.replace("__", "."): value for key, value in metadata.items()}
    )


@pytest.mark.parametrize(
    ("metadata", "words"),
    [
        ({"general__architecture": "mamba"}, "“mamba” cannot be trained"),
        ({"llama__rope__scaling__type": "yarn"}, "“yarn”"),
        ({"llama__attention__head_count": (4, 2)}, "“attention.head_count”"),
        ({"llama__attention__layer_norm_rms_epsilon": None}, "“attention.layer_norm_rms_epsilon”"),
    ],
)
def test_what_is_not_supported_is_refused_by_name(tiny, metadata, words):
    path = tiny("llama")[1]
    with pytest.raises(TrainerError, match=words):
        open_trainee(path, file=changed(path, **metadata))


@pytest.mark.parametrize(
    ("name", "type_name"),
    [
        ("blk.0.ffn_gate_exps.weight", "F32"),
        ("blk.0.attn_q.scale", "F32"),
        ("cls.weight", "F32"),
        ("output.bias", "I8"),
    ],
)
def test_a_tensor_that_is_not_known_is_refused_by_name(tiny, name, type_name):
    path = tiny("llama")[1]
    file = model_file(path)
    strange = TensorPlace(name, type_name, (4, 4), 0, 0, 64)
    with pytest.raises(TrainerError, match=name):
        open_trainee(path, file=dataclasses.replace(file, tensors=(*file.tensors, strange)))


@pytest.mark.parametrize("mode", MODES)
def test_a_closed_model_lets_go_of_its_weights(tiny, mode):
    model, _ = open_trainee(tiny("llama")[1], mode)
    model.close()
    assert model._blocks == []
    assert model._scratch is None
