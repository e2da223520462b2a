"""Adapters come through the same queue as models: whole, checked, and converted before they are in the library."""

import threading
from pathlib import Path

import pytest

from desktop_app.adapters.browse import look
from desktop_app.adapters.catalog import add_adapter
from desktop_app.adapters.open_lora import open_lora
from desktop_app.jobs import arrivals as module
from desktop_app.jobs.downloads import Phase
from desktop_app.library.catalog import add_model
from desktop_app.library.gguf import read_header
from tests.gui.jobs.downloads.steps import HANG_MS, item, names, phase, slowed
from tests.support.downloading import Downloading
from tests.support.gguf_files import Shape, llama_model, lora_adapter
from tests.support.hub import Faults
from tests.support.peft_files import BASE, CONFIG, WEIGHTS, base_config, peft_adapter

REPO = "owner/haiku"
WIDE = Shape(n_embd=512, n_ff=512)
GGUF = {"haiku-F16.gguf": lora_adapter(WIDE, rank=16).to_bytes()}
PEFT = peft_adapter(WIDE, rank=64)


@pytest.fixture
def model(ask_store, tmp_path):
    """A model in the library that adapters are looked for."""
    path = llama_model(WIDE).write_sparse(tmp_path / "tiny.gguf")
    return ask_store(lambda r: add_model(r.models, path))


@pytest.fixture
def arrived(queue):
    """The adapters that have come into the library."""
    arrived = []
    queue.adapter_finished.connect(arrived.append)
    return arrived


@pytest.fixture
def get(hub, downloading, queue, model, until):
    """Put a repository on the Hub, look at it and, with these faults, download its first adapter."""

    def get(files=None, faults=None, repo=REPO, **about):
        hub.add_repo(repo, PEFT if files is None else files, **about)
        looked, seen = [], []
        downloading.background.run_long(lambda: look(downloading.connection.hub(), repo, "llama"), looked.append)
        until(lambda: looked)
        hub.faults = faults or hub.faults
        watching = queue.changed.connect(lambda: seen.extend(queue.items))
        queue.add_adapter(looked[0].repo, looked[0].offers[0], model)
        until(lambda: seen)
        queue.changed.disconnect(watching)

    return get


def adapters(ask_store):
    return ask_store(lambda r: r.adapters.list_adapters())


# ------------------------------------------------------------ into the library


def test_a_gguf_adapter_comes_into_the_library_as_it_is(
    hub, data_folder, queue, get, arrived, finished, until, ask_store
):
    get(GGUF, license="mit")
    until(lambda: arrived and not queue.items)
    (adapter,) = adapters(ask_store)
    assert adapter == arrived[0]
    assert finished == []
    assert adapter.path == str(data_folder.adapters / REPO / "haiku-F16.gguf")
    assert Path(adapter.path).read_bytes() == GGUF["haiku-F16.gguf"]
    assert (adapter.name, adapter.source, adapter.license) == ("haiku-F16", "hub", "mit")
    assert (adapter.repo, adapter.revision) == (REPO, hub.repos[REPO].sha)
    assert adapter.files[0].sha256 == adapter.sha256
    assert names(data_folder.models) == []


def test_one_of_peft_is_converted_and_its_originals_go(hub, data_folder, queue, get, arrived, until, ask_store, model):
    get()
    until(lambda: arrived and not queue.items)
    (adapter,) = adapters(ask_store)
    assert (adapter.name, adapter.source, adapter.base_repo) == ("haiku", "converted", BASE)
    assert [file.path for file in adapter.files] == [CONFIG, WEIGHTS]
    assert open_lora(Path(adapter.path), read_header(Path(model.path))).pairs
    assert names(data_folder.adapters / REPO) == [Path(adapter.path).name]
    assert not any(BASE in request.path for request in hub.requests)


def test_it_is_converted_by_the_hubs_word_where_the_model_is_gone(hub, get, arrived, until, ask_store, model):
    hub.add_repo(BASE, {"config.json": base_config(WIDE)})
    slowed(hub)
    get()
    ask_store(lambda r: r.models.remove(model.id))
    hub.faults = Faults()
    until(lambda: arrived)
    assert any(BASE in request.path for request in hub.requests)


def test_what_the_person_has_elsewhere_is_not_kept_twice(data_folder, get, queue, arrived, until, ask_store, tmp_path):
    own = tmp_path / "own.gguf"
    own.write_bytes(GGUF["haiku-F16.gguf"])
    there = ask_store(lambda r: add_adapter(r.adapters, own))
    get(GGUF)
    until(lambda: arrived and not queue.items)
    assert arrived == [there]
    assert names(data_folder.adapters) == []


def test_the_list_of_connections_tells_what_each_was_for(hub, downloading, get, arrived, until, ask_store, model):
    hub.add_repo(BASE, {"config.json": base_config(WIDE)})
    Path(model.path).unlink()
    get()
    until(lambda: arrived)
    why = [line.why for line in downloading.connection.door.journal.read()]
    assert f"Download haiku from {REPO}" in why
    assert why[0] == f"Read the beginning of config.json of {BASE}"


