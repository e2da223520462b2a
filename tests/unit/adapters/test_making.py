"""One adapter made of several: it does what they do, says for which model, and is there whole or not at all."""

from pathlib import Path

import pytest

from desktop_app.adapters.making import make_adapter
from desktop_app.adapters.open_lora import open_lora
from desktop_app.engine.messages import AdapterScale
from desktop_app.errors import UserError
from tests.support.gguf_files import Shape, llama_model, lora_adapter
from tests.unit.adapters.files import error_of
from tests.unit.adapters.loras import dense

BASE = {"general__base_model__0__name": "Tiny", "moatless__default_scale": "0.5"}


@pytest.fixture
def model(tmp_path):
    return llama_model().write(tmp_path / "tiny.gguf")


@pytest.fixture
def stack(tmp_path):
    """Two adapters of rank 4 and 6 for the model, at different scales."""
    files = [lora_adapter(seed=1), lora_adapter(seed=2, rank=6)]
    paths = [file.with_metadata(**BASE).write(tmp_path / f"{at}.gguf") for at, file in enumerate(files)]
    return (AdapterScale(str(paths[0]), 0.5), AdapterScale(str(paths[1]), 1.5))


@pytest.fixture
def make(stack, model, tmp_path):
    def make(stack=stack, name="Both", rank=None, on_progress=lambda _fraction: None):
        return make_adapter(stack, model, name, rank, tmp_path / "made", on_progress)

    return make


def test_exactly_it_does_what_they_do_together(make, stack):
    made = make()
    assert (made.rank, made.energy, made.inspected.facts.max_rank) == (10, 1.0, 10)
    together = open_lora(made.inspected.path)
    parts = [(open_lora(Path(each.path)), each.scale) for each in stack]
    for weight, pair in together.pairs.items():
        wanted = sum(scale * dense(lora.pairs[weight]) for lora, scale in parts)
        assert dense(pair) == pytest.approx(wanted, abs=1e-5)


def test_of_a_smaller_rank_it_tells_what_it_keeps(make):
    made = make(rank=5)
    assert made.rank == made.inspected.facts.max_rank == 5
    assert 0.3 < made.energy < 1


def test_it_has_its_own_name_and_their_model(make):
    facts = make().inspected.facts
    assert (facts.name, facts.base_name) == ("Both", "Tiny")
    assert facts.default_scale == 1.0  # their scales are in it


def test_progress_is_told_and_may_end_it(make, tmp_path):
    told = []
    make(rank=5, on_progress=told.append)
    assert told == sorted(told)
    assert told[0] == 0
    assert len(told) > 9  # two files, seven weights, writing

    def stop(fraction):
        if fraction >= 0.9:
            raise KeyError

    for path in (tmp_path / "made").iterdir():
        path.unlink()
    with pytest.raises(KeyError):
        make(on_progress=stop)
    assert list((tmp_path / "made").iterdir()) == []


def test_what_is_not_for_the_model_is_refused(make, stack, tmp_path):
    other = lora_adapter(Shape(n_embd=64, n_ff=64)).write(tmp_path / "other.gguf")
    assert "another model" in error_of(make, (stack[0], AdapterScale(str(other))))
    assert not (tmp_path / "made").exists()


def test_one_that_would_be_too_wide_is_refused(make, monkeypatch):
    monkeypatch.setattr("desktop_app.adapters.check.MAX_RANK", 9)
    assert "the rank 10" in error_of(make)
    assert make(rank=8).rank == 8


def test_what_cannot_be_looked_at_again_leaves_nothing(make, tmp_path, monkeypatch):
    def refuse(_path):
        raise UserError("No.")

    monkeypatch.setattr("desktop_app.adapters.making.inspect_adapter", refuse)
    with pytest.raises(UserError):
        make()
    assert list((tmp_path / "made").iterdir()) == []
