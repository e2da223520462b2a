"""The list of chats as a person uses it: search, rename, pin, save, and the trash."""

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QMenu

from desktop_app.gui.chat.conversation_delegate import ConversationDelegate
from desktop_app.settings import options
from tests.gui.pages.steps import answer_questions_with, send, titles


def test_search_finds_words_in_all_chats_and_opens_the_hit(qtbot, app, stored):
    ids = stored({"Foxes": ["Where do foxes live?", "In dens, mostly."], "Bread": ["Why is it flat?", "The yeast."]})
    app = app()
    qtbot.keyClicks(app.chat.list.search, "dens")
    qtbot.waitUntil(lambda: titles(app) == ["Foxes"])
    row = app.chat.list._model.rows[0]
    assert "\x02dens\x03" in row.snippet
    with qtbot.waitSignal(app.session.opened):
        app.chat.list._open(row)
    assert app.session.conversation.id == ids["Foxes"]
    app.chat.list.search.clear()
    qtbot.waitUntil(lambda: len(titles(app)) == 2)


def test_a_hit_far_up_in_a_long_chat_is_brought_into_view(qtbot, app, stored):
    ids = stored({"Long": [f"Message {number}, nothing special." for number in range(300)]})
    app = app()
    with qtbot.waitSignal(app.session.opened):
        app.session.open(ids["Long"])
    assert app.chat.transcript.messages()[-1].content.startswith("Message 299")
    wanted = app.session.path[20]
    with qtbot.waitSignal(app.session.opened):
        app.session.open(ids["Long"], wanted)
    view = app.chat.transcript.view(wanted)
    assert view is not None
    viewport = app.chat.transcript.viewport()
    assert viewport.rect().contains(view.mapTo(viewport, view.rect().center()))


def test_a_deleted_chat_is_in_the_trash_and_comes_back(qtbot, app, stored):
    stored({"Foxes": ["Where do foxes live?", "In dens."]})
    app = app()
    qtbot.waitUntil(lambda: titles(app) == ["Foxes"])
    view = app.chat.list.view
    view.setFocus()
    view.setCurrentIndex(app.chat.list._model.index(1))
    qtbot.keyClick(view, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: titles(app) == [])
    app.chat.list.trash_button.click()
    qtbot.waitUntil(lambda: titles(app) == ["Foxes"])
    app.chat.list.trash_button.click()
    qtbot.waitUntil(lambda: app.toast.isVisible())
    qtbot.mouseClick(app.toast._undo, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: titles(app) == ["Foxes"])


def test_rename_and_pin_are_in_the_menu_of_a_chat(qtbot, app, stored, monkeypatch):
    stored({"Foxes": ["Where?", "Here."], "Bread": ["Why?", "Because."]})
    app = app()
    qtbot.waitUntil(lambda: len(titles(app)) == 2)
    row = next(row for row in app.chat.list._model.rows if row.title == "Foxes")
    actions = {action.text(): action for action in app.chat.list.menu_actions(row)}
    assert list(actions) == ["Rename", "Pin", "Save as Markdown", "Delete"]
    actions["Pin"].trigger()
    qtbot.waitUntil(lambda: app.chat.list._model.rows[0].title == "Pinned" and titles(app)[0] == "Foxes")
    monkeypatch.setattr("PySide6.QtWidgets.QInputDialog.getText", lambda *_args, **_options: ("Vixens", True))
    actions["Rename"].trigger()
    qtbot.waitUntil(lambda: "Vixens" in titles(app))


def test_a_chat_is_saved_as_markdown(qtbot, app, stored, tmp_path, monkeypatch):
    stored({"Foxes": ["Where do foxes live?", "In dens."]})
    app = app()
    qtbot.waitUntil(lambda: titles(app) == ["Foxes"])
    path = tmp_path / "foxes.md"
    monkeypatch.setattr("PySide6.QtWidgets.QFileDialog.getSaveFileName", lambda *_args: (str(path), ""))
    actions = {action.text(): action for action in app.chat.list.menu_actions(app.chat.list._model.rows[1])}
    actions["Save as Markdown"].trigger()
    qtbot.waitUntil(lambda: path.exists() and "In dens." in path.read_text())


def test_deleting_for_good_asks_first(qtbot, app, stored, monkeypatch):
    stored({"Foxes": ["Where do foxes live?", "In dens."]})
    app = app()
    qtbot.waitUntil(lambda: titles(app) == ["Foxes"])
    app.chat.list.trash(app.chat.list._model.rows[1].conversation)
    app.chat.list.trash_button.click()
    qtbot.waitUntil(lambda: titles(app) == ["Foxes"])
    answer_questions_with(monkeypatch, "Keep it", "Delete for good")
    _restore, delete = app.chat.list.menu_actions(app.chat.list._model.rows[1])
    delete.trigger()
    assert titles(app) == ["Foxes"]
    delete.trigger()
    qtbot.waitUntil(lambda: titles(app) == [])


# ------------------------------------------------------------ the person's place in a long list


@pytest.fixture
def many(qtbot, app, stored):
    """The program with more chats than fit, the last of them open."""
    ids = stored({f"Chat {number}": ["Where do foxes live?", "In dens.", "And foxes?"] for number in range(100)})
    app = app()
    qtbot.waitUntil(lambda: len(titles(app)) == 100)
    with qtbot.waitSignal(app.session.opened):
        app.session.open(ids["Chat 99"])
    return app


def row_of(app, title):
    return next(n for n, row in enumerate(app.chat.list._model.rows) if row.title == title)


def conversation(app, title):
    return app.chat.list._model.rows[row_of(app, title)].conversation


def scroll(app, value):
    bar = app.chat.list.view.verticalScrollBar()
    bar.setValue(value)
    assert bar.value() == value


