"""A new version as a person meets it: a line above the pages that can be put away, and all that is to be known of it
in the settings.
"""

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QCheckBox

from desktop_app.child_environment import ProgramFile
from desktop_app.gui.main_window import CHAT, SETTINGS
from desktop_app.jobs.updates import Here
from desktop_app.library.installation import FLATPAK, SOURCE, Installation
from desktop_app.settings import options
from desktop_app.settings.store import Settings, save_settings
from tests.support.hub_server import Answer
from tests.support.release_server import HERE, NEWER, NOTES, OWN_VERSION, PUBLIC, LoopbackReleases


@pytest.fixture
def page():
    with LoopbackReleases() as page:
        yield page


@pytest.fixture
def start(qtbot, app, page, data_folder, tmp_path, monkeypatch):
    """Start the program, with the option switched on or as it comes, and wait for the answer."""

    def start(is_on=True, key=PUBLIC, installation=HERE):
        here = Here(page.feed(key), installation, tmp_path / "Downloads")
        monkeypatch.setattr("desktop_app.gui.workspace.this_program", lambda: here)
        if is_on:
            save_settings(data_folder.settings, Settings().changed(options.CHECK_FOR_UPDATES, True))
        opened = app()
        qtbot.waitUntil(lambda: not opened.updates.is_asking and bool(opened.updates.asked_at) == (is_on and bool(key)))
        return opened

    return start


@pytest.fixture
def row(qtbot, start):
    """The row in the settings of a program that has been asked to look."""

    def row(**how):
        opened = start(is_on=False, **how)
        opened.window.show_page(SETTINGS)
        row = opened.settings_view.settings.update_row
        click(qtbot, row.ask_button)
        qtbot.waitUntil(row.ask_button.isEnabled)
        return row

    return row


def click(qtbot, button):
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def shown(*parts):
    return [part.isVisible() for part in parts]


# ------------------------------------------------------------ the line above the pages


def test_as_the_program_comes_there_is_no_line_and_no_request(start, page):
    app = start(is_on=False)
    assert not app.notice.isVisible()
    assert page.requests == []


def test_a_new_version_is_told_above_the_pages_and_the_chat_can_go_on(start):
    app = start()
    assert app.notice.isVisible()
    assert app.notice.words.text() == f"Moatless {NEWER} is available."
    assert app.window.page == CHAT
    assert app.chat.composer.edit.hasFocus()
    assert not app.toast.isVisible()


def test_the_same_version_is_not_told(start, page):
    page.announce(page.release(OWN_VERSION))
    assert not start().notice.isVisible()


def test_put_away_it_does_not_come_again(qtbot, app, start):
    opened = start()
    click(qtbot, opened.notice.close_button)
    assert not opened.notice.isVisible()
    app.close()
    again = start()
    assert again.updates.release is not None
    assert not again.notice.isVisible()


def test_it_leads_to_the_settings_where_the_row_can_be_seen(qtbot, start):
    app = start()
    app.settings_view.settings.search.setText("temperature")
    app.settings_view.show_connections()
    click(qtbot, app.notice.more_button)
    assert app.window.page == SETTINGS
    assert not app.notice.isVisible()
    row = app.settings_view.settings.update_row
    qtbot.waitUntil(lambda: row.card.isVisible() and not row.card.visibleRegion().isEmpty())


def test_trouble_with_looking_is_told_in_the_settings_alone(start, page):
    page.announcement = Answer(b"", 404)
    app = start()
    assert not app.notice.isVisible()
    assert not app.toast.isVisible()
    assert "does not have the newest version" in app.settings_view.settings.update_row.told.words.text()


def test_an_update_under_the_open_window_is_told_until_it_is_put_away(qtbot, start, tmp_path, monkeypatch):
    program = tmp_path / "moatless"
    program.write_bytes(b"a program")
    monkeypatch.setattr("desktop_app.gui.workspace.OWN_FILE", ProgramFile(program))
    app = start()
    program.write_bytes(b"a longer program")
    app.engine.let_go()  # and before a model is loaded again
    qtbot.waitUntil(lambda: "while it was open" in app.notice.words.text())
    assert app.notice.words.text() == "Moatless was updated while it was open. Restart it to use the new version."
    assert shown(app.notice, app.notice.more_button, app.notice.close_button) == [True, False, True]
    assert not app.toast.isVisible()
    click(qtbot, app.notice.close_button)
    assert not app.notice.isVisible()
    assert app.updates.is_told  # of which nothing was said


# ------------------------------------------------------------ the row in the settings


