"""One model in the list of models: what it is, whether it is in use, and what can be done with it."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMenu, QPushButton, QSizePolicy, QToolButton, QVBoxLayout

from desktop_app.gui.theme import icon, scale
from desktop_app.gui.widgets.icon_button import IconButton
from desktop_app.library.catalog import SOURCE_STARTER
from desktop_app.library.memory import readable_size
from desktop_app.library.outlook import Fit, Outlook
from desktop_app.storage.records import Model

_ROLES = {Fit.WELL: "small", Fit.TIGHT: "warn", Fit.TOO_LARGE: "danger"}
STARTER_WORDS = "Small enough for any computer, to try things with. It makes many mistakes; a larger model knows more."


class ModelCard(QFrame):
    """Shows a model.

    Signals:
        chat_wanted(Model): Chat with it.
        remove_wanted(Model): Take it out of the list.
    """

    chat_wanted = Signal(Model)
    remove_wanted = Signal(Model)

    def __init__(self, model: Model, is_in_use: bool, is_missing: bool) -> None:
        super().__init__()
        self.model = model
        self.setProperty("panel", "card")
        self.setAccessibleName(model.name)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(scale.SPACE_16, scale.SPACE_12, scale.SPACE_16, scale.SPACE_12)
        layout.setSpacing(scale.SPACE_8)
        layout.addLayout(self._words(model, is_in_use, is_missing), 1)
        self.chat_button = QPushButton("Chat with it")
        self.chat_button.setAccessibleName(f"Chat with {model.name}")
        self.chat_button.setEnabled(not is_missing)
        self.chat_button.clicked.connect(lambda: self.chat_wanted.emit(model))
        layout.addWidget(self.chat_button, 0, Qt.AlignmentFlag.AlignVCenter)
        layout.addWidget(self._more(model), 0, Qt.AlignmentFlag.AlignVCenter)

    def show_outlook(self, outlook: Outlook | None) -> None:
        """Say how the model would run here; None where that is not known (yet)."""
        fit = outlook.fit if outlook else None
        self.badge.setText(fit.value if fit else "")
        self.badge.setProperty("role", _ROLES.get(fit, "small") if fit else "small")
        self.badge.style().polish(self.badge)
        self.badge.setVisible(fit is not None)
        self.needs.setText(outlook.sentence if outlook else "")
        self.needs.setVisible(outlook is not None)

    def _words(self, model: Model, is_in_use: bool, is_missing: bool) -> QVBoxLayout:
        words = QVBoxLayout()
        words.setSpacing(scale.SPACE_4)
        head = QHBoxLayout()
        head.setSpacing(scale.SPACE_8)
        head.addWidget(_label(model.name, "section"))
        if is_missing:
            head.addWidget(_label("Missing", "danger"))
        elif is_in_use:
            head.addWidget(_label("In use", "small"))
        self.badge = _label("", "small")
        head.addWidget(self.badge)
        head.addStretch(1)
        self.needs = _label("", "small", wraps=True)
        words.addLayout(head)
        words.addWidget(_label(_facts(model), "small", wraps=True))
        words.addWidget(self.needs)
        if is_missing:
            words.addWidget(_label(f"The file is no longer at {model.path}.", "small", wraps=True))
        elif model.source == SOURCE_STARTER:
            words.addWidget(_label(STARTER_WORDS, "small", wraps=True))
        return words

    def _more(self, model: Model) -> QToolButton:
        button = IconButton("ellipsis", f"More for {model.name}")
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(button)
        remove = QAction(icon("trash-2"), "Remove from the list", menu)
        remove.setToolTip("The file stays where it is.")
        remove.triggered.connect(lambda: self.remove_wanted.emit(model))
        menu.addAction(remove)
        button.setMenu(menu)
        return button


def _facts(model: Model) -> str:
    parts = [
        f"{_count(model.n_params)} parameters" if model.n_params else "",
        model.quant_type,
        readable_size(model.size_bytes),
        f"up to {model.n_ctx_train:,} tokens of context" if model.n_ctx_train else "",
        model.license,
    ]
    return "  ·  ".join(part for part in parts if part)


def _count(number: int) -> str:
    return f"{number / 1e9:.1f} billion" if number >= 1e9 else f"{number / 1e6:.0f} million"


def _label(text: str, role: str, wraps: bool = False) -> QLabel:
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)  # names come from files
    label.setProperty("role", role)
    label.setWordWrap(wraps)
    if wraps:
        label.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
    return label
