"""Desktops that show notifications, as far as D-Bus goes: one on a socket of its own, and one on a real bus."""

import shutil
import socket
import subprocess
import threading
from pathlib import Path
from typing import Any

from jeepney import (
    DBusAddress,
    HeaderFields,
    Message,
    MessageType,
    message_bus,
    new_error,
    new_method_return,
    new_signal,
)
from jeepney.bus import get_bus
from jeepney.io.blocking import DBusConnection, prep_socket
from jeepney.low_level import Parser

NAME = "org.freedesktop.Notifications"
NUMBER = 7  # of every notification
DAEMON = shutil.which("dbus-daemon")
_PLACE = DBusAddress("/org/freedesktop/Notifications", interface=NAME)


def clicked(number: int = NUMBER) -> tuple[Message, ...]:
    """Return what a desktop says of a click, and that the notification goes with it."""
    return (
        new_signal(_PLACE, "ActivationToken", "us", (number, "token")),
        new_signal(_PLACE, "ActionInvoked", "us", (number, "default")),
        dismissed(number),
    )


def dismissed(number: int = NUMBER) -> Message:
    return new_signal(_PLACE, "NotificationClosed", "uu", (number, 2))


class FakeDesktop:
    """A context manager: the bus and the desktop in one, with one connection at a time.

    Args:
        place: A folder for the socket.
        is_willing: It shows notifications; otherwise it says that nobody does.

    Attributes:
        shown: What it was asked to show: the arguments of `Notify`.
    """

    def __init__(self, place: Path, is_willing: bool = True) -> None:
        path = place / "bus"
        self.address = f"unix:path={path}"
        self.shown: list[tuple[Any, ...]] = []
        self._is_willing = is_willing
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(str(path))
        self._socket.listen()
        self._connection: socket.socket | None = None
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> "FakeDesktop":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self.leave()
        self._socket.close()
        self._thread.join()

    def say(self, *messages: Message) -> None:
        """Say this to whoever is connected, all at once."""
        assert self._connection is not None
        self._connection.sendall(b"".join(each.serialise(serial=number) for number, each in enumerate(messages, 100)))

    def leave(self) -> None:
        """End the connection that there is."""
        if self._connection is not None:
            self._connection.shutdown(socket.SHUT_RDWR)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                self._connection = connection
                self._welcome(connection)
                self._answer(connection)
                self._connection = None

    def _welcome(self, connection: socket.socket) -> None:
        lines = connection.makefile("rb", buffering=0)
        while not (line := lines.readline()).startswith(b"BEGIN"):
            connection.sendall(b"OK 0123456789abcdef\r\n" if b"AUTH" in line else b"ERROR\r\n")

    def _answer(self, connection: socket.socket) -> None:
        parser = Parser()
        while data := connection.recv(4096):
            parser.add_data(data)
            while (message := parser.get_next_message()) is not None:
                if message.header.message_type is not MessageType.method_call:
                    continue
                match message.header.fields[HeaderFields.member]:
                    case "Hello":
                        reply = new_method_return(message, "s", (":1.1",))
                    case "Notify" if self._is_willing:
                        self.shown.append(message.body)
                        reply = new_method_return(message, "u", (NUMBER,))
                    case "Notify":
                        reply = new_error(message, "org.freedesktop.DBus.Error.ServiceUnknown", "s", ("Nobody.",))
                    case _:
                        reply = new_method_return(message)
                connection.sendall(reply.serialise(serial=message.header.serial))


class DesktopOnBus:
    """A context manager: a bus of its own, and on that a desktop whose notifications are clicked on at once."""

    def __init__(self, place: Path) -> None:
        self.address = f"unix:path={place / 'real-bus'}"
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> "DesktopOnBus":
        assert DAEMON is not None
        words = [DAEMON, "--session", "--nofork", "--print-address=1", f"--address={self.address}"]
        self._daemon = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert self._daemon.stdout is not None
        self.address = self._daemon.stdout.readline().decode().strip()
        self._bus = DBusConnection(prep_socket(get_bus(self.address)))
        self._bus.send_and_get_reply(message_bus.RequestName(NAME))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._daemon.terminate()
        self._daemon.communicate()
        self._thread.join()
        self._bus.close()

    def _serve(self) -> None:
        while True:
            try:
                message = self._bus.receive()
            except ConnectionResetError:
                return
            if message.header.fields.get(HeaderFields.member) == "Notify":
                self._bus.send(new_method_return(message, "u", (NUMBER,)))
                for each in clicked():
                    self._bus.send(each)
