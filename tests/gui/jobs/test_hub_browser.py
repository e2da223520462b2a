"""What the person looks for on the Hub: the last question counts, whatever order the answers come in."""

import pytest

from desktop_app.engine.choices import LoadSettings
from desktop_app.errors import TryAgain
from desktop_app.jobs import hub_browser as module
from desktop_app.jobs.hub_browser import HubBrowser
from desktop_app.library.hardware import FreeMemory
from desktop_app.library.prospects import Machine
from tests.support.gguf_files import llama_model
from tests.support.hub import Faults

MODEL = {"tiny-Q4_0.gguf": llama_model().to_bytes()}
MACHINE = Machine(LoadSettings(), FreeMemory(8_000_000_000))


@pytest.fixture
def browser(downloading):
    return HubBrowser(downloading.connection, downloading.background, lambda: MACHINE)


@pytest.fixture
def search(qtbot, browser):
    def search(words, order="downloads"):
        with qtbot.waitSignal(browser.searched):
            browser.search(words, order)
        return [found.model.id for found in browser.found]

    return search


def test_a_search_shows_what_was_found(qtbot, hub, browser, search):
    hub.add_repo("a/Tiny", MODEL, downloads=1, likes=9, gguf={"total": 10**9})
    hub.add_repo("b/Tiny", MODEL, downloads=5)
    with qtbot.waitSignal(browser.searching):
        assert search("  tiny ") == ["b/Tiny", "a/Tiny"]
    assert search("tiny", "likes") == ["a/Tiny", "b/Tiny"]
    assert browser.found[0].prospect is not None
    assert search("nothing") == []
    assert not browser.has_more


def test_more_can_be_had_as_long_as_there_is_more(qtbot, hub, browser, search, monkeypatch):
    monkeypatch.setattr(module, "PAGE", 2)
    monkeypatch.setattr(module, "MOST", 6)
    for number in range(9):
        hub.add_repo(f"a/m{number}", MODEL)
    shown = [len(search("m"))]
    while browser.has_more:
        with qtbot.waitSignal(browser.searched):
            browser.more()
        shown.append(len(browser.found))
    assert shown == [2, 4, 6]
    assert len(search("m")) == 2


def test_after_a_failure_it_can_be_asked_once_more(qtbot, hub, browser):
    hub.add_repo("a/Tiny", MODEL)
    hub.faults.statuses = [503]
    with qtbot.waitSignal(browser.failed) as failed:
        browser.search("tiny")
    assert isinstance(failed.args[0], TryAgain)
    with qtbot.waitSignal(browser.searched):
        browser.again()
    assert len(browser.found) == 1


def test_a_look_shows_a_repository_in_detail(qtbot, hub, browser):
    hub.add_repo("a/Tiny", MODEL, card="# Hello")
    with qtbot.waitSignal(browser.looking) as looking, qtbot.waitSignal(browser.looked) as looked:
        browser.look("a/Tiny")
    assert looking.args == ["a/Tiny"]
    assert "Hello" in looked.args[0].card
    with qtbot.waitSignal(browser.failed) as failed:
        browser.look("a/Gone")
    assert "has no model “a/Gone”" in failed.args[0].sentence


def test_an_answer_that_comes_after_another_question_is_not_shown(qtbot, hub, browser):
    hub.add_repo("a/first", MODEL)
    hub.add_repo("a/second", MODEL)
    shown, failed = [], []
    browser.searched.connect(lambda: shown.append([found.model.id for found in browser.found]))
    browser.failed.connect(failed.append)
    hub.faults.hang = True
    browser.search("first")
    qtbot.waitUntil(lambda: bool(hub.requests))
    hub.faults = Faults()
    browser.search("second")
    qtbot.waitUntil(lambda: bool(shown))
    hub.stop()  # and the first question has its answer: none
    qtbot.waitUntil(lambda: [each.outcome for each in browser._connection.door.journal.read()] == ["", "no answer"])
    qtbot.wait(1)
    assert shown == [["a/second"]]
    assert failed == []


def test_a_question_that_nobody_waits_for_any_more_is_cut(qtbot, hub, browser, search, downloading):
    hub.add_repo("a/Tiny", MODEL)
    hub.faults.hang = True
    browser.search("tiny")
    qtbot.waitUntil(lambda: len(hub.requests) == 1)
    hub.faults.hang = False
    assert search("tiny") == ["a/Tiny"]

    def outcomes():
        return [each.outcome for each in downloading.connection.door.journal.read() if each.received_bytes is not None]

    qtbot.waitUntil(lambda: sorted(outcomes()) == ["", "no answer"])


def test_what_is_not_wanted_any_more_is_not_shown(qtbot, hub, browser, downloading):
    hub.add_repo("a/Tiny", MODEL)
    with qtbot.assertNotEmitted(browser.looked), qtbot.assertNotEmitted(browser.failed):
        browser.look("a/Tiny")
        browser.forget()
        hub.stop()
        done = []
        for _ in range(6):  # as many as run at once
            downloading.background.run_long(lambda: None, done.append)
        qtbot.waitUntil(lambda: len(done) == 6 and downloading.background._network._work_queue.empty())


def test_an_offer_is_found_for_a_model_that_is_known(qtbot, hub, browser):
    hub.add_repo("a/Tiny", MODEL)
    found, failed = [], []
    browser.find_offer("a/Tiny", "q4_0", lambda repo, offer: found.append((repo.model.id, offer.name)), failed.append)
    qtbot.waitUntil(lambda: bool(found))
    assert found == [("a/Tiny", "tiny-Q4_0")]
    browser.find_offer("a/Tiny", "Q8_0", lambda *_: None, failed.append)
    qtbot.waitUntil(lambda: bool(failed))
    assert "has no “Q8_0”" in failed[0].sentence


def test_offline_it_says_so(qtbot, hub, downloading, browser):
    downloading.connection.set_open(False)
    with qtbot.waitSignal(browser.failed) as failed:
        browser.search("tiny")
    assert "offline" in failed.args[0].sentence
    assert hub.requests == []
