"""Finding models: the list that needs no network, and the search, whatever the Hub answers or does not."""

from itertools import pairwise

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QStackedWidget

from desktop_app.gui.library.find_page import NOTHING_FOUND
from desktop_app.gui.library.labels import OFFLINE_WORDS
from desktop_app.gui.library.whereabouts import IN_LIBRARY
from desktop_app.gui.theme import theme
from desktop_app.jobs import hub_browser
from desktop_app.library.curated import curated_models
from desktop_app.network.token import Kept
from tests.gui.library_pages.conftest import nameless, plain, words
from tests.support.hub import Faults


@pytest.fixture
def search(qtbot, find_page):
    """Search and wait for all cards: `search("llama")` returns them."""

    def search(text):
        with qtbot.waitSignal(find_page._browser.searched):
            find_page.search.setText(text)
        return built(qtbot, find_page)

    return search


def built(qtbot, page):
    qtbot.waitUntil(lambda: not page._to_build and not page._building.isActive())
    return list(page.cards.values())


def visible(page):
    return [card for card in page.curated.cards.values() if card.isVisible()]


def primary(page):
    return [card for card in visible(page) if card.download_button.property("kind") == "primary"]


# ------------------------------------------------------------ the list that comes with the program


def test_offline_the_list_is_there_and_nobody_is_asked(qtbot, hub, find_page, connection):
    connection.set_open(False)
    assert [card.words.name for card in visible(find_page)] == [model.name for model in curated_models()]
    assert not find_page.search.isEnabled()
    assert OFFLINE_WORDS in words(find_page.banner)
    for card in visible(find_page):
        assert not card.download_button.isEnabled()
        assert card.download_button.toolTip() == card.details_button.toolTip() == OFFLINE_WORDS
    with qtbot.waitSignal(find_page.online_wanted):
        find_page.online_button.click()
    connection.set_open(True)
    assert find_page.search.isEnabled()
    assert not find_page.banner.isVisible()
    assert all(card.download_button.isEnabled() for card in visible(find_page))
    assert hub.requests == []


def test_a_card_says_what_the_model_is_and_how_it_would_run_here(find_page):
    card = find_page.curated.cards["Qwen/Qwen3-8B-GGUF"]
    said = words(card)
    assert said[:3] == ["Qwen", "Qwen3 8B", "Tight"]
    assert "8.2 billion parameters · Q4_K_M · 5.0 GB · apache-2.0" in said
    assert any(text.startswith("Needs about ") and text.endswith("Writes about 9 tokens/s.") for text in said)
    huge = find_page.curated.cards["Qwen/Qwen3-30B-A3B-GGUF"]
    assert huge.badge.text() == "Too large"
    assert huge.needs.text().endswith(" must stay free.")


def test_one_model_that_suits_the_computer_is_recommended_and_comes_first(qtbot, find_page):
    (best,) = primary(find_page)
    assert best.badge.text() == "Fits well"
    assert plain(best.facts.text()).startswith("Recommended here · ")
    qtbot.waitUntil(lambda: min(visible(find_page), key=lambda card: card.y()) is best)
    find_page.curated.filter.buttons["code"].click()
    (coder,) = primary(find_page)
    assert coder is not best
    assert "code" in next(model.uses for model in curated_models() if model.repo == coder.words.repo)


def test_a_pill_shows_only_models_for_one_use(find_page):
    find_page.curated.filter.buttons["small computers"].click()
    wanted = {model.repo for model in curated_models() if "small computers" in model.uses}
    assert {card.words.repo for card in visible(find_page)} == wanted
    checked = [use for use, button in find_page.curated.filter.buttons.items() if button.isChecked()]
    assert checked == ["small computers"]
    find_page.curated.filter.buttons[""].click()
    assert len(visible(find_page)) == len(curated_models())


