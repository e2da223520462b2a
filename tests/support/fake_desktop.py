"""A desktop that shows notifications, as far as D-Bus goes: one connection after the other on a socket of its own."""

import socket
import threading
from pathlib import Path
from typing import Any

from jeepney import HeaderFields, MessageType, new_error, new_method_return
from jeepney.low_level import Parser


class FakeDesktop:
    """A context manager.

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
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> "FakeDesktop":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                self._welcome(connection)
                self._answer(connection)

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
                name = message.header.fields[HeaderFields.member]
                if name == "Hello":
                    reply = new_method_return(message, "s", (":1.1",))
                elif self._is_willing:
                    self.shown.append(message.body)
                    reply = new_method_return(message, "u", (1,))
                else:
                    reply = new_error(message, "org.freedesktop.DBus.Error.ServiceUnknown", "s", ("Nobody.",))
                connection.sendall(reply.serialise(serial=message.header.serial))
