"""Finding adapters: for which model, what is found, what cannot be used, and one repository."""

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication

from desktop_app.gui.adapters.find_adapters import NO_MODEL
from desktop_app.gui.library.labels import OFFLINE_WORDS
from desktop_app.gui.library.library_page import FIND, HERE
from desktop_app.gui.library.whereabouts import IN_LIBRARY
from desktop_app.gui.theme import theme
from desktop_app.network.token import Kept
from desktop_app.storage.records import RemoteFile
from tests.gui.adapters_pages.conftest import REPO, nameless, plain
from tests.gui.library_pages.conftest import words
from tests.support.gguf_files import Shape, lora_adapter
from tests.support.hub import Faults
from tests.support.peft_files import peft_adapter

ADAPTER = {"haiku-F16.gguf": lora_adapter().to_bytes()}
OF_BASE = {"base_model": REPO, "relation": "adapter"}
PICKLED = {"adapter_config.json": peft_adapter()["adapter_config.json"], "adapter_model.bin": b"\x80\x02"}


@pytest.fixture
def known(hub, desk):
    """The Hub has the model in use, under the name that the file tells."""
    hub.add_repo(REPO, {})
    desk.browser._bases[desk.session.model.id] = (REPO,)


@pytest.fixture
def find(qtbot, desk, page, known):
    """Open the page to find adapters on and wait for the cards: `find()` returns them by repository."""

    def find():
        with qtbot.waitSignal(desk.browser.searched):
            page.show_view(FIND)
        return built(qtbot, page.find_page)

    return find


@pytest.fixture
def open_repo(qtbot, page, find):
    """Open a repository and wait until all of it is shown; returns the rows."""

    def open_repo(repo):
        if not page.find_page.isVisible():
            find()
        with qtbot.waitSignal(page.repo_page.offers.completed):
            page.find_page.cards[repo].opened.emit()
        return page.repo_page.offers.rows

    return open_repo


def built(qtbot, found):
    qtbot.waitUntil(lambda: not found._is_waiting and not found._to_build and not found._building.isActive())
    return found.cards


# ------------------------------------------------------------ what is found


def test_adapters_of_the_model_in_use_are_looked_for(qtbot, desk, hub, page, find):
    hub.add_repo("a/haiku", ADAPTER, downloads=5, likes=2, license="mit", **OF_BASE)
    hub.add_repo("b/pirate", peft_adapter(), downloads=9, gated="manual", **OF_BASE)
    hub.add_repo("c/old", PICKLED, downloads=99, **OF_BASE)
    cards = find()
    found = page.find_page
    assert found.choice.currentText() == desk.session.model.name
    assert found.count.text() == f"3 adapters made for {REPO}"
    facts = {repo: plain(card.facts.text()) for repo, card in cards.items()}
    assert facts["a/haiku"] == "GGUF, ready to use · mit · 5 downloads · 2 likes · January 2026"
    assert facts["b/pirate"].startswith("Needs conversion, done here · ")
    assert facts["b/pirate"].endswith(" · Terms must be accepted")
    assert cards["c/old"].badge.text() == "Cannot be used"
    assert "can hide programs" in cards["c/old"].sentence.text()
    tops = {repo: lambda card=card: card.mapTo(found, QPoint()).y() for repo, card in cards.items()}
    qtbot.waitUntil(lambda: tops["c/old"]() > max(tops["a/haiku"](), tops["b/pirate"]()))  # once it is laid out


def test_words_narrow_the_search(qtbot, desk, hub, page, find):
    hub.add_repo("a/haiku", ADAPTER, **OF_BASE)
    hub.add_repo("b/pirate", peft_adapter(), **OF_BASE)
    find()
    for words_typed, expected in (("pir", ["b/pirate"]), ("zzz", []), ("", ["a/haiku", "b/pirate"])):
        with qtbot.waitSignal(desk.browser.searched):
            page.find_page.search.setText(words_typed)
        assert sorted(built(qtbot, page.find_page)) == expected
        if not expected:
            assert page.find_page.notice.words.text().startswith(f"No adapter for {REPO} has these words")


def test_where_there_are_none_it_says_so(page, find):
    assert find() == {}
    assert page.find_page.notice.words.text() == f"There are no adapters for {REPO} on the Hub that could be used."
    assert page.find_page.change_button.isVisible()


# ------------------------------------------------------------ for which model


