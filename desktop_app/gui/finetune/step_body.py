"""What the five steps of a course have in common, for the page that they are on."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop_app.gui.theme import scale


class StepBody(QWidget):
    """A step without its card.

    Attributes:
        column: Where it puts its parts.

    Signals:
        done(): The person wants to go on to the next step.
    """

    done = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(scale.SPACE_12)

    def show_course(self) -> None:
        """Show the open course as it is now."""
        raise NotImplementedError

    def summary(self) -> str:
        """Return what has come of it, in a line without a full stop."""
        raise NotImplementedError
