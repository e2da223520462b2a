"""What a test must not leave behind: timers, threads, processes and windows. See the `nothing_leaks` fixture.

Qt parts are looked at only where the test run has imported Qt.
"""

import gc
import sys
import threading
import weakref
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

GRACE_S = 2.0  # what is ending already may end
_THREAD_ENDS_MS = 2_000

_started: "weakref.WeakSet[Any]" = weakref.WeakSet()


def watch_qt() -> None:
    """From here on, remember each QTimer, QThread and QProcess that Python code starts."""
    from PySide6.QtCore import QProcess, QThread, QTimer

    for kind in (QTimer, QThread, QProcess):
        kind.start = _remembering(kind.start)


def _remembering(start: Any) -> Any:
    def remembered(self: Any, *arguments: Any, **options: Any) -> Any:
        _started.add(self)
        return start(self, *arguments, **options)

    return remembered


class LeakCheck:
    """Remembers what there was before a test, and tells afterwards what is there that was not."""

    def __init__(self) -> None:
        _started.clear()
        self._threads = set(threading.enumerate())
        self._children = _children()
        self._windows = weakref.WeakSet(_windows())

    def leaks(self) -> list[str]:
        """Return what the test has left behind, in words, and end it so that the next test does not meet it."""
        return [*self._qt_leaks(), *self._window_leaks(), *self._process_leaks(), *self._thread_leaks()]

    def _qt_leaks(self) -> list[str]:
        if not _started:
            return []
        from PySide6.QtCore import QProcess, QTimer
        from shiboken6 import isValid

        _windows()  # the timers of one that was to be deleted are gone with it
        found = []
        for item in [item for item in _started if isValid(item)]:
            if isinstance(item, QTimer):
                if item.isActive():
                    found.append(f"an active timer: {_describe(item)}, {item.interval()} ms")
                    item.stop()
            elif isinstance(item, QProcess):
                if item.state() != QProcess.ProcessState.NotRunning:
                    found.append(f"a running process: {_describe(item)}, {item.program()}")
                    item.kill()
                    item.waitForFinished()
            elif item.isRunning():
                item.requestInterruption()
                item.quit()
                # Deleting a running QThread ends the whole test run, so it is waited for either way.
                found.append(f"a running thread: {_describe(item)}")
                item.wait(_THREAD_ENDS_MS)
        return found

    def _window_leaks(self) -> list[str]:
        new = [window for window in _windows() if window not in self._windows]
        if new:
            del new
            gc.collect()  # many a widget hangs in a reference cycle, which is no leak
            new = [window for window in _windows() if window not in self._windows]
        found = [f"a window: {_describe(window)}" for window in new]
        for window in new:
            window.close()
            window.deleteLater()
        _windows()
        return found

    def _process_leaks(self) -> list[str]:
        if _children() <= self._children:
            return []
        new = [child for child in psutil.Process().children() if child.pid not in self._children]
        new = [child for child in new if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]
        _, left = psutil.wait_procs(new, timeout=GRACE_S)
        found = [f"a child process: {' '.join(child.cmdline())[:200] or child.pid}" for child in left]
        for child in left:
            child.kill()
        return found

    def _thread_leaks(self) -> list[str]:
        new = [thread for thread in threading.enumerate() if thread not in self._threads]
        # Stands for a thread of Qt that has run Python code; what Qt started is looked at above.
        new = [thread for thread in new if not isinstance(thread, threading._DummyThread)]
        for thread in new:
            thread.join(GRACE_S)
        return [f"a thread: {thread.name}" for thread in new if thread.is_alive()]


def _children() -> set[int]:
    """Return the numbers of the processes that this one has started."""
    lists = list(Path("/proc/self/task").glob("*/children"))
    if not lists:  # psutil looks at every process of the computer, which before and after each test is seconds in all
        return {child.pid for child in psutil.Process().children()}
    found: set[int] = set()
    for each in lists:
        with suppress(OSError):  # the thread has ended meanwhile, and what it has started is another one's child now
            found.update(map(int, each.read_text("ascii").split()))
    return found


def _windows() -> list[Any]:
    """Return the top-level widgets, after those that were to be deleted are."""
    widgets = sys.modules.get("PySide6.QtWidgets")
    if widgets is None or widgets.QApplication.instance() is None:
        return []
    from PySide6.QtCore import QCoreApplication, QEvent

    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    return [window for window in widgets.QApplication.topLevelWidgets() if type(window).__name__ != "QTipLabel"]


def _describe(item: Any) -> str:
    name = item.objectName()
    return f"{type(item).__name__} “{name}”" if name else type(item).__name__
