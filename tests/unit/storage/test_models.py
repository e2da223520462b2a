"""The library's models are added once, and found by what a person would call them."""

import pytest

from desktop_app.engine.choices import SamplerSettings
from desktop_app.errors import UserError
from desktop_app.storage.records import ModelDefaults, RemoteFile


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


def test_added_again_it_may_hold_something_else(models, add):
    """Another fine-tuning of the same model has the same size, too."""
    model = add("small", sha256="ab", is_verified=True)
    again = add("small")
    assert (again.id, again.sha256, again.verified_at) == (model.id, "", None)
    assert add("small", sha256="cd").sha256 == "cd"


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
    with pytest.raises(UserError, match="library has no models"):
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


# ------------------------------------------------------------ downloaded


FILES = (RemoteFile("a/m-Q4_0.gguf", 1000, "ab" * 32), RemoteFile("mmproj.gguf", 7))


def test_of_a_downloaded_model_it_is_kept_where_it_is_from(models, add, clock):
    model = add("m", repo="owner/name", revision="c" * 40, files=FILES, is_verified=True, source="hub")
    assert (model.repo, model.revision, model.files) == ("owner/name", "c" * 40, FILES)
    assert model.verified_at == model.added_at
    assert models.get(model.id) == model
    other = add("other")
    assert (other.repo, other.revision, other.files, other.verified_at) == ("", "", (), None)


def test_a_new_version_takes_the_place_of_the_old_one_and_keeps_what_the_person_chose(models, add):
    model = add("m", repo="owner/name", revision="c" * 40, files=FILES, sha256="ab" * 32)
    models.set_defaults(model.id, ModelDefaults(n_ctx=2048))
    models.set_speed("ab" * 32, 12.0)
    again = add("m", repo="owner/name", revision="d" * 40, files=FILES[:1], sha256="cd" * 32, is_verified=True)
    assert (again.id, again.revision, again.files, again.sha256) == (model.id, "d" * 40, FILES[:1], "cd" * 32)
    assert again.verified_at is not None
    assert again.defaults == ModelDefaults(n_ctx=2048)
    assert again.added_at == model.added_at


def test_when_a_model_was_verified_is_noted(models, add, clock):
    model = add("m")
    models.set_verified(model.id)
    assert models.get(model.id).verified_at == clock.now


def test_a_speed_belongs_to_the_content_of_a_file(models, add):
    here, copy, other = (
        add("here", sha256="ab"),
        add("copy", sha256="ab"),
        add("other", sha256="cd"),
    )
    models.set_speed("ab", 12.5)
    assert [models.get(model.id).tokens_per_s for model in (here, copy, other)] == [12.5, 12.5, 0.0]


def test_defaults_are_kept_and_may_be_none(models, add):
    model = add("m")
    assert model.defaults == ModelDefaults()
    defaults = ModelDefaults("Be brief.", SamplerSettings(temperature=0.1), 4096)
    models.set_defaults(model.id, defaults)
    assert models.get(model.id).defaults == defaults
    models.set_defaults(model.id, ModelDefaults())
    assert models.get(model.id).defaults == ModelDefaults()


def test_a_model_that_was_moved_is_the_same_at_another_place(models, add):
    model = add("m", source="hub", repo="owner/name", sha256="ab", is_verified=True)
    models.set_path(model.id, "/moved/m.gguf", "file", "ab")
    moved = models.get(model.id)
    assert (moved.path, moved.source, moved.repo) == ("/moved/m.gguf", "file", "owner/name")
    assert (moved.sha256, moved.verified_at) == ("ab", None)
    models.set_path(model.id, "/moved/m.gguf", "file")
    assert models.get(model.id).sha256 == ""
    other = add("other")
    with pytest.raises(UserError, match=r"already has the file /models/other\.gguf, as other"):
        models.set_path(model.id, other.path, "file")


def test_the_conversations_with_a_model_are_counted(models, add, chats):
    model = add("m")
    kept, trashed, other = chats.create(), chats.create(), chats.create()
    for conversation in (kept, trashed):
        chats.set_model(conversation.id, model.id)
    chats.move_to_trash(trashed.id)
    assert models.n_conversations(model.id) == 2
    models.remove(model.id)
    assert chats.get(kept.id).model_id is None
    assert other.model_id is None


def test_of_two_with_one_name_the_quantization_tells_which(models):
    facts = {"name": "Tiny", "size_bytes": 1, "architecture": "llama", "n_params": 1, "n_ctx_train": 1, "source": "hub"}
    small = models.add(path="/a/tiny-q4.gguf", quant_type="Q4_K_M", **facts)
    large = models.add(path="/a/tiny-q8.gguf", quant_type="Q8_0", **facts)
    assert (models.find("tiny:q4_k_m"), models.find("Tiny:Q8_0")) == (small, large)
    with pytest.raises(UserError, match="could be any"):
        models.find("Tiny")
