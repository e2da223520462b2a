"""The loopback hub as the real client of the Hugging Face Hub and a plain HTTP client meet it."""

import hashlib
import io
import logging
import time
from pathlib import Path

import httpx2
import huggingface_hub
import pytest
from huggingface_hub import HfApi, constants, hf_hub_download
from huggingface_hub.errors import (
    BadRequestError,
    GatedRepoError,
    HfHubHTTPError,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.utils import close_session
from huggingface_hub.utils._http import default_client_factory

from tests.support.hub import MIB, Faults, Generated, LoopbackHub, Request

MODEL = Generated(2 * MIB + 5, seed=1)
CONTENT = b"".join([bytes(MODEL.piece(offset, MIB)) for offset in range(0, MODEL.size, MIB)])
FILE = "tiny.Q4_0.gguf"
NO_HASH = "0" * 40


@pytest.fixture(autouse=True)
def quiet_client(monkeypatch):
    """Let the real client go online, send nothing of its own accord, and leave nothing behind."""
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_TELEMETRY", True)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_IMPLICIT_TOKEN", True)
    huggingface_hub.set_client_factory(default_client_factory)  # not through the door of another test
    monkeypatch.setattr("huggingface_hub.file_download.time.sleep", lambda seconds: None)
    monkeypatch.setattr(huggingface_hub.utils.tqdm, "monitor_interval", 0)  # or a thread watches over progress bars
    with huggingface_hub.utils.disable_progress_bars():
        yield
    close_session()


@pytest.fixture
def hub():
    with LoopbackHub() as hub:
        hub.add_repo("small/Tiny-GGUF", {FILE: MODEL}, downloads=5, gguf={"total": 7, "architecture": "llama"})
        yield hub


@pytest.fixture
def api(hub):
    return HfApi(endpoint=hub.url)


@pytest.fixture
def client():
    with httpx2.Client(timeout=5) as client:
        yield client


@pytest.fixture
def cdn_file(hub, client):
    """The address the model lies at in the end."""
    return client.head(f"{hub.url}/small/Tiny-GGUF/resolve/main/{FILE}").headers["Location"]


@pytest.fixture
def download(hub, tmp_path):
    def download(filename=FILE, repo_id="small/Tiny-GGUF", **options):
        return Path(hf_hub_download(repo_id, filename, endpoint=hub.url, cache_dir=tmp_path / "cache", **options))

    return download


# ------------------------------------------------------------ what the API tells


def test_a_search_finds_by_a_part_of_the_name_the_author_and_tags(hub, api):
    hub.add_repo("big/Other-GGUF", {}, tags=("gguf", "conversational"), license="mit", gated="auto")
    found = [
        [model.id for model in api.list_models(**wanted)]
        for wanted in (
            {"search": "tiny"},
            {"author": "big"},
            {"filter": ["gguf", "conversational"]},
            {"filter": "license:mit"},
            {"gated": False},
            {"search": "nothing"},
        )
    ]
    tiny, other = ["small/Tiny-GGUF"], ["big/Other-GGUF"]
    assert found == [tiny, other, other, other, tiny, []]


def test_results_come_sorted_and_page_after_page(hub, api):
    for n in range(5):
        hub.add_repo(f"many/m{n}", {}, downloads=10 + n, last_modified=f"2026-02-0{9 - n}T00:00:00.000Z")
    assert [model.id for model in api.list_models(sort="downloads", limit=2)] == ["many/m4", "many/m3"]
    assert next(iter(api.list_models(sort="last_modified"))).id == "many/m0"
    pages = huggingface_hub.utils.paginate(f"{hub.url}/api/models", {"limit": 4, "sort": "downloads"}, {})
    assert [model["downloads"] for model in pages] == [14, 13, 12, 11, 10, 5]
    assert [request.query for request in hub.requests[-2:]] == [
        "limit=4&sort=downloads",
        "limit=4&sort=downloads&cursor=4",
    ]


def test_a_list_tells_only_what_was_asked_for(hub, api):
    hub.add_repo("small/Tiny-GGUF", {FILE: MODEL}, base_model="small/Tiny", likes=3, gguf={"total": 7})
    [plain] = api.list_models()
    assert (plain.likes, plain.gguf, plain.siblings, plain.last_modified) == (3, None, None, None)
    [asked] = api.list_models(expand=["gguf", "siblings", "cardData", "sha", "lastModified", "tags"])
    assert (asked.likes, asked.gguf, asked.sha) == (None, {"total": 7}, hub.repos["small/Tiny-GGUF"].sha)
    assert [sibling.rfilename for sibling in asked.siblings] == ["README.md", FILE]
    assert (asked.card_data.license, asked.card_data.base_model) == ("apache-2.0", "small/Tiny")
    assert "base_model:small/Tiny" in asked.tags


