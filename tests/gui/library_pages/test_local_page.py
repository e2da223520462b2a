"""The list of models that are here: its cards, what other programs have, and what is said where nothing is."""

import os

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel

from desktop_app.gui.library.local_page import CARDS_AT_ONCE, LocalPage
from desktop_app.gui.theme import theme
from desktop_app.library.elsewhere import FoundModel
from desktop_app.library.outlook import Fit
from tests.gui.library_pages.steps_local import damage, nameless, open_desk
from tests.support.gguf_files import llama_model


@pytest.fixture
def desk(qtbot, store, background, data_folder, monkeypatch):
    monkeypatch.setattr("desktop_app.jobs.model_finder.find_elsewhere", lambda: ())
    with open_desk(qtbot, store, background, data_folder) as desk:
        yield desk


@pytest.fixture
def page(qtbot, desk):
    page = LocalPage(desk.library, desk.care, desk.finder)
    qtbot.addWidget(page)
    page.resize(700, 600)
    with qtbot.waitSignal(desk.finder.found):
        page.show()
    return page


@pytest.fixture
def offer(tmp_path, desk):
    """Let other programs have models of these names: `offer("Jan", "one", "two")`."""

    def offer(program, *names):
        folder = tmp_path / program
        folder.mkdir(exist_ok=True)
        found = []
        for name in names:
            path = llama_model().write(folder / f"{name}.gguf")
            found.append(FoundModel(path, program, name, path.stat().st_size, "ab" * 32))
        desk.finder.elsewhere += tuple(found)
        desk.finder.found.emit()
        return found

    return offer


def names(page):
    return [card.model.name for card in page.cards]


def words(widget):
    return [label.text() for label in widget.findChildren(QLabel) if label.isVisible()]


def action(card, text):
    return next(action for action in card.menu().actions() if action.text() == text)


# ------------------------------------------------------------ cards


def test_a_card_says_what_the_model_is_and_how_it_runs_here(qtbot, desk, page, tmp_path):
    model = desk.add(tmp_path / "Small-Q8_0.gguf")
    card = page.cards[0]
    assert card.badge.text() in {fit.value for fit in Fit}
    assert card.needs.text().startswith("Needs about ")
    assert "tokens/" not in card.facts.text()
    desk.ask(lambda r: r.models.set_speed(model.sha256, 12.4))
    desk.add(tmp_path / "Same-Q8_0.gguf")
    said = {card.model.name: card.facts.text().replace("\u2060", "").replace("\u00a0", " ") for card in page.cards}
    assert said["Small-Q8_0"].endswith("12 tokens/s here")
    assert said["Same-Q8_0"].endswith("about 12 tokens/s")


def test_cards_of_models_that_stay_are_kept(desk, page, tmp_path):
    models = [desk.add(tmp_path / f"{name}.gguf") for name in ("a", "b", "c")]
    before = {card.model.id: card for card in page.cards}
    assert names(page) == ["c", "b", "a"]
    desk.ask(lambda r: r.models.touch_used(models[0].id))
    desk.ask(lambda r: r.models.remove(models[1].id))
    desk.add(tmp_path / "d.gguf")
    assert names(page) == ["a", "d", "c"]
    kept = [card for card in page.cards if card.model.id in before]
    assert kept == [before[models[0].id], before[models[2].id]]
    assert kept[0].model.last_used_at is not None
    assert sorted(page.cards, key=lambda card: card.y()) == page.cards


def test_the_focus_stays_on_a_card_when_the_list_changes(qtbot, desk, page, tmp_path):
    desk.add(tmp_path / "a.gguf")
    page.activateWindow()
    page.cards[0].setFocus()
    qtbot.waitUntil(page.cards[0].hasFocus)
    desk.add(tmp_path / "b.gguf")
    assert QApplication.focusWidget() is page.cards[1]


