"""What is known of a model, as a list of names and values, and in one line."""

import datetime
from pathlib import Path

from PySide6.QtWidgets import QPlainTextEdit, QVBoxLayout, QWidget

from desktop_app.gui.library.fact_grid import FactGrid, readable_day, shown_path
from desktop_app.gui.library.labels import readable_count
from desktop_app.gui.theme import scale, theme
from desktop_app.gui.widgets.elided_label import ElidedLabel
from desktop_app.gui.widgets.icon_button import IconButton
from desktop_app.jobs.model_care import FileFacts
from desktop_app.library.catalog import SOURCE_COPY, SOURCE_FOLDER, SOURCE_MERGED, SOURCE_STARTER
from desktop_app.library.file_errors import shown_text
from desktop_app.library.memory import readable_size
from desktop_app.library.speed import readable_speed
from desktop_app.storage.records import Model

TEMPLATE_LINES = 12
MOST_TEMPLATE_CHARS = 100_000  # a field with millions of them would hold up the window
_SOURCES = {
    SOURCE_STARTER: "Came with Moatless",
    SOURCE_FOLDER: "The watched folder",
    SOURCE_COPY: "Copied from another folder",
    SOURCE_MERGED: "Made here from a model and adapters",
}


class ModelFacts(FactGrid):
    """Shows one model; its chat template unfolds."""

    def __init__(self) -> None:
        super().__init__()
        self._add_rows()
        theme().changed.connect(self._restyle)
        self._restyle()

    def show_model(self, model: Model, today: datetime.date) -> None:
        """Show what the library knows."""
        self.set_value("Architecture", model.architecture)
        self.set_value("Parameters", readable_count(model.n_params) if model.n_params else "")
        self.set_value("Quantization", model.quant_type)
        self.set_value("Trained context", f"{model.n_ctx_train:,} tokens" if model.n_ctx_train else "")
        self.set_value("License", model.license)
        self.show_origin(model.repo, _SOURCES.get(model.source, "Added from its place"))
        self.show_file(Path(model.path))
        self.show_hash(model.sha256)
        self.set_value("Added", readable_day(model.added_at, today))
        self.set_value("Last used", readable_day(model.last_used_at, today))
        self.set_value("Last verified", readable_day(model.verified_at, today))

    def show_speed(self, model: Model, tokens_per_s: float | None) -> None:
        """Show how fast it writes here; None where that is not known."""
        if tokens_per_s is None:
            self.set_value("Speed here", "Not measured yet")
        elif model.tokens_per_s:
            self.set_value("Speed here", _measured(tokens_per_s))
        else:
            self.set_value("Speed here", f"{readable_speed(tokens_per_s).capitalize()}, judged by other models")

    def show_files(self, model: Model, facts: FileFacts | None) -> None:
        """Show what its files say; None until they were looked at."""
        n_files = len(facts.files) if facts else 1
        size = readable_size(facts.disk_bytes if facts and facts.disk_bytes else model.size_bytes)
        self.set_value("Size on disk", f"{size} in {n_files} files" if n_files > 1 else size)
        others = ", ".join(shown_path(Path(path.name)) for path in facts.files[1:]) if facts else ""
        self.set_value("Other files", others)
        self._show_template(facts)

    def _show_template(self, facts: FileFacts | None) -> None:
        template = (facts.chat_template or "") if facts else ""
        first = template[:MOST_TEMPLATE_CHARS].strip().partition("\n")[0]
        none = ("" if facts.trouble else "None; a plain one is used") if facts else "Being read"
        self.set_value("Chat template", shown_text(first) if template else none)
        self.template_button.setVisible(bool(template))
        self.template_button.setChecked(self.template_button.isChecked() and bool(template))
        is_cut = len(template) > MOST_TEMPLATE_CHARS
        shown = template[:MOST_TEMPLATE_CHARS] + ("\n… and so on" if is_cut else "")
        if self.template_view.toPlainText() != shown:
            self.template_view.setPlainText(shown)

    # ------------------------------------------------------------ the parts

    def _add_rows(self) -> None:
        for name in ("Architecture", "Parameters", "Quantization", "Trained context", "Speed here"):
            self._add_row(name)
        self.template_button = IconButton("chevron-down", "Show the chat template")
        self.template_button.setCheckable(True)
        self.template_button.toggled.connect(self._on_template)
        self._add_row("Chat template", ElidedLabel(), self.template_button)
        self.template_view = QPlainTextEdit()
        self.template_view.setReadOnly(True)
        self.template_view.setTabChangesFocus(True)
        self.template_view.setAccessibleName("Chat template")
        self._template_paper = QWidget()
        paper = QVBoxLayout(self._template_paper)
        paper.setContentsMargins(0, scale.SPACE_4, 0, scale.SPACE_8)
        paper.addWidget(self.template_view)
        self._template_paper.hide()
        self._add_wide(self._template_paper)
        self._add_row("License", ElidedLabel())
        self._add_origin()
        self._add_file()
        self._add_row("Other files", ElidedLabel())
        self._add_row("Size on disk")
        self._add_hash()
        for name in ("Added", "Last used", "Last verified"):
            self._add_row(name)

    def _on_template(self, is_shown: bool) -> None:
        verb, chevron = ("Hide", "chevron-up") if is_shown else ("Show", "chevron-down")
        self.template_button.set_icon(chevron, f"{verb} the chat template")
        self._template_paper.setVisible(is_shown)

    def _restyle(self) -> None:
        code = theme().code_font()
        code.setPointSizeF(theme().type_scale.small)
        self.template_view.setFont(code)
        lines = self.template_view.fontMetrics().lineSpacing() * TEMPLATE_LINES
        self.template_view.setFixedHeight(lines + 2 * scale.SPACE_8)


def facts_line(model: Model, tokens_per_s: float | None) -> str:
    """Return what tells models apart, in one line."""
    speed = ""
    if tokens_per_s is not None:
        speed = f"{_measured(tokens_per_s)} here" if model.tokens_per_s else readable_speed(tokens_per_s)
    parts = (
        f"{readable_count(model.n_params)} parameters" if model.n_params else "",
        model.quant_type,
        readable_size(model.size_bytes),
        speed,
    )
    return "  ·  ".join(_unbroken(part) for part in parts if part)


def _unbroken(words: str) -> str:
    """Return words that stay on one line."""
    return words.replace(" ", "\u00a0").replace("/", "/\u2060")


def _measured(tokens_per_s: float) -> str:
    return readable_speed(tokens_per_s).removeprefix("about ")
