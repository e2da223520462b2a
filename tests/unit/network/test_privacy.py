"""What goes to whom: the token to the Hub alone, nothing of this computer to anybody, and no secret into any text."""

import json
import logging
import os
import subprocess
import sys
import traceback
from pathlib import Path

import pytest

from desktop_app import __version__
from desktop_app.errors import UserError
from desktop_app.network import client
from desktop_app.network.hub import Hub
from tests.support.hub import Faults
from tests.support.hub_content import Blob
from tests.support.hub_server import Answer
from tests.unit.network.conftest import MODEL
from tests.unit.network.steps import FILE, HANG_S, receive

ROOT = Path(__file__).parents[3]
TINY = "small/Tiny-GGUF"
TOKEN = "hf_" + "SECRET" * 6
SIGNATURE = "signature=signed"


@pytest.fixture
def trusted(hub, repo, door):
    """The Hub, asked with a token that it knows."""
    hub.tokens.add(TOKEN)
    return Hub(door, TOKEN)


def ask_everything(asking):
    """Return what went wrong."""
    errors = []
    for ask in (
        lambda: asking.search("tiny"),
        lambda: asking.repo(TINY),
        lambda: receive(asking),
        lambda: asking.beginning(TINY, "main", FILE, 10),
        lambda: asking.card(TINY, "main"),
        lambda: receive(asking, repo="small/Gone"),
    ):
        try:
            ask()
        except UserError as error:
            errors.append(error)
    return errors


# ------------------------------------------------------------ the token


def test_the_token_goes_to_the_hub_and_never_to_the_cdn(hub, trusted):
    ask_everything(trusted)
    by_kind = {
        kind: {request.has_authorization for request in hub.requests if request.host_kind == kind}
        for kind in ("hub", "cdn")
    }
    assert by_kind == {"hub": {True}, "cdn": {False}}


def test_the_token_is_in_no_address(hub, trusted):
    ask_everything(trusted)
    assert not any(TOKEN in request.path + request.query for request in hub.requests)


def test_without_a_token_none_is_sent(hub, repo, door):
    ask_everything(Hub(door))
    assert {request.has_authorization for request in hub.requests} == {False}


FAULTS = [
    Faults(),
    Faults(refuse=True),
    Faults(hang=True),
    Faults(raw_api_body=b"<html>"),
    Faults(statuses_path="/cdn", statuses=[403]),
    *(Faults(statuses=[status]) for status in (400, 401, 403, 404, 429, 500)),
    Faults(drop_after=[1000, 1000], reset=True),
]


@pytest.mark.parametrize("token_is_known", [True, False])
@pytest.mark.parametrize("fault", FAULTS, ids=range(len(FAULTS)))
def test_no_secret_gets_into_a_text(hub, trusted, door, tmp_path, monkeypatch, caplog, fault, token_is_known):
    monkeypatch.setattr(client, "TIMEOUT", client.httpx2.Timeout(0.05))
    if not token_is_known:
        hub.tokens.clear()
    hub.faults = fault
    with caplog.at_level(logging.INFO):
        errors = ask_everything(trusted)
        for error in errors:
            logging.getLogger("test").info("it went wrong", exc_info=error)
    assert errors
    texts = [caplog.text, tmp_path.joinpath("connections.jsonl").read_text("utf-8")]
    for error in errors:
        while error is not None:
            texts += [str(error), repr(error), "".join(traceback.format_exception(error))]
            error = error.__cause__ or error.__context__
    assert not any(TOKEN in text for text in texts)
    assert not any(SIGNATURE in text for text in (*map(str, errors), texts[1]))


def test_addresses_with_their_signatures_are_not_logged(trusted, caplog):
    with caplog.at_level(logging.DEBUG):
        ask_everything(trusted)
    assert SIGNATURE not in caplog.text
    assert TOKEN not in caplog.text


# ------------------------------------------------------------ this computer


