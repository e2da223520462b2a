"""A data folder with something of every part in it, and a keychain of the test's own."""

import keyring
import pytest
from keyring.backend import KeyringBackend

from desktop_app.finetune.course import Course
from desktop_app.finetune.course_folder import create_course
from desktop_app.network.token import HubToken
from desktop_app.storage.chats import Chats
from desktop_app.storage.database import Database
from desktop_app.storage.models import Models
from desktop_app.storage.records import Role

FACTS = {"size_bytes": 1, "architecture": "llama", "quant_type": "Q8_0", "n_params": 1, "n_ctx_train": 1}


class Keychain(KeyringBackend):
    """Keeps passwords as long as the test goes on."""

    priority = 1

    def __init__(self):
        super().__init__()
        self.kept = {}

    def get_password(self, service, username):
        return self.kept.get((service, username))

    def set_password(self, service, username, password):
        self.kept[service, username] = password

    def delete_password(self, service, username):
        del self.kept[service, username]


@pytest.fixture
def keychain():
    before = keyring.get_keyring()
    keychain = Keychain()
    keyring.set_keyring(keychain)
    yield keychain
    keyring.set_keyring(before)


@pytest.fixture
def full(data_folder, tmp_path, keychain):
    """Fill the data folder; `elsewhere.gguf` beside it is a model that the library has where it lies."""
    elsewhere = tmp_path / "elsewhere.gguf"
    elsewhere.write_bytes(b"GGUF")
    database = Database.open(data_folder.database)
    chats, models = Chats(database), Models(database)
    conversation = chats.create()
    chats.add_message(conversation.id, None, Role.USER, "A secret")
    models.add(name="Elsewhere", path=str(elsewhere), source="file", **FACTS)
    models.add(name="Here", path=str(data_folder.models / "one" / "here.gguf"), source="hub", **FACTS)
    database.close()
    for path in (
        data_folder.models / "one" / "here.gguf",
        data_folder.adapters / "a.gguf",
        data_folder.runs / "first" / "run.json",
        data_folder.training / "environment" / "bin" / "python",
        data_folder.kv / "1-aa.kv",
        data_folder.logs / "window.log",
        data_folder.settings,
        data_folder.window_state,
        data_folder.updates,
        data_folder.root / "moatless.db.before-v1.3",
        data_folder.root / "settings.json.damaged",
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes(1000))
    create_course(data_folder.courses, Course("Letters"))
    HubToken().set("hf_secret")
    return data_folder


@pytest.fixture
def library():
    """Return what a data folder's database knows: conversations, models."""

    def library(folder):
        database = Database.open(folder.database)
        try:
            known = {model.name for model in Models(database).list_models()}
            return len(Chats(database).list_conversations()), known
        finally:
            database.close()

    return library
