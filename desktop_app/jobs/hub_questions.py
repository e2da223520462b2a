"""Asking the Hub what the person wants to see: only the last question counts, and what was asked before it is cut."""

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from PySide6.QtCore import QObject, Signal

from desktop_app.errors import UserError
from desktop_app.jobs.background import Background
from desktop_app.jobs.connection import HubConnection
from desktop_app.network.door import Stop, purpose

_T = TypeVar("_T")


class HubQuestions(QObject):
    """Lives in the GUI thread. What was asked before ends as soon as something else is asked.

    Signals:
        failed(UserError): Nothing came of what was asked last.
    """

    failed = Signal(UserError)

    def __init__(self, connection: HubConnection, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._connection = connection
        self._background = background
        self._stop = Stop()  # of what was asked last

    def forget(self) -> None:
        """End what is still on its way, without a word."""
        self._stop.set()

    def close(self) -> None:
        """The same, for the end of the program."""
        self.forget()

    def _ask(self, work: Callable[[], _T], on_done: Callable[[_T], None]) -> None:
        self._stop.set()
        stop = self._stop = Stop()

        def ask() -> _T:
            with purpose("", stop):
                return work()

        def show(result: _T) -> None:
            if not stop.is_set:
                on_done(result)

        self._background.run_long(ask, show, partial(self._fail, stop))

    def _fail(self, stop: Stop, error: UserError) -> None:
        if not stop.is_set:
            self.failed.emit(error)