def test_another_model_can_be_chosen(qtbot, desk, hub, page, find, tmp_path):
    hub.add_repo("a/haiku", ADAPTER, **OF_BASE)
    other = desk.add_model(tmp_path / "other.gguf", name="Other")
    hub.add_repo("who/Other", {})
    hub.add_repo("b/for-other", ADAPTER, base_model="who/Other", relation="adapter")
    desk.browser._bases[other.id] = ("who/Other",)
    assert list(find()) == ["a/haiku"]
    found = page.find_page
    assert [found.choice.itemText(n) for n in range(found.choice.count())] == ["other", "Tiny"]
    with qtbot.waitSignal(desk.browser.searched):
        found.choice.setCurrentIndex(0)
    assert list(built(qtbot, found)) == ["b/for-other"]
    desk.use(None)  # the model in use does not matter any more
    assert found.model == other


def test_without_a_choice_it_follows_the_model_in_use(qtbot, desk, page, find, tmp_path):
    find()
    other = desk.add_model(tmp_path / "other.gguf", name="Other")
    desk.browser._bases[other.id] = ("who/Other",)
    with qtbot.waitSignal(desk.browser.searched):
        desk.use(other)
    assert page.find_page.choice.currentText() == "other"
    assert "who/Other" in page.find_page.notice.words.text()


def test_the_person_is_asked_which_model_of_the_hub_it_is(qtbot, desk, hub, page):
    hub.add_repo("a/haiku", ADAPTER, **OF_BASE)
    with qtbot.waitSignal(desk.browser.base_wanted):
        page.show_view(FIND)
    base = page.find_page.base
    assert base.isVisible()
    assert "It is not known which model of the Hub “Tiny” is." in base.question.text()
    assert base.field.text() == REPO  # what the file tells
    base.field.setText("no repository")
    assert not base.button.isEnabled()
    base.field.setText(REPO)
    with qtbot.waitSignal(desk.browser.searched):
        base.button.click()
    assert list(built(qtbot, page.find_page)) == ["a/haiku"]
    assert not base.isVisible()


def test_who_knows_better_can_say_so(qtbot, desk, hub, page, find):
    hub.add_repo("b/for-other", ADAPTER, base_model="who/Other", relation="adapter")
    find()
    found = page.find_page
    found.change_button.click()
    assert found.base.field.text() == REPO
    found.change_button.click()
    assert not found.base.isVisible()
    found.change_button.click()
    found.base.field.setText("who/Other")
    with qtbot.waitSignal(desk.browser.searched):
        found.base.button.click()
    assert list(built(qtbot, found)) == ["b/for-other"]


def test_without_any_model_it_says_what_is_missing(qtbot, desk, hub, page):
    model = desk.session.model
    desk.use(None)
    with qtbot.waitSignal(desk.models.changed):
        desk.models.remove(model)
    page.show_view(FIND)
    assert NO_MODEL in words(page.find_page)
    assert not page.find_page.choice.isEnabled()
    assert hub.requests == []


# ------------------------------------------------------------ trouble


def test_offline_nobody_is_asked(qtbot, desk, hub, page, known):
    hub.add_repo("a/haiku", ADAPTER, **OF_BASE)
    desk.connection.set_open(False)
    page.show_view(FIND)
    found = page.find_page
    assert OFFLINE_WORDS in words(found.banner)
    assert [found.search.isEnabled(), found.choice.isEnabled()] == [False, False]
    assert hub.requests == []
    with qtbot.waitSignal(desk.browser.searched):
        found.online_button.click()
    assert list(built(qtbot, found)) == ["a/haiku"]
    assert found.choice.isEnabled()


def test_after_a_failure_it_can_be_tried_again(qtbot, desk, hub, page, known):
    hub.add_repo("a/haiku", ADAPTER, **OF_BASE)
    hub.faults.statuses = [503]
    with qtbot.waitSignal(desk.browser.failed):
        page.show_view(FIND)
    found = page.find_page
    assert found.notice.isVisible()
    with qtbot.waitSignal(desk.browser.searched):
        found.notice.again_button.click()
    assert list(built(qtbot, found)) == ["a/haiku"]


def test_a_search_can_be_given_up(qtbot, desk, hub, page, known):
    hub.faults.hang = True
    page.show_view(FIND)
    qtbot.waitUntil(lambda: page.find_page.notice.cancel_button.isVisible())
    page.find_page.notice.cancel_button.click()
    assert page.find_page.notice.words.text() == "The search was stopped."
    hub.faults = Faults()


# ------------------------------------------------------------ one repository


def test_a_repository_shows_its_adapters_and_what_speaks_against_them(hub, page, open_repo):
    odd = {f"dora/{name}": data for name, data in peft_adapter(use_dora=True).items()}
    hub.add_repo("a/haiku", {**ADAPTER, **peft_adapter(), **odd}, card="# Hello", license="mit", **OF_BASE)
    rows = open_repo("a/haiku")
    assert [row.title.text() for row in rows] == ["haiku-F16", "Adapter", "dora"]
    assert [plain(row.facts.text()).split(" · ")[0] for row in rows[:2]] == [
        "GGUF, ready to use",
        "Needs conversion, done here",
    ]
    assert [row.download_button.property("kind") for row in rows] == ["primary", "", ""]
    assert "DoRA" in rows[2].sentence.text()
    assert rows[2].badge.text() == "Cannot be used"
    assert not rows[2].download_button.isVisible()
    assert plain(page.repo_page.facts.text()).endswith("for Tiny-Instruct")
    assert "Hello" in next(view.toPlainText() for view in page.repo_page.card.column.text_views())
    page.repo_page.back_button.click()
    assert page.stack.currentWidget() is page.find_page


