"""The window's way to the Hub: the switch is a setting, the token is the keychain's, and the list can be read."""

import keyring
import pytest
from keyring.backends.null import Keyring as NoKeychain

from desktop_app.jobs.connection import HubConnection
from desktop_app.jobs.preferences import Preferences
from desktop_app.network.door import Offline
from desktop_app.network.token import Kept
from desktop_app.settings import options

TOKEN = "hf_" + "t" * 34


@pytest.fixture
def connection(downloading):
    return downloading.connection


@pytest.fixture
def done(qtbot):
    """Call something with a place for its result, and return what came."""

    def done(ask):
        got = []
        ask(got.append)
        qtbot.waitUntil(lambda: bool(got))
        return got[0]

    return done


@pytest.fixture
def _no_keychain():
    before = keyring.get_keyring()
    keyring.set_keyring(NoKeychain())
    yield
    keyring.set_keyring(before)


def test_the_switch_is_a_setting_that_is_kept(qtbot, downloading, connection):
    assert connection.is_open
    with qtbot.waitSignal(connection.switched) as switched:
        connection.set_open(False)
    assert switched.args == [False]
    assert not connection.is_open
    assert downloading.preferences[options.OFFLINE]
    downloading.close()
    preferences = Preferences(downloading.folder, downloading.background)
    assert not HubConnection(downloading.folder, preferences, downloading.background).is_open


def test_whoever_changes_the_setting_turns_the_switch(qtbot, downloading, connection):
    for is_offline in (True, False):
        with qtbot.waitSignal(connection.switched) as switched:
            downloading.preferences.set(options.OFFLINE, is_offline)
        assert switched.args == [not is_offline]
        assert connection.is_open == (not is_offline)
    with qtbot.assertNotEmitted(connection.switched):
        downloading.preferences.set(options.TEXT_SIZE, 3)


def test_while_it_is_off_nothing_is_asked(hub, downloading, connection, done):
    connection.set_open(False)
    error = done(
        lambda on_error: downloading.background.run_long(lambda: connection.hub().search("x"), on_error=on_error)
    )
    assert isinstance(error, Offline)
    assert hub.requests == []


def test_every_connection_can_be_read(hub, downloading, connection, done):
    assert done(connection.read_journal) == ()
    done(lambda on_done: downloading.background.run_long(lambda: connection.hub().search("words"), on_done))
    (line,) = done(connection.read_journal)
    assert (line.host, line.why, line.outcome) == ("127.0.0.1", "Search for “words”", "")
    assert line.received_bytes == len(b"[]")
    assert downloading.folder.connections.exists()


@pytest.mark.usefixtures("_no_keychain")
def test_a_token_is_kept_sent_and_forgotten(hub, downloading, connection, done):
    hub.tokens.add(TOKEN)

    def search(on_done):
        downloading.background.run_long(lambda: connection.hub().search("x"), on_done, on_done)

    assert done(connection.find_token) == Kept.NOWHERE
    assert done(lambda on_done: connection.keep_token(TOKEN, on_done)) == Kept.MEMORY
    assert done(connection.find_token) == Kept.MEMORY
    done(search)
    assert done(lambda on_done: connection.keep_token("", on_done)) == Kept.NOWHERE
    done(search)
    assert [request.has_authorization for request in hub.requests] == [True, False]
    for path in downloading.folder.root.rglob("*"):
        assert path.is_dir() or TOKEN.encode() not in path.read_bytes()


@pytest.mark.usefixtures("_no_keychain")
def test_however_many_ask_at_once_there_is_one_token(connection, done, downloading):
    found = []
    for _ in range(6):
        downloading.background.run_long(connection.hub, lambda _hub: found.append(connection._token))
    done(lambda on_done: connection.keep_token(TOKEN, on_done))
    assert done(connection.find_token) == Kept.MEMORY
    assert {id(token) for token in found} <= {id(connection._token)}


def test_what_cannot_be_a_token_is_told(qtbot, downloading, connection):
    with qtbot.waitSignal(downloading.background.trouble) as told:
        connection.keep_token("two words", lambda kept: None)
    assert "does not look like a token" in told.args[0].sentence


def test_after_the_end_nothing_connects(hub, downloading, connection, done):
    connection.close()
    error = done(
        lambda on_error: downloading.background.run_long(lambda: connection.hub().search("x"), on_error=on_error)
    )
    assert isinstance(error, Offline)
    assert hub.requests == []
