"""The page as a whole: adding files and folders, by buttons and by dropping them, and which model they are for."""

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog

from desktop_app.gui.adapters.conversion_panel import WHY
from desktop_app.gui.library.library_page import FIND
from tests.gui.adapters_pages.conftest import nameless
from tests.support.gguf_files import lora_adapter
from tests.support.peft_files import CONFIG, base_config, peft_adapter


@pytest.fixture
def peft(tmp_path):
    """Write an adapter as PEFT saves it: `peft("haiku", base)`."""

    def peft(name="haiku", base="who/Tiny-Instruct", **changes):
        folder = tmp_path / name
        folder.mkdir()
        for file, data in peft_adapter(base_model_name_or_path=base, **changes).items():
            (folder / file).write_bytes(data)
        return folder

    return peft


@pytest.fixture
def add(qtbot, desk, page):
    """Have a file or folder added and return the adapter."""

    def add(act):
        with qtbot.waitSignal(desk.library.added) as added:
            act()
        qtbot.waitUntil(lambda: added.args[0] in desk.library.adapters)
        return added.args[0]

    return add


def drop(page, *paths):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(9, 9), Qt.DropAction.CopyAction, data, buttons, keys)
    page.dragEnterEvent(enter)
    assert enter.isAccepted()
    page.dropEvent(QDropEvent(QPointF(9, 9), Qt.DropAction.CopyAction, data, buttons, keys))


def test_a_file_is_chosen_and_added(desk, page, add, tmp_path, monkeypatch):
    path = lora_adapter().write(tmp_path / "pirate.gguf")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
    page.show_view(FIND)
    adapter = add(page.add_menu.actions()[0].trigger)
    assert desk.library.adapters == (adapter,)
    assert page.stack.currentWidget() is page.local_page


def test_a_folder_is_chosen_and_converted_for_the_model_it_names(desk, page, add, peft, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(peft(base="who/tiny")))
    adapter = add(page.add_menu.actions()[1].trigger)
    assert Path(adapter.path).parent == desk.folder.adapters
    assert (adapter.name, adapter.base_repo) == ("haiku", "who/tiny")
    assert not page.local_page.conversion.isVisible()


def test_nothing_chosen_adds_nothing(desk, page, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("", ""))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: "")
    for action in page.add_menu.actions():
        action.trigger()
    assert desk.library.adding == ()


def test_files_and_folders_are_dropped_anywhere(qtbot, desk, page, peft, tmp_path):
    path = lora_adapter(seed=7).write(tmp_path / "pirate.gguf")
    drop(page, path, peft(base="x/Tiny"))
    qtbot.waitUntil(lambda: len(desk.library.adapters) == 2)
    assert {adapter.max_rank for adapter in desk.library.adapters} == {4}


def test_what_is_being_read_is_told(qtbot, desk, page, add, tmp_path):
    waited = []
    page.local_page.notice.wait = lambda words, can_give_up: waited.append((words, can_give_up))
    path = lora_adapter().write(tmp_path / "pirate.gguf")
    add(lambda: drop(page, path))
    assert waited == [("Reading pirate.gguf…", False)]
    assert not page.local_page.notice.isVisible()


# ------------------------------------------------------------ which model it is for


def test_where_it_is_not_certain_the_person_is_asked_for_which_model_it_is(qtbot, desk, page, add, peft, tmp_path):
    other = desk.add_model(tmp_path / "other.gguf", name="Other")
    panel = page.local_page.conversion
    drop(page, peft(base="else/Somewhere-7B"))
    qtbot.waitUntil(panel.isVisible)
    assert panel.question.text() == f"Which model was “haiku” made for? It says: else/Somewhere-7B. {WHY}"
    assert panel.choice.currentData() == desk.session.model
    assert nameless(page) == []
    panel.choice.setCurrentIndex(panel.choice.findText("other"))
    asked = []
    add_to_library, desk.library.add = desk.library.add, lambda path, model: asked.append(model)
    panel.decided.disconnect()
    panel.decided.connect(lambda path, model: (asked.append(model), add_to_library(path, model)))
    add(panel.convert_button.click)
    assert asked == [desk.models.models[0]] == [other]
    assert not panel.isVisible()


def test_it_can_be_left(qtbot, desk, page, peft):
    panel = page.local_page.conversion
    drop(page, peft("one", base=""), peft("two", base=""))
    qtbot.waitUntil(lambda: len(panel._waiting) == 2)
    asked = []
    for _ in range(2):
        asked.append(panel.question.text().split("“")[1].split("”")[0])
        panel.leave_button.click()
    assert sorted(asked) == ["one", "two"]
    assert not panel.isVisible()
    assert desk.library.adding == ()


def test_of_models_of_one_name_the_one_in_use_is_taken(desk, page, add, peft, tmp_path):
    desk.add_model(tmp_path / "Tiny-Q8_0.gguf")
    adapter = add(lambda: drop(page, peft(base="who/Tiny")))
    assert adapter.name == "haiku"


def test_a_folder_that_describes_its_model_needs_no_answer(desk, page, add, peft):
    folder = peft(base="else/Somewhere-7B")
    (folder / "config.json").write_bytes(base_config())
    assert add(lambda: drop(page, folder / CONFIG)).name == "haiku"


def test_what_cannot_be_converted_is_refused_before_anything_is_asked(qtbot, desk, page, peft, tmp_path):
    (tmp_path / "empty").mkdir()
    for path, reason in ((peft(use_dora=True), "DoRA"), (tmp_path / "empty", f"no {CONFIG}")):
        with qtbot.waitSignal(desk.library.refused) as refused:
            drop(page, path)
        assert reason in refused.args[0].sentence
    assert not page.local_page.conversion.isVisible()