@pytest.mark.parametrize("wanted", [{"expand": ["spaces"]}, {"pipeline_tag": "any-to-any"}])
def test_a_question_the_hub_cannot_answer_is_refused_and_not_ignored(api, wanted):
    with pytest.raises(BadRequestError, match="does not know"):
        list(api.list_models(**wanted))


def test_a_model_names_sizes_and_digests_of_its_large_files(api):
    info = api.model_info("small/Tiny-GGUF", files_metadata=True)
    readme, model = info.siblings
    assert (model.size, model.lfs.size, model.lfs.sha256) == (MODEL.size, MODEL.size, MODEL.sha256())
    assert model.lfs.sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert (readme.lfs, readme.rfilename, info.gguf["architecture"]) == (None, "README.md", "llama")
    assert all(sibling.size is None for sibling in api.model_info("small/Tiny-GGUF").siblings)


def test_a_token_is_known_or_refused(hub, api):
    hub.tokens.add("hf_right")
    assert api.whoami(token="hf_right")["name"] == "tester"
    with pytest.raises(HfHubHTTPError, match="Invalid user token"):
        api.whoami(token="hf_wrong")
    with pytest.raises(HfHubHTTPError, match="Invalid credentials"):
        api.model_info("small/Tiny-GGUF", token="hf_wrong")


# ------------------------------------------------------------ what can be downloaded


def test_a_download_goes_through_the_cdn_which_never_sees_the_token(hub, client, download):
    hub.tokens.add("hf_right")
    assert download(token="hf_right").read_bytes() == CONTENT
    assert hub.bytes_sent == MODEL.size
    assert [(r.method, r.host_kind, r.status, r.has_authorization) for r in hub.requests] == [
        ("HEAD", "hub", 302, True),
        ("GET", "cdn", 200, False),
    ]
    address, headers = f"{hub.url}/small/Tiny-GGUF/resolve/main/{FILE}", {"Authorization": "Bearer hf_right"}
    assert client.get(address, headers=headers, follow_redirects=True).content == CONTENT
    assert not any(request.has_authorization for request in hub.requests if request.host_kind == "cdn")
    assert client.get(f"{hub.cdn_url}/cdn/{MODEL.sha256()}").status_code == 403


def test_small_files_come_from_the_hub_itself(hub, download):
    hub.add_repo("small/Card", {}, card="# Very *small*", base_model="small/Tiny")
    card = huggingface_hub.ModelCard.load(download("README.md", "small/Card"))
    assert (card.text.strip(), card.data.base_model) == ("# Very *small*", "small/Tiny")
    assert {request.host_kind for request in hub.requests} == {"hub"}


@pytest.mark.parametrize("kind", ["bytes", "path", "generated"])
def test_every_kind_of_content_arrives_as_it_is(hub, download, tmp_path, kind):
    tmp_path.joinpath("model").write_bytes(CONTENT)
    content = {"bytes": CONTENT, "path": tmp_path / "model", "generated": MODEL}[kind]
    hub.add_repo("kinds/of", {"a/b c.gguf": content})
    assert download("a/b c.gguf", "kinds/of").read_bytes() == CONTENT
    assert hub.bytes_sent == len(CONTENT)


def test_a_generated_file_repeats_no_part_and_has_no_long_zeros():
    parts = {bytes(MODEL.piece(offset, 64)) for offset in range(0, 2 * MIB, 64)}
    assert len(parts) == 2 * MIB // 64
    assert not any(part.count(0) > 8 for part in parts)
    vast = Generated(1 << 40)
    blocks = {bytes(vast.piece(block * MIB, 64)) for block in (0, 1, 2, 1000, 1023 * 1024, (1 << 20) - 1)}
    assert len(blocks) == 6
    assert Generated(100, seed=1).piece(0, 100) != Generated(100, seed=2).piece(0, 100)


def test_a_changed_file_is_a_new_commit_and_the_old_one_stays(hub, api, download):
    old = hub.repos["small/Tiny-GGUF"].sha
    hub.change_file("small/Tiny-GGUF", FILE, b"GGUF, and other content")
    assert api.model_info("small/Tiny-GGUF").sha == hub.repos["small/Tiny-GGUF"].sha != old
    assert api.model_info("small/Tiny-GGUF", revision=old).sha == old
    assert download().read_bytes() == b"GGUF, and other content"
    assert download(revision=old).read_bytes() == CONTENT


