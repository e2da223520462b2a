"""Code in an answer: copied exactly, colored away from the GUI thread, never cut off."""

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QWheelEvent
from PySide6.QtWidgets import QApplication

from desktop_app.gui.chat.code_view import CodeView
from desktop_app.gui.theme import DARK, LIGHT, theme

CODE = "def area(r):\n\treturn 3.14 * r  # é 日本 \U0001f600\n\n\nprint(area(2))   "


@pytest.fixture
def make(qtbot, run_now):
    def make(language="python", run=run_now):
        view = CodeView(language, run)
        qtbot.addWidget(view)
        return view

    return make


def show(qtbot, view, width=500):
    view.resize(width, view.height_for(width))
    view.show()
    qtbot.waitExposed(view)


def colors(view, line):
    block = view.text_view.document().findBlockByNumber(line)
    return {f.format.foreground().color().name() for f in block.layout().formats()}


def test_the_button_copies_exactly_the_code(qtbot, make):
    view = make()
    for start in range(0, len(CODE), 5):
        view.append(CODE[start : start + 5])
    view.finish()
    show(qtbot, view)
    button = view.focus_widgets()[0]
    assert button.text() == "Copy"
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == CODE
    assert button.text() == "Copied"
    view._copied.timeout.emit()
    assert button.text() == "Copy"


def test_code_that_streams_is_shown_as_it_is(make):
    view = make()
    for character in CODE:
        view.append(character)
    assert view.text_view.toPlainText() == CODE


@pytest.mark.parametrize(
    "code", [CODE, "x = 1", "long = '" + "x" * 400 + "'\n" * 3, "日本語\n" * 30, "\n\n\n", "\tx\n" * 9]
)
def test_all_lines_are_in_sight(qtbot, make, code):
    view = make()
    view.append(code)
    view.finish()
    show(qtbot, view)
    assert view.text_view.verticalScrollBar().maximum() == 0


def test_the_height_is_the_same_whether_it_streamed_or_not(make):
    streamed, whole = make(), make()
    for start in range(0, len(CODE), 3):
        streamed.append(CODE[start : start + 3])
        streamed.height_for(400)
    whole.append(CODE)
    assert streamed.height_for(400) == whole.height_for(400)


def test_words_have_the_colors_of_the_theme(qapp, qtbot, make):
    view = make()
    view.append("def f():\n    return 'x'")
    view.finish()
    assert LIGHT.code_keyword.lower() in colors(view, 0)
    assert LIGHT.code_string.lower() in colors(view, 1)
    theme().apply(qapp, "dark")
    view.refresh()
    qtbot.waitUntil(lambda: DARK.code_keyword.lower() in colors(view, 0))


def test_lexing_is_left_to_the_background(qtbot, make):
    asked = []
    view = make(run=lambda work, on_done: asked.append((work, on_done)))
    view.append("x = 1\n")
    view.finish()
    assert len(asked) == 1
    assert not colors(view, 0)
    work, on_done = asked[0]
    on_done(work())
    assert colors(view, 0)


def test_text_that_comes_while_lexing_is_colored_too(qtbot, make):
    asked = []
    view = make(run=lambda work, on_done: asked.append((work, on_done)))
    view.append("x = 1\n")
    view.finish()
    view.append("def late(): pass")
    view.finish()
    work, on_done = asked[0]
    on_done(work())
    qtbot.waitUntil(lambda: len(asked) == 2)
    work, on_done = asked[1]
    on_done(work())
    assert LIGHT.code_keyword.lower() in colors(view, 1)


def test_many_lines_get_their_colors_in_turns(qtbot, make):
    view = make()
    view.append("\n".join(f"x{n} = {n}" for n in range(1_000)))
    view.finish()
    assert colors(view, 0)
    assert not colors(view, 999)
    qtbot.waitUntil(lambda: bool(colors(view, 999)))


def test_an_unknown_language_is_shown_plain(qtbot, make):
    view = make("no-such-language")
    view.append("x = 1")
    view.finish()
    assert not colors(view, 0)
    show(qtbot, view)


def test_the_wheel_over_code_belongs_to_the_transcript(qtbot, make):
    view = make()
    view.append("x = 1\n" * 50)
    show(qtbot, view)
    middle = QPointF(view.text_view.viewport().rect().center())
    where = view.text_view.viewport().mapToGlobal(middle)
    nothing = QPoint(0, 0)
    wheel = QWheelEvent(
        middle,
        where,
        nothing,
        QPoint(0, -120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(view.text_view.viewport(), wheel)
    assert not wheel.isAccepted()
