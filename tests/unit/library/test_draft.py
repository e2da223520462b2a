"""Of the models of the library, the right one is chosen to guess ahead."""

import pytest

from desktop_app.library.draft import choose_draft
from desktop_app.storage.records import Model
from tests.support.gguf_files import Shape, llama_model


@pytest.fixture
def add(tmp_path):
    """Write a file with a vocabulary of this many tokens and return a model of this size."""

    def add(name, n_params, n_vocab=288):
        path = llama_model(Shape(n_vocab=n_vocab)).write(tmp_path / f"{name}.gguf")
        facts = {"architecture": "llama", "quant_type": "F32", "n_ctx_train": 128, "source": "file", "added_at": 0.0}
        return Model(id=len(name), name=name, path=str(path), size_bytes=1, n_params=n_params, **facts)

    return add


def test_the_largest_that_is_small_enough_is_chosen(add):
    target = add("large", 8_000_000_000)
    models = [add("tiny", 100_000_000), add("right", 1_000_000_000), target, add("too large", 1_000_000_001)]
    assert choose_draft(target, models).name == "right"
    assert choose_draft(models[1], models).name == "tiny"


def test_another_vocabulary_cannot_guess(add):
    target = add("large", 8_000_000_000)
    other, same = add("other", 900_000_000, n_vocab=300), add("same", 100_000_000)
    assert choose_draft(target, [other, same, target]).name == "same"
    assert choose_draft(target, [other, target]) is None


def test_models_that_are_gone_or_damaged_are_passed_over(add, tmp_path):
    target, gone, damaged = add("large", 8_000_000_000), add("gone", 900_000_000), add("damaged", 800_000_000)
    (tmp_path / "gone.gguf").unlink()
    (tmp_path / "damaged.gguf").write_bytes(b"nothing")
    assert choose_draft(target, [gone, damaged, target]) is None
    assert choose_draft(target, [gone, damaged, target, add("small", 700_000_000)]).name == "small"
    assert choose_draft(gone, [add("small", 7_000_000)]) is None


def test_a_model_of_unknown_size_neither_guesses_nor_is_guessed_for(add):
    target, unknown = add("large", 8_000_000_000), add("unknown", 0)
    assert choose_draft(target, [unknown, target]) is None
    assert choose_draft(unknown, [unknown, target]) is None
