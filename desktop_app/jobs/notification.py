"""A notification of the system, for when the person is busy with something else; where there is none, nothing happens.

Linux desktops are asked by D-Bus, which is a socket of this computer. Qt's D-Bus cannot say it in the types that the
desktops insist on, but what the keychain is spoken to with can. A click is told to the connection that the
notification came by, so that stays open for as long as the notification is there.
"""

import logging
import os
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSocketNotifier, Signal
from PySide6.QtGui import QGuiApplication

from desktop_app.jobs.background import Background
from desktop_app.paths import APPLICATION_NAME

if TYPE_CHECKING:
    from jeepney import Message
    from jeepney.io.blocking import DBusConnection

_NAME, _PATH = "org.freedesktop.Notifications", "/org/freedesktop/Notifications"
_PATIENCE_S = 5.0
_USUAL_TIME = -1
_TROUBLES = (OSError, ValueError, KeyError, RuntimeError)  # no desktop, one that does not answer, or an odd address

_log = logging.getLogger(__name__)


class Notifications(QObject):
    """Lives in the GUI thread.

    Signals:
        unheard(str, str): Title and words of what the desktop would not show; the window may have another way.
        clicked(): The person has clicked on one.
    """

    unheard = Signal(str, str)
    clicked = Signal()

    def __init__(self, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background = background
        self._shown: list[_Listening] = []

    @property
    def n_shown(self) -> int:
        """How many are on the screen, as far as is known."""
        return len(self._shown)

    def show(self, title: str, words: str) -> None:
        """Have the system tell this."""

        def told(shown: Shown | None) -> None:
            if shown is None:
                self.unheard.emit(title, words)
                return
            listening = _Listening(shown, self)
            self._shown.append(listening)
            listening.clicked.connect(self.clicked)
            listening.ended.connect(lambda: self._shown.remove(listening))
            listening.read()  # what came together with the answer

        self._background.run(lambda: notify(title, words), told)

    def close(self) -> None:
        """Listen no more; for the end of the program."""
        for each in list(self._shown):
            each.end()


@dataclass(frozen=True)
class Shown:
    """A notification that is on the screen: its number, and the connection that it came by."""

    bus: "DBusConnection"
    number: int


class _Listening(QObject):
    """Signals:
    clicked(): The person has clicked on the notification.
    ended(): It is gone, or the desktop.
    """

    clicked = Signal()
    ended = Signal()

    def __init__(self, shown: Shown, parent: QObject) -> None:
        super().__init__(parent)
        self._bus, self._number = shown.bus, shown.number
        self._notifier = QSocketNotifier(self._bus.sock.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self.read)

    def read(self) -> None:
        """Take what the desktop has said until now."""
        try:
            while self._notifier.isEnabled():
                self._take(self._bus.receive(timeout=0))
        except TimeoutError:
            return
        except _TROUBLES:
            self.end()

    def end(self) -> None:
        self._notifier.setEnabled(False)
        self._bus.close()
        self.deleteLater()
        self.ended.emit()

    def _take(self, message: "Message") -> None:
        from jeepney import HeaderFields

        match message.header.fields.get(HeaderFields.member), message.body:
            case "ActivationToken", (self._number, str(token)) if QGuiApplication.platformName() == "wayland":
                os.putenv("XDG_ACTIVATION_TOKEN", token)  # Qt shows it when the window wants to come to the front
            case "ActionInvoked", (self._number, _):
                self.clicked.emit()
            case "NotificationClosed", (self._number, _):
                self.end()


def notify(title: str, words: str) -> Shown | None:
    """Have the desktop show a notification; None where it does not. Waits for its answer."""
    if sys.platform != "linux" or not os.environ.get("DBUS_SESSION_BUS_ADDRESS"):
        return None
    try:
        return _notify(title, words)
    except _TROUBLES:
        _log.info("the desktop shows no notification", exc_info=True)
        return None


def _notify(title: str, words: str) -> Shown | None:
    from jeepney import DBusAddress, MatchRule, MessageType, message_bus, new_method_call
    from jeepney.io.blocking import open_dbus_connection

    content: tuple[object, ...] = (
        APPLICATION_NAME,
        0,
        "moatless",
        title,
        _without_markup(words),
        ["default", f"Show {APPLICATION_NAME}"],
        {"desktop-entry": ("s", "moatless")},
        _USUAL_TIME,
    )
    desktop = DBusAddress(_PATH, bus_name=_NAME, interface=_NAME)
    what_it_says = MatchRule(type="signal", sender=_NAME, interface=_NAME, path=_PATH)
    with ExitStack() as stack:
        bus = stack.enter_context(open_dbus_connection())
        bus.send_and_get_reply(message_bus.AddMatch(what_it_says), timeout=_PATIENCE_S)
        told = bus.send_and_get_reply(new_method_call(desktop, "Notify", "susssasa{sv}i", content), timeout=_PATIENCE_S)
        if told.header.message_type is not MessageType.method_return:
            return None
        stack.pop_all()
        return Shown(bus, told.body[0])


def _without_markup(words: str) -> str:
    """Return words for a place where some desktops understand markup."""
    escapes: tuple[tuple[str, str], ...] = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"))
    for plain, escaped in escapes:
        words = words.replace(plain, escaped)
    return words
