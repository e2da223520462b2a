"""An empty chat: which model answers, that it runs here, three things to try, and where there are better models."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from desktop_app.gui.theme import scale
from desktop_app.gui.widgets.focus_area import FocusArea
from desktop_app.library.catalog import SOURCE_STARTER
from desktop_app.library.memory import readable_size
from desktop_app.storage.records import Model

SUGGESTIONS = (
    ("Explain something", "Explain in simple words why the sky is blue."),
    ("Draft a letter", "Write a short, friendly letter asking a neighbor to water my plants next week."),
    ("Write code", "Write a Python function that counts the words in a text file."),
)


class Welcome(FocusArea):
    """Scrolls where there is little room, which belongs to the message box first.

    Signals:
    suggested(str): A text for the message box.
    better_model_wanted(): Models that can be downloaded.
    """

    suggested = Signal(str)
    better_model_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        body = QWidget()
        layout = QVBoxLayout(body)
        layout.setContentsMargins(scale.SPACE_24, scale.SPACE_24, scale.SPACE_24, scale.SPACE_24)
        layout.setSpacing(scale.SPACE_8)
        layout.addStretch(2)
        title = QLabel("What is on your mind?")
        title.setProperty("role", "title")
        self._model = QLabel()
        self._model.setProperty("role", "muted")
        self._model.setTextFormat(Qt.TextFormat.PlainText)
        self._model.setWordWrap(True)
        for label in (title, self._model):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            layout.addWidget(label)
        layout.addSpacing(scale.SPACE_16)
        for words, text in SUGGESTIONS:
            button = QPushButton(words)
            button.setToolTip(text)
            button.setAccessibleDescription(text)
            button.setMinimumWidth(220)
            button.clicked.connect(lambda _checked=False, text=text: self.suggested.emit(text))
            layout.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addSpacing(scale.SPACE_16)
        self.better_button = QPushButton("Find a better model for this computer")
        self.better_button.setProperty("kind", "quiet")
        self.better_button.clicked.connect(self.better_model_wanted)
        layout.addWidget(self.better_button, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(3)
        self.setWidget(body)
        body.setAutoFillBackground(False)
        self.show_model(None)

    def show_model(self, model: Model | None) -> None:
        """Say which model answers."""
        self.better_button.setVisible(model is None or model.source == SOURCE_STARTER)
        if model is None:
            self._model.setText("Choose a model above, or add one on the Models page.")
            return
        honest = "\nIt is a small model to try things with, so do not rely on what it says." * (
            model.source == SOURCE_STARTER
        )
        size = readable_size(model.size_bytes)
        self._model.setText(f"{model.name} ({size}) answers, and runs on this computer.{honest}")
