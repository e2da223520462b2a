"""What is known of a model, as a list of names and values, and the words it is said in."""

import datetime
import re
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QGuiApplication, QHideEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from desktop_app.gui.library.labels import readable_count
from desktop_app.gui.theme import scale, theme
from desktop_app.gui.widgets.elided_label import ElidedLabel
from desktop_app.gui.widgets.icon_button import IconButton
from desktop_app.jobs.model_care import FileFacts
from desktop_app.library.catalog import SOURCE_COPY, SOURCE_FOLDER, SOURCE_STARTER
from desktop_app.library.file_errors import shown_text
from desktop_app.library.memory import readable_size
from desktop_app.library.speed import readable_speed
from desktop_app.storage.records import Model

TEMPLATE_LINES = 12
MOST_TEMPLATE_CHARS = 100_000  # a field with millions of them would hold up the window
COPIED_MS = 2_000
LATELY_DAYS = 30
_SOURCES = {
    SOURCE_STARTER: "Came with Moatless",
    SOURCE_FOLDER: "The watched folder",
    SOURCE_COPY: "Copied from another folder",
}


class ModelFacts(QWidget):
    """Two columns; what is unknown or does not apply is left out.

    Signals:
        repo_wanted(): Show the repository it is from.
    """

    repo_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._path = Path()
        self._sha256 = ""
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(scale.SPACE_24)
        self._grid.setVerticalSpacing(0)
        self._grid.setColumnStretch(1, 1)
        self.values: dict[str, QLabel] = {}
        self._rows: dict[str, tuple[QWidget, QWidget]] = {}
        self._add_rows()
        self._copied = QTimer(self, singleShot=True, interval=COPIED_MS)
        self._copied.timeout.connect(self._say_copy)
        theme().changed.connect(self._restyle)
        self._restyle()

    def show_model(self, model: Model, today: datetime.date) -> None:
        """Show what the library knows."""
        self._path, self._sha256 = Path(model.path), model.sha256
        self._set("Architecture", model.architecture)
        self._set("Parameters", readable_count(model.n_params) if model.n_params else "")
        self._set("Quantization", model.quant_type)
        self._set("Trained context", f"{model.n_ctx_train:,} tokens" if model.n_ctx_train else "")
        self._set("License", model.license)
        self._set("Where from", model.repo or _SOURCES.get(model.source, "Added from its place"))
        self.repo_button.setVisible(bool(model.repo))
        self._set("File", shown_path(self._path))
        self._set("SHA-256", model.sha256 or "Not computed yet")
        self.copy_button.setVisible(bool(model.sha256))
        self._set("Added", readable_day(model.added_at, today))
        self._set("Last used", readable_day(model.last_used_at, today))
        self._set("Last verified", readable_day(model.verified_at, today))

    def show_speed(self, model: Model, tokens_per_s: float | None) -> None:
        """Show how fast it writes here; None where that is not known."""
        if tokens_per_s is None:
            self._set("Speed here", "Not measured yet")
        elif model.tokens_per_s:
            self._set("Speed here", _measured(tokens_per_s))
        else:
            self._set("Speed here", f"{readable_speed(tokens_per_s).capitalize()}, judged by other models")

    def show_files(self, model: Model, facts: FileFacts | None) -> None:
        """Show what its files say; None until they were looked at."""
        n_files = len(facts.files) if facts else 1
        size = readable_size(facts.disk_bytes if facts and facts.disk_bytes else model.size_bytes)
        self._set("Size on disk", f"{size} in {n_files} files" if n_files > 1 else size)
        self._set("Other files", ", ".join(shown_path(Path(path.name)) for path in facts.files[1:]) if facts else "")
        self._show_template(facts)

    def _show_template(self, facts: FileFacts | None) -> None:
        template = (facts.chat_template or "") if facts else ""
        first = template[:MOST_TEMPLATE_CHARS].strip().partition("\n")[0]
        none = ("" if facts.trouble else "None; a plain one is used") if facts else "Being read"
        self._set("Chat template", shown_text(first) if template else none)
        self.template_button.setVisible(bool(template))
        self.template_button.setChecked(self.template_button.isChecked() and bool(template))
        is_cut = len(template) > MOST_TEMPLATE_CHARS
        shown = template[:MOST_TEMPLATE_CHARS] + ("\n… and so on" if is_cut else "")
        if self.template_view.toPlainText() != shown:
            self.template_view.setPlainText(shown)

    def _set(self, name: str, value: str) -> None:
        self.values[name].setText(value)
        for part in self._rows[name]:
            part.setVisible(bool(value))

    # ------------------------------------------------------------ the parts

    def _add_rows(self) -> None:
        self.template_button = IconButton("chevron-down", "Show the chat template")
        self.template_button.setCheckable(True)
        self.template_button.toggled.connect(self._on_template)
        self.repo_button = IconButton("external-link", "Open the repository in the browser")
        self.repo_button.clicked.connect(self.repo_wanted)
        self.folder_button = IconButton("folder-open", "Show in folder")
        self.folder_button.clicked.connect(lambda: show_in_folder(self._path))
        self.copy_button = IconButton("copy", "Copy the SHA-256")
        self.copy_button.clicked.connect(self._copy_hash)
        middle = Qt.TextElideMode.ElideMiddle
        for name in ("Architecture", "Parameters", "Quantization", "Trained context", "Speed here"):
            self._add_row(name, _selectable())
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
        self._grid.addWidget(self._template_paper, self._grid.rowCount(), 0, 1, 2)
        self._add_row("License", ElidedLabel())
        self._add_row("Where from", ElidedLabel(mode=middle), self.repo_button)
        self._add_row("File", ElidedLabel(mode=middle), self.folder_button)
        self._add_row("Other files", ElidedLabel())
        self._add_row("Size on disk", _selectable())
        self._add_row("SHA-256", ElidedLabel(mode=middle), self.copy_button)
        for name in ("Added", "Last used", "Last verified"):
            self._add_row(name, _selectable())

    def _add_row(self, name: str, value: QLabel, button: IconButton | None = None) -> None:
        label = QLabel(name)
        label.setProperty("role", "muted")
        label.setMinimumHeight(scale.TOUCH_HEIGHT)
        line = QWidget()
        layout = QHBoxLayout(line)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(scale.SPACE_4)
        layout.addWidget(value, int(value.wordWrap()))
        if button is not None:
            layout.addWidget(button)
        if not value.wordWrap():
            layout.addStretch(1)
        row = self._grid.rowCount()
        self._grid.addWidget(label, row, 0, Qt.AlignmentFlag.AlignTop)
        self._grid.addWidget(line, row, 1)
        self.values[name], self._rows[name] = value, (label, line)

    def _on_template(self, is_shown: bool) -> None:
        verb, chevron = ("Hide", "chevron-up") if is_shown else ("Show", "chevron-down")
        self.template_button.set_icon(chevron, f"{verb} the chat template")
        self._template_paper.setVisible(is_shown)

    def _copy_hash(self) -> None:
        QGuiApplication.clipboard().setText(self._sha256)
        self.copy_button.set_icon("check", "Copied")
        self._copied.start()

    def _say_copy(self) -> None:
        self.copy_button.set_icon("copy", "Copy the SHA-256")

    def _restyle(self) -> None:
        code = theme().code_font()
        code.setPointSizeF(theme().type_scale.small)
        for part in (self.values["SHA-256"], self.template_view):
            part.setFont(code)
        lines = self.template_view.fontMetrics().lineSpacing() * TEMPLATE_LINES
        self.template_view.setFixedHeight(lines + 2 * scale.SPACE_8)

    def hideEvent(self, event: QHideEvent) -> None:
        self._copied.stop()
        self._say_copy()


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


