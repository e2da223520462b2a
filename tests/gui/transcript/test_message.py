"""One message: what is said about it and what can be done with it."""

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAccessible, QGuiApplication
from PySide6.QtWidgets import QApplication, QPushButton

from desktop_app.gui.chat.message_note import MessageNote
from desktop_app.gui.chat.message_view import BUBBLE_SHARE, MessageView
from desktop_app.gui.widgets.icon_button import IconButton
from desktop_app.storage.records import MessageState, Role
from tests.gui.transcript.conftest import FACTS


@pytest.fixture
def show(qtbot, run_now):
    def show(message, number=4, total=4):
        view = MessageView(message, run_now)
        qtbot.addWidget(view)
        view.set_place(number, total)
        view.make_ready()
        view.resize(700, view.height_for(700))
        view.show()
        qtbot.waitExposed(view)
        return view

    return show


def buttons(view):
    return {button.accessibleName(): button for button in view.findChildren(IconButton) if not button.isHidden()}


def notes(view):
    return [note._words.text() for note in view.findChildren(MessageNote) if not note.isHidden()]


def offer(view):
    note = next(note for note in view.findChildren(MessageNote) if note.focus_widgets())
    return note.focus_widgets()[0]


def turns():
    """Let the event loop go round a few times."""
    for _ in range(10):
        QApplication.processEvents()


class Paints(QObject):
    """Counts how often a widget is painted."""

    def __init__(self, widget):
        super().__init__(widget)
        self.count = 0
        widget.installEventFilter(self)

    def eventFilter(self, _watched, event):
        self.count += event.type() == QEvent.Type.Paint
        return False


def test_an_answer_tells_its_speed_length_time_and_model(show, message):
    view = show(message(2, facts=FACTS, model_name="SmolLM2 135M"))
    assert view._footer._facts.text() == "45 tokens/s · 318 tokens · 7.5 s · SmolLM2 135M"
    assert "Seed 4242" in view._footer._facts.toolTip()


def test_a_single_token_is_told_in_the_singular(show, message):
    view = show(message(2, facts=replace(FACTS, answer_tokens=1, decode_s=0.5)))
    assert view._footer._facts.text() == "2.0 tokens/s · 1 token · 0.9 s"


def test_buttons_ask_for_what_they_say(qtbot, show, message, heard):
    view = show(message(2, version=2, versions=3))
    again, more, deleted = (
        heard(wish) for wish in (view.regenerate_requested, view.compare_requested, view.delete_requested)
    )
    version = heard(view.version_requested)
    for name in ("Answer again", "More answers", "Delete", "Earlier version", "Later version"):
        qtbot.mouseClick(buttons(view)[name], Qt.MouseButton.LeftButton)
    assert (again, more, deleted, version) == ([(2,)], [(2,)], [(2,)], [(2, -1), (2, 1)])


def test_there_is_nothing_before_the_first_version(show, message):
    view = show(message(2, version=1, versions=3))
    assert not buttons(view)["Earlier version"].isEnabled()
    assert buttons(view)["Later version"].isEnabled()


def test_one_version_needs_no_arrows(show, message):
    assert "Later version" not in buttons(show(message(2)))


def test_a_persons_message_cannot_be_answered_again_by_itself(show, message):
    assert set(buttons(show(message(1, Role.USER)))) == {"Copy", "Edit", "Delete"}