def test_what_is_not_there_is_named(hub, api, download):
    with pytest.raises(RemoteEntryNotFoundError):
        download("other.gguf")
    with pytest.raises(RevisionNotFoundError):
        download(revision=NO_HASH)
    with pytest.raises(RevisionNotFoundError):
        api.model_info("small/Tiny-GGUF", revision=NO_HASH)
    hub.tokens.add("hf_right")
    for token, status in ((None, 401), ("hf_right", 404)):
        with pytest.raises(RepositoryNotFoundError) as caught:
            api.model_info("small/None", token=token)
        assert caught.value.response.status_code == status


def test_files_of_a_gated_model_are_for_those_who_were_accepted(hub, api, download):
    repo = hub.add_repo("gated/GGUF", {FILE: MODEL}, gated="manual")
    hub.tokens.add("hf_stranger")
    repo.accepted.add("hf_friend")
    assert api.model_info("gated/GGUF").gated == "manual"
    for token, status in ((None, 401), ("hf_stranger", 403)):
        with pytest.raises(GatedRepoError) as caught:
            download(repo_id="gated/GGUF", token=token)
        assert caught.value.response.status_code == status
    assert download(repo_id="gated/GGUF", token="hf_friend").read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("wanted", "status", "content_range", "part"),
    [
        ("bytes=0-9", 206, "bytes 0-9/2097157", slice(0, 10)),
        ("bytes=1048570-", 206, "bytes 1048570-2097156/2097157", slice(1048570, None)),
        ("bytes=-3", 206, "bytes 2097154-2097156/2097157", slice(-3, None)),
        ("bytes=2097150-9999999", 206, "bytes 2097150-2097156/2097157", slice(2097150, None)),
        ("bytes=2097157-", 416, "bytes */2097157", slice(0, 0)),
        ("bytes=5-2", 200, None, slice(None)),
        ("lines=1-2", 200, None, slice(None)),
    ],
)
def test_ranges_are_answered_as_http_says(client, cdn_file, wanted, status, content_range, part):
    answer = client.get(cdn_file, headers={"Range": wanted})
    assert (answer.status_code, answer.headers.get("Content-Range")) == (status, content_range)
    assert answer.content == CONTENT[part]


def test_a_range_of_a_file_that_is_not_the_same_any_more_is_the_whole_file(client, cdn_file):
    etag = client.head(cdn_file).headers["ETag"]
    statuses = [client.get(cdn_file, headers={"Range": "bytes=5-", "If-Range": tag}) for tag in (etag, '"other"')]
    assert [answer.status_code for answer in statuses] == [206, 200]


# ------------------------------------------------------------ what can go wrong


@pytest.mark.parametrize("offset", [0, 1, 700_000])
def test_a_cut_connection_delivers_just_that_many_bytes(hub, client, cdn_file, offset):
    hub.faults.drop_after = [offset]
    received = io.BytesIO()
    with client.stream("GET", cdn_file) as answer, pytest.raises(httpx2.RemoteProtocolError):
        received.writelines(answer.iter_raw())
    assert received.getvalue() == CONTENT[:offset]
    assert hub.bytes_sent == offset
    assert client.get(cdn_file).content == CONTENT


def test_the_real_client_goes_on_where_it_was_cut(hub, download, monkeypatch, caplog):
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 100_000)  # it forgets the part of a chunk that it has
    hub.faults.drop_after = [700_000, 500_000]
    with caplog.at_level(logging.WARNING):
        assert download().read_bytes() == CONTENT
    assert [request.range for request in hub.requests[1:]] == [None, "bytes=700000-", "bytes=1200000-"]
    assert hub.bytes_sent == MODEL.size


def test_a_reset_connection_is_an_error_of_another_kind(hub, client, cdn_file):
    hub.faults = Faults(drop_after=[700_000], reset=True)
    with pytest.raises(httpx2.ReadError):
        client.get(cdn_file)
    assert hub.bytes_sent == 700_000


def test_a_status_is_given_once_where_it_was_meant(hub, client, cdn_file):
    hub.faults = Faults(statuses=[429, 503], statuses_path="/cdn/")
    answers = [client.get(url) for url in (f"{hub.url}/api/models", cdn_file, cdn_file, cdn_file)]
    assert [answer.status_code for answer in answers] == [200, 429, 503, 200]
    assert answers[1].headers["Retry-After"] == "1"


@pytest.mark.parametrize(
    ("faults", "received"),
    [
        (Faults(ignore_ranges=True), CONTENT),
        (Faults(corrupt_at=MIB), CONTENT[10:MIB] + bytes([CONTENT[MIB] ^ 0xFF]) + CONTENT[MIB + 1 :]),
    ],
)
def test_a_range_may_be_ignored_and_a_byte_be_wrong(hub, client, cdn_file, faults, received):
    hub.faults = faults
    assert client.get(cdn_file, headers={"Range": "bytes=10-"}).content == received


