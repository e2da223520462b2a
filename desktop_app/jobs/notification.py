"""A notification of the system, for when the person is busy with something else; where there is none, nothing happens.

Linux desktops are asked by D-Bus, which is a socket of this computer. Qt's D-Bus cannot say it in the types that the
desktops insist on, but what the keychain is spoken to with can.
"""

import logging
import os
import sys

from PySide6.QtCore import QObject, Signal

from desktop_app.jobs.background import Background
from desktop_app.paths import APPLICATION_NAME

_PATIENCE_S = 5.0
_USUAL_TIME = -1

_log = logging.getLogger(__name__)


class Notifications(QObject):
    """Lives in the GUI thread.

    Signals:
        unheard(str, str): Title and words of what the desktop would not show; the window may have another way.
    """

    unheard = Signal(str, str)

    def __init__(self, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background = background

    def show(self, title: str, words: str) -> None:
        """Have the system tell this."""

        def shown(is_shown: bool) -> None:
            if not is_shown:
                self.unheard.emit(title, words)

        self._background.run(lambda: notify(title, words), shown)


def notify(title: str, words: str) -> bool:
    """Have the desktop show a notification and return whether it does. Waits for its answer."""
    if sys.platform != "linux" or not os.environ.get("DBUS_SESSION_BUS_ADDRESS"):
        return False
    try:
        return _notify(title, words)
    except (OSError, ValueError, KeyError, RuntimeError):  # no desktop, one that does not answer, or an odd address
        _log.info("the desktop shows no notification", exc_info=True)
        return False


def _notify(title: str, words: str) -> bool:
    from jeepney import DBusAddress, MessageType, new_method_call
    from jeepney.io.blocking import open_dbus_connection

    name = "org.freedesktop.Notifications"
    desktop = DBusAddress("/org/freedesktop/Notifications", bus_name=name, interface=name)
    hints = {"desktop-entry": ("s", "moatless")}
    content: tuple[object, ...] = (
        APPLICATION_NAME,
        0,
        "moatless",
        title,
        _without_markup(words),
        [],
        hints,
        _USUAL_TIME,
    )
    with open_dbus_connection() as bus:
        told = bus.send_and_get_reply(new_method_call(desktop, "Notify", "susssasa{sv}i", content), timeout=_PATIENCE_S)
    return bool(told.header.message_type is MessageType.method_return)


def _without_markup(words: str) -> str:
    """Return words for a place where some desktops understand markup."""
    escapes: tuple[tuple[str, str], ...] = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"))
    for plain, escaped in escapes:
        words = words.replace(plain, escaped)
    return words
