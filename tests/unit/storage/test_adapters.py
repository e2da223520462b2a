"""The library's adapters are one for each content, and what they were measured to do stays with the content."""

import pytest

from desktop_app.engine.messages import Effect
from desktop_app.errors import UserError
from desktop_app.storage.adapters import Adapters
from desktop_app.storage.records import RemoteFile, StackEntry

FILES = (RemoteFile("pirate.gguf", 1000, "ab" * 32),)
EFFECT = Effect(tokens=640, mean_nll=2.5, other_nll=2.25, nll_error=0.01, kl=0.2, agreement=0.75)


@pytest.fixture
def adapters(database, clock):
    return Adapters(database, clock)


@pytest.fixture
def add(adapters):
    def add_adapter(name, path=None, **changes):
        facts = {
            "sha256": name.encode().hex().ljust(64, "0"),
            "size_bytes": 1000,
            "architecture": "llama",
            "max_rank": 16,
            "n_weights": 2,
            "targets": ("attn_q", "ffn_down"),
            "base_name": "",
            "base_repo": "",
            "source": "file",
        }
        return adapters.add(**{**facts, "name": name, "path": path or f"/adapters/{name}.gguf", **changes})

    return add_adapter


def test_an_adapter_is_kept_with_everything_about_it(adapters, add, clock):
    adapter = add(
        "pirate",
        base_name="Tiny",
        base_repo="owner/Tiny",
        source="hub",
        license="mit",
        repo="owner/pirate",
        revision="c" * 40,
        files=FILES,
        default_scale=0.5,
    )
    assert adapters.get(adapter.id) == adapter
    assert adapters.list_adapters() == (adapter,)
    assert adapter.targets == ("attn_q", "ffn_down")
    assert (adapter.repo, adapter.revision, adapter.files) == ("owner/pirate", "c" * 40, FILES)
    assert (adapter.default_scale, adapter.added_at, adapter.last_used_at) == (0.5, clock.now, None)


def test_the_same_content_is_the_same_adapter_wherever_it_lies(adapters, add):
    first = add("pirate")
    again = add("another name", path="/elsewhere/copy.gguf", sha256=first.sha256)
    assert again == first
    assert len(adapters.list_adapters()) == 1


def test_another_content_at_the_same_place_is_another_adapter(adapters, add):
    first = add("pirate")
    other = add("pirate 2", path=first.path)
    assert other.id != first.id
    assert adapters.list_adapters() == (other,)


def test_the_last_used_is_listed_first_and_then_the_last_added(adapters, add):
    first, _, third = add("first"), add("second"), add("third")
    assert [adapter.name for adapter in adapters.list_adapters()] == ["third", "second", "first"]
    adapters.touch_used(third.id)
    adapters.touch_used(first.id)
    assert [adapter.name for adapter in adapters.list_adapters()] == ["first", "third", "second"]


def test_an_adapter_is_found_by_path_name_the_beginning_of_its_name_or_its_content(adapters, add):
    pirate, haiku = add("pirate-style"), add("Haiku")
    assert adapters.find("/adapters/pirate-style.gguf") == pirate
    assert adapters.find("haiku") == haiku
    assert adapters.find("PIR") == pirate
    assert adapters.by_sha256(haiku.sha256) == haiku
    assert adapters.by_sha256("00") is None


def test_a_name_that_fits_none_or_several_is_refused_in_the_words_of_adapters(adapters, add):
    with pytest.raises(UserError, match=r"no adapter “anything”; the library has no adapters"):
        adapters.find("anything")
    add("pirate-one")
    add("pirate-two")
    with pytest.raises(UserError, match="any of these adapters: pirate-two, pirate-one") as told:
        adapters.find("pirate")
    assert "quantization" not in told.value.hint
    with pytest.raises(UserError, match=r"no adapter “haiku” in the library\. These are there: pirate"):
        adapters.find("haiku")


def test_a_removed_adapter_is_gone_and_its_content_comes_back_as_another(adapters, add):
    adapter = add("pirate")
    adapters.remove(adapter.id)
    assert adapters.list_adapters() == ()
    with pytest.raises(UserError, match="adapter is no longer in the library"):
        adapters.get(adapter.id)
    assert add("pirate").id > adapter.id


def test_an_adapter_that_was_moved_is_the_same_at_another_place(adapters, add):
    adapter, other = add("pirate", source="hub"), add("other")
    adapters.set_path(adapter.id, "/moved/pirate.gguf", "file")
    moved = adapters.get(adapter.id)
    assert (moved.path, moved.source) == ("/moved/pirate.gguf", "file")
    adapters.set_path(adapter.id, other.path, "file")
    assert [(each.id, each.path) for each in adapters.list_adapters()] == [(adapter.id, other.path)]


def test_it_is_known_how_many_conversations_use_it(adapters, add, chats):
    pirate, haiku = add("pirate"), add("haiku")
    both = (StackEntry(pirate.sha256, "pirate"), StackEntry(haiku.sha256, "haiku", 0.5, False))
    chats.create(stack=both)
    chats.move_to_trash(chats.create(stack=both[:1]).id)
    chats.create()
    assert (adapters.n_conversations(pirate.sha256), adapters.n_conversations(haiku.sha256)) == (2, 1)
    assert adapters.n_conversations("00") == 0
    assert adapters.uses() == {pirate.sha256: 2, haiku.sha256: 1}


# ------------------------------------------------------------ what it does


def test_what_was_measured_last_counts(adapters, clock):
    assert adapters.proof("a", "m") is None
    adapters.set_proof("a", "m", EFFECT)
    assert adapters.proof("a", "m").effect == EFFECT
    newer = adapters.set_proof("a", "m", Effect(512, 2.5, 2.5, 0.01, 0.0, 1.0))
    assert adapters.proof("a", "m") == newer
    assert newer.measured_at == clock.now


def test_what_was_measured_belongs_to_one_adapter_on_one_model(adapters):
    kept = {(adapter, model): adapters.set_proof(adapter, model, EFFECT) for adapter in "ab" for model in "mn"}
    assert adapters.proof("a", "n") == kept["a", "n"]
    assert set(adapters.proofs_of("m")) == {kept["a", "m"], kept["b", "m"]}
    assert adapters.proofs_of("other") == ()


def test_what_was_measured_is_still_known_when_an_adapter_comes_back(adapters, add):
    adapter = add("pirate")
    adapters.set_proof(adapter.sha256, "m", EFFECT)
    adapters.remove(adapter.id)
    assert adapters.proof(add("pirate").sha256, "m").effect == EFFECT