def test_looking_is_off_until_somebody_switches_it_on(qtbot, start, page):
    app = start(is_on=False)
    app.window.show_page(SETTINGS)
    settings = app.settings_view.settings
    box = next(
        box for box in settings.findChildren(QCheckBox) if box.accessibleName() == options.CHECK_FOR_UPDATES.title
    )
    assert not box.isChecked()
    assert settings.update_row.words.text() == f"This is Moatless {OWN_VERSION}. It has never asked for a newer one."
    box.setChecked(True)
    qtbot.waitUntil(lambda: app.updates.release is not None)
    assert page.requests


def test_the_row_is_found_by_its_words(start):
    app = start(is_on=False)
    app.window.show_page(SETTINGS)
    app.settings_view.settings.search.setText("update")
    assert app.settings_view.settings.update_row.isVisible()
    app.settings_view.settings.search.setText("temperature")
    assert not app.settings_view.settings.update_row.isVisible()


def test_nothing_new_is_a_line(row, page):
    page.announce(page.release(OWN_VERSION))
    row = row()
    assert row.words.text().startswith(f"This is Moatless {OWN_VERSION}. It is the newest version. Last asked: 20")
    assert shown(row.card, row.told) == [False, False]


def test_a_new_version_is_shown_with_what_is_new_in_it(row):
    row = row()
    assert row.card.isVisible()
    assert row.title.text() == f"Moatless {NEWER} is available"
    assert row.date.text() == "Published on 2026-12-24"
    assert tuple(text.text() for text in row.notes.texts) == NOTES
    assert row.download_button.text() == "Download (2 MB)"
    assert shown(row.download_button, row.page_button, row.folder_button, row.step) == [True, True, False, False]


def test_notes_are_shown_as_they_are(row, page):
    page.announce(page.release(notes=("<b>bold</b>\u202e", "x" * 10_000, *["more"] * 100)))
    lines = [text.text() for text in row().notes.texts]
    assert lines[0] == "<b>bold</b>?"
    assert len(lines[1]) < 400
    assert len(lines) < 20


def test_the_package_is_offered_once_it_is_here_and_checked(qtbot, row, page, tmp_path, monkeypatch):
    opened = []
    monkeypatch.setattr(QDesktopServices, "openUrl", opened.append)
    page.faults.throttle_bytes_per_s = 4_000_000
    row = row()
    row.download_button.setFocus()
    click(qtbot, row.download_button)
    assert shown(row.step, row.download_button, row.folder_button) == [True, False, False]
    assert row.step.stop.hasFocus()
    page.faults.throttle_bytes_per_s = None
    qtbot.waitUntil(row.folder_button.isVisible)
    assert shown(row.step, row.download_button) == [False, False]
    assert "those of the signed release" in row.state.text()
    click(qtbot, row.folder_button)
    assert opened == [QUrl.fromLocalFile(str(tmp_path / "Downloads"))]


def test_a_stopped_download_can_be_resumed(qtbot, row, page):
    page.faults.throttle_bytes_per_s = 1_000_000
    row = row()
    click(qtbot, row.download_button)
    qtbot.waitUntil(lambda: row._updates._done > 0)
    click(qtbot, row.step.stop)
    qtbot.waitUntil(row.download_button.isVisible)
    assert row.download_button.text() == "Resume (2 MB)"
    assert not row.step.isVisible()


def test_a_package_that_is_not_the_signed_one_is_told_and_can_be_tried_again(qtbot, row, page):
    page.faults.corrupt_at = 5
    row = row()
    click(qtbot, row.download_button)
    qtbot.waitUntil(row.told.isVisible)
    assert "is not the file that was announced" in row.told.words.text()
    assert shown(row.download_button, row.folder_button) == [True, False]
    assert row.download_button.text() == "Download (2 MB)"


@pytest.mark.parametrize(
    ("kind", "words"), [(SOURCE, "runs from its source"), (FLATPAK, "software center"), ("deb", "no package of it")]
)
def test_where_there_is_nothing_to_download_it_says_where_the_version_is(qtbot, row, monkeypatch, page, kind, words):
    opened = []
    monkeypatch.setattr(QDesktopServices, "openUrl", opened.append)
    row = row(installation=Installation("linux", "x86_64", kind))
    assert words in row.state.text()
    assert shown(row.card, row.download_button, row.page_button) == [True, False, True]
    click(qtbot, row.page_button)
    assert opened == [QUrl(page.release().page)]
    assert row.page_button.toolTip() == page.release().page


def test_without_a_release_key_it_says_so_and_nothing_can_be_asked(start, page):
    app = start(key=None)
    app.window.show_page(SETTINGS)
    row = app.settings_view.settings.update_row
    assert "has no release key" in row.words.text()
    assert not row.ask_button.isVisible()
    assert page.requests == []