def scrolled(app):
    return app.chat.list.view.verticalScrollBar().value()


def test_a_change_of_the_list_leaves_it_where_it_was_scrolled_to(qtbot, many):
    scroll(many, 900)
    many.chat.list._set_pinned(conversation(many, "Chat 50"))
    qtbot.waitUntil(lambda: titles(many)[0] == "Chat 50")
    assert scrolled(many) == 900
    send(qtbot, many, "hello")
    assert scrolled(many) == 900
    with qtbot.waitSignal(many.session.opened):
        many.session.open(conversation(many, "Chat 0").id)
    assert scrolled(many) > 900  # another chat is brought into sight


def test_after_delete_the_keyboard_goes_on_with_the_next_chat(qtbot, many):
    view = many.chat.list.view
    view.setFocus()
    view.setCurrentIndex(many.chat.list._model.index(row_of(many, "Chat 50")))
    at = scrolled(many)
    qtbot.keyClick(view, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: len(titles(many)) == 99)
    assert view.currentIndex().data() == "Chat 49"
    assert scrolled(many) == at
    assert view.hasFocus()


def test_the_hit_that_was_chosen_stays_the_chosen_one(qtbot, many):
    many.chat.list.search.setText("foxes")
    qtbot.waitUntil(lambda: bool(many.chat.list._model.rows) and bool(many.chat.list._model.rows[0].snippet))
    row = many.chat.list._model.rows[1]
    assert row.conversation_id == many.chat.list._model.rows[0].conversation_id
    with qtbot.waitSignal(many.session.opened):
        many.chat.list.view.clicked.emit(many.chat.list._model.index(1))
    assert many.chat.list.view.currentIndex().row() == 1


def test_a_long_list_is_laid_out_by_the_size_of_a_few_rows(qtbot, many):
    asked = []

    class Counted(ConversationDelegate):
        def sizeHint(self, option, index):
            asked.append(index.row())
            return super().sizeHint(option, index)

    many.chat.list.view.setItemDelegate(Counted(many.chat.list.view))
    many.chat.list._set_pinned(conversation(many, "Chat 50"))
    qtbot.waitUntil(lambda: titles(many)[0] == "Chat 50")
    assert 0 < len(asked) < 20


def test_rows_take_over_another_size_of_the_text(qtbot, many):
    many.chat.list.search.setText("foxes")
    qtbot.waitUntil(lambda: bool(many.chat.list._model.rows) and bool(many.chat.list._model.rows[0].snippet))
    view = many.chat.list.view
    height = view.visualRect(view.model().index(0, 0)).height()
    many.preferences.set(options.TEXT_SIZE, 6)
    qtbot.waitUntil(lambda: view.visualRect(view.model().index(0, 0)).height() > height)
    many.preferences.set(options.TEXT_SIZE, 0)


# ------------------------------------------------------------ the trash and names


def test_searching_and_a_new_chat_leave_the_trash(qtbot, many):
    many.chat.list.trash_button.click()
    qtbot.waitUntil(lambda: titles(many) == [])
    many.chat.list.search.setText("dens")
    qtbot.waitUntil(lambda: bool(titles(many)))
    with qtbot.waitSignal(many.session.opened):
        many.chat.list.view.clicked.emit(many.chat.list._model.index(3))
    many.chat.list.search.clear()
    qtbot.waitUntil(lambda: len(titles(many)) == 100)
    many.chat.list.trash_button.click()
    many.chat.list.new_button.click()
    qtbot.waitUntil(lambda: len(titles(many)) == 100)
    assert not many.chat.list.trash_button.isChecked()


def test_a_chat_is_brought_back_from_the_trash_by_a_button(qtbot, app, stored):
    stored({"Foxes": ["Where?", "Here."], "Bread": ["Why?", "Because."]})
    app = app()
    qtbot.waitUntil(lambda: len(titles(app)) == 2)
    restore = app.chat.list.restore_button
    assert not restore.isVisible()
    app.chat.list.trash(conversation(app, "Foxes"))
    app.chat.list.trash_button.click()
    qtbot.waitUntil(lambda: titles(app) == ["Foxes"])
    assert not restore.isEnabled()
    view = app.chat.list.view
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=view.visualRect(view.model().index(1, 0)).center())
    restore.click()
    qtbot.waitUntil(lambda: titles(app) == [])
    assert not restore.isVisible()
    app.chat.list.trash_button.click()
    qtbot.waitUntil(lambda: len(titles(app)) == 2)


def test_a_new_name_is_shown_above_the_open_chat_too(qtbot, many, monkeypatch):
    monkeypatch.setattr("PySide6.QtWidgets.QInputDialog.getText", lambda *_args, **_options: ("Vixens", True))
    many.chat.list._rename(conversation(many, "Chat 98"))
    qtbot.waitUntil(lambda: "Vixens" in titles(many))
    assert many.chat.header.title.text() == "Chat 99"
    many.chat.list._rename(conversation(many, "Chat 99"))
    qtbot.waitUntil(lambda: many.chat.header.title.text() == "Vixens")


@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
def test_a_menu_that_was_closed_leaves_nothing_behind(qtbot, many):
    seen = []

    def look():
        menu = QApplication.activePopupWidget()
        seen.extend(action.text() for action in menu.actions())
        menu.close()

    before = len(many.chat.list.findChildren(QAction))
    view = many.chat.list.view
    QTimer.singleShot(0, look)
    view.customContextMenuRequested.emit(view.visualRect(view.model().index(1, 0)).center())
    assert seen == ["Rename", "Pin", "Save as Markdown", "Delete"]
    qtbot.waitUntil(lambda: not many.chat.list.findChildren(QMenu, options=Qt.FindChildOption.FindDirectChildrenOnly))
    assert len(many.chat.list.findChildren(QAction)) == before
