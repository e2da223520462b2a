"""Notifications: shown where a desktop shows them, heard of when clicked on, and never a reason for trouble."""

import os
import sys

import pytest

from desktop_app.jobs.notification import Notifications, notify
from tests.support.fake_desktop import DAEMON, NUMBER, DesktopOnBus, FakeDesktop, clicked, dismissed

BUS = "DBUS_SESSION_BUS_ADDRESS"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems are asked by Qt's icon in the tray")


@pytest.fixture
def desktop(tmp_path, monkeypatch):
    with FakeDesktop(tmp_path) as desktop:
        monkeypatch.setenv(BUS, desktop.address)
        yield desktop


@pytest.fixture
def notifications(background):
    notifications = Notifications(background)
    yield notifications
    notifications.close()


@pytest.fixture
def clicks(notifications):
    """One for each click that was heard of."""
    clicks = []
    notifications.clicked.connect(lambda: clicks.append(True))
    return clicks


@pytest.fixture
def shown(qtbot, notifications, desktop):
    """A notification that is on the screen."""
    notifications.show("Teaching", "Done.")
    qtbot.waitUntil(lambda: notifications.n_shown == 1)


def test_the_desktop_shows_what_it_is_told(desktop):
    notify("Teaching", "“Mails & more” <is> done.").bus.close()
    ((program, replaces, icon, title, words, actions, _hints, time),) = desktop.shown
    assert (program, title) == ("Moatless", "Teaching")
    assert words == "“Mails &amp; more” &lt;is&gt; done."  # some desktops take it for markup
    assert (replaces, icon, time) == (0, "moatless", -1)
    assert actions == ["default", "Show Moatless"]


def test_a_desktop_that_shows_none_is_no_trouble(tmp_path, monkeypatch):
    with FakeDesktop(tmp_path, is_willing=False) as desktop:
        monkeypatch.setenv(BUS, desktop.address)
        assert notify("Teaching", "Done.") is None
        assert desktop.shown == []


@pytest.mark.parametrize("address", ["", "unix:path=/nowhere/at/all", "tcp:host=somewhere", "nonsense", "unix:odd"])
def test_without_a_desktop_nothing_is_shown(monkeypatch, address):
    monkeypatch.setenv(BUS, address)
    assert notify("Teaching", "Done.") is None


def test_what_no_desktop_has_shown_goes_back_to_the_window(qtbot, notifications, monkeypatch):
    monkeypatch.delenv(BUS, raising=False)
    with qtbot.waitSignal(notifications.unheard) as unheard:
        notifications.show("Teaching", "Done.")
    assert unheard.args == ["Teaching", "Done."]


def test_what_a_desktop_has_shown_does_not(qtbot, notifications, desktop):
    told = []
    notifications.unheard.connect(lambda *words: told.append(words))
    notifications.show("Teaching", "Done.")
    qtbot.waitUntil(lambda: notifications.n_shown == 1)
    assert told == []


# ------------------------------------------------------------ the click


def test_a_click_is_heard_of_once_and_then_nothing_is_listened_to(qtbot, notifications, shown, desktop, clicks):
    desktop.say(*clicked())
    qtbot.waitUntil(lambda: notifications.n_shown == 0)
    assert clicks == [True]


def test_a_click_on_what_another_program_shows_is_none(qtbot, notifications, shown, desktop, clicks):
    desktop.say(*clicked(NUMBER + 1), dismissed())
    qtbot.waitUntil(lambda: notifications.n_shown == 0)
    assert clicks == []


def test_a_desktop_that_ends_is_no_trouble(qtbot, notifications, shown, desktop, clicks):
    desktop.leave()
    qtbot.waitUntil(lambda: notifications.n_shown == 0)
    assert clicks == []


def test_what_is_on_the_screen_when_the_window_closes_is_not_listened_to(notifications, shown):
    notifications.close()
    assert notifications.n_shown == 0


def test_the_window_may_come_to_the_front_where_that_has_to_be_allowed(
    qtbot, notifications, shown, desktop, monkeypatch
):
    """By what Qt looks for under Wayland, which has to be there before the click is told."""
    allowed = []
    monkeypatch.setattr(os, "putenv", lambda name, value: allowed.append((name, value)))
    notifications.clicked.connect(lambda: allowed.append("clicked"))
    monkeypatch.setattr("desktop_app.jobs.notification.QGuiApplication.platformName", lambda: "wayland")
    desktop.say(*clicked())
    qtbot.waitUntil(lambda: notifications.n_shown == 0)
    assert allowed == [("XDG_ACTIVATION_TOKEN", "token"), "clicked"]


@pytest.mark.skipif(DAEMON is None, reason="there is no D-Bus daemon here")
def test_a_click_comes_over_a_real_bus(qtbot, notifications, tmp_path, monkeypatch):
    with DesktopOnBus(tmp_path) as desktop, qtbot.waitSignal(notifications.clicked):
        monkeypatch.setenv(BUS, desktop.address)
        notifications.show("Teaching", "Done.")