def test_a_download_from_the_list_ends_in_the_library(qtbot, find_page, queue, library, add_repo):
    model = curated_models()[0]
    add_repo(model.repo, model.quant)
    card = find_page.curated.cards[model.repo]
    states = []
    card.resized.connect(lambda: states.append(card.state.text()))
    card.download_button.click()
    assert not card.download_button.isVisible()
    qtbot.waitUntil(lambda: card.state.text() == IN_LIBRARY)
    assert states == ["Looking it up…", "Downloading", IN_LIBRARY]
    qtbot.waitUntil(lambda: bool(library.models))
    assert [each.repo for each in library.models] == [model.repo]
    assert card.state.text() == IN_LIBRARY
    assert queue.items == ()


def test_a_card_says_why_its_model_cannot_be_had(qtbot, find_page, hub, queue):
    card = next(iter(find_page.curated.cards.values()))
    card.download_button.click()
    qtbot.waitUntil(lambda: card.trouble.isVisible())
    assert card.trouble.text().startswith("The Hub has no model “HuggingFaceTB/")
    assert card.download_button.isVisible()
    hub.stop()
    card.download_button.click()
    qtbot.waitUntil(lambda: "cannot be reached" in card.trouble.text())
    assert queue.items == ()


# ------------------------------------------------------------ searching


def test_a_search_shows_cards(search, find_page, add_repo, hub):
    about = {"license": "llama3.1", "downloads": 1_240_000, "likes": 1, "last_modified": "2026-03-09T00:00:00.000Z"}
    add_repo("bartowski/Meta-Llama-3.1-8B-Instruct-GGUF", gated="manual", **about)
    add_repo("nobody/llama-of-unknown-size-GGUF", gguf=None, license=None)
    add_repo("other/Qwen3-GGUF")
    first, second = search("llama")
    assert words(first) == [
        "bartowski",
        "Meta-Llama-3.1-8B-Instruct-GGUF",
        "Tight",
        "8.0 billion parameters · about 4.9 GB in four bits · llama3.1 · 1.2 million downloads · 1 like · March 2026 · "
        "Terms must be accepted",
        "Needs about 6.3 GB of memory for a context of 8,192 tokens. Writes about 9 tokens/s.",
    ]
    assert words(second) == ["nobody", "llama-of-unknown-size-GGUF", "January 2026"]
    assert not find_page.curated.isVisible()
    assert find_page.count.text() == "2 models"
    assert len([request for request in hub.requests if request.path == "/api/models"]) == 1


def test_what_does_not_run_here_says_so_and_comes_last(qtbot, search, add_repo):
    add_repo("a/one-GGUF", downloads=3, gguf={"total": 1, "architecture": "nomic-bert"})
    add_repo("a/two-GGUF", downloads=2, gguf={"total": 1, "architecture": "unheard-of"})
    add_repo("a/three-GGUF", downloads=1)
    one, two, three = search("a/")
    assert "It writes no answers: it turns text into numbers for searching." in words(one)
    assert "Models of the kind “unheard-of” are not known to this version of Moatless." in words(two)
    assert one.badge.text() == two.badge.text() == "Does not run here"
    places = [card.mapTo(card.window(), QPoint()).y() for card in (three, one, two)]
    assert places == sorted(places)


def test_the_person_chooses_the_order(qtbot, search, find_page, add_repo):
    add_repo("a/popular-GGUF", downloads=9, likes=1)
    add_repo("a/loved-GGUF", downloads=1, likes=9)
    assert [card.words.name for card in search("a/")] == ["popular-GGUF", "loved-GGUF"]
    with qtbot.waitSignal(find_page._browser.searched):
        find_page.order.setCurrentText("Most liked")
    assert [card.words.name for card in built(qtbot, find_page)] == ["loved-GGUF", "popular-GGUF"]


def test_enter_searches_at_once_and_an_empty_field_shows_the_list_again(qtbot, find_page, add_repo):
    add_repo("a/one-GGUF")
    find_page.search.setText("one")
    with qtbot.waitSignal(find_page._browser.searched):
        qtbot.keyClick(find_page.search, Qt.Key.Key_Return)
    assert not find_page._typing.isActive()
    find_page.search.clear()
    assert find_page.curated.isVisible()
    assert find_page.cards == {}