@pytest.mark.parametrize(("files", "title"), [(ADAPTER, "haiku-F16"), (peft_adapter(), "Adapter")])
def test_a_download_goes_through_the_queue_into_the_library(qtbot, desk, hub, page, open_repo, files, title):
    hub.add_repo("a/haiku", files, **OF_BASE)
    (row,) = open_repo("a/haiku")
    states = []
    row.resized.connect(lambda: states.append(row.state.text()))
    row.download_button.click()
    qtbot.waitUntil(lambda: row.state.text() == IN_LIBRARY)
    qtbot.waitUntil(lambda: bool(desk.library.adapters))
    assert (row.title.text(), states) == (title, ["Downloading", IN_LIBRARY])
    (adapter,) = desk.library.adapters
    assert (adapter.repo, adapter.license) == ("a/haiku", "apache-2.0")
    page.show_view(FIND)
    assert page.find_page.cards["a/haiku"].state.text() == IN_LIBRARY


def test_a_download_is_shown_at_the_top_as_long_as_it_goes_on(qtbot, desk, hub, page, open_repo):
    large = {"haiku-F16.gguf": lora_adapter(Shape(n_layer=8)).to_bytes()}
    hub.add_repo("a/haiku", large, **OF_BASE)
    (row,) = open_repo("a/haiku")
    hub.faults.throttle_bytes_per_s = 1
    row.download_button.click()
    qtbot.waitUntil(lambda: page.downloads.isVisible())
    (shown,) = page.downloads.rows.values()
    desk.queue.add("a model", [RemoteFile("model.gguf", 1)], repo="m/model")
    qtbot.waitUntil(lambda: len(desk.queue.items) == 2)
    assert list(page.downloads.rows.values()) == [shown]  # models are shown on their own page
    for item in desk.queue.items:
        desk.queue.cancel(item.id)
    qtbot.waitUntil(lambda: not page.downloads.isVisible())
    hub.faults = Faults()


def test_a_gate_is_shown_and_opened_with_a_token(qtbot, desk, hub, page, open_repo, monkeypatch):
    monkeypatch.setattr("desktop_app.network.token.HubToken.set", lambda keychain, token: accept(keychain, token))

    def accept(keychain, token):
        keychain._memory = token
        monkeypatch.setattr("desktop_app.network.token.HubToken.get", lambda _keychain: token)
        return Kept.MEMORY

    repo = hub.add_repo("a/haiku", ADAPTER, gated="manual", **OF_BASE)
    (row,) = open_repo("a/haiku")
    gate = page.repo_page.gate
    assert gate.isVisible()
    assert not row.download_button.isEnabled()
    repo.accepted.add("hf_secret")
    gate.field.setText("hf_secret")
    with qtbot.waitSignal(page.repo_page.offers.completed):
        gate.save_button.click()
    assert not gate.isVisible()
    assert page.repo_page.offers.rows[0].download_button.isEnabled()


# ------------------------------------------------------------ for everybody


def test_back_at_the_list_the_focus_is_where_it_was(qtbot, hub, page, open_repo):
    hub.add_repo("a/haiku", ADAPTER, **OF_BASE)
    open_repo("a/haiku")
    page.activateWindow()
    page.repo_page.back_button.click()
    qtbot.waitUntil(page.find_page.cards["a/haiku"].hasFocus)
    page.show_view(HERE)
    assert QApplication.focusWidget() is not page.find_page.cards["a/haiku"]


def test_everything_has_a_name(hub, page, find, open_repo):
    hub.add_repo("a/haiku", ADAPTER, **OF_BASE)
    find()
    page.find_page.change_button.click()
    assert nameless(page) == []
    open_repo("a/haiku")
    assert nameless(page) == []


@pytest.mark.parametrize("step", [0, 6])
def test_long_names_and_large_text_do_not_make_the_page_wider(qapp, hub, page, find, step):
    hub.add_repo("a/" + "haiku-of-the-fall" * 5, ADAPTER, license="x" * 90, **OF_BASE)
    theme().apply(qapp, "light", step)
    page.resize(564, 480)
    find()
    assert page.find_page.horizontalScrollBar().maximum() == 0
    theme().apply(qapp, "light")
