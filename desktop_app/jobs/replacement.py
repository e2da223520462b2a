"""Whether this program was updated while its window is open: then it cannot be relied on until it was restarted."""

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication

from desktop_app.child_environment import ProgramFile
from desktop_app.errors import UserError
from desktop_app.jobs.background import Background


class Replacement(QObject):
    """Looks whenever the person comes back to the window, and when asked to. Lives in the GUI thread.

    Signals:
        noticed(UserError): It was. Comes once.
    """

    noticed = Signal(UserError)

    def __init__(self, background: Background, own_file: ProgramFile, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background = background
        self._own_file = own_file
        self._is_noticed = False
        application = QGuiApplication.instance()
        assert isinstance(application, QGuiApplication)
        application.applicationStateChanged.connect(self._on_state)

    def look(self) -> None:
        """Look now; `noticed` tells if it is so."""
        if not self._is_noticed:
            self._background.run(self._own_file.updated_meanwhile, self._on_looked)

    def _on_state(self, state: Qt.ApplicationState) -> None:
        if state == Qt.ApplicationState.ApplicationActive:
            self.look()

    def _on_looked(self, found: UserError | None) -> None:
        if found is not None and not self._is_noticed:
            self._is_noticed = True
            self.noticed.emit(found)