def test_hundreds_of_models_come_in_slices(qtbot, desk, page, tmp_path):
    first = desk.add(tmp_path / "0.gguf")
    paths = [tmp_path / f"{number}.gguf" for number in range(1, 200)]
    for path in paths:
        os.link(first.path, path)

    def write(repositories):
        for path in paths:
            facts = {"architecture": "llama", "quant_type": "F32", "n_params": 1, "n_ctx_train": 128, "source": "file"}
            repositories.models.add(name=path.stem, path=str(path), size_bytes=first.size_bytes, **facts)

    desk.ask(write)
    at_once = []
    desk.library.changed.connect(lambda: at_once.append(len(page.cards)))
    desk.library.refresh()
    qtbot.waitUntil(lambda: len(page.cards) == 200)
    assert at_once[0] == 1 + CARDS_AT_ONCE
    assert names(page) == [str(number) for number in range(199, -1, -1)]
    qtbot.waitUntil(lambda: all(card.needs.text() for card in page.cards))


def test_a_list_that_nobody_sees_is_made_when_somebody_looks(qtbot, desk, tmp_path):
    page = LocalPage(desk.library, desk.care, desk.finder)
    qtbot.addWidget(page)
    desk.add(tmp_path / "a.gguf")
    assert page.cards == []
    with qtbot.waitSignal(desk.finder.found):
        page.show()
    assert names(page) == ["a"]
    page.cards[0].setFocus()
    page.hide()
    desk.add(tmp_path / "b.gguf")
    page.show()
    assert names(page) == ["b", "a"]


def test_a_click_or_enter_on_a_card_opens_its_details(qtbot, desk, page, tmp_path):
    model = desk.add(tmp_path / "a.gguf")
    card = page.cards[0]
    for act in (
        lambda: qtbot.mouseClick(card, Qt.MouseButton.LeftButton),
        lambda: qtbot.mouseClick(card.facts, Qt.MouseButton.LeftButton),
        lambda: qtbot.keyClick(card, Qt.Key.Key_Return),
        lambda: qtbot.keyClick(card, Qt.Key.Key_Space),
        lambda: action(card, "Details").trigger(),
    ):
        with qtbot.waitSignal(page.details_wanted) as wanted:
            act()
        assert wanted.args == [model]
    with qtbot.waitSignal(page.chat_wanted), qtbot.assertNotEmitted(page.details_wanted):
        qtbot.mouseClick(card.chat_button, Qt.MouseButton.LeftButton)


def test_a_press_that_ends_elsewhere_opens_nothing(qtbot, desk, page, tmp_path):
    desk.add(tmp_path / "a.gguf")
    card = page.cards[0]
    with qtbot.assertNotEmitted(page.details_wanted):
        qtbot.mousePress(card, Qt.MouseButton.LeftButton)
        qtbot.mouseRelease(card, Qt.MouseButton.LeftButton, pos=card.rect().bottomLeft() * 3)


def test_the_menu_offers_what_can_be_done(qtbot, desk, page, tmp_path, monkeypatch):
    opened = []
    monkeypatch.setattr("PySide6.QtGui.QDesktopServices.openUrl", lambda url: opened.append(url.toLocalFile()))
    desk.add(tmp_path / "listed.gguf")
    kept = desk.add_from_hub()
    of_kept, of_listed = page.cards
    assert [each.text() for each in of_kept.menu().actions() if each.text()][-1] == "Delete"
    assert [each.text() for each in of_listed.menu().actions() if each.text()] == [
        "Details",
        "Verify",
        "Show in folder",
        "Remove from the list",
    ]
    with qtbot.waitSignal(page.delete_wanted) as wanted:
        action(of_kept, "Delete").trigger()
    assert wanted.args == [kept]
    with qtbot.waitSignal(page.remove_wanted):
        action(of_listed, "Remove from the list").trigger()
    with qtbot.waitSignal(page.verify_wanted):
        action(of_listed, "Verify").trigger()
    action(of_listed, "Show in folder").trigger()
    assert opened == [str(tmp_path)]
    shown = []
    monkeypatch.setattr("PySide6.QtWidgets.QMenu.popup", lambda menu, place: shown.append(menu))
    qtbot.mouseClick(of_listed.more_button, Qt.MouseButton.LeftButton)
    assert len(shown[0].actions()) == len(of_listed.menu().actions())