def test_copy_takes_the_answer_without_its_reasoning(qtbot, show, message):
    view = show(message(2, text="<think>hm</think>The **moon**."))
    qtbot.mouseClick(buttons(view)["Copy"], Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == "The **moon**."
    assert "Copied" in buttons(view)


@pytest.mark.parametrize(
    ("state", "facts", "sentence"),
    [
        (MessageState.STOPPED, FACTS, "You stopped this answer."),
        (MessageState.INTERRUPTED, None, "This answer was interrupted before its end."),
        (
            MessageState.DONE,
            replace(FACTS, finish_reason="length"),
            "The answer reached the length limit of this chat.",
        ),
    ],
)
def test_an_answer_without_its_end_can_be_continued(qtbot, show, message, heard, state, facts, sentence):
    view = show(message(2, state=state, facts=facts))
    wanted = heard(view.continue_requested)
    assert notes(view) == [sentence]
    assert offer(view).text() == "Continue"
    qtbot.mouseClick(offer(view), Qt.MouseButton.LeftButton)
    assert wanted == [(2,)]


@pytest.mark.parametrize("state", [MessageState.STOPPED, MessageState.INTERRUPTED])
def test_an_answer_of_which_nothing_is_there_can_be_tried_again(show, message, state):
    assert offer(show(message(2, text="", state=state))).text() == "Try again"


def test_only_the_last_message_can_be_continued(show, message):
    view = show(message(2, state=MessageState.STOPPED), number=2, total=4)
    assert not view.findChildren(QPushButton)


def test_what_is_said_about_an_answer_is_not_painted_again_and_again(show, message):
    view = show(message(2, state=MessageState.STOPPED, facts=FACTS))
    turns()  # in which all is painted that showing it takes
    paints = Paints(next(note for note in view.findChildren(MessageNote) if not note.isHidden()))
    turns()
    assert paints.count == 0


def test_a_failed_answer_says_why_and_can_be_tried_again(qtbot, show, message, heard):
    view = show(message(2, text="", state=MessageState.FAILED, note="The model could not be loaded."))
    wanted = heard(view.regenerate_requested)
    assert notes(view) == ["The model could not be loaded."]
    qtbot.mouseClick(offer(view), Qt.MouseButton.LeftButton)
    assert wanted == [(2,)]
    assert {"Copy", "More answers", "Good answer", "Bad answer"}.isdisjoint(buttons(view))


def test_messages_that_were_left_out_are_told(show, message):
    assert notes(show(message(2, facts=replace(FACTS, omitted_messages=4)))) == [
        "4 earlier messages were left out because the context is full."
    ]
    assert notes(show(message(2, facts=replace(FACTS, omitted_messages=1)))) == [
        "1 earlier message was left out because the context is full."
    ]


def test_an_answer_in_the_making_has_no_buttons_yet(show, message):
    view = show(message(2, text="", state=MessageState.STREAMING))
    assert not view._footer.isVisible()
    view.set_message(message(2, text="Done", facts=FACTS))
    assert view._footer.isVisible()
    marks = {"Good answer", "Bad answer"}
    assert set(buttons(view)) == {"Copy", "Answer again", "More answers", "Edit", "Delete", *marks}


def test_the_final_state_does_not_render_the_text_again(show, message, monkeypatch):
    view = show(message(2, text="", state=MessageState.STREAMING))
    view.append("Some text")
    monkeypatch.setattr(view.body, "set_text", lambda *a, **k: pytest.fail("rendered again"))
    view.set_message(message(2, text="Some text", facts=FACTS))


def test_another_text_replaces_the_one_that_is_shown(show, message):
    view = show(message(2, text="One"))
    view.set_message(message(2, text="Two"))
    assert [part.toPlainText() for part in view.body._text_views()] == ["Two"]


def test_a_bubble_is_as_wide_as_its_text_and_never_wider_than_its_share(show, message):
    short = show(message(1, Role.USER, "Hi"))
    long = show(message(1, Role.USER, "word " * 200))
    assert short.body.width() < 100
    assert long.body.width() <= 700 * BUBBLE_SHARE
    assert short.body.geometry().right() == long.body.geometry().right()


# ------------------------------------------------------------ editing


def edit(view):
    view.begin_edit()
    view.resize(700, view.height_for(700))
    return view._editor


def test_a_message_is_edited_where_it_stands(qtbot, show, message, heard):
    view = show(message(1, Role.USER, "Helo\n  there"))
    edited = heard(view.edited)
    editor = edit(view)
    assert editor.field.toPlainText() == "Helo\n  there"
    assert editor.save.text() == "Save and answer"
    assert not view.body.isVisible()
    editor.field.setPlainText("Hello\n  there")
    qtbot.mouseClick(editor.save, Qt.MouseButton.LeftButton)
    assert edited == [(1, "Hello\n  there")]
    assert not view.is_editing
    assert view.body.isVisible()


def test_an_answer_is_edited_with_its_markdown(show, message):
    view = show(message(2, text="<think>x</think>**Bold**"))
    editor = edit(view)
    assert editor.field.toPlainText() == "<think>x</think>**Bold**"
    assert editor.save.text() == "Save"


@pytest.mark.parametrize("how", ["button", "escape"])
def test_cancelling_changes_nothing(qtbot, show, message, heard, how):
    view = show(message(1, Role.USER, "Hello"))
    edited = heard(view.edited)
    editor = edit(view)
    editor.field.setPlainText("Other")
    if how == "button":
        qtbot.mouseClick(editor.cancel, Qt.MouseButton.LeftButton)
    else:
        qtbot.keyClick(editor.field, Qt.Key.Key_Escape)
    assert edited == []
    assert not view.is_editing


def test_control_enter_saves(qtbot, show, message, heard):
    view = show(message(1, Role.USER, "Hello"))
    edited = heard(view.edited)
    editor = edit(view)
    editor.field.setPlainText("Hello again")
    qtbot.keyClick(editor.field, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert edited == [(1, "Hello again")]


def test_an_empty_message_cannot_be_saved(show, message):
    editor = edit(show(message(1, Role.USER, "Hello")))
    editor.field.setPlainText("  \n")
    assert not editor.save.isEnabled()


def test_saving_the_same_text_changes_nothing(qtbot, show, message, heard):
    view = show(message(1, Role.USER, "Hello"))
    edited = heard(view.edited)
    qtbot.mouseClick(edit(view).save, Qt.MouseButton.LeftButton)
    assert edited == []


def test_the_field_grows_with_its_text(show, message):
    view = show(message(1, Role.USER, "Hello"))
    editor = edit(view)
    before = view.height_for(700)
    editor.field.setPlainText("line\n" * 12)
    assert view.height_for(700) > before


# ------------------------------------------------------------ for those who do not see or do not use a mouse


def test_messages_have_names(show, message):
    assert show(message(2)).accessibleName() == "Answer, 4 of 4"
    assert show(message(1, Role.USER), number=3, total=12).accessibleName() == "Your message, 3 of 12"


def test_texts_have_the_name_of_their_message(show, message):
    view = show(message(2, text="One\n\n```python\nx\n```\n\nTwo"))
    assert [part.accessibleName() for part in view.body._text_views()] == [
        "Answer, 4 of 4",
        "Code, python",
        "Answer, 4 of 4",
    ]


def test_the_end_of_an_answer_is_read_out_once(show, message, monkeypatch):
    heard = []
    monkeypatch.setattr(QAccessible, "updateAccessibility", lambda event: heard.append(event.message()))
    view = show(message(2, text="", state=MessageState.STREAMING))
    view.append("Some text")
    view.set_message(message(2, text="Some text", facts=FACTS))
    view.set_message(message(2, text="Some text", facts=FACTS, version=1, versions=2))
    assert heard == ["The answer is finished."]


def test_hovering_makes_the_buttons_clear(show, message):
    view = show(message(2))
    tokens = {button._token for button in buttons(view).values()}
    view._footer.set_strong(True)
    assert tokens == {"faint"}
    assert {button._token for button in buttons(view).values()} == {"text"}


def test_the_focus_makes_the_buttons_clear(qtbot, show, message):
    view = show(message(2))
    view.activateWindow()
    buttons(view)["Copy"].setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(lambda: QApplication.focusWidget() is buttons(view)["Copy"])
    assert {button._token for button in buttons(view).values()} == {"text"}
