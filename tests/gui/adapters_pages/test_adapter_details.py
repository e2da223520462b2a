"""The page about one adapter: what is known, what it does, another one beside it, and the ways to be rid of it."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog

from desktop_app.adapters.catalog import SOURCE_FLATTENED, SOURCE_TRAINED
from desktop_app.adapters.effect import effect_sentence
from desktop_app.gui.adapters import adapter_details as module
from desktop_app.gui.adapters.effect_section import NO_MODEL, NOT_MEASURED
from desktop_app.gui.adapters.pair_row import PairRow
from desktop_app.gui.theme import theme
from tests.gui.adapters_pages.conftest import EFFECT, WIDE, nameless, plain
from tests.gui.pages.steps import answer_questions_with
from tests.support.gguf_files import lora_adapter


@pytest.fixture
def details(page):
    page.stack.setCurrentWidget(page.details)
    return page.details


@pytest.fixture
def show(page):
    """Open an adapter and return the page about it."""

    def show(adapter):
        page.open_adapter(adapter)
        return page.details

    return show


def known(details):
    """Return the names and values that are seen."""
    return {name: plain(value.text()) for name, value in details.facts.values.items() if value.isVisible()}


# ------------------------------------------------------------ what is known


def test_the_page_says_what_is_known(desk, show):
    adapter = desk.add("Pirate", base="Tiny Instruct")
    details = show(adapter)
    assert details.name.text() == "Pirate"
    assert known(details) == {
        "Made for": "Tiny Instruct",
        "Architecture": "llama",
        "Rank": "4",
        "Changes": "7 weights: attention (query, key, value, output), feed-forward (gate, up, down)",
        "Where from": "Added from its place",
        "File": adapter.path,
        "Size": "8 kB",
        "SHA-256": adapter.sha256,
        "Used in": "No chat yet",
        "Added": "Today",
        "Last used": "Not yet",
    }
    assert details.verdict.words.text() == "Made for Tiny Instruct, as declared"
    assert details.reason.text().endswith("Compare answers with and without it before you rely on it.")


def test_where_it_is_from_is_told(desk, show, monkeypatch):
    asked = []
    monkeypatch.setattr(module, "ask_before_opening", lambda _parent, url: asked.append(url))
    details = show(desk.add_from_hub("Haiku", 1))
    assert (known(details)["Where from"], known(details)["License"]) == ("a/haiku", "mit")
    assert known(details)["Made for"] == "It does not say"
    details.facts.repo_button.click()
    assert asked == [f"{desk.connection.door.endpoint}/a/haiku"]
    assert known(show(desk.add_converted("Letters", 2)))["Where from"] == "Converted here from a PEFT folder"
    made = desk.add("Mix", 3, source=SOURCE_FLATTENED)
    assert known(show(made))["Where from"] == "Made here from a stack of adapters"
    assert known(show(desk.add("Tide", 4, source=SOURCE_TRAINED)))["Where from"] == "Trained here"
    assert not details.facts.repo_button.isVisible()


def test_the_hash_can_be_copied(desk, show):
    adapter = desk.add()
    details = show(adapter)
    details.facts.copy_button.click()
    assert QGuiApplication.clipboard().text() == adapter.sha256
    details.hide()


def test_what_the_library_learns_is_shown(desk, show):
    adapter = desk.add()
    details = show(adapter)
    desk.chat_with(adapter, 2)
    assert known(details)["Used in"] == "2 chats"


def test_what_is_not_for_the_model_says_why(desk, show):
    details = show(desk.add("Wide", shape=WIDE))
    assert details.verdict.words.text() == "Not for this model"
    assert "its layers are 64 wide" in details.reason.text()
    assert not details.chat_button.isEnabled()
    assert details.effect.plain.text() == "It cannot act on this model."
    assert not details.effect.measure_button.isVisible()


def test_it_is_added_to_the_chat(qtbot, desk, page, show):
    adapter = desk.add()
    details = show(adapter)
    with qtbot.waitSignal(page.chat_wanted) as wanted:
        details.chat_button.click()
    assert wanted.args == [adapter]
    assert not details.state.isVisible()
    desk.stack(adapter)
    assert details.state.isVisible()
    assert not details.chat_button.isEnabled()
    desk.stack(*(desk.add(f"a{number}", number + 10) for number in range(8)))
    assert details.full.isVisible()


# ------------------------------------------------------------ what it does


def test_its_effect_is_measured_with_the_numbers(qtbot, desk, show):
    details = show(desk.add())
    effect = details.effect
    desk.effect = None
    assert effect.plain.text() == NOT_MEASURED
    effect.measure_button.click()
    qtbot.waitUntil(lambda: bool(desk.measured))
    assert effect.bar.isVisible()
    assert not effect.measure_button.isVisible()
    desk.measured[0](EFFECT)
    qtbot.waitUntil(lambda: effect.told.words.text() == effect_sentence(EFFECT))
    assert plain(effect.numbers.text()) == (
        "746 tokens · loss \u22120.250 ± 0.010 nats a token · divergence 0.200 nats · same word in 75%"
    )
    assert effect.measure_button.text() == "Measure again"
    assert not effect.bar.isVisible()


def test_measuring_can_be_stopped(qtbot, desk, show, monkeypatch):
    stopped = []
    monkeypatch.setattr(desk.engine, "stop", stopped.append)
    effect = show(desk.add()).effect
    desk.effect = None
    effect.measure_button.click()
    qtbot.waitUntil(lambda: bool(desk.measured))
    effect.stop_button.click()
    assert stopped == [7]
    assert effect.plain.text() == NOT_MEASURED
    assert not effect.stop_button.isVisible()


def test_without_a_model_there_is_nothing_to_measure_it_on(desk, show):
    details = show(desk.add())
    desk.use(None)
    assert details.effect.plain.text() == NO_MODEL
    assert not details.effect.measure_button.isVisible()
    assert not details.verdict.isVisible()


# ------------------------------------------------------------ another one beside it


def test_it_is_compared_with_another_one(qtbot, desk, show):
    pirate = desk.add("Pirate", 1)
    details = show(desk.add("Haiku", 2))
    menu = details.pair.menu
    menu.aboutToShow.emit()
    assert [action.text() for action in menu.actions()] == ["Pirate"]
    menu.actions()[0].trigger()
    qtbot.waitUntil(lambda: isinstance(details.pair.result, PairRow))
    assert "“Haiku” and “Pirate”" in details.pair.result.sentence.text()
    show(pirate)
    assert details.pair.result is None


# ------------------------------------------------------------ gone, and removed


def test_a_missing_file_is_found_again(qtbot, desk, show, tmp_path, monkeypatch):
    adapter = desk.add()
    moved = Path(adapter.path).rename(tmp_path / "moved.gguf")
    desk.refresh()
    details = show(adapter)
    assert details.missing_panel.isVisible()
    assert adapter.path in details.missing_panel.words.text().replace("\u200b", "")
    assert not details.chat_button.isVisible()
    assert not details.remove_button.isVisible()
    assert not details.missing_panel.again_button.isVisible()
    other = lora_adapter(seed=9).write(tmp_path / "other.gguf")
    for path, signal in ((other, desk.library.refused), (moved, desk.library.changed)):
        monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_, path=path: (str(path), ""))
        with qtbot.waitSignal(signal):
            details.missing_panel.find_button.click()
    assert not details.missing_panel.isVisible()
    assert known(details)["File"] == str(moved)


def test_a_lost_download_is_downloaded_again(qtbot, desk, show):
    desk.connection.set_open(False)
    adapter = desk.add_from_hub()
    Path(adapter.path).unlink()
    desk.refresh()
    details = show(adapter)
    with qtbot.waitSignal(desk.queue.changed):
        details.missing_panel.again_button.click()
    (item,) = desk.queue.items
    assert (item.kind, item.repo, item.model_id) == ("adapter", "a/haiku", desk.session.model.id)
    assert details.missing_panel.again_button.text() == "Being downloaded"
    details.download_again(adapter)
    assert len(desk.queue.items) == 1


@pytest.mark.parametrize(
    ("n_chats", "chats"),
    [
        (0, ""),
        (1, " 1 chat has it in its stack, where it is shown as missing from then on."),
        (3, " 3 chats have it in their stacks, where it is shown as missing from then on."),
    ],
)
def test_removing_says_whether_the_file_is_deleted_and_who_uses_it(qtbot, desk, show, monkeypatch, n_chats, chats):
    asked = answer_questions_with(monkeypatch, "Delete", "Remove")
    kept, own = desk.add_converted("Haiku", 1), desk.add("Pirate", 2)
    for adapter in (kept, own):
        desk.chat_with(adapter, n_chats)
    details = show(kept)
    assert details.remove_button.text() == "Delete"
    with qtbot.waitSignal(details.back_wanted):
        details.remove_button.click()
    details = show(own)
    assert details.remove_button.text() == "Remove from the library"
    with qtbot.waitSignal(details.back_wanted):
        details.remove_button.click()
    deleted = "Its file is deleted from this computer. Nothing can bring the file back."
    assert asked == [
        ("Delete Haiku?", f"{deleted}{chats}"),
        ("Remove Pirate?", f"Its file stays where it is.{chats}"),
    ]
    assert (Path(kept.path).exists(), Path(own.path).exists()) == (False, True)
    assert desk.library.adapters == ()


def test_what_is_to_be_kept_is_kept(qtbot, desk, show, monkeypatch):
    asked = answer_questions_with(monkeypatch, "Keep it")
    adapter = desk.add_from_hub()
    show(adapter).remove_button.click()
    qtbot.waitUntil(lambda: bool(asked))
    assert "Only another download can bring it back." in asked[0][1]
    assert desk.library.adapters == (adapter,)


# ------------------------------------------------------------ for everybody


def test_escape_leads_back_to_its_card(qtbot, desk, page, here, show):
    adapter = desk.add("Pirate")
    here.wait()
    details = show(adapter)
    page.activateWindow()
    qtbot.keyClick(details, Qt.Key.Key_Escape)
    assert page.stack.currentWidget() is here
    qtbot.waitUntil(here.cards[0].hasFocus)


def test_everything_has_a_name(desk, page, show):
    show(desk.add_from_hub())
    assert nameless(page) == []


@pytest.mark.parametrize("step", [0, 6])
def test_long_names_and_large_text_do_not_make_the_page_wider(qapp, desk, page, show, step):
    theme().apply(qapp, "light", step)
    details = show(desk.add("Long-<b>Name</b>".replace("/", "_") * 6, base="x" * 200))
    page.resize(564, 480)
    assert details.horizontalScrollBar().maximum() == 0
    assert not page.grab().isNull()
    theme().apply(qapp, "light")
