"""Looking for adapters of a model on the Hub: what it rests on is found out once, or the person is asked."""

import pytest

from desktop_app.errors import TryAgain
from desktop_app.jobs.adapter_browser import AdapterBrowser
from tests.support.gguf_files import llama_model, lora_adapter
from tests.support.hub import Faults
from tests.support.peft_files import BASE, peft_adapter
from tests.unit.library.transfers import a_model

ADAPTER = {"haiku-F16.gguf": lora_adapter().to_bytes()}
OF_BASE = {"base_model": BASE, "relation": "adapter"}
REPO = "q/Tiny-Instruct-GGUF"


@pytest.fixture
def browser(downloading):
    return AdapterBrowser(downloading.connection, downloading.background)


@pytest.fixture
def model(hub, tmp_path):
    """A model that was downloaded from the Hub."""
    hub.add_repo(REPO, {}, base_model=BASE)
    hub.add_repo(BASE, {})
    return a_model(llama_model().write(tmp_path / "tiny.gguf"), repo=REPO, number=1)


@pytest.fixture
def unknown(tmp_path):
    """A model that nobody knows where it is from."""
    file = llama_model().with_metadata(general__organization="who", general__name="Tiny Instruct")
    return a_model(file.write(tmp_path / "unknown.gguf"), number=2)


@pytest.fixture
def search(qtbot, browser):
    def search(*what, **more):
        with qtbot.waitSignal(browser.searched):
            browser.search(*what, **more)
        return [found.repo for found in browser.found]

    return search


def test_a_search_shows_adapters_and_what_they_were_looked_for(qtbot, hub, browser, model, search):
    hub.add_repo("a/haiku", ADAPTER, downloads=1, **OF_BASE)
    hub.add_repo("b/pirate", peft_adapter(), downloads=5, **OF_BASE)
    with qtbot.waitSignal(browser.searching):
        assert search(model) == ["b/pirate", "a/haiku"]
    assert (browser.model, browser.bases) == (model, (BASE,))
    assert search(model, "  hai ") == ["a/haiku"]


def test_what_a_model_rests_on_is_found_out_once(hub, model, search):
    search(model)
    assert any(request.path.startswith(f"/api/models/{REPO}") for request in hub.requests)
    hub.requests.clear()
    search(model)
    assert [request.path for request in hub.requests] == ["/api/models"]


def test_where_nothing_is_known_the_person_is_asked_and_believed(qtbot, hub, browser, unknown, search):
    hub.add_repo("a/haiku", ADAPTER, **OF_BASE)
    with qtbot.waitSignal(browser.base_wanted) as wanted, qtbot.assertNotEmitted(browser.searched):
        browser.search(unknown)
    assert wanted.args == [BASE]
    assert (browser.found, browser.bases) == ((), ())
    assert search(unknown, base=f" {BASE} ") == ["a/haiku"]
    assert search(unknown) == ["a/haiku"]


def test_after_a_failure_it_can_be_asked_once_more(qtbot, hub, browser, model):
    browser.again()  # nothing was asked before
    hub.add_repo("a/haiku", ADAPTER, **OF_BASE)
    hub.faults.statuses = [503]
    with qtbot.waitSignal(browser.failed) as failed:
        browser.search(model)
    assert isinstance(failed.args[0], TryAgain)
    with qtbot.waitSignal(browser.searched):
        browser.again()
    assert len(browser.found) == 1


def test_a_look_shows_a_repository_for_a_model(qtbot, hub, browser, model):
    hub.add_repo("a/haiku", {**ADAPTER, **peft_adapter(use_dora=True)}, card="# Hello")
    with qtbot.waitSignal(browser.looking) as looking, qtbot.waitSignal(browser.looked) as looked:
        browser.look("a/haiku", model)
    assert looking.args == ["a/haiku"]
    assert [bool(offer.refusal) for offer in looked.args[0].offers] == [False, True]
    with qtbot.waitSignal(browser.failed) as failed:
        browser.look("a/gone", model)
    assert "has no model “a/gone”" in failed.args[0].sentence


def test_only_the_last_question_counts(qtbot, hub, browser, model):
    hub.add_repo("a/haiku", ADAPTER, **OF_BASE)
    looked, failed = [], []
    browser.looked.connect(looked.append)
    browser.failed.connect(failed.append)
    hub.faults.hang = True
    browser.search(model)
    qtbot.waitUntil(lambda: bool(hub.requests))
    hub.faults = Faults()
    browser.look("a/haiku", model)
    qtbot.waitUntil(lambda: bool(looked))
    assert (browser.found, failed) == ((), [])


def test_offline_it_says_so(qtbot, hub, downloading, browser, model):
    downloading.connection.set_open(False)
    with qtbot.waitSignal(browser.failed) as failed:
        browser.search(model)
    assert "offline" in failed.args[0].sentence
    assert hub.requests == []
