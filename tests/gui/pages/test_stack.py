"""The stack on the message box: adding, mixing, switching, ordering and comparing what models learned."""

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from desktop_app.gui.adapters.scale_slider import ScaleSlider
from desktop_app.jobs.chat_session import Status
from desktop_app.storage.adapters import Adapters
from desktop_app.storage.database import Database
from tests.gui.pages.steps import send, type_message
from tests.support.stacks import add_adapters, entry


@pytest.fixture
def adapters(data_folder, tmp_path):
    """Three adapters in the library, before the window opens."""
    data_folder.create()
    database = Database.open(data_folder.database)
    try:
        return add_adapters(Adapters(database), tmp_path, "Letters", "Tone", "Humour")
    finally:
        database.close()


@pytest.fixture
def opened(qtbot, adapters, app):
    """The program with the adapters looked at; none is for the model in use, which the echo engine does not mind."""
    workspace = app()
    qtbot.waitUntil(lambda: len(workspace.adapter_library.adapters) == len(adapters))
    qtbot.waitUntil(lambda: workspace.adapter_library.verdict(workspace.adapter_library.adapters[0]) is not None)
    return workspace


def bar(app):
    return app.chat.composer.stack


def names(app):
    return [chip.entry.name for chip in bar(app).chips]


def settle(qtbot, app):
    """Wait until what was set is the conversation's."""
    qtbot.waitUntil(lambda: app.session.conversation.stack == bar(app).stack)


def choices(menu_button):
    menu_button.menu().aboutToShow.emit()
    return {action.text(): action for action in menu_button.menu().actions() if action.text()}


def test_without_adapters_there_is_one_quiet_button_that_leads_to_them(qtbot, app):
    workspace = app()
    assert not bar(workspace).chips
    assert bar(workspace).add.text() == "Add adapter"
    assert not bar(workspace).compare.isVisible()
    assert list(choices(bar(workspace).add)) == ["More adapters"]
    with qtbot.waitSignal(workspace.chat.adapters_wanted):
        choices(bar(workspace).add)["More adapters"].trigger()


def test_an_adapter_that_is_not_for_the_model_cannot_be_added_and_says_why(opened):
    action = choices(bar(opened).add)["Letters"]
    assert not action.isEnabled()
    assert "was made for another model" in action.toolTip()


def test_an_adapter_is_added_once_and_acts_on_the_next_answer(qtbot, opened, adapters):
    bar(opened)._add(adapters[0])
    settle(qtbot, opened)
    assert names(opened) == ["Letters"]
    assert "Letters" not in choices(bar(opened).add)
    answer = send(qtbot, opened, "hello")
    assert answer.stack == (entry(adapters[0]),)


def test_what_was_set_right_before_sending_acts(qtbot, opened, adapters):
    opened.session.set_stack((entry(adapters[0]),))
    bar(opened).chips[0].slider.setValue(40)
    assert send(qtbot, opened, "hello").stack == (entry(adapters[0], 0.4),)


