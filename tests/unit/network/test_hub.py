"""The Hub as the library needs it: searching, looking at one model, and files as streams of bytes."""

import dataclasses
import hashlib

import pytest

from desktop_app.errors import TryAgain, UserError
from desktop_app.network.hub import MAX_CARD_BYTES, Hub
from desktop_app.network.records import HubFile, HubModel
from tests.support.hub import MIB
from tests.unit.network.conftest import MODEL
from tests.unit.network.steps import FILE, receive

TINY = "small/Tiny-GGUF"


def ids(models):
    return [model.id for model in models]


# ------------------------------------------------------------ searching


def test_a_search_tells_all_that_is_shown_of_a_model(hub, door):
    hub.add_repo(
        "small/Tiny-GGUF",
        {FILE: MODEL},
        downloads=5,
        likes=3,
        gated="manual",
        license="mit",
        gguf={"total": 135_000_000, "architecture": "llama", "context_length": 8192},
        last_modified="2026-01-02T03:04:05.000Z",
        base_model="who/Tiny",
        relation="finetune",
    )
    assert Hub(door).search("tiny") == (
        HubModel(
            id=TINY,
            downloads=5,
            likes=3,
            updated_at=1767323045.0,
            is_gated=True,
            license="mit",
            n_params=135_000_000,
            architecture="llama",
            n_ctx_train=8192,
            file_names=("README.md", FILE),
            tags=("gguf", "license:mit", "base_model:who/Tiny", "base_model:finetune:who/Tiny"),
        ),
    )


def test_only_models_with_gguf_files_are_found(hub, asking):
    hub.add_repo("small/Tiny", {"model.safetensors": b"x"}, tags=())
    hub.add_repo("other/Thing", {"thing.gguf": b"x"})
    assert ids(asking.search("tiny")) == [TINY]
    assert set(ids(asking.search(""))) == {TINY, "other/Thing"}
    assert asking.search("no such words") == ()


def test_what_has_all_of_some_tags_is_found_and_listed_as_it_was_meant(hub, door):
    adapter = {"base_model": "who/Tiny", "relation": "adapter"}
    hub.add_repo("a/peft", {}, tags=("peft",), **adapter)
    hub.add_repo("a/gguf", {}, **adapter)
    hub.add_repo("a/quantized", {}, base_model="who/Tiny")
    tag = "base_model:adapter:who/Tiny"
    assert set(ids(Hub(door).search("", tags=[tag], why="Look for adapters"))) == {"a/peft", "a/gguf"}
    assert ids(Hub(door).search("", tags=[tag, "gguf"])) == ["a/gguf"]
    assert [line.why for line in door.journal.read()] == ["Look for models", "Look for adapters"]


@pytest.mark.parametrize(
    ("order", "first"),
    [("downloads", "many/m2"), ("likes", "many/m0"), ("last_modified", "many/m1"), ("trending_score", "many/m0")],
)
def test_results_come_in_the_order_that_was_asked_for(hub, door, order, first):
    for number, (downloads, likes, day) in enumerate([(1, 9, 1), (5, 5, 9), (9, 1, 5)]):
        date = f"2026-02-0{day}T00:00:00.000Z"
        hub.add_repo(f"many/m{number}", {}, downloads=downloads, likes=likes, last_modified=date)
    assert Hub(door).search("m", order)[0].id == first


def test_no_more_come_than_were_asked_for(hub, door):
    for number in range(9):
        hub.add_repo(f"many/m{number}", {}, downloads=number)
    assert ids(Hub(door).search("", limit=3)) == ["many/m8", "many/m7", "many/m6"]
    assert len(hub.requests) == 1


def test_a_hub_that_answers_with_everything_it_has_is_cut_at_the_limit(hub, asking):
    hub.faults.n_results = 100_000
    assert ids(asking.search("anything", limit=30)) == [f"crowd/model-{n}-GGUF" for n in range(30)]
    assert len(hub.requests) == 1


def test_a_license_is_found_where_it_is_told(hub, door):
    hub.add_repo("a/tag", {}, license=None, tags=("gguf", "license:gemma"))
    hub.add_repo("b/none", {}, license=None)
    found = {model.id: model.license for model in Hub(door).search("")}
    assert found == {"a/tag": "gemma", "b/none": ""}


