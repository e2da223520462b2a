"""The line above the transcript: title, the model in use, how full the context is, and this chat's own settings."""

import html
from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMenu, QToolButton

from desktop_app.gui.theme import icon, scale
from desktop_app.gui.widgets.elided_label import ElidedLabel
from desktop_app.gui.widgets.icon_button import IconButton
from desktop_app.library.memory import readable_size
from desktop_app.storage.records import Model


class ChatHeader(QFrame):
    """Shows; decides nothing.

    Signals:
        model_chosen(Model): From the menu of models.
        more_models_wanted(): The last entry of that menu.
        list_wanted(): The conversation list, where the window is too narrow to show it all the time.
    """

    model_chosen = Signal(Model)
    more_models_wanted = Signal()
    list_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(48)
        self.list_button = IconButton("panel-left", "Show chats")
        self.list_button.clicked.connect(self.list_wanted)
        self.list_button.hide()
        self.title = ElidedLabel()
        self.context = QLabel()
        self.context.setProperty("role", "small")
        self.model_button = QToolButton()
        self.model_button.setIcon(icon("chevron-down", "muted"))
        self.model_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.model_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.model_button.setLayoutDirection(Qt.LayoutDirection.RightToLeft)  # the arrow behind the name
        self.model_button.setMenu(QMenu(self.model_button))
        self.options_button = IconButton("sliders-horizontal", "Settings of this chat")
        self.options_button.setCheckable(True)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(scale.SPACE_24, 0, scale.SPACE_16, 0)
        layout.setSpacing(scale.SPACE_8)
        layout.addWidget(self.list_button)
        layout.addWidget(self.title, 1)
        layout.addWidget(self.context)
        layout.addWidget(self.model_button)
        layout.addWidget(self.options_button)
        self.show_model("")

    def show_model(self, name: str) -> None:
        """Show the name of the model in use, or that there is none."""
        text = name or "Choose a model"
        shown = text if len(text) <= 32 else text[:31] + "…"
        self.model_button.setText(shown.replace("&", "&&"))
        whole = html.escape(text) if "<" in text else text  # or Qt would take a tag in it for HTML
        self.model_button.setToolTip("The model that answers" + (f":\n{whole}" if shown != text else ""))
        self.model_button.setAccessibleName(f"Model: {text}")

    def show_models(self, models: Sequence[Model], current_id: int | None) -> None:
        """Fill the menu."""
        menu = self.model_button.menu()
        menu.clear()
        for model in models:
            words = f"{model.name}  ·  {model.quant_type}  ·  {readable_size(model.size_bytes)}"
            action = menu.addAction(words.replace("&", "&&"))
            action.setCheckable(True)
            action.setChecked(model.id == current_id)
            action.triggered.connect(lambda _checked=False, model=model: self.model_chosen.emit(model))
        if models:
            menu.addSeparator()
        menu.addAction(icon("plus"), "More models").triggered.connect(self.more_models_wanted)

    def show_context(self, used_tokens: int, n_ctx: int) -> None:
        """Show how full the context is; nothing while that is not known."""
        known = used_tokens > 0 and n_ctx > 0
        self.context.setText(f"context {min(100, round(100 * used_tokens / n_ctx))} %" if known else "")
        self.context.setToolTip(f"{used_tokens:,} of {n_ctx:,} tokens" if known else "")