def test_more_results_come_behind_those_that_are_there(qtbot, search, find_page, add_repo, monkeypatch):
    monkeypatch.setattr(hub_browser, "PAGE", 2)
    for number in range(5):
        add_repo(f"a/model-{number}-GGUF", downloads=9 - number)
    before = search("model")
    assert find_page.count.text() == "The first 2 models"
    find_page.more_button.click()
    qtbot.waitUntil(lambda: len(find_page.cards) == 4)
    assert built(qtbot, find_page)[:2] == before
    find_page.more_button.click()
    qtbot.waitUntil(lambda: len(find_page.cards) == 5)
    built(qtbot, find_page)
    assert find_page.count.text() == "5 models"
    assert not find_page.more_button.isVisible()


def test_hundreds_of_results_are_shown_little_by_little(qtbot, find_page, hub, monkeypatch):
    monkeypatch.setattr(hub_browser, "PAGE", 300)
    hub.faults = Faults(n_results=300)
    with qtbot.waitSignal(find_page._browser.searched):
        find_page.search.setText("model")
    assert len(find_page.cards) < 50
    cards = built(qtbot, find_page)
    assert len(cards) == 300

    def reach_the_end():
        area = find_page.verticalScrollBar().maximum() + find_page.viewport().height()
        return cards[-1].mapTo(find_page.widget(), QPoint(0, cards[-1].height())).y() <= area

    qtbot.waitUntil(reach_the_end)
    assert all(before.geometry().bottom() < after.y() for before, after in pairwise(cards))


def test_nothing_found_is_said(search, find_page):
    assert search("xyzzy") == []
    assert find_page.notice.words.text() == NOTHING_FOUND
    assert not find_page.notice.again_button.isVisible()


# ------------------------------------------------------------ trouble


def test_without_a_hub_there_is_a_sentence_and_another_try(qtbot, hub, find_page, add_repo):
    add_repo("a/one-GGUF")
    hub.stop()
    with qtbot.waitSignal(find_page._browser.failed):
        find_page.search.setText("one")
    assert find_page.notice.words.text() == "The Hub cannot be reached. Check the network connection and try again."
    hub.start()
    with qtbot.waitSignal(find_page._browser.searched):
        find_page.notice.again_button.click()
    assert [card.words.name for card in built(qtbot, find_page)] == ["one-GGUF"]
    assert not find_page.notice.isVisible()


def test_more_that_fails_can_be_tried_again(qtbot, hub, search, find_page, add_repo, monkeypatch):
    monkeypatch.setattr(hub_browser, "PAGE", 1)
    for number in range(2):
        add_repo(f"a/model-{number}-GGUF")
    search("model")
    hub.faults.statuses = [503]
    with qtbot.waitSignal(find_page._browser.failed):
        find_page.more_button.click()
    assert len(find_page.cards) == 1
    assert find_page.notice.y() > find_page.results.y()
    find_page.notice.again_button.click()
    qtbot.waitUntil(lambda: len(find_page.cards) == 2)


def test_a_long_wait_is_shown_and_can_be_ended(qtbot, hub, find_page):
    hub.faults = Faults(hang=True)
    find_page.search.setText("one")
    with qtbot.waitSignal(find_page._browser.searching):
        pass
    assert not find_page.notice.isVisible()
    qtbot.waitUntil(lambda: find_page.notice.bar.isVisible())
    assert find_page.notice.words.text() == "Searching…"
    find_page.notice.cancel_button.click()
    assert find_page.notice.words.text() == "The search was stopped."
    hub.stop()  # which also ends the connection that hangs


def test_results_go_when_the_person_goes_offline_and_come_back(qtbot, search, find_page, connection, add_repo):
    add_repo("a/one-GGUF")
    assert len(search("one")) == 1
    connection.set_open(False)
    assert find_page.curated.isVisible()
    assert not find_page.results.isVisible()
    with qtbot.waitSignal(find_page._browser.searched):
        connection.set_open(True)
    assert len(built(qtbot, find_page)) == 1


