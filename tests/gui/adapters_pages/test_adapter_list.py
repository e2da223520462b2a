"""The list of adapters that are here: what a card says and offers, and hundreds of them."""

from itertools import pairwise
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFileDialog

from desktop_app.adapters.catalog import add_adapter
from desktop_app.adapters.effect import effect_sentence
from desktop_app.adapters.stack import MAX_ADAPTERS
from desktop_app.errors import UserError
from desktop_app.gui.adapters.standings import IN_STACK, STACK_IS_FULL
from desktop_app.gui.theme import theme
from tests.gui.adapters_pages.conftest import EFFECT, NO_EFFECT, WIDE, action, nameless, said
from tests.gui.pages.steps import answer_questions_with
from tests.support.gguf_files import lora_adapter

MANY = 200


def names(here):
    return [card.adapter.name for card in here.cards]


# ------------------------------------------------------------ what a card says


def test_a_card_says_what_the_adapter_is_and_who_uses_it(desk, here):
    adapter = desk.add("Pirate", base="Tiny Instruct")
    desk.chat_with(adapter, 3)
    (card,) = here.wait()
    assert card.adapter.name == "Pirate"
    assert said(card) == ["rank 4 · 8 kB · used in 3 chats", "Made for Tiny Instruct, as declared"]


def test_a_card_says_how_far_its_adapter_can_be_trusted(desk, here, tmp_path):
    desk.add("Stranger", 1)
    desk.add("Wide", 2, WIDE, base="Wide-3B")
    desk.add("Own", 3, base="Tiny Instruct")
    cards = {card.adapter.name: said(card)[1:] for card in here.wait()}
    assert cards["Own"] == ["Made for Tiny Instruct, as declared"]
    assert cards["Stranger"][0] == "Loads, unverified"
    assert cards["Stranger"][1].endswith("but does not say which model it was made for.")
    assert cards["Wide"][0] == "Not for this model"
    assert "its layers are 64 wide" in cards["Wide"][1]
    wide = desk.add_model(tmp_path / "wide.gguf", WIDE, "Wide 3B")
    desk.use(wide)
    cards = {card.adapter.name: said(card)[1:] for card in here.wait()}
    assert cards["Wide"] == ["Made for Wide-3B, as declared"]
    assert cards["Own"][0] == "Not for this model"


def test_what_an_adapter_was_recorded_to_be_made_for_is_verified(desk, here):
    from desktop_app.adapters.identity import base_identity
    from desktop_app.library.gguf import read_header

    identity = base_identity(read_header(Path(desk.session.model.path)))
    proof = {
        "moatless__base__norms_sha256": identity.norms_sha256,
        "moatless__base__vocab_sha256": identity.vocab_sha256,
    }
    path = lora_adapter().with_metadata(general__name="Own", **proof).write(Path(desk.folder.root) / "own.gguf")
    desk.ask(lambda r: add_adapter(r.adapters, path))
    desk.refresh()
    (card,) = here.wait()
    assert said(card)[1] == f"Verified for {desk.session.model.name}"


def test_without_a_model_nothing_is_said_about_it(desk, page, here):
    desk.add("Pirate", base="Tiny Instruct")
    assert here.intro.text().endswith(f"about {desk.session.model.name}, the model in use.")
    desk.use(None)
    (card,) = here.wait()
    assert said(card) == ["for Tiny Instruct · rank 4 · 8 kB"]
    assert not card.measure_button.isVisible()
    assert here.intro.text().endswith("in a small file.")


# ------------------------------------------------------------ what it does


def test_an_effect_is_measured_and_told(qtbot, desk, here):
    adapter = desk.add("Pirate", base="Tiny Instruct")
    desk.effect = None
    (card,) = here.wait()
    assert card.measure_button.text() == "Measure effect"
    card.measure_button.click()
    qtbot.waitUntil(lambda: bool(desk.measured))
    here.wait()
    assert said(card)[-1] == f"Measuring what it does to {desk.session.model.name}…"
    assert card.measure_button.text() == "Stop"
    desk.measured[0](EFFECT)
    qtbot.waitUntil(lambda: desk.proofs.proof(adapter, desk.session.model) is not None)
    here.wait()
    assert said(card)[-1] == effect_sentence(EFFECT)
    assert not card.measure_button.isVisible()
    desk.effect = NO_EFFECT
    action(card, "Measure effect again").trigger()
    qtbot.waitUntil(lambda: said(card)[-1] == "This adapter does not change the answers of this model.")


