"""The list of chats as a person uses it: search, rename, pin, save, and the trash."""

from PySide6.QtCore import Qt

from tests.gui.pages.steps import answer_questions_with, titles


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