def test_a_missing_model_offers_the_ways_back(qtbot, desk, page, tmp_path):
    listed = desk.add(tmp_path / "listed.gguf")
    kept = desk.add_from_hub()
    (tmp_path / "listed.gguf").unlink()
    (desk.folder.models / "owner/Tiny-GGUF/Tiny-Q8_0.gguf").unlink()
    desk.refresh()
    of_kept, of_listed = page.cards
    assert of_listed.state.text() == "Missing"
    assert str(tmp_path) in of_listed.note.text().replace("\u200b", "")
    assert not of_listed.chat_button.isVisible()
    assert not of_listed.download_button.isVisible()
    assert of_kept.download_button.isVisible()
    for button, signal, model in (
        (of_listed.find_button, page.find_wanted, listed),
        (of_listed.remove_button, page.remove_wanted, listed),
        (of_kept.download_button, page.download_wanted, kept),
    ):
        with qtbot.waitSignal(signal) as wanted:
            button.click()
        assert wanted.args == [model]
    assert [each.text() for each in of_kept.menu().actions() if each.text()] == ["Details", "Remove from the list"]
    llama_model().write(tmp_path / "listed.gguf")
    desk.refresh()
    assert of_listed.chat_button.isVisible()
    assert not of_listed.find_button.isVisible()
    assert not of_listed.state.isVisible()


def test_the_model_in_use_is_marked(desk, page, tmp_path):
    model = desk.add(tmp_path / "a.gguf")
    desk.add(tmp_path / "b.gguf")
    page.set_in_use(model.path)
    assert [card.state.text() for card in page.cards] == ["", "In use"]
    desk.add(tmp_path / "c.gguf")
    page.set_in_use("")
    assert not any(card.state.isVisible() for card in page.cards)


def test_a_card_says_that_its_model_is_checked_and_that_it_is_damaged(qtbot, desk, page, tmp_path, monkeypatch):
    model = desk.add(tmp_path / "a.gguf")
    card = page.cards[0]
    damage(model)
    seen = []
    desk.care.verifying.connect(lambda: seen.append(card.state.text()))
    with qtbot.waitSignal(desk.care.damaged):
        desk.care.verify(model)
    assert seen[0].startswith("Being checked, ")
    assert card.state.text() == "Damaged"
    damage(model)  # back again
    with qtbot.waitSignal(desk.library.changed):
        desk.care.verify(model)
    assert not card.state.isVisible()


# ------------------------------------------------------------ an empty library


def test_an_empty_library_says_what_to_do_next(qtbot, desk, page, tmp_path):
    assert words(page) == []  # nothing is known yet
    desk.refresh()
    assert "No model is here yet" in words(page)
    with qtbot.waitSignal(page.browse_wanted):
        page.browse_button.click()
    with qtbot.waitSignal(page.file_wanted):
        page.file_button.click()
    desk.add(tmp_path / "a.gguf")
    assert "No model is here yet" not in words(page)


# ------------------------------------------------------------ other programs


def test_models_of_other_programs_are_added_where_they_lie(qtbot, desk, page, offer):
    desk.refresh()
    assert not page.elsewhere.isVisible()
    first, second = offer("LM Studio", "one", "two")
    assert page.elsewhere.isVisible()
    assert {"On this computer already", "LM Studio", "one", str(first.path)} <= set(words(page.elsewhere))
    with qtbot.waitSignal(desk.library.looked), qtbot.waitSignal(desk.library.added) as added:
        page.elsewhere.add_buttons[0].click()
        assert not page.elsewhere.add_buttons[0].isEnabled()
    (model,) = added.args
    assert (model.path, model.sha256) == (str(first.path), first.sha256)
    assert names(page) == ["one"]
    assert "one" not in words(page.elsewhere)
    assert len(page.elsewhere.add_buttons) == 1
    assert second.name in words(page.elsewhere)