def test_a_measurement_can_be_stopped(qtbot, desk, here, monkeypatch):
    stopped = []
    monkeypatch.setattr(desk.engine, "stop", stopped.append)
    desk.add("Pirate", base="Tiny Instruct")
    desk.effect = None
    (card,) = here.wait()
    card.measure_button.click()
    qtbot.waitUntil(lambda: bool(desk.measured))
    card.measure_button.click()
    here.wait()
    assert stopped == [7]
    assert said(card) == ["rank 4 · 8 kB", "Made for Tiny Instruct, as declared"]
    assert card.measure_button.text() == "Measure effect"


def test_what_could_not_be_measured_says_why(qtbot, desk, here):
    desk.add("Pirate", base="Tiny Instruct")
    desk.effect = UserError("The engine stopped.", "Try again.")
    (card,) = here.wait()
    card.measure_button.click()
    qtbot.waitUntil(lambda: said(card)[-1] == "The engine stopped. Try again.")
    desk.effect = EFFECT
    card.measure_button.click()
    qtbot.waitUntil(lambda: said(card)[-1] == effect_sentence(EFFECT))


def test_what_was_measured_before_is_told(qtbot, desk, here):
    adapter = desk.add("Pirate", base="Tiny Instruct")
    desk.ask(lambda r: r.adapters.set_proof(adapter.sha256, desk.session.model.sha256, EFFECT))
    desk.proofs.read(desk.session.model)
    qtbot.waitUntil(lambda: said(here.wait()[0])[-1] == effect_sentence(EFFECT))


# ------------------------------------------------------------ adding to the chat


def test_one_is_added_to_the_chat_where_it_can_be(qtbot, desk, page, here):
    adapter = desk.add("Pirate")
    (card,) = here.wait()
    with qtbot.waitSignal(page.chat_wanted) as wanted:
        card.chat_button.click()
    assert wanted.args == [adapter]
    desk.stack(adapter)
    here.wait()
    assert "In this chat" in said(card)
    assert (card.chat_button.isEnabled(), card.chat_button.toolTip()) == (False, IN_STACK)


def test_what_is_not_for_the_model_cannot_be_added(desk, here):
    desk.add("Wide", shape=WIDE)
    (card,) = here.wait()
    assert not card.chat_button.isEnabled()
    assert card.chat_button.toolTip() == card.chat_button.accessibleDescription() == said(card)[-1]
    assert not card.measure_button.isVisible()


def test_a_full_stack_takes_no_more(desk, here):
    others = [desk.add(f"a{number}", number) for number in range(MAX_ADAPTERS)]
    desk.add("one more", 99)
    desk.stack(*others)
    cards = {card.adapter.name: card for card in here.wait()}
    assert cards["one more"].chat_button.toolTip() == STACK_IS_FULL
    desk.stack(*others[1:])
    here.wait()
    assert cards["one more"].chat_button.isEnabled()


# ------------------------------------------------------------ the card as something to use


def test_a_click_or_enter_on_a_card_opens_its_details(qtbot, desk, here):
    adapter = desk.add("Pirate")
    (card,) = here.wait()
    for act in (
        lambda: qtbot.mouseClick(card, Qt.MouseButton.LeftButton),
        lambda: qtbot.keyClick(card, Qt.Key.Key_Return),
        lambda: action(card, "Details").trigger(),
    ):
        with qtbot.waitSignal(here.details_wanted) as wanted:
            act()
        assert wanted.args == [adapter]


def test_a_missing_adapter_offers_the_ways_back(qtbot, desk, here, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("", ""))
    answer_questions_with(monkeypatch, "Keep it")
    own, kept = desk.add("Pirate", 1), desk.add_from_hub("Haiku", 2)
    for adapter in (own, kept):
        Path(adapter.path).unlink()
    desk.refresh()
    of_kept, of_own = here.wait()
    assert said(of_own)[0] == "Missing"
    assert str(own.path) in said(of_own)[-1]
    assert not of_own.chat_button.isVisible()
    assert not of_own.download_button.isVisible()
    for button, signal, adapter in (
        (of_own.find_button, here.find_wanted, own),
        (of_own.forget_button, here.remove_wanted, own),
        (of_kept.download_button, here.download_wanted, kept),
    ):
        with qtbot.waitSignal(signal) as wanted:
            button.click()
        assert wanted.args == [adapter]
    assert [each.text() for each in of_own.menu().actions() if each.text()] == ["Details", "Remove"]
    lora_adapter(seed=1).with_metadata(general__name="Pirate").write(Path(own.path))
    desk.refresh()
    here.wait()
    assert of_own.chat_button.isVisible()
    assert not of_own.find_button.isVisible()


def test_the_menu_shows_its_folder(desk, here, monkeypatch):
    opened = []
    monkeypatch.setattr("PySide6.QtGui.QDesktopServices.openUrl", lambda url: opened.append(url.toLocalFile()))
    adapter = desk.add("Pirate")
    (card,) = here.wait()
    action(card, "Show in folder").trigger()
    assert opened == [str(Path(adapter.path).parent)]