def test_the_hub_lies_the_same_everywhere(hub, api, client):
    hub.faults = Faults(wrong_sha256=True, lie_about_size=100)
    told = api.model_info("small/Tiny-GGUF", files_metadata=True).siblings[1]
    head = client.head(f"{hub.url}/small/Tiny-GGUF/resolve/main/{FILE}")
    assert told.lfs.sha256 != MODEL.sha256()
    assert head.headers["X-Linked-ETag"] == f'"{told.lfs.sha256}"'
    assert told.size == told.lfs.size == int(head.headers["X-Linked-Size"]) == MODEL.size + 100
    assert client.get(head.headers["Location"]).content == CONTENT


def test_the_second_half_of_a_file_may_never_come(hub, client, cdn_file):
    hub.faults.short_body = True
    for start in (0, MIB, MODEL.size - 1):
        with pytest.raises(httpx2.RemoteProtocolError):
            client.get(cdn_file, headers={"Range": f"bytes={start}-"})
    assert hub.bytes_sent == MODEL.size // 2 + MODEL.size // 2 - MIB


def test_a_throttled_connection_is_slow_until_it_is_not(hub, client, cdn_file):
    hub.faults.throttle_bytes_per_s = MIB
    with client.stream("GET", cdn_file) as answer:
        chunks = answer.iter_raw()
        start = time.monotonic()
        received = len(next(chunks))
        while time.monotonic() < start + 0.2:
            received += len(next(chunks))
        assert received < MIB
        hub.faults.throttle_bytes_per_s = None
        assert received + sum(map(len, chunks)) == MODEL.size


def test_a_hub_that_refuses_or_hangs_answers_nothing(hub):
    hub.faults.refuse = True
    with pytest.raises((httpx2.RemoteProtocolError, httpx2.NetworkError)):
        httpx2.get(f"{hub.url}/api/models")
    hub.faults = Faults(hang=True)
    with pytest.raises(httpx2.ReadTimeout):
        httpx2.get(f"{hub.url}/api/models", timeout=httpx2.Timeout(5, read=0.2))
    hub.stop()  # nobody hangs any more
    assert hub.requests == [Request("GET", "hub", "/api/models", None, False, None)]


NAMES = ["../../x.gguf", "/etc/passwd.gguf", "C:\\x.gguf", "a/\u202egpj.gguf", "con.gguf", "n" * 5000 + ".gguf"]


def test_hostile_names_are_told_and_can_be_fetched(hub, api, client):
    hub.faults.extra_siblings = NAMES
    siblings = api.model_info("small/Tiny-GGUF", files_metadata=True).siblings
    assert [sibling.rfilename for sibling in siblings[2:]] == NAMES
    for sibling in siblings[2:]:
        # Neither client nor server may take the dots for folders, as they would if they were written out.
        address = huggingface_hub.hf_hub_url("small/Tiny-GGUF", sibling.rfilename, endpoint=hub.url)
        answer = client.get(address.replace("../", "%2E%2E%2F"), follow_redirects=True)
        assert hashlib.sha256(answer.content).hexdigest() == sibling.lfs.sha256


def test_a_crowd_of_results_comes_on_one_page(hub, api):
    hub.faults.n_results = 3000
    models = list(api.list_models(search="anything", expand=["gguf", "downloads"]))
    assert (len(models), models[-1].id) == (3000, "crowd/model-2999-GGUF")
    assert len(hub.requests) == 1


def test_the_api_may_answer_anything(hub, client):
    hub.faults.raw_api_body = b"<html>Log in to the Wi-Fi</html>"
    answer = client.get(f"{hub.url}/api/models")
    assert (answer.content, answer.headers["Content-Type"]) == (hub.faults.raw_api_body, "text/html")


# ------------------------------------------------------------ coming and going


def test_the_network_goes_away_and_comes_back_at_the_same_place(hub, client, cdn_file):
    hub.faults.throttle_bytes_per_s = 1
    with client.stream("GET", cdn_file) as answer:
        hub.stop()
        with pytest.raises((httpx2.RemoteProtocolError, httpx2.NetworkError)):
            answer.read()
    with pytest.raises(httpx2.ConnectError):
        client.get(cdn_file)
    hub.start()
    hub.faults.throttle_bytes_per_s = None
    assert client.get(cdn_file).content == CONTENT


def test_a_hub_that_hangs_or_waits_or_sends_can_be_stopped(hub, cdn_file):
    with httpx2.Client() as client:
        client.get(f"{hub.url}/api/models")  # kept open
        with client.stream("GET", cdn_file):  # too much for the buffers in between
            hub.stop()
