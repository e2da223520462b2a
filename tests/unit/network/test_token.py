"""The person's token is in the keychain of the system, or in memory where that is none; forgotten, it is nowhere."""

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends.null import Keyring as NoKeychain
from keyring.errors import InitError, KeyringLocked, PasswordDeleteError, PasswordSetError

from desktop_app.errors import UserError
from desktop_app.network.token import HubToken, Kept

TOKEN = "hf_" + "t" * 34


class Keychain(KeyringBackend):
    """Keeps everything in `kept`; raises `trouble`, if there is any."""

    priority = 1

    def __init__(self):
        super().__init__()
        self.kept = {}
        self.trouble = None

    def _check(self):
        if self.trouble is not None:
            raise self.trouble

    def get_password(self, service, username):
        self._check()
        return self.kept.get((service, username))

    def set_password(self, service, username, password):
        self._check()
        self.kept[service, username] = password

    def delete_password(self, service, username):
        self._check()
        del self.kept[service, username]


@pytest.fixture(autouse=True)
def _the_keychain_of_before():
    before = keyring.get_keyring()
    yield
    keyring.set_keyring(before)


@pytest.fixture
def keychain():
    keychain = Keychain()
    keyring.set_keyring(keychain)
    return keychain


@pytest.fixture
def no_keychain():
    keyring.set_keyring(NoKeychain())


def test_without_a_token_there_is_none(keychain):
    token = HubToken()
    assert (token.get(), token.kept()) == ("", Kept.NOWHERE)


def test_a_token_is_kept_in_the_keychain_and_nowhere_else(keychain):
    assert HubToken().set(TOKEN) == Kept.KEYCHAIN
    assert list(keychain.kept.values()) == [TOKEN]
    later = HubToken()
    assert (later.get(), later.kept()) == (TOKEN, Kept.KEYCHAIN)


def test_another_token_takes_the_place_of_the_first(keychain):
    token = HubToken()
    token.set(TOKEN)
    token.set(TOKEN + "2")
    assert list(keychain.kept.values()) == [TOKEN + "2"]
    assert token.get() == TOKEN + "2"


def test_an_empty_token_forgets_the_one_before(keychain):
    token = HubToken()
    token.set(TOKEN)
    assert token.set("") == Kept.NOWHERE
    assert keychain.kept == {}
    assert token.get() == ""
    assert token.set("") == Kept.NOWHERE


def test_a_keychain_that_keeps_nothing_leaves_it_in_memory(no_keychain):
    token = HubToken()
    assert token.set(TOKEN) == Kept.MEMORY
    assert (token.get(), token.kept()) == (TOKEN, Kept.MEMORY)
    assert HubToken().get() == ""
    assert token.set("") == Kept.NOWHERE
    assert token.get() == ""


TROUBLES = [KeyringLocked(), InitError(), PasswordSetError(), PasswordDeleteError(), RuntimeError(), OSError()]


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: type(trouble).__name__)
def test_a_keychain_in_trouble_leaves_it_in_memory(keychain, trouble, caplog):
    keychain.trouble = trouble
    token = HubToken()
    assert (token.get(), token.kept()) == ("", Kept.NOWHERE)
    assert token.set(TOKEN) == Kept.MEMORY
    assert token.get() == TOKEN
    assert TOKEN not in caplog.text
    assert token.set("") == Kept.NOWHERE


def test_a_token_of_the_memory_goes_before_the_one_of_the_keychain(keychain, monkeypatch):
    token = HubToken()
    token.set(TOKEN)
    monkeypatch.setattr(keychain, "set_password", lambda *_: (_ for _ in ()).throw(PasswordSetError()))
    assert token.set(TOKEN + "2") == Kept.MEMORY
    assert token.get() == TOKEN + "2"


def test_what_is_not_forgotten_is_said_to_be_there_still(keychain, monkeypatch):
    token = HubToken()
    token.set(TOKEN)
    monkeypatch.setattr(keychain, "delete_password", lambda *_: (_ for _ in ()).throw(PasswordDeleteError()))
    assert token.set("") == Kept.KEYCHAIN


@pytest.mark.parametrize("around", ["{}\n", "  {}", "\t{} \r\n"])
def test_space_that_was_copied_along_is_no_part_of_it(keychain, around):
    token = HubToken()
    token.set(around.format(TOKEN))
    assert token.get() == TOKEN
    assert list(keychain.kept.values()) == [TOKEN]


@pytest.mark.parametrize("text", ["two words", "hf_a\nhf_b", "hf_ä", "hf_\x00", "hf_\u200b" + "t" * 30])
def test_what_cannot_be_a_token_is_refused_and_the_one_before_stays(keychain, text):
    token = HubToken()
    token.set(TOKEN)
    with pytest.raises(UserError, match="does not look like a token") as told:
        token.set(text)
    assert text not in str(told.value)
    assert token.get() == TOKEN
