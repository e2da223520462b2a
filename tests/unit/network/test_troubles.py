"""Whatever the Hub answers, or does not, becomes a sentence that says whether to try again."""

import socket

import pytest

from desktop_app.errors import TryAgain, UserError
from desktop_app.network import client
from desktop_app.network.door import Gated
from desktop_app.network.hub import Hub
from tests.support.hub import Faults
from tests.unit.network.conftest import MODEL
from tests.unit.network.steps import FILE, receive

TINY = "small/Tiny-GGUF"
TOKEN = "hf_" + "t" * 34
ASK = {
    "search": lambda asking: asking.search("tiny"),
    "repo": lambda asking: asking.repo(TINY),
    "file": receive,
    "beginning": lambda asking: asking.beginning(TINY, "main", FILE, 10),
}
everywhere = pytest.mark.parametrize("ask", ASK.values(), ids=ASK)


def trouble(do):
    """Return the error that comes of something, after a look at its words."""
    with pytest.raises(UserError) as told:
        do()
    for text in (told.value.sentence, told.value.hint):
        assert text.endswith(".")
        assert not any(word in text for word in ("Error", "Errno", "Traceback", "None", "httpx", "urllib"))
    return told.value


# ------------------------------------------------------------ not now


@everywhere
@pytest.mark.parametrize("status", [408, 425, 500, 502, 503, 504])
def test_trouble_of_the_hub_itself_may_pass(hub, asking, ask, status):
    hub.faults.statuses = [status]
    error = trouble(lambda: ask(asking))
    assert isinstance(error, TryAgain)
    assert (error.sentence, error.wait_s) == ("The Hub has trouble of its own at the moment.", None)
    ask(asking)


@everywhere
def test_who_asked_too_much_is_told_how_long_to_wait(hub, asking, ask):
    hub.faults.statuses = [429]
    error = trouble(lambda: ask(asking))
    assert isinstance(error, TryAgain)
    assert "asks to wait" in error.sentence
    assert error.wait_s == 1.0


@pytest.mark.parametrize(
    ("retry_after", "wait_s"),
    [("7", 7.0), ("86400", 300.0), ("soon", None), ("-5", None), ("Wed, 21 Oct 2026 07:28:00 GMT", None), ("", None)],
)
def test_no_more_is_waited_than_is_reasonable(hub, asking, monkeypatch, retry_after, wait_s):
    answer = hub._servers[0].RequestHandlerClass._send_head

    def send_head(handler, status, length, headers):
        answer(handler, status, length, {"Retry-After": retry_after})

    monkeypatch.setattr("tests.support.hub_server._Handler._send_head", send_head)
    hub.faults.statuses = [429]
    assert trouble(lambda: asking.search("tiny")).wait_s == wait_s


@everywhere
def test_a_cdn_in_trouble_is_the_same(hub, asking, ask):
    hub.faults = Faults(statuses=[503], statuses_path="/cdn/")
    if ask in (ASK["search"], ASK["repo"]):
        ask(asking)
    else:
        assert isinstance(trouble(lambda: ask(asking)), TryAgain)


@everywhere
def test_a_hub_that_cannot_be_reached_may_come_back(hub, asking, ask):
    hub.stop()
    error = trouble(lambda: ask(asking))
    assert isinstance(error, TryAgain)
    assert error.sentence == "The Hub cannot be reached."
    hub.start()
    ask(asking)


@everywhere
def test_a_hub_that_hangs_up_may_be_tried_again(hub, asking, ask):
    hub.faults.refuse = True
    error = trouble(lambda: ask(asking))
    assert isinstance(error, TryAgain)
    assert error.sentence == "The connection was lost."


@everywhere
def test_a_hub_that_does_not_answer_is_not_waited_for_for_ever(hub, asking, ask, monkeypatch):
    monkeypatch.setattr(client, "TIMEOUT", client.httpx2.Timeout(0.05))
    hub.faults.hang = True
    error = trouble(lambda: ask(asking))
    assert isinstance(error, TryAgain)
    assert error.sentence == "The Hub did not answer in time."


def test_a_file_that_stops_coming_is_not_waited_for_for_ever(hub, asking, monkeypatch):
    monkeypatch.setattr(client, "TIMEOUT", client.httpx2.Timeout(0.05))
    hub.faults.throttle_bytes_per_s = 1
    assert isinstance(trouble(lambda: receive(asking)), TryAgain)


def test_a_name_that_no_address_is_known_for_may_be_known_later(asking, monkeypatch):
    def getaddrinfo(*_arguments, **_options):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    error = trouble(lambda: asking.search("tiny"))
    assert isinstance(error, TryAgain)
    assert error.sentence == "The Hub cannot be reached."


@everywhere
@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:9", "gopher://127.0.0.1:9"])
def test_a_proxy_that_cannot_be_used_is_told_in_a_sentence(asking, monkeypatch, ask, proxy):
    monkeypatch.delenv("NO_PROXY")
    monkeypatch.setenv("ALL_PROXY", proxy)
    assert "name a proxy of a kind that Moatless cannot use" in trouble(lambda: ask(asking)).sentence