def readable_day(time_s: float | None, today: datetime.date) -> str:
    """Return when something was last done; None is never."""
    if time_s is None:
        return "Not yet"
    day = datetime.date.fromtimestamp(time_s)
    age = (today - day).days
    if age <= 0:
        return "Today"
    if age == 1:
        return "Yesterday"
    return f"{age} days ago" if age < LATELY_DAYS else f"{day.day} {day:%B %Y}"


def shown_path(path: Path) -> str:
    """Return a path as text that can be shown; what is no text or does not print becomes question marks."""
    text = str(path).encode("utf-8", errors="replace").decode()
    return "".join(character if character.isprintable() else "?" for character in text)


def breakable(path: str) -> str:
    """Return a path that can be broken into lines between its parts."""
    return re.sub(r"([/\\_.-])", "\\1\u200b", path)


def show_in_folder(path: Path) -> None:
    """Open the folder of a file in the system's file manager."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path.parent)))


def _unbroken(words: str) -> str:
    """Return words that stay on one line."""
    return words.replace(" ", "\u00a0").replace("/", "/\u2060")


def _measured(tokens_per_s: float) -> str:
    return readable_speed(tokens_per_s).removeprefix("about ")


def _selectable() -> QLabel:
    label = QLabel()
    label.setTextFormat(Qt.TextFormat.PlainText)  # it comes from files and the Hub
    label.setWordWrap(True)
    label.setMinimumWidth(1)  # or a long word would make the window wider
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