def test_a_slider_goes_where_it_is_clicked_and_back_to_one_on_a_double_click(qtbot, opened, adapters):
    opened.session.set_stack((entry(adapters[0], 0.5),))
    slider = bar(opened).chips[0].slider
    QTest.mouseClick(slider, Qt.MouseButton.LeftButton, pos=QPoint(slider.width() - 2, slider.height() // 2))
    settle(qtbot, opened)
    assert opened.session.conversation.stack[0].scale == 2.0
    QTest.mouseDClick(slider, Qt.MouseButton.LeftButton, pos=QPoint(4, slider.height() // 2))
    settle(qtbot, opened)
    assert opened.session.conversation.stack[0].scale == 1.0


def test_a_slider_listens_to_the_keyboard_and_not_to_the_wheel(qtbot):
    slider = ScaleSlider("hue_1", "Letters")
    qtbot.addWidget(slider)
    with qtbot.waitSignal(slider.scale_changed) as moved:
        qtbot.keyClick(slider, Qt.Key.Key_Right)
    assert moved.args == [1.05]
    assert slider.accessibleName() == "Scale of Letters"


def test_an_adapter_is_switched_off_and_on_without_losing_its_scale(qtbot, opened, adapters):
    opened.session.set_stack((entry(adapters[0], 0.7),))
    chip = bar(opened).chips[0]
    qtbot.mouseClick(chip.dot, Qt.MouseButton.LeftButton)
    settle(qtbot, opened)
    assert opened.session.conversation.stack == (entry(adapters[0], 0.7, is_on=False),)
    assert not chip.slider.isEnabled()
    qtbot.mouseClick(chip.dot, Qt.MouseButton.LeftButton)
    settle(qtbot, opened)
    assert opened.session.conversation.stack == (entry(adapters[0], 0.7),)


def test_chips_change_places_by_dragging_their_names_and_by_their_menu(qtbot, opened, adapters):
    opened.session.set_stack(tuple(map(entry, adapters)))
    first = bar(opened).chips[0]
    first.dragged.emit(bar(opened).chips[1].mapToGlobal(QPoint(5, 5)))
    assert names(opened) == ["Tone", "Letters", "Humour"]
    move_right = next(action for action in first.actions() if action.text() == "Move to the right")
    move_right.trigger()
    settle(qtbot, opened)
    assert [each.name for each in opened.session.conversation.stack] == ["Tone", "Humour", "Letters"]
    assert first in bar(opened).chips  # it was in the person's hand


def test_a_chip_leaves_the_stack(qtbot, opened, adapters):
    opened.session.set_stack(tuple(map(entry, adapters)))
    qtbot.mouseClick(bar(opened).chips[1].remove, Qt.MouseButton.LeftButton)
    settle(qtbot, opened)
    assert names(opened) == ["Letters", "Humour"]


def test_there_is_room_for_eight(qtbot, opened, adapters):
    opened.session.set_stack(tuple(entry(adapters[number % 3], number / 10) for number in range(8)))
    assert not bar(opened).add.isEnabled()


@pytest.mark.parametrize("size", [(640, 480), (900, 600), (1280, 800)])
def test_eight_leave_the_messages_room_and_can_all_be_reached(qtbot, opened, adapters, size):
    opened.window.resize(*size)
    opened.session.set_stack(tuple(entry(adapters[number % 3], number / 10) for number in range(8)))

    def comes_into_sight(widget):
        opened.chat.composer.edit.setFocus()
        widget.setFocus()
        return widget.visibleRegion().boundingRect().size() == widget.size()

    stack = bar(opened)
    for widget in (*(chip.slider for chip in stack.chips), stack.compare, stack.mix):
        qtbot.waitUntil(lambda widget=widget: comes_into_sight(widget))
    assert opened.chat._middle.height() > size[1] // 4


def test_names_are_shown_in_menus_as_they_are(qtbot, opened, adapters):
    opened.presets.save("Ink & paper", (entry(adapters[0]),))
    qtbot.waitUntil(lambda: "Ink && paper" in choices(bar(opened).add))
    opened.session.set_stack((entry(adapters[1]), replace(entry(adapters[2]), name="Salt & pepper")))
    assert {"Ink && paper", "Only Salt && pepper"} <= set(choices(bar(opened).compare))
    model = replace(opened.session.model, name="Q&A, and a name that is longer than there is room for")
    opened.chat.header.show_models([model], model.id)
    opened.chat.header.show_model(model.name)
    button = opened.chat.header.model_button
    assert button.menu().actions()[0].text().startswith("Q&&A")
    assert button.text().startswith("Q&&A")
    assert model.name in button.toolTip()


def test_an_adapter_that_left_the_library_says_so_on_its_chip(qtbot, opened, adapters):
    opened.session.set_stack((entry(adapters[0]),))
    assert "was made for another model" in bar(opened).chips[0]._warning.toolTip()
    opened.adapter_library.remove(adapters[0])
    qtbot.waitUntil(lambda: "not in the library" in bar(opened).chips[0]._warning.toolTip())


def test_a_preset_is_a_stack_with_a_name(qtbot, opened, adapters):
    opened.presets.save("My letters", (entry(adapters[0], 0.8), entry(adapters[1], 0.3)))
    qtbot.waitUntil(lambda: "My letters" in choices(bar(opened).add))
    choices(bar(opened).add)["My letters"].trigger()
    settle(qtbot, opened)
    assert opened.session.conversation.stack == (entry(adapters[0], 0.8), entry(adapters[1], 0.3))
    opened.presets.delete(opened.presets.presets[0])
    qtbot.waitUntil(lambda: "My letters" not in choices(bar(opened).add))


def test_what_is_typed_is_answered_under_both_stacks_side_by_side(qtbot, opened, adapters):
    opened.session.set_stack((entry(adapters[0]), entry(adapters[1])))
    type_message(qtbot, opened, "hello")
    assert list(choices(bar(opened).compare)) == [
        "The model without adapters",
        "Without Letters",
        "Only Letters",
        "Without Tone",
        "Only Tone",
    ]
    with qtbot.waitSignal(opened.session.opened):
        choices(bar(opened).compare)["Without Letters"].trigger()
    cards = opened.chat.comparison.cards
    assert [card._title.text() for card in cards] == ["Letters 1.00, Tone 1.00, in the chat now", "Tone 1.00"]
    assert opened.chat.composer.text() == ""
    qtbot.waitUntil(lambda: opened.session.status == Status.IDLE)


def test_the_last_answer_is_written_again_under_another_stack(qtbot, opened, adapters):
    opened.session.set_stack((entry(adapters[0]),))
    answer = send(qtbot, opened, "hello")
    with qtbot.waitSignal(opened.session.opened):
        choices(bar(opened).compare)["The model without adapters"].trigger()
    assert [card.message.stack for card in opened.chat.comparison.cards] == [answer.stack, ()]
    assert opened.chat.comparison.cards[1]._title.text() == "Without adapters"
    qtbot.waitUntil(lambda: opened.session.status == Status.IDLE)


def test_comparing_in_an_empty_chat_asks_for_a_message(opened, adapters):
    opened.session.set_stack((entry(adapters[0]),))
    choices(bar(opened).compare)["The model without adapters"].trigger()
    assert "Write the message" in opened.chat.composer.status.text()


def test_every_answer_says_which_stack_made_it(qtbot, opened, adapters):
    from desktop_app.gui.chat.answer_facts import summary

    opened.session.set_stack((entry(adapters[0], 0.8), entry(adapters[1], 0.4)))
    assert " · stack: Letters 0.80, Tone 0.40 · " in summary(send(qtbot, opened, "hello"))
    opened.session.set_stack(())
    assert "stack" not in summary(send(qtbot, opened, "hello"))


def test_the_stack_is_there_again_after_a_restart(qtbot, app, opened, adapters):
    opened.session.set_stack((entry(adapters[0], 0.8), entry(adapters[1], is_on=False)))
    send(qtbot, opened, "hello")
    app.close()
    again = app()
    qtbot.waitUntil(lambda: bool(bar(again).chips))
    assert bar(again).stack == (entry(adapters[0], 0.8), entry(adapters[1], is_on=False))


def test_only_answers_of_the_bare_model_say_how_fast_it_is(qtbot, opened, adapters, monkeypatch):
    noted = []
    monkeypatch.setattr(opened.library, "note_speed", lambda sha256, facts: noted.append(facts.answer_tokens))
    opened.session.set_stack((entry(adapters[0]),))
    send(qtbot, opened, "one two")
    opened.session.set_stack(())
    send(qtbot, opened, "three")
    assert noted == [1]


def test_the_mix_panel_opens_beside_the_chat_in_place_of_its_settings(qtbot, opened, adapters):
    opened.session.set_stack((entry(adapters[0]), entry(adapters[1])))
    opened.chat.header.options_button.click()
    assert opened.chat.options.isVisible()
    bar(opened).mix.click()
    assert opened.chat.mix.isVisible()
    assert not opened.chat.options.isVisible()
    assert not opened.chat.header.options_button.isChecked()
    opened.chat.mix.stack_wanted.emit((entry(adapters[1], 0.3),))
    assert names(opened) == ["Tone"]
    bar(opened).mix.click()
    assert not opened.chat.mix.isVisible()