def test_all_of_one_program_are_added_with_one_button(qtbot, desk, page, offer):
    offer("Jan", "alone")
    offer("LM Studio", "one", "two")
    desk.refresh()
    add_all = [button for button in page.elsewhere.focus_widgets() if button.isVisible() and "all" in button.text()]
    assert [button.text() for button in add_all] == ["Add all 2"]
    add_all[0].click()
    qtbot.waitUntil(lambda: sorted(names(page)) == ["one", "two"])
    assert len(page.elsewhere.add_buttons) == 1


def test_what_could_not_be_added_is_still_offered(qtbot, desk, page, offer):
    (found,) = offer("Jan", "one")
    desk.refresh()
    found.path.write_bytes(b"no model")
    with qtbot.waitSignal(desk.library.refused):
        page.elsewhere.add_buttons[0].click()
    assert page.elsewhere.add_buttons[0].isEnabled()
    assert names(page) == []


def test_many_models_of_other_programs_are_folded(desk, page, offer):
    offer("Jan", "a", "b", "c")
    offer("LM Studio", "d", "e", "f")
    desk.refresh()
    fold = page.elsewhere.fold_button
    assert fold.text().strip() == "Show 6 models of Jan and LM Studio"
    assert not any(button.isVisible() for button in page.elsewhere.add_buttons)
    fold.click()
    assert len(page.elsewhere.add_buttons) == 6
    assert all(button.isVisible() for button in page.elsewhere.add_buttons)
    fold.click()
    assert not any(button.isVisible() for button in page.elsewhere.add_buttons)


def test_other_programs_are_looked_at_again_after_a_while(qtbot, desk, page, monkeypatch):
    with qtbot.assertNotEmitted(desk.finder.found, wait=50):
        page.hide()
        page.show()
    monkeypatch.setattr("desktop_app.gui.library.local_page.LOOK_AGAIN_S", -1.0)
    page.hide()
    with qtbot.waitSignal(desk.finder.found):
        page.show()


# ------------------------------------------------------------ for everybody


def test_the_tab_key_follows_what_is_seen(qtbot, desk, page, offer, tmp_path):
    offer("LM Studio", "one", "two")
    oldest = desk.add(tmp_path / "a.gguf")
    desk.add(tmp_path / "b.gguf")
    desk.ask(lambda r: r.models.touch_used(oldest.id))
    desk.refresh()
    page.activateWindow()
    page.setFocus()
    qtbot.waitUntil(page.hasFocus)
    visited = []
    for _ in range(9):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        visited.append(QApplication.focusWidget().accessibleName())
    assert visited == [
        *("a", "Chat with a", "More for a", "b", "Chat with b", "More for b"),
        *("Add all models of LM Studio", "Add one", "Add two"),
    ]


def test_everything_has_a_name(desk, page, offer, tmp_path):
    offer("LM Studio", "one", "two")
    model = desk.add(tmp_path / "a.gguf")
    desk.add_from_hub()
    (tmp_path / "a.gguf").unlink()
    desk.refresh()
    assert nameless(page) == []
    assert page.cards[1].accessibleName() == model.name
    assert "Missing" in page.cards[1].accessibleDescription()


@pytest.mark.parametrize("step", [0, 6])
def test_long_names_and_large_text_do_not_make_the_page_wider(qapp, desk, page, offer, tmp_path, step):
    theme().apply(qapp, "light", step)
    folder = tmp_path / ("a-very-long-name-of-a-folder" * 5)
    model = desk.add(folder / f"{'Long-<b>Name</b>'.replace('/', '_') * 5}.gguf")
    desk.add_from_hub()
    (desk.folder.models / "owner/Tiny-GGUF/Tiny-Q8_0.gguf").unlink()
    desk.refresh()
    offer("LM Studio", "x" * 150)
    page.resize(564, 480)
    assert page.horizontalScrollBar().maximum() == 0
    assert page.cards[1].name.text() == model.name
    assert not page.grab().isNull()
    theme().apply(qapp, "light")
