"""Notifications: shown where a desktop shows them, and never a reason for trouble where none does."""

import sys

import pytest

from desktop_app.jobs.notification import Notifications, notify
from tests.support.fake_desktop import FakeDesktop

BUS = "DBUS_SESSION_BUS_ADDRESS"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems are asked by Qt's icon in the tray")


@pytest.fixture
def desktop(tmp_path, monkeypatch):
    with FakeDesktop(tmp_path) as desktop:
        monkeypatch.setenv(BUS, desktop.address)
        yield desktop


def test_the_desktop_shows_what_it_is_told(desktop):
    assert notify("Teaching", "“Mails & more” <is> done.")
    ((program, replaces, icon, title, words, actions, _hints, time),) = desktop.shown
    assert (program, title) == ("Moatless", "Teaching")
    assert words == "“Mails &amp; more” &lt;is&gt; done."  # some desktops take it for markup
    assert (replaces, icon, actions, time) == (0, "moatless", [], -1)


def test_a_desktop_that_shows_none_is_no_trouble(tmp_path, monkeypatch):
    with FakeDesktop(tmp_path, is_willing=False) as desktop:
        monkeypatch.setenv(BUS, desktop.address)
        assert not notify("Teaching", "Done.")
        assert desktop.shown == []


@pytest.mark.parametrize("address", ["", "unix:path=/nowhere/at/all", "tcp:host=somewhere", "nonsense", "unix:odd"])
def test_without_a_desktop_nothing_is_shown(monkeypatch, address):
    monkeypatch.setenv(BUS, address)
    assert not notify("Teaching", "Done.")


def test_what_no_desktop_has_shown_goes_back_to_the_window(qtbot, background, monkeypatch):
    monkeypatch.delenv(BUS, raising=False)
    notifications = Notifications(background)
    with qtbot.waitSignal(notifications.unheard) as unheard:
        notifications.show("Teaching", "Done.")
    assert unheard.args == ["Teaching", "Done."]


def test_what_a_desktop_has_shown_does_not(qtbot, background, desktop, monkeypatch):
    told, run = [], background.run
    monkeypatch.setattr(
        background, "run", lambda work, on_done: run(work, lambda shown: (on_done(shown), told.append(shown)))
    )
    notifications = Notifications(background)
    notifications.unheard.connect(lambda *words: told.append(words))
    notifications.show("Teaching", "Done.")
    qtbot.waitUntil(lambda: bool(told))
    assert told == [True]
