"""The library's models are added once, and found by what a person would call them."""

import pytest

from desktop_app.errors import UserError


@pytest.fixture
def add(models):
    def add_model(name, path=None, **changes):
        facts = {"size_bytes": 1000, "architecture": "llama", "quant_type": "Q4_1", "n_params": 5, "n_ctx_train": 8192}
        return models.add(
            **{**facts, "name": name, "path": path or f"/models/{name}.gguf", "source": "file", **changes}
        )

    return add_model


def test_a_model_is_kept_with_everything_about_it(models, add):
    model = add("SmolLM2", source="starter", license="apache-2.0")
    assert models.get(model.id) == model
    assert models.list_models() == (model,)
    assert (model.source, model.license, model.sha256, model.last_used_at) == ("starter", "apache-2.0", "", None)


def test_the_same_file_added_again_is_the_same_model(models, add):
    model = add("old name")
    models.touch_used(model.id)
    again = add("new name", path=model.path, quant_type="Q8_0")
    assert (again.id, again.name, again.quant_type) == (model.id, "new name", "Q8_0")
    assert again.last_used_at is not None
    assert again.added_at == model.added_at
    assert len(models.list_models()) == 1


def test_a_hash_is_kept_as_long_as_the_size_is_the_same(models, add):
    model = add("small")
    models.set_sha256(model.id, "ab")
    assert add("small").sha256 == "ab"
    assert add("small", size_bytes=1001).sha256 == ""
    assert add("small", size_bytes=1001, sha256="cd").sha256 == "cd"


def test_the_last_used_is_listed_first_and_then_the_last_added(models, add):
    first, _, third = add("first"), add("second"), add("third")
    assert [model.name for model in models.list_models()] == ["third", "second", "first"]
    models.touch_used(third.id)
    models.touch_used(first.id)
    assert [model.name for model in models.list_models()] == ["first", "third", "second"]


def test_a_model_is_found_by_path_name_or_the_beginning_of_its_name(models, add):
    smol, qwen = add("SmolLM2-135M"), add("Qwen3-1.7B")
    assert models.find("/models/SmolLM2-135M.gguf") == smol
    assert models.find("smollm2-135m") == smol
    assert models.find("qwen") == qwen


def test_a_model_is_found_by_a_relative_path(models, add, tmp_path, monkeypatch):
    model = add("here", path=str((tmp_path / "here.gguf").resolve()))
    monkeypatch.chdir(tmp_path)
    assert models.find("here.gguf") == model
    assert models.find("./here.gguf") == model


def test_a_whole_name_wins_over_the_beginning_of_a_longer_one(models, add):
    short = add("Qwen3")
    add("Qwen3-1.7B")
    assert models.find("qwen3") == short


def test_a_name_that_fits_several_is_refused_with_the_candidates(models, add):
    add("Qwen3-1.7B")
    add("Qwen3-4B")
    add("SmolLM2")
    with pytest.raises(UserError) as told:
        models.find("qwen")
    assert "Qwen3-1.7B" in told.value.sentence
    assert "Qwen3-4B" in told.value.sentence
    assert "SmolLM2" not in told.value.sentence


def test_two_models_of_one_name_are_told_apart_by_their_paths(models, add):
    add("twin", path="/a/twin.gguf")
    add("twin", path="/b/twin.gguf")
    with pytest.raises(UserError) as told:
        models.find("twin")
    assert "/a/twin.gguf" in told.value.sentence
    assert "/b/twin.gguf" in told.value.sentence


def test_an_unknown_name_is_refused_with_what_there_is(models, add):
    with pytest.raises(UserError, match="library is empty"):
        models.find("anything")
    add("SmolLM2")
    for name in ("nothing", ""):
        with pytest.raises(UserError) as told:
            models.find(name)
        assert "SmolLM2" in told.value.hint


def test_a_removed_model_is_gone(models, add):
    model = add("small")
    models.remove(model.id)
    assert models.list_models() == ()
    with pytest.raises(UserError, match="no longer in the library"):
        models.get(model.id)