# ------------------------------------------------------------ no


@everywhere
@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 410, 418, 451])
def test_a_refusal_is_a_sentence_and_trying_again_would_not_help(hub, asking, ask, status):
    hub.faults.statuses = [status]
    assert not isinstance(trouble(lambda: ask(asking)), TryAgain)


def test_a_model_that_does_not_exist_is_called_by_its_name(hub, asking):
    error = trouble(lambda: asking.repo("small/Gone"))
    assert error.sentence == "The Hub has no model “small/Gone”, or it is private."
    hub.tokens.add(TOKEN)
    assert trouble(lambda: Hub(asking._door, TOKEN).repo("small/Gone")).sentence == error.sentence
    assert trouble(lambda: receive(asking, repo="small/Gone")).sentence == error.sentence


def test_a_file_or_a_version_that_is_gone_is_called_by_its_name(hub, asking):
    gone = "The Hub no longer has the file “other.gguf” of small/Tiny-GGUF."
    assert trouble(lambda: receive(asking, path="other.gguf")).sentence == gone
    assert "no longer has" in trouble(lambda: receive(asking, "0" * 40)).sentence
    assert "no longer has the model" in trouble(lambda: asking.repo(TINY, "0" * 40)).sentence


@everywhere
def test_a_token_that_is_not_known_is_told_apart_from_everything_else(hub, asking, ask):
    error = trouble(lambda: ask(Hub(asking._door, TOKEN)))
    assert error.sentence == "The Hub does not accept your token."
    assert "make a new one" in error.hint


def test_a_gated_model_says_what_to_do_and_where(hub, door):
    hub.add_repo("gated/GGUF", {FILE: MODEL}, gated="manual").accepted.add("hf_friend")
    hub.tokens.add(TOKEN)
    stranger = trouble(lambda: receive(Hub(door), repo="gated/GGUF"))
    waiting = trouble(lambda: receive(Hub(door, TOKEN), repo="gated/GGUF"))
    for error in (stranger, waiting):
        assert isinstance(error, Gated)
        assert error.page == "https://huggingface.co/gated/GGUF"
    assert "wants to know who downloads it" in stranger.sentence
    assert "does not give access to “gated/GGUF” yet" in waiting.sentence
    assert len(receive(Hub(door, "hf_friend"), repo="gated/GGUF")) == MODEL.size


# ------------------------------------------------------------ nonsense


NONSENSE = {
    "a web page": b"<html>Log in to the Wi-Fi of your hotel</html>",
    "nothing": b"",
    "half an answer": b'[{"id": "a/b", "do',
    "no text": b"\xff\xfe\x00",
    "a number": b"7",
    "null": b"null",
    "a text": b'"hello"',
    "numbers": b"[1, 2, 3]",
    "no names": b'[{"downloads": 5}]',
    "wrong kinds": b'[{"id": 5, "lastModified": "yesterday", "siblings": 7}]',
    "nested": b"[" * 100_000,
}


@pytest.mark.parametrize("ask", [ASK["search"], ASK["repo"]], ids=["search", "repo"])
@pytest.mark.parametrize("body", NONSENSE.values(), ids=NONSENSE)
def test_an_answer_that_makes_no_sense_is_a_sentence(hub, asking, ask, body):
    hub.faults.raw_api_body = body
    error = trouble(lambda: ask(asking))
    assert "gave an answer about" in error.sentence
    assert not isinstance(error, TryAgain)


def test_no_results_are_no_trouble(hub, asking):
    hub.faults.raw_api_body = b"[]"
    assert asking.search("tiny") == ()


@pytest.mark.parametrize("content_range", ["", "bytes */100", "bytes x-y/z", "lines 1-2/3"])
def test_a_part_of_a_file_from_nobody_knows_where_is_not_taken(hub, asking, monkeypatch, content_range):
    answer = hub._servers[0].RequestHandlerClass._send_head

    def send_head(handler, status, length, headers):
        answer(handler, status, length, {**headers, "Content-Range": content_range} if status == 206 else headers)

    monkeypatch.setattr("tests.support.hub_server._Handler._send_head", send_head)
    assert "makes no sense" in trouble(lambda: receive(asking, start=5)).sentence


def test_a_redirect_that_leads_nowhere_or_round_in_circles_is_a_sentence(hub, asking, monkeypatch):
    answer = hub._servers[0].RequestHandlerClass._send_head
    for location in (f"{hub.url}/{TINY}/resolve/main/{FILE}", "http://[", "ftp://example.org/x", "http://\n/"):

        def send_head(handler, status, length, headers, location=location):
            answer(handler, status, length, {"Location": location.replace("\n", "%0a")})

        with monkeypatch.context() as patch:
            patch.setattr("tests.support.hub_server._Handler._send_head", send_head)
            trouble(lambda: receive(asking))
