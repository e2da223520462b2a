"""A repository of the Hub: what it offers, the way past its owner's terms, and a description by anyone."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton

from desktop_app.gui.chat.code_view import CodeView
from desktop_app.gui.library import card_text, gate_panel
from desktop_app.gui.library import repo_page as repo_page_module
from desktop_app.gui.library.card_text import FOLDED_LINES
from desktop_app.gui.library.gate_panel import KEPT_WORDS, TOKENS_PAGE
from desktop_app.gui.library.labels import OFFLINE_WORDS
from desktop_app.gui.library.model_offers import quant_hint
from desktop_app.gui.library.offer_list import ACCEPT_FIRST
from desktop_app.gui.library.whereabouts import IN_LIBRARY
from desktop_app.gui.theme import theme
from desktop_app.network.token import Kept
from tests.gui.library_pages.conftest import nameless, plain, tiny, words
from tests.support.hub import Faults

REPO = "owner/Model-GGUF"
TOKEN = "hf_secretsecretsecret"


@pytest.fixture
def open_repo(qtbot, repo_page):
    """Open a repository and wait until all of it is shown; returns the rows."""

    def open_repo(repo=REPO):
        with qtbot.waitSignal(repo_page.offers.completed):
            repo_page.open(repo)
        return repo_page.offers.rows

    return open_repo


@pytest.fixture
def links(monkeypatch):
    """Addresses the person would be asked about, in order."""
    asked = []
    for module in (card_text, gate_panel, repo_page_module):
        monkeypatch.setattr(module, "ask_before_opening", lambda _parent, url: asked.append(url))
    return asked


def text_of(page):
    return "\n".join(view.toPlainText() for view in page.card.column.text_views())


# ------------------------------------------------------------ what it offers


def test_it_says_what_the_repository_is(open_repo, repo_page, add_repo):
    about = {"license": "mit", "downloads": 52_300, "likes": 7, "last_modified": "2026-03-09T00:00:00.000Z"}
    add_repo(REPO, "Q4_K_M", **about)
    open_repo()
    assert repo_page.name.text() == "Model-GGUF"
    assert plain(repo_page.facts.text()) == (
        "by owner · mit · 52,300 downloads · 7 likes · March 2026 · up to 131,072 tokens of context · "
        "llama architecture"
    )


def test_the_recommended_model_comes_first_then_the_smallest(open_repo, hub):
    files = {f"m-{quant}.gguf": tiny(quant) + bytes(size) for quant, size in (("Q8_0", 900), ("Q4_K_M", 500))}
    hub.add_repo(REPO, {**files, "m-Q2_K.gguf": tiny("small"), "m-F16.gguf": tiny("large") + bytes(2000)})
    rows = open_repo()
    assert [row.title.text() for row in rows] == ["Q4_K_M", "Q2_K", "Q8_0", "F16"]
    kinds = [row.download_button.property("kind") for row in rows]
    assert kinds == ["primary", "", "", ""]
    assert plain(rows[0].facts.text()).startswith("Recommended here · 4 bits, the usual choice · ")
    assert rows[0].badge.text() == "Fits well"
    assert rows[0].sentence.text().startswith("Needs about ")
    assert "tokens/s" in rows[0].sentence.text()


def test_parts_and_the_part_that_sees_pictures_are_one_model(open_repo, hub):
    parts = {f"m-Q8_0-0000{number}-of-00003.gguf": tiny(str(number)) for number in (1, 2, 3)}
    hub.add_repo(REPO, {**parts, "mmproj-m-f16.gguf": tiny("eyes"), "m-imatrix.gguf": tiny("matrix")})
    (row,) = open_repo()
    assert plain(row.facts.text()).endswith(" · 3 files · sees pictures")
    assert len(row.words.offer.files) == 4


def test_models_of_the_same_quantization_are_told_apart_by_name(open_repo, hub):
    hub.add_repo(REPO, {"one-Q8_0.gguf": tiny("one"), "two-Q8_0.gguf": tiny("two"), "plain.gguf": tiny("plain")})
    assert {tuple(words(row)[:3]) for row in open_repo()} == {
        ("Q8_0", "Fits well", "one-Q8_0"),
        ("Q8_0", "Fits well", "two-Q8_0"),
        ("Model", "Fits well", "plain"),
    }


@pytest.mark.parametrize(
    ("quant", "hint"),
    [
        ("Q4_K_M", "4 bits, the usual choice"),
        ("IQ4_XS", "4 bits, good for its size"),
        ("MXFP4", "4 bits, good for its size"),
        ("Q8_0", "8 bits, nearly the original"),
        ("BF16", "16 bits, the original"),
        ("IQ2_XXS", "2 bits, makes many mistakes"),
        ("", ""),
    ],
)
def test_a_quantization_is_explained_in_words(quant, hint):
    assert quant_hint(quant) == hint


def test_names_that_could_do_harm_are_not_offered(open_repo, hub):
    hostile = [
        "../../evil.gguf",
        "/etc/evil.gguf",
        "..\\evil.gguf",
        "con.gguf",
        "a/../../b.gguf",
        "evil\u202efugg.gguf",
    ]
    hub.add_repo(REPO, {**{name: tiny(name) for name in hostile}, "good-Q8_0.gguf": tiny("good")})
    assert [row.title.text() for row in open_repo()] == ["Q8_0"]


def test_a_repository_without_a_model_says_so(open_repo, repo_page, hub):
    hub.add_repo(REPO, {"model.safetensors": b"x"})
    assert open_repo() == []
    assert repo_page.note.text() == "There is no whole model in the GGUF format here."
    assert not repo_page.offers.isVisible()


# ------------------------------------------------------------ downloading


def test_a_download_goes_through_the_queue_into_the_library(qtbot, open_repo, queue, library, add_repo):
    add_repo(REPO, "Q4_K_M", "Q8_0")
    rows = {row.title.text(): row for row in open_repo()}
    row, other = rows["Q8_0"], rows["Q4_K_M"]
    states = []
    row.resized.connect(lambda: states.append(row.state.text()))
    row.download_button.click()
    assert not row.download_button.isVisible()
    qtbot.waitUntil(lambda: row.state.text() == IN_LIBRARY)
    assert states == ["Downloading", IN_LIBRARY]
    assert other.download_button.isVisible()
    qtbot.waitUntil(lambda: bool(library.models))
    (model,) = library.models
    assert (model.repo, model.files[0].path, model.license) == (REPO, "Model-Q8_0.gguf", "apache-2.0")
    library.remove(model)
    qtbot.waitUntil(lambda: row.download_button.isVisible())


def test_a_paused_download_says_so(qtbot, open_repo, hub, queue, add_repo):
    add_repo(REPO, "Q8_0")
    (row,) = open_repo()
    hub.faults.throttle_bytes_per_s = 1
    row.download_button.click()
    qtbot.waitUntil(lambda: len(queue.items) == 1)
    queue.pause(queue.items[0].id)
    qtbot.waitUntil(lambda: row.state.text() == "Download paused")
    queue.cancel(queue.items[0].id)
    qtbot.waitUntil(lambda: row.download_button.isVisible())


def test_offline_nothing_can_be_downloaded(qtbot, open_repo, repo_page, connection, add_repo):
    add_repo(REPO)
    (row,) = open_repo()
    connection.set_open(False)
    assert repo_page.offline.isVisible()
    assert not row.download_button.isEnabled()
    assert row.download_button.toolTip() == OFFLINE_WORDS
    connection.set_open(True)
    assert row.download_button.isEnabled()
    assert not repo_page.offline.isVisible()


def test_what_could_not_be_looked_at_offline_is_looked_at_once_online(qtbot, repo_page, connection, add_repo):
    add_repo(REPO)
    connection.set_open(False)
    with qtbot.waitSignal(repo_page._browser.failed):
        repo_page.open(REPO)
    assert repo_page.notice.words.text().startswith("Moatless is set to stay offline")
    with qtbot.waitSignal(repo_page.offers.completed):
        connection.set_open(True)
    assert len(repo_page.offers.rows) == 1


# ------------------------------------------------------------ terms and tokens


def test_behind_a_gate_three_steps_lead_to_the_model(qtbot, open_repo, repo_page, hub, add_repo, links):
    repo = add_repo(REPO, gated="auto")
    hub.tokens.add(TOKEN)
    (row,) = open_repo()
    gate = repo_page.gate
    assert gate.isVisible()
    assert "wants to know who downloads it" in gate.sentence.text()
    assert [label[:2] for label in words(gate) if label[1:2] == "."] == ["1.", "2.", "3."]
    assert not row.download_button.isEnabled()
    assert row.download_button.toolTip() == ACCEPT_FIRST
    gate.page_button.click()
    gate.tokens_button.click()
    assert links == [f"https://huggingface.co/{REPO}", TOKENS_PAGE]

    assert gate.field.echoMode() == QLineEdit.EchoMode.Password
    assert not gate.save_button.isEnabled()
    gate.field.setText(f"  {TOKEN}\n")
    with qtbot.waitSignal(repo_page.offers.completed):
        gate.save_button.click()
        assert gate.field.text() == ""
    assert "does not give access" in gate.sentence.text()
    assert gate.kept.text() == KEPT_WORDS["memory"]

    repo.accepted.add(TOKEN)
    gate.field.setText(TOKEN)
    with qtbot.waitSignal(repo_page.offers.completed):
        qtbot.keyClick(gate.field, Qt.Key.Key_Return)
    assert not gate.isVisible()
    assert repo_page.kept.text() == KEPT_WORDS["memory"]
    assert repo_page.kept.isVisible()
    (row,) = repo_page.offers.rows
    assert row.download_button.isEnabled()
    gate.field.undo()
    shown = [*words(repo_page), gate.field.text(), *(label.toolTip() for label in repo_page.findChildren(QLabel))]
    assert not any(TOKEN in text for text in shown)


def test_a_wrong_token_is_answered_with_a_sentence_beside_the_field(qtbot, open_repo, repo_page, add_repo):
    repo = add_repo(REPO, gated="auto")
    open_repo()
    repo_page.gate.field.setText("hf_wrong")
    with qtbot.waitSignal(repo_page._browser.failed):
        repo_page.gate.save_button.click()
    assert repo_page.notice.words.text().startswith("The Hub does not accept your token.")
    assert repo_page.gate.field.isVisible()
    repo.accepted.add(TOKEN)
    repo_page.gate.field.setText(TOKEN)
    with qtbot.waitSignal(repo_page.offers.completed):
        repo_page.gate.save_button.click()
    assert not repo_page.notice.isVisible()
    assert not repo_page.gate.isVisible()


def test_a_token_that_is_no_longer_accepted_can_be_replaced_or_forgotten(qtbot, repo_page, connection, add_repo):
    add_repo(REPO)
    kept = []
    connection.keep_token("hf_revoked", kept.append)
    qtbot.waitUntil(lambda: kept == [Kept.MEMORY])
    with qtbot.waitSignal(repo_page._browser.failed):
        repo_page.open(REPO)
    qtbot.waitUntil(lambda: repo_page.gate.forget_button.isVisible())
    assert [label[:2] for label in words(repo_page.gate) if label[1:2] == "."] == ["1.", "2."]
    with qtbot.waitSignal(repo_page.offers.completed):
        repo_page.gate.forget_button.click()
    assert not repo_page.gate.isVisible()
    assert not repo_page.kept.isVisible()
    connection.find_token(kept.append)
    qtbot.waitUntil(lambda: kept[-1] == Kept.NOWHERE)


# ------------------------------------------------------------ trouble


def test_without_a_hub_there_is_a_sentence_and_another_try(qtbot, hub, repo_page, add_repo):
    add_repo(REPO)
    hub.stop()
    with qtbot.waitSignal(repo_page._browser.failed):
        repo_page.open(REPO)
    assert repo_page.notice.words.text().startswith("The Hub cannot be reached.")
    assert not repo_page.content.isVisible()
    hub.start()
    with qtbot.waitSignal(repo_page.offers.completed):
        repo_page.notice.again_button.click()
    assert repo_page.content.isVisible()
    assert not repo_page.notice.isVisible()


def test_a_repository_that_does_not_exist_is_told(qtbot, repo_page):
    with qtbot.waitSignal(repo_page._browser.failed):
        repo_page.open("no/such\u202ething")
    assert repo_page.notice.words.text() == "The Hub has no model “no/such?thing”, or it is private. Check the name."


def test_a_long_wait_is_shown_and_ending_it_leads_back(qtbot, hub, repo_page):
    hub.faults = Faults(hang=True)
    repo_page.open(REPO)
    qtbot.waitUntil(lambda: repo_page.notice.bar.isVisible())
    with qtbot.waitSignal(repo_page.back_wanted):
        repo_page.notice.cancel_button.click()
    assert not repo_page.notice.isVisible()
    hub.stop()  # which also ends the connection that hangs


def test_only_the_repository_that_was_opened_last_is_shown(qtbot, repo_page, add_repo):
    add_repo("a/one-GGUF", "Q2_K")
    add_repo("a/two-GGUF", "Q8_0")
    repo_page.open("a/one-GGUF")
    with qtbot.waitSignal(repo_page.offers.completed):
        repo_page.open("a/two-GGUF")
    assert [row.title.text() for row in repo_page.offers.rows] == ["Q8_0"]
    assert repo_page.name.text() == "two-GGUF"


# ------------------------------------------------------------ the description


def test_a_description_is_text_without_pictures_and_its_links_are_asked_about(
    qtbot, open_repo, repo_page, hub, add_repo, links
):
    card = (
        "# Title\n\n<script>alert(1)</script><b>bold</b> [link](https://example.com/x) [bad](file:///etc/passwd)\n\n"
        f"![picture]({hub.url}/picture.png) <img src='{hub.url}/other.png'>\n\n```html\n<b>code</b>\n```\n"
    )
    add_repo(REPO, card=card)
    open_repo()
    text = text_of(repo_page)
    assert "Title" in text
    assert "bold link bad" in text
    assert "<b>code</b>" in text
    assert "script" not in text
    assert repo_page.card.findChildren(CodeView)
    view = repo_page.card.column.text_views()[0]
    view.anchorClicked.emit("https://example.com/x")
    view.anchorClicked.emit("file:///etc/passwd")
    assert links == ["https://example.com/x"]
    assert not any(request.path.endswith(".png") for request in hub.requests)
    repo_page.card.selection.select_all()
    assert "Title" in repo_page.card.selection.text()


def test_a_long_description_is_folded(qtbot, open_repo, repo_page, add_repo):
    add_repo(REPO, card="\n\n".join(f"Line {number}." for number in range(1000)))
    open_repo()
    folded = repo_page.card.height()
    assert f"Line {FOLDED_LINES // 2 - 1}." in text_of(repo_page)
    assert f"Line {FOLDED_LINES}." not in text_of(repo_page)
    repo_page.all_button.click()
    qtbot.waitUntil(lambda: "Line 999." in text_of(repo_page))
    assert not repo_page.all_button.isVisible()
    assert repo_page.card.height() > 10 * folded
    assert not repo_page.card._slices.isActive()


def test_a_short_description_is_not_folded_and_without_one_there_is_no_heading(open_repo, repo_page, add_repo):
    add_repo(REPO, card="Short.")
    open_repo()
    assert not repo_page.all_button.isVisible()
    add_repo("owner/silent-GGUF", card="")
    open_repo("owner/silent-GGUF")
    assert not repo_page.description.isVisible()


# ------------------------------------------------------------ using it


def test_the_way_back(qtbot, open_repo, repo_page, add_repo, links):
    add_repo(REPO)
    open_repo()
    with qtbot.waitSignal(repo_page.back_wanted):
        repo_page.back_button.click()
    with qtbot.waitSignal(repo_page.back_wanted):
        qtbot.keyClick(repo_page, Qt.Key.Key_Escape)
    repo_page.hub_button.click()
    assert links == [f"https://huggingface.co/{REPO}"]


def test_everything_has_a_name_and_is_reached_by_tab(qtbot, open_repo, repo_page, add_repo):
    add_repo(REPO, "Q4_K_M", "Q8_0", gated="auto", card="Text.")
    open_repo()
    repo_page.gate.field.setText("x")
    assert nameless(repo_page) == []
    with qtbot.waitActive(repo_page):
        repo_page.activateWindow()
    repo_page.setFocus()
    qtbot.waitUntil(repo_page.hasFocus)
    visited = []
    for _ in range(6):
        repo_page.focusNextPrevChild(True)
        visited.append(QApplication.focusWidget())
    gate = repo_page.gate
    buttons = [repo_page.back_button, repo_page.hub_button, gate.page_button, gate.tokens_button]
    assert visited == [*buttons, gate.field, gate.save_button]


@pytest.mark.parametrize("step", [0, 6])
def test_it_fits_into_a_small_window(qtbot, qapp, open_repo, repo_page, hub, step):
    theme().apply(qapp, "dark", step)
    name = f"owner/{'a' * 60}_{'b' * 20}"
    files = {f"{'c' * 80}-Q8_0.gguf": tiny("c"), f"{'d' * 80}-Q8_0.gguf": tiny("d")}
    hub.add_repo(name, files, gated="auto", license="x" * 90, card="w" * 300)
    rows = open_repo(name)
    qtbot.waitUntil(lambda: rows[-1].isVisible())
    assert repo_page.horizontalScrollBar().maximum() == 0
    for button in repo_page.findChildren(QPushButton):
        if button.isVisible():
            right = button.mapTo(repo_page.viewport(), button.rect().topRight()).x()
            assert right < repo_page.viewport().width(), button.text()