def test_the_hub_learns_the_name_and_version_of_the_program_and_nothing_more(hub, trusted, monkeypatch):
    seen = []
    answer = hub._servers[0].RequestHandlerClass.do_GET
    monkeypatch.setattr(
        "tests.support.hub_server._Handler.do_GET",
        lambda handler: (seen.append(dict(handler.headers.items())), answer(handler)),
    )
    ask_everything(trusted)
    assert {headers["user-agent"] for headers in seen} == {f"Moatless/{__version__}"}
    known = {"host", "accept", "accept-encoding", "connection", "user-agent", "authorization", "range"}
    assert {name.lower() for headers in seen for name in headers} <= known


ASK = """
import sys
from pathlib import Path
from desktop_app.network.door import Door
from desktop_app.network.hub import Hub
from desktop_app.network.journal import Journal

door = Door(Journal(Path(sys.argv[1])))
hub = Hub(door)
hub.search("tiny")
repo = hub.repo("small/Tiny-GGUF")
hub.card("small/Tiny-GGUF", repo.revision)
hub.beginning("small/Tiny-GGUF", repo.revision, "tiny.Q4_0.gguf", 10)
door.close()
"""


def test_nothing_is_sent_or_fetched_but_what_was_asked_for(hub, repo, tmp_path):
    """Not with what other programs have left here, and whatever program has started this one."""
    home = tmp_path / "home"
    home.joinpath("stored").mkdir(parents=True)
    for name in ("token", "stored_tokens"):
        home.joinpath(name).write_text(TOKEN)
    others = {
        "HF_HOME": str(home),
        "HF_TOKEN": TOKEN,
        "HUGGING_FACE_HUB_TOKEN": TOKEN,
        "HF_TOKEN_PATH": str(home / "token"),
        "HF_ENDPOINT": hub.url,
        "HF_DEBUG": "1",
        "AI_AGENT": "somebody",
        "AGENT": "somebody",
    }
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HF_")} | others
    before = sorted(home.rglob("*"))
    result = subprocess.run(
        [sys.executable, "-c", ASK, str(tmp_path / "connections.jsonl")],
        cwd=ROOT,
        env=environment,
        timeout=HANG_S,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert [(request.host_kind, request.path) for request in hub.requests] == [
        ("hub", "/api/models"),
        ("hub", f"/api/models/{TINY}"),
        ("hub", f"/{TINY}/resolve/{repo.sha}/README.md"),
        ("hub", f"/{TINY}/resolve/{repo.sha}/{FILE}"),
        ("cdn", f"/cdn/{MODEL.sha256()}"),
    ]
    assert not any(request.has_authorization for request in hub.requests)
    assert sorted(home.rglob("*")) == before
    lines = [json.loads(line) for line in tmp_path.joinpath("connections.jsonl").read_text("utf-8").splitlines()]
    assert len([line for line in lines if "host" in line]) == len(hub.requests)


def test_what_one_answer_wants_remembered_is_not_told_with_the_next_question(hub, trusted, monkeypatch):
    seen = []
    handler = hub._servers[0].RequestHandlerClass
    answer, send_head = handler.do_GET, handler._send_head
    monkeypatch.setattr(handler, "do_GET", lambda self: (seen.append(self.headers.get("Cookie")), answer(self)))
    monkeypatch.setattr(
        handler,
        "_send_head",
        lambda self, status, length, headers: send_head(self, status, length, {**headers, "Set-Cookie": "who=you"}),
    )
    ask_everything(trusted)
    assert set(seen) == {None}


def test_a_redirect_of_the_hub_to_a_stranger_takes_no_token_along(hub, trusted, monkeypatch):
    """As the Hub redirects questions about a model that has another name now."""
    answers = iter([Answer(b"", 307, {"Location": f"{hub.cdn_url}/cdn/x?{SIGNATURE}"})])
    asked = hub._servers[0].answer
    hub._servers[0].answer = lambda question: next(answers, None) or asked(question)
    hub._on_cdn["x"] = Blob(b"[]")
    assert trusted.search("tiny") == ()
    assert [(request.host_kind, request.has_authorization) for request in hub.requests] == [
        ("hub", True),
        ("cdn", False),
    ]