@pytest.mark.parametrize("gguf", [None, {"total": "many", "architecture": None}, {"total": -5}, {"total": 2.5}, {}])
def test_numbers_that_are_none_count_as_not_known(hub, door, gguf):
    hub.add_repo("a/odd", {}, gguf=gguf)
    (model,) = Hub(door).search("")
    assert (model.n_params, model.architecture, model.n_ctx_train) == (0, "", 0)


# ------------------------------------------------------------ one model


def test_a_repository_tells_its_commit_and_the_sizes_and_hashes_of_its_files(hub, repo, asking):
    found = asking.repo(TINY)
    assert (found.model.id, found.revision) == (TINY, repo.sha)
    readme, model = found.files
    assert model == HubFile(FILE, MODEL.size, MODEL.sha256())
    assert (readme.path, readme.size_bytes, readme.sha256) == ("README.md", len(repo.readme()), "")


def test_a_repository_can_be_looked_at_as_it_was(hub, repo, asking):
    before = repo.sha
    hub.change_file(TINY, FILE, b"GGUF and something else")
    assert asking.repo(TINY).files[1].size_bytes == 23
    assert asking.repo(TINY, before).files[1].size_bytes == MODEL.size
    assert asking.repo(TINY, before).revision == before


def test_a_card_is_the_text_of_the_readme(hub, door):
    hub.add_repo("a/b", {}, card="# Très *petit* 模型")
    assert Hub(door).card("a/b", "main").endswith("# Très *petit* 模型")


def test_a_very_long_card_is_cut_and_a_broken_one_shown_as_far_as_it_can_be(hub, door):
    hub.add_repo("a/long", {"README.md": b"x" * (2 * MAX_CARD_BYTES)})
    hub.add_repo("a/broken", {"README.md": b"caf\xe9"})
    assert Hub(door).card("a/long", "main") == "x" * MAX_CARD_BYTES
    assert Hub(door).card("a/broken", "main") == "caf\N{REPLACEMENT CHARACTER}"
    assert Hub(door).card("a/none", "main") == ""


# ------------------------------------------------------------ files


def test_a_file_comes_as_it_is_with_the_hash_that_is_announced(hub, asking):
    with asking.open(TINY, "main", FILE, 0) as incoming:
        data = b"".join(incoming.pieces)
    assert (incoming.start, incoming.sha256) == (0, MODEL.sha256())
    assert hashlib.sha256(data).hexdigest() == MODEL.sha256()


@pytest.mark.parametrize("start", [1, MIB, MODEL.size - 1])
def test_a_file_comes_from_any_byte_on(hub, asking, start):
    whole = receive(asking)
    hub.requests.clear()
    with asking.open(TINY, "main", FILE, start) as incoming:
        assert incoming.start == start
        assert b"".join(incoming.pieces) == whole[start:]
    assert [request.range for request in hub.requests] == 2 * [f"bytes={start}-"]


def test_where_ranges_are_not_known_it_comes_from_the_beginning(hub, asking):
    hub.faults.ignore_ranges = True
    with asking.open(TINY, "main", FILE, 1000) as incoming:
        assert incoming.start == 0
        assert len(b"".join(incoming.pieces)) == MODEL.size


def test_behind_its_end_there_are_no_more_bytes(hub, asking):
    """That is how a file turns out to be shorter than was announced."""
    with asking.open(TINY, "main", FILE, MODEL.size) as incoming:
        assert (incoming.start, b"".join(incoming.pieces)) == (MODEL.size, b"")


@pytest.mark.parametrize("n_bytes", [1, 1000, MODEL.size, MODEL.size + 1000])
@pytest.mark.parametrize("ignore_ranges", [False, True])
def test_the_beginning_of_a_file_is_as_long_as_was_asked_for(hub, asking, n_bytes, ignore_ranges):
    hub.faults.ignore_ranges = ignore_ranges
    assert asking.beginning(TINY, "main", FILE, n_bytes) == bytes(receive(asking)[:n_bytes])


def test_for_a_beginning_no_more_than_that_is_sent(hub, asking):
    asking.beginning(TINY, "main", FILE, 1000)
    assert hub.bytes_sent == 1000


def test_a_file_of_an_older_commit_can_still_be_had(hub, repo, asking):
    before = repo.sha
    hub.change_file(TINY, FILE, b"GGUF and something else")
    assert receive(asking) == b"GGUF and something else"
    assert len(receive(asking, before)) == MODEL.size