# ------------------------------------------------------------ none, and hundreds


def test_an_empty_list_says_what_an_adapter_is_and_what_to_do_next(qtbot, desk, page, here):
    assert here.browse_button.isVisible()
    assert [action.text() for action in here.add_button.menu().actions()] == [
        "A GGUF file",
        "A PEFT folder, to be converted",
    ]
    with qtbot.waitSignal(page.finding):
        here.browse_button.click()
    page.show_view(0)
    desk.add("Pirate")
    here.wait()
    assert not here.browse_button.isVisible()
    assert here.intro.isVisible()


def test_hundreds_of_adapters_come_in_slices_and_stay(qtbot, desk, page, here):
    paths = [
        lora_adapter(seed=n, rank=1).with_metadata(general__name=f"a{n}").write(desk.folder.root / f"{n}.gguf")
        for n in range(MANY)
    ]
    desk.ask(lambda r: [add_adapter(r.adapters, path) for path in paths])
    at_once = []
    desk.library.changed.connect(lambda: at_once.append(len(here.cards)))
    desk.library.refresh()
    qtbot.waitUntil(lambda: len(here.cards) == MANY)
    assert at_once[0] < MANY / 4
    here.wait()
    assert names(here) == [f"a{n}" for n in reversed(range(MANY))]
    tops = [card.y() for card in here.cards]
    assert tops == sorted(set(tops))
    before = list(here.cards)
    page.hide()
    page.show()
    qtbot.waitUntil(lambda: not here._to_show)
    assert here.cards == before


def test_cards_of_adapters_that_stay_are_kept(desk, here):
    adapters = [desk.add(name, seed) for seed, name in enumerate("abc")]
    before = {card.adapter.name: card for card in here.wait()}
    assert names(here) == ["c", "b", "a"]
    desk.ask(lambda r: r.adapters.touch_used(adapters[0].id))
    desk.ask(lambda r: r.adapters.remove(adapters[1].id))
    desk.add("d", 9)
    here.wait()
    assert names(here) == ["a", "d", "c"]
    assert (here.cards[0], here.cards[2]) == (before["a"], before["c"])
    tops = [card.y() for card in here.cards]
    assert tops == sorted(tops)


def test_a_narrower_window_makes_cards_higher_and_none_cover_another(qtbot, desk, page, here):
    for number in range(30):
        desk.add(f"Adapter with a name of its own, number {number}", number, base="Another-Model-Altogether-7B")
    cards = here.wait()
    heights = [card.height() for card in cards]
    page.resize(440, 600)
    qtbot.waitUntil(lambda: all(card.width() == cards[0].width() for card in cards))
    assert cards[0].width() < 440
    assert all(card.height() > before for card, before in zip(cards, heights, strict=True))
    for card, following in pairwise(cards):
        assert following.y() >= card.y() + card.height()


# ------------------------------------------------------------ for everybody


def test_the_tab_key_follows_what_is_seen(qtbot, desk, page, here):
    adapter = desk.add("a", 1)
    desk.add("b", 2)
    here.wait()
    desk.ask(lambda r: r.adapters.touch_used(adapter.id))
    desk.refresh()
    here.wait()
    page.activateWindow()
    here.setFocus()
    qtbot.waitUntil(here.hasFocus)
    visited = []
    for _ in range(8):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        visited.append(QApplication.focusWidget().accessibleName())
    assert visited == [
        *("a", "Add a to chat", "Measure the effect of a", "More for a"),
        *("b", "Add b to chat", "Measure the effect of b", "More for b"),
    ]


def test_everything_has_a_name_and_a_card_says_all_to_a_screen_reader(desk, page, here):
    adapter = desk.add("Pirate", 1)
    desk.add_from_hub("Haiku", 2)
    Path(adapter.path).unlink()
    desk.refresh()
    haiku, pirate = here.wait()
    assert nameless(page) == []
    assert pirate.accessibleName() == "Pirate"
    assert pirate.accessibleDescription().startswith("Missing. ")
    assert "Loads, unverified" in haiku.accessibleDescription()
    assert haiku.accessibleDescription().endswith("Enter shows its details.")


@pytest.mark.parametrize("step", [0, 6])
def test_long_names_and_large_text_do_not_make_the_page_wider(qapp, desk, page, here, step):
    desk.add("Long-<b>Name</b>".replace("/", "_") * 6, base="x" * 200)
    theme().apply(qapp, "light", step)
    page.resize(564, 480)
    (card,) = here.wait()
    assert here.horizontalScrollBar().maximum() == 0
    assert card.height() >= card.heightForWidth(card.width())
    assert not page.grab().isNull()
    theme().apply(qapp, "light")
