"""The window process, from start to end:

1. the Qt application; one window a data folder: a second start brings the first window to the front and ends here
2. settings and look, for the first picture of the window depends on them
3. the window, empty but for the rail, is shown
4. once it is painted: log, pages and jobs (`gui/workspace.py`), then the database, the model, the last conversation

and back again in the opposite order: what streams is saved, the engine ends, the database is closed.
"""

import gc
import logging
import os
import sys
import threading
from types import TracebackType
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, qVersion
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from desktop_app import __version__, product
from desktop_app.errors import UserError, unexpected_error
from desktop_app.gui.main_window import MainWindow
from desktop_app.gui.theme import theme
from desktop_app.jobs.background import Background
from desktop_app.jobs.preferences import Preferences
from desktop_app.paths import APPLICATION_NAME, DataFolder, bundled
from desktop_app.settings import options
from desktop_app.settings.option import Option
from desktop_app.settings.window_state import load_window_state

if TYPE_CHECKING:
    from desktop_app.gui.workspace import Workspace
    from desktop_app.jobs.single_instance import SingleInstance

OTHER_CLOSES_S = 15  # its engine may have something to save

_log = logging.getLogger(__name__)


def run_window(folder: DataFolder, is_offline: bool = False) -> int:
    """Run the window until it is closed and return the exit status; `is_offline` turns its switch."""
    from desktop_app.jobs.single_instance import SingleInstance

    qt = make_qt_application()
    instance = SingleInstance(folder.lock) if _can_create(folder) else None
    if instance is not None and (status := _settle_with_other(instance, folder)) is not None:
        return status
    with App(folder) as app:
        if is_offline:
            app.preferences.set(options.OFFLINE, True)
        if instance is not None:
            instance.raise_requested.connect(app.window.raise_to_front)
            app.window.painted.connect(instance.listen)
        app.window.painted.connect(lambda: _start_logging(folder))
        app.window.painted.connect(lambda: _end_when_asked(qt))
        app.start()
        status = qt.exec()
        if instance is not None:
            instance.stop_listening()
    if instance is not None:
        instance.close()
    return status


def try_window(folder: DataFolder) -> dict[str, object]:
    """Open a window on no screen, draw it and close it; return what was found.

    Raises:
        UserError: If something cannot be drawn.
    """
    from desktop_app.gui.self_check import check_drawing

    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    with App(folder, backend="echo") as app:
        app.assemble()
        app.window.show()
        app.qt.processEvents()
        size = app.window.size()
        colors = check_drawing(app.window, app.background)
    return {"qt": qVersion(), "size": f"{size.width()} x {size.height()}", "colors": colors}


def make_qt_application() -> QApplication:
    """Return the process's Qt application, made on the first call."""
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    qt = QApplication(sys.argv[:1])
    qt.setApplicationName(APPLICATION_NAME)
    qt.setApplicationVersion(__version__)
    qt.setDesktopFileName(product.IDENTIFIER)
    qt.setWindowIcon(QIcon(str(bundled("moatless.svg"))))
    return qt


class App:
    """One window and all that belongs to it; a context manager, so that it is always taken apart.

    `workspace` is there as soon as the window has been painted, or `assemble` was called.
    """

    def __init__(self, folder: DataFolder, backend: str = "llama") -> None:
        self.qt = make_qt_application()
        self._folder = folder
        self._backend = backend
        self.background = Background()
        self.preferences = Preferences(folder, self.background)
        self._apply_theme()
        self.preferences.changed.connect(self._on_preference)
        self._state = load_window_state(folder.window_state)
        self.window = MainWindow()
        self.window.restore(self._state.geometry)
        self.workspace: Workspace | None = None

    def __enter__(self) -> "App":
        sys.excepthook = self._on_exception
        threading.excepthook = lambda args: self._on_exception(args.exc_type, args.exc_value, args.exc_traceback)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        sys.excepthook, threading.excepthook = sys.__excepthook__, threading.__excepthook__
        self.window.hide()  # what is to be saved may take seconds
        if self.workspace is not None:
            self.workspace.close()
        self.background.close()
        self.window.close()
        self.window.deleteLater()

    def start(self) -> None:
        """Show the window, and open what is stored as soon as it is on the screen."""
        self.window.painted.connect(lambda: QTimer.singleShot(0, self.window, lambda: self.assemble().open()))
        self.window.show()

    def assemble(self) -> "Workspace":
        """Make pages and jobs."""
        from desktop_app.gui.workspace import Workspace

        self.workspace = Workspace(
            self.window, self._folder, self.background, self.preferences, self._state, self._backend
        )
        # What has been made so far stays. Without this the garbage collector looks through all of it time and again,
        # and each time the window stands still for 10 to 30 ms.
        gc.collect()
        gc.freeze()
        gc.enable()
        return self.workspace

    def _on_preference(self, option: Option[object]) -> None:
        if option in (options.THEME, options.TEXT_SIZE):
            self._apply_theme()

    def _apply_theme(self) -> None:
        scheme = self.preferences[options.THEME]
        theme().apply(self.qt, scheme, self.preferences[options.TEXT_SIZE])  # type: ignore[arg-type]

    def _on_exception(
        self, kind: type[BaseException], value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        _log.critical("unexpected error", exc_info=(kind, value or kind(), traceback))
        self.background.trouble.emit(unexpected_error())


def _start_logging(folder: DataFolder) -> None:
    from desktop_app.log import start_logging  # not needed for the first picture, and slow to load

    start_logging(folder.logs, "window")


def _end_when_asked(qt: QApplication) -> None:
    from desktop_app.jobs.termination import Termination  # not needed for the first picture either

    Termination(qt).requested.connect(qt.quit)


def _can_create(folder: DataFolder) -> bool:
    try:
        folder.create()
    except UserError:
        return False  # the window opens all the same and says it
    return True


def _settle_with_other(instance: "SingleInstance", folder: DataFolder) -> int | None:
    """Return None if this is the only window, or else the exit status, after the other one has come to the front."""
    if instance.claim():
        return None
    for _ in range(OTHER_CLOSES_S):
        if instance.raise_other():
            return 0
        if instance.claim(patience_ms=1_000):
            return None
    return _say_busy(folder)


def _say_busy(folder: DataFolder) -> int:
    print(f"Another Moatless works on {folder.root} and does not answer. Close it and try again.", file=sys.stderr)
    return 1