def test_a_connection_that_is_lost_in_the_middle_may_be_tried_again(hub, asking):
    hub.faults.drop_after = [1_000_000]
    received = []
    with pytest.raises(TryAgain, match="The connection was lost"), asking.open(TINY, "main", FILE, 0) as incoming:
        received.extend(map(len, incoming.pieces))
    assert hub.bytes_sent == 1_000_000


def test_compression_is_never_asked_for(hub, asking, monkeypatch):
    """Offsets would be those of the compressed file."""
    seen = []
    answer = hub._servers[0].RequestHandlerClass.do_GET
    monkeypatch.setattr(
        "tests.support.hub_server._Handler.do_GET",
        lambda handler: (seen.append(handler.headers.get("Accept-Encoding")), answer(handler)),
    )
    receive(asking)
    assert seen == ["identity", "identity"]


# ------------------------------------------------------------ names from outside


@pytest.mark.parametrize(
    "path",
    ["weights/Qwen3 1.7B.gguf", "模型/千问.Q4_K_M.gguf", "a#b?c=d&e%20f.gguf", "é/ü.gguf", "a+b;c.gguf", "«x».gguf"],
)
def test_files_may_be_called_in_any_language(hub, door, path):
    hub.add_repo("a/names", {path: MODEL})
    asking = Hub(door)
    (found,) = [file for file in asking.repo("a/names").files if file.path != "README.md"]
    assert found == HubFile(path, MODEL.size, MODEL.sha256())
    assert len(receive(asking, repo="a/names", path=path)) == MODEL.size


@pytest.mark.parametrize("words", ["模型", "a&limit=9", "x\n\rHost: evil", "%00", "../..", "\ud83d", "x" * 3000])
def test_words_of_any_kind_are_only_words(hub, asking, words):
    try:
        found = asking.search(words)
    except UserError as error:
        assert str(error).endswith(".")  # noqa: PT017
    else:
        assert found == ()
    assert {request.path for request in hub.requests} <= {"/api/models"}


HOSTILE = [
    "",
    "/",
    "..",
    "../../etc/passwd",
    "small/../../x",
    "a/b/c",
    "small/Tiny-GGUF/../../whoami-v2",
    "http://127.0.0.1:9/a",
    "//evil.example/a",
    "a/b?x=1",
    "a/b#c",
    "a/%2e%2e",
    "a\\b",
    "a/b\n",
    "a b/c",
    "模型/千问",
    "a/" + "b" * 5000,
    "@evil/x",
    "a/b:9",
    "\ud83d/x",
]


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_what_is_no_name_of_a_repository_asks_for_nothing(hub, asking, name):
    for ask in (asking.repo, lambda name: receive(asking, repo=name), lambda name: asking.beginning(name, "m", "p", 1)):
        with pytest.raises(UserError, match="has no model"):
            ask(name)
    assert asking.card(name, "main") == ""
    assert hub.requests == []


@pytest.mark.parametrize("path", ["../../../api/whoami-v2", "/api/whoami-v2", "x?y", "x#y", "a\\..\\b", "a\nb", ""])
def test_a_path_never_leads_out_of_its_repository(hub, asking, path):
    with pytest.raises(UserError):
        receive(asking, path=path)
    assert all(request.path.startswith("/small/Tiny-GGUF/resolve/main/") for request in hub.requests)


@pytest.mark.parametrize("revision", ["../../x", "a/b", "main?x", "ref#s", "0" * 5000])
def test_a_revision_never_leads_out_of_its_repository(hub, asking, revision):
    with pytest.raises(UserError):
        receive(asking, revision)
    with pytest.raises(UserError):
        asking.repo(TINY, revision)
    resolved, looked_at = [request.path for request in hub.requests]
    assert resolved.startswith("/small/Tiny-GGUF/resolve/")
    assert looked_at.startswith("/api/models/small/Tiny-GGUF/revision/")


def test_what_the_hub_says_is_taken_as_plain_data(hub, asking):
    hub.faults.extra_siblings = ["../../x.gguf", "/etc/passwd.gguf", "a\u202egpj.gguf"]
    names = [file.path for file in asking.repo(TINY).files]
    assert names == ["README.md", FILE, *hub.faults.extra_siblings]
    assert all(dataclasses.is_dataclass(file) for file in asking.repo(TINY).files)
