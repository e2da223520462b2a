"""Emptying the database in parts: what is to stay stays, and of the rest not a word can be found in the file."""

from desktop_app.storage import clearing
from desktop_app.storage.adapters import Adapters
from desktop_app.storage.database import Database
from desktop_app.storage.downloads import Downloads
from desktop_app.storage.models import Models
from desktop_app.storage.presets import Presets
from desktop_app.storage.records import RemoteFile, Role, StackEntry

FACTS = {"size_bytes": 1, "architecture": "llama", "quant_type": "Q8_0", "n_params": 1, "n_ctx_train": 1}
ADAPTER = {"size_bytes": 1, "architecture": "llama", "max_rank": 1, "n_weights": 1, "targets": ("attn_q",)}
SECRET = "bluebottle"


def fill(database, chats):
    """Put something of everything in."""
    models = Models(database)
    starter = models.add(name="Starter", path="/starter.gguf", source="starter", **FACTS)
    large = models.add(name="Large", path="/large.gguf", source="hub", **FACTS)
    for model in (starter, large):
        conversation = chats.create(model.id)
        chats.rename(conversation.id, f"About the {SECRET}")
        parent = None
        for number in range(200):
            parent = chats.add_message(conversation.id, parent, Role.USER, f"{SECRET} {number}").id
    Adapters(database).add(
        name="A", path="/a.gguf", sha256="1f" * 32, base_name="", base_repo="", source="file", **ADAPTER
    )
    Presets(database).save("Both", (StackEntry("1f" * 32, "A", 1.0),))
    for kind in ("model", "adapter"):
        Downloads(database).add(name=kind, files=(RemoteFile(f"{kind}.gguf", 1, "2e" * 32),), kind=kind)


def names(database):
    """Return what the library has: models, adapters, presets, downloads."""
    lists = (
        Models(database).list_models(),
        Adapters(database).list_adapters(),
        Presets(database).list_presets(),
        Downloads(database).list_downloads(),
    )
    return tuple({each.name for each in found} for found in lists)


ALL = ({"Starter", "Large"}, {"A"}, {"Both"}, {"model", "adapter"})


def test_of_chats_not_a_word_is_left_in_the_file_and_the_library_stays(tmp_path, database, chats):
    fill(database, chats)
    clearing.clear_chats(database)
    clearing.shrink(database)
    assert chats.list_conversations() == chats.trashed() == ()
    assert chats.search(SECRET) == ()
    assert names(database) == ALL
    database.close()
    assert [path.name for path in tmp_path.iterdir()] == ["moatless.db"]
    assert SECRET.encode() not in (tmp_path / "moatless.db").read_bytes()


def test_a_conversation_can_be_begun_afterwards_and_is_found(database, chats):
    fill(database, chats)
    clearing.clear_chats(database)
    conversation = chats.create()
    chats.add_message(conversation.id, None, Role.USER, f"Another {SECRET}")
    assert [hit.conversation_id for hit in chats.search(SECRET)] == [conversation.id]
    assert database.one("PRAGMA integrity_check")[0] == "ok"


def test_without_its_models_the_library_has_the_one_that_comes_with_the_program(database, chats):
    fill(database, chats)
    clearing.clear_models(database, "starter")
    assert names(database) == ({"Starter"}, {"A"}, {"Both"}, {"adapter"})
    assert [each.model_id is None for each in chats.list_conversations()] == [True, False]
    assert len(chats.search(SECRET)) > 0


def test_without_its_adapters_it_has_no_stacks_with_a_name_either(database, chats):
    fill(database, chats)
    clearing.clear_adapters(database)
    assert names(database) == ({"Starter", "Large"}, set(), set(), {"model"})
    assert len(chats.list_conversations()) == 2


def test_whether_anything_is_known_but_chats_is_told(database: Database, chats):
    assert not clearing.has_library(database, "starter")
    fill(database, chats)
    assert clearing.has_library(database, "starter")
    clearing.clear_adapters(database)
    assert clearing.has_library(database, "starter")
    clearing.clear_models(database, "starter")
    assert not clearing.has_library(database, "starter")
