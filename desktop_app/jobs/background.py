"""The one door to threads: work goes in from the GUI thread, results come back to the GUI thread.

Three lanes. `storage` is a single thread, so that database work happens in the order it was asked for; `pool` is for
everything that may run side by side; `network` for what mostly waits for the other side or a disk and may take hours,
so that it keeps nothing else waiting. Nobody else in the window starts a thread.
"""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Signal
from shiboken6 import isValid

from desktop_app.errors import UserError, unexpected_error

_T = TypeVar("_T")
_log = logging.getLogger(__name__)


class Background(QObject):
    """Runs functions on other threads. Lives in the GUI thread.

    Signals:
        trouble(UserError): Work failed and its caller gave no `on_error`.
    """

    trouble = Signal(UserError)
    _finished = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._storage = ThreadPoolExecutor(1, thread_name_prefix="storage")
        self._pool = ThreadPoolExecutor(2, thread_name_prefix="pool")
        self._network = ThreadPoolExecutor(6, thread_name_prefix="network")
        self._is_closed = False
        # Other threads emit it, but the emitting object lives in the GUI thread, so its receivers run there.
        self._finished.connect(self._deliver)

    def run(
        self,
        work: Callable[[], _T],
        on_done: Callable[[_T], None] | None = None,
        on_error: Callable[[UserError], None] | None = None,
    ) -> None:
        """Run `work` in the pool, then `on_done` with its result in the GUI thread.

        A callback that is a method of a Qt object deleted meanwhile is not called.
        """
        self._submit(self._pool, work, on_done, on_error)

    def run_in_order(
        self,
        work: Callable[[], _T],
        on_done: Callable[[_T], None] | None = None,
        on_error: Callable[[UserError], None] | None = None,
    ) -> None:
        """Like `run`, on the storage lane: after everything that was given to it before."""
        self._submit(self._storage, work, on_done, on_error)

    def run_long(
        self,
        work: Callable[[], _T],
        on_done: Callable[[_T], None] | None = None,
        on_error: Callable[[UserError], None] | None = None,
    ) -> None:
        """Like `run`, on the network lane. Whoever gives it long work must be able to end it before `close`."""
        self._submit(self._network, work, on_done, on_error)

    def close(self) -> None:
        """Finish what was asked for, then end the threads. Results are not delivered any more."""
        self._is_closed = True
        self._finished.disconnect(self._deliver)
        for lane in (self._pool, self._network):
            lane.shutdown(wait=True, cancel_futures=True)
        self._storage.shutdown(wait=True)

    def _submit(
        self,
        lane: ThreadPoolExecutor,
        work: Callable[[], _T],
        on_done: Callable[[_T], None] | None,
        on_error: Callable[[UserError], None] | None,
    ) -> None:
        def job() -> None:
            try:
                result = work()
            except UserError as error:
                self._finished.emit(partial(self._fail, error, on_error))
            except Exception:
                _log.exception("background work failed")
                self._finished.emit(partial(self._fail, unexpected_error(), on_error))
            else:
                if on_done is not None:
                    self._finished.emit(partial(_call, on_done, result))

        lane.submit(job)

    def _deliver(self, callback: Callable[[], None]) -> None:
        if not self._is_closed:  # what was on its way when the signal was disconnected still comes
            callback()

    def _fail(self, error: UserError, on_error: Callable[[UserError], None] | None) -> None:
        if on_error is None:
            self.trouble.emit(error)
        else:
            _call(on_error, error)


def _call(callback: Callable[[Any], None], value: object) -> None:
    owner = getattr(callback, "__self__", None)
    if isinstance(owner, QObject) and not isValid(owner):
        return
    callback(value)