def test_a_token_that_is_no_longer_accepted_can_be_forgotten(qtbot, find_page, connection, add_repo):
    add_repo("a/one-GGUF")
    kept = []
    connection.keep_token("hf_revoked", kept.append)
    qtbot.waitUntil(lambda: kept == [Kept.MEMORY])
    with qtbot.waitSignal(find_page._browser.failed):
        find_page.search.setText("one")
    assert find_page.notice.words.text().startswith("The Hub does not accept your token.")
    qtbot.waitUntil(lambda: find_page.token.forget_button.isVisible())
    assert not find_page.token.page_button.isVisible()
    assert find_page.search.y() < find_page.notice.y() < find_page.token.y()
    with qtbot.waitSignal(find_page._browser.searched):
        find_page.token.forget_button.click()
    assert len(built(qtbot, find_page)) == 1
    assert not find_page.token.isVisible()


def test_names_are_never_taken_for_html_and_cannot_turn_around(search, find_page, add_repo):
    add_repo("<b>evil</b>/<img src=x>\u202egpj.exe", license="<u>mit</u>")
    (card,) = search("evil")
    assert words(card)[:2] == ["<b>evil<", "b>/<img src=x>?gpj.exe"]
    labels = card.findChildren(QLabel)
    assert all(label.textFormat() == Qt.TextFormat.PlainText for label in labels)
    assert not any("\u202e" in text for label in labels for text in (label.text(), label.toolTip()))
    assert "<img" not in card.name.toolTip()


# ------------------------------------------------------------ using it


def test_a_card_opens_by_click_and_key(qtbot, search, find_page, add_repo):
    add_repo("a/one-GGUF")
    (card,) = search("one")
    for open_it in (
        lambda: qtbot.mouseClick(card, Qt.MouseButton.LeftButton),
        lambda: qtbot.keyClick(card, Qt.Key.Key_Return),
        card.details_button.click,
    ):
        with qtbot.waitSignal(find_page.repo_wanted) as wanted:
            open_it()
        assert wanted.args == ["a/one-GGUF"]


def test_who_comes_back_is_where_they_were(qtbot, search, find_page, add_repo, hub):
    for number in range(3):
        add_repo(f"a/model-{number}-GGUF", downloads=9 - number)
    _, card, _ = search("model")
    pages = QStackedWidget()
    qtbot.addWidget(pages)
    other = QPushButton("Other page")
    pages.addWidget(find_page)
    pages.addWidget(other)
    with qtbot.waitActive(pages):
        pages.show()
    qtbot.mouseClick(card, Qt.MouseButton.LeftButton)
    pages.setCurrentWidget(other)
    other.setFocus()
    hub.requests.clear()
    pages.setCurrentWidget(find_page)
    qtbot.waitUntil(card.hasFocus)
    assert hub.requests == []
    find_page.setParent(None)


def test_a_search_that_a_look_at_a_repository_ended_is_made_again(qtbot, find_page, browser, add_repo):
    add_repo("a/one-GGUF")
    with qtbot.waitSignal(browser.searching):
        find_page.search.setText("one")
    with qtbot.waitSignal(browser.looked):
        browser.look("a/one-GGUF")
    assert find_page.cards == {}
    find_page.hide()
    with qtbot.waitSignal(browser.searched):
        find_page.show()
    assert len(built(qtbot, find_page)) == 1


def test_everything_has_a_name_and_is_reached_by_tab(qtbot, search, find_page, add_repo):
    assert nameless(find_page) == []
    for number in range(2):
        add_repo(f"a/model-{number}-GGUF", downloads=9 - number)
    first, second = search("model")
    assert nameless(find_page) == []
    find_page.activateWindow()
    find_page.search.setFocus()
    qtbot.waitUntil(find_page.search.hasFocus)
    visited = []
    for _ in range(3):
        find_page.focusNextPrevChild(True)
        visited.append(QApplication.focusWidget())
    assert visited == [find_page.order, first, second]


@pytest.mark.parametrize("step", [0, 6])
def test_it_fits_into_a_small_window(qtbot, qapp, search, find_page, add_repo, step):
    theme().apply(qapp, "dark", step)
    assert find_page.horizontalScrollBar().maximum() == 0
    long = "a" * 90
    add_repo(f"{long}/{long}", license="a-licence-whose-name-" + long, gated="auto")
    (card,) = search(long)
    assert find_page.horizontalScrollBar().maximum() == 0
    assert card.width() <= find_page.viewport().width()
    assert card.height() >= card.heightForWidth(card.width())