# ------------------------------------------------------------ what goes wrong


def test_a_lost_network_in_the_middle_costs_no_byte_twice(hub, get, arrived, failed, until):
    half = len(PEFT[WEIGHTS]) // 2
    get(faults=Faults(drop_after=[10, 10**9, half]))  # in the configuration, which then comes whole, and in the weights
    until(lambda: arrived)
    assert failed == []
    files = [request for request in hub.requests if request.host_kind == "cdn" or request.path.endswith(CONFIG)]
    assert [request.range for request in files[-4:]] == ["bytes=0-", "bytes=10-", "bytes=0-", f"bytes={half}-"]


def test_after_a_restart_it_goes_on_and_is_converted(hub, downloading, get, queue, until):
    slowed(hub)
    get()
    until(lambda: hub.bytes_sent > len(PEFT[WEIGHTS]) // 4)
    downloading.close()
    hub.faults = Faults()
    hub.requests.clear()
    again = Downloading(downloading.folder)
    arrived = []
    again.queue.adapter_finished.connect(arrived.append)
    again.open()
    until(lambda: arrived)
    again.close()
    assert arrived[0].source == "converted"
    assert hub.requests[0].range != "bytes=0-"


def test_offline_it_waits(hub, downloading, queue, get, arrived, failed, until):
    slowed(hub)
    get()
    downloading.connection.set_open(False)
    until(lambda: not queue._runs)
    assert phase(queue, "haiku") == Phase.WAITING
    hub.faults = Faults()
    downloading.connection.set_open(True)
    until(lambda: arrived)
    assert failed == []


def test_what_is_no_adapter_after_all_is_told_and_can_be_canceled(hub, data_folder, get, queue, failed, until):
    spoiled = bytearray(GGUF["haiku-F16.gguf"])
    spoiled[-4:] = b"\x00\x00\xc0\x7f"
    get({"haiku-F16.gguf": bytes(spoiled)})
    until(lambda: phase(queue, "haiku-F16") == Phase.FAILED)
    assert "not a number" in failed[0][1].sentence
    queue.cancel(item(queue, "haiku-F16").id)
    until(lambda: names(data_folder.adapters) == [])


def test_one_that_does_not_fit_the_model_is_told(hub, get, queue, failed, until, ask_store):
    get({CONFIG: PEFT[CONFIG], WEIGHTS: b"no tensors at all" * 100})
    until(lambda: failed)
    assert "is damaged" in failed[0][1].sentence
    assert adapters(ask_store) == ()


def test_a_gate_is_told_with_its_page(get, failed, until):
    get(GGUF, gated="manual")
    until(lambda: failed)
    assert failed[0][1].page.endswith(REPO)


# ------------------------------------------------------------ canceled


@pytest.fixture
def held(monkeypatch):
    """Have the conversion wait; set it to go on."""
    may_go_on, convert, waiting = threading.Event(), module.look_at_downloaded, threading.Event()

    def held(*what):
        found = convert(*what)
        waiting.set()
        assert may_go_on.wait(HANG_MS / 1000)
        return found

    monkeypatch.setattr(module, "look_at_downloaded", held)
    may_go_on.waiting = waiting
    return may_go_on


def test_canceled_while_it_is_converted_nothing_is_left(data_folder, get, queue, held, arrived, until, ask_store):
    get()
    until(held.waiting.is_set)
    queue.cancel(item(queue, "haiku").id)
    held.set()
    until(lambda: not queue._runs and not queue._leaving and names(data_folder.adapters) == [])
    assert adapters(ask_store) == ()
    assert arrived == []


def test_paused_while_it_is_converted_it_is_done_once_more_later(get, queue, held, arrived, until):
    get()
    until(held.waiting.is_set)
    queue.pause(item(queue, "haiku").id)
    held.set()
    until(lambda: phase(queue, "haiku") == Phase.PAUSED and not queue._runs)
    assert arrived == []
    queue.resume(item(queue, "haiku").id)
    until(lambda: arrived)


def test_canceling_leaves_an_adapter_of_the_library_that_lies_in_the_same_folder(
    hub, data_folder, get, queue, arrived, until, ask_store
):
    get(GGUF)
    until(lambda: arrived and not queue.items)
    slowed(hub)
    get({"another-F16.gguf": lora_adapter(WIDE, rank=16, seed=2).to_bytes()})
    until(lambda: hub.bytes_sent > len(GGUF["haiku-F16.gguf"]) + 50_000)
    queue.cancel(item(queue, "another-F16").id)
    until(lambda: not queue._leaving)
    assert names(data_folder.adapters / REPO) == ["haiku-F16.gguf"]
    assert len(adapters(ask_store)) == 1
