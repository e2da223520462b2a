"""Encrypted connections: nothing is said to a server that cannot prove who it is, and cutting one spoils nothing."""

import io
import socket
import ssl
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest

from desktop_app.errors import TryAgain, UserError
from desktop_app.network import client
from desktop_app.network.door import Door
from desktop_app.network.hub import Hub
from desktop_app.network.journal import Journal
from tests.unit.network.steps import receive, working

CERTIFICATE = Path(__file__).with_name("files") / "loopback.pem"
SECRET = "hf_" + "s" * 34
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"


class Server(threading.Thread):
    """Answers one connection with as many bytes as it is told; `asked` is what came in, `release` lets it end."""

    def __init__(self, answer: bytes) -> None:
        super().__init__()
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(CERTIFICATE)
        self.url = f"https://127.0.0.1:{self._listener.getsockname()[1]}"
        self.asked = b""
        self.has_answered = threading.Event()
        self.release = threading.Event()

    def run(self) -> None:
        connection, _ = self._listener.accept()
        with self._listener, connection:
            try:
                with self._context.wrap_socket(connection, server_side=True) as encrypted:
                    self.asked = encrypted.recv(65536)
                    encrypted.sendall(self._answer)
                    self.has_answered.set()
                    self.release.wait()
            except OSError:  # the other side has hung up
                return


@contextmanager
def serving(answer=b""):
    server = Server(answer)
    server.start()
    yield server
    server.release.set()
    server.join()


@pytest.fixture
def door(tmp_path):
    door = Door(Journal(tmp_path / "connections.jsonl"))
    yield door
    door.close()


def test_to_a_server_that_cannot_prove_who_it_is_nothing_is_sent(door):
    with serving() as server:
        door.endpoint = server.url
        with pytest.raises(UserError, match="could not prove who it is, so nothing was sent") as told:
            Hub(door, SECRET).search("tiny")
    assert "Check the date of this computer" in told.value.hint
    assert not isinstance(told.value, TryAgain)
    assert server.asked == b""
    assert [each.outcome for each in door.journal.read()] == ["no answer"]


@pytest.fixture
def _believed(monkeypatch):
    """The certificate of the server is one that is believed here."""
    monkeypatch.setattr(client, "_certificates", lambda: ssl.create_default_context(cafile=CERTIFICATE))


@pytest.mark.usefixtures("_believed")
def test_what_still_lies_there_when_a_connection_is_cut_comes_decrypted_or_not_at_all(door):
    """Taken as it is, it would become a part of the file."""
    with serving(HEAD + b"a" * 60_000) as server:
        door.endpoint = server.url
        with Hub(door).open("small/Tiny-GGUF", "main", "tiny.gguf", 0) as incoming:
            received = io.BytesIO()
            received.write(next(incoming.pieces))
            server.has_answered.wait()
            door.set_open(False)
            with pytest.raises(TryAgain, match="connection was lost"):
                received.writelines(incoming.pieces)
    assert received.getvalue().strip(b"a") == b""


@pytest.mark.usefixtures("_believed")
def test_an_encrypted_connection_that_has_gone_quiet_is_cut_at_once(door):
    with serving(HEAD) as server:
        door.endpoint = server.url
        with working(lambda: receive(Hub(door, SECRET))) as work:
            server.has_answered.wait()
            door.set_open(False)
            with pytest.raises(TryAgain, match="connection was lost"):
                work.wait()
    assert SECRET.encode() in server.asked
