"""The settings: every declared option with its field and its help, searchable."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from desktop_app import __version__
from desktop_app.engine.messages import Device
from desktop_app.gui.settings.fields import make_field, show_value
from desktop_app.gui.settings.update_row import UpdateRow
from desktop_app.gui.theme import scale
from desktop_app.gui.widgets.beside import Beside
from desktop_app.gui.widgets.column_page import ColumnPage
from desktop_app.gui.widgets.search_field import SearchField
from desktop_app.jobs.preferences import Preferences
from desktop_app.jobs.updates import Updates
from desktop_app.library.memory import readable_size
from desktop_app.paths import APPLICATION_NAME
from desktop_app.settings.option import Option, Text
from desktop_app.settings.options import CHECK_FOR_UPDATES, MODEL, OPTIONS, PRIVACY, SECTION_HELP

COLUMN_WIDTH = 680
FIELD_WIDTH = 240
_CHARACTERS = 60  # in less, a field stands below its words
_ABOUT = "About"
_KINDS = {"gpu": "graphics processor", "accelerator": "accelerator"}


class SettingsPage(ColumnPage):
    """Built from `OPTIONS`; a new option needs nothing here.

    Signals:
        connections_wanted(): The list of connections.
        about_wanted(): What the program consists of, and its licenses.
    """

    connections_wanted = Signal()
    about_wanted = Signal()

    def __init__(self, preferences: Preferences, updates: Updates, data_folder: str) -> None:
        super().__init__("Settings", COLUMN_WIDTH)
        self._preferences = preferences
        self._rows: list[tuple[QWidget, str, str]] = []  # widget, its section, the words it is found by
        self._headings: dict[str, QWidget] = {}
        self._fields: dict[str, QWidget] = {}
        preferences.changed.connect(self._on_preference)
        self.section_help: dict[str, QLabel] = {}
        self.search = SearchField("Find a setting")
        self.search.textChanged.connect(self._filter)
        self._nothing = QLabel("No setting has these words.")
        self._nothing.setProperty("role", "muted")
        self._nothing.hide()
        self.column.addSpacing(scale.SPACE_8)
        self.column.addWidget(self.search)
        self.column.addWidget(self._nothing)
        for option in OPTIONS:
            self._add_option(option)
        self.update_row = UpdateRow(updates)
        self._add_row(self.update_row, PRIVACY, "version update release download")
        self._add_privacy(data_folder)
        self._add_about()
        self.column.addStretch(1)

    def set_devices(self, devices: Sequence[Device]) -> None:
        """Say what models can be computed on here."""
        found = ", ".join(_described(device) for device in devices)
        self.section_help[MODEL].setText(
            f"{SECTION_HELP[MODEL]} Models run on: {found}." if found else SECTION_HELP[MODEL]
        )

    def _add_heading(self, section: str) -> None:
        if section in self._headings:
            return
        heading = self._headings[section] = QWidget()
        layout = QVBoxLayout(heading)
        layout.setContentsMargins(0, scale.SPACE_24, 0, 0)
        layout.setSpacing(scale.SPACE_4)
        title = QLabel(section)
        title.setProperty("role", "section")
        layout.addWidget(title)
        if section in SECTION_HELP:
            help_label = self.section_help[section] = _small_label(SECTION_HELP[section])
            layout.addWidget(help_label)
        self.column.addWidget(heading)

    def _add_option(self, option: Option[object]) -> None:
        self._add_heading(option.section)
        value = self._preferences[option]
        field = self._fields[option.key] = make_field(option, value, lambda new: self._preferences.set(option, new))
        title = QLabel(option.title)
        title.setBuddy(field)
        hint = _small_label(option.help)
        words = QWidget()
        lines = QVBoxLayout(words)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setSpacing(scale.SPACE_4 // 2)
        lines.addWidget(title)
        lines.addWidget(hint)
        row = QWidget()
        around = QVBoxLayout(row)
        around.setContentsMargins(0, scale.SPACE_4, 0, scale.SPACE_4)
        if isinstance(option, Text):
            around.addWidget(words)
            around.addWidget(field)
        elif isinstance(field, QCheckBox):
            beside = QHBoxLayout()
            beside.setSpacing(scale.SPACE_24)
            beside.addWidget(words, 1)
            beside.addWidget(field, 0, Qt.AlignmentFlag.AlignVCenter)
            around.addLayout(beside)
        else:
            field.setFixedWidth(FIELD_WIDTH)
            around.addWidget(Beside(words, field, _CHARACTERS, (1, 0)))
        self._add_row(row, option.section, f"{option.title} {option.help}")

    def _add_row(self, row: QWidget, section: str, found_by: str) -> None:
        self.column.addWidget(row)
        self._rows.append((row, section, f"{section} {found_by}".casefold()))

    def _add_privacy(self, data_folder: str) -> None:
        text = QLabel(
            "Everything you write stays on this computer: models answer here, and chats are stored in "
            f"{data_folder}. Moatless connects to the network only when you look for models or new versions or "
            f"download them, and once a day if “{CHECK_FOR_UPDATES.title}” is on."
        )
        text.setWordWrap(True)
        text.setTextFormat(Qt.TextFormat.PlainText)
        text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.connections_button = QPushButton("Show all connections")
        self.connections_button.setAccessibleDescription("Every connection that was ever made, and what for.")
        self.connections_button.clicked.connect(self.connections_wanted)
        row = QWidget()
        below = QVBoxLayout(row)
        below.setContentsMargins(0, scale.SPACE_4, 0, scale.SPACE_4)
        below.setSpacing(scale.SPACE_12)
        below.addWidget(text)
        below.addWidget(self.connections_button, 0, Qt.AlignmentFlag.AlignLeft)
        self._add_row(row, PRIVACY, f"{text.text()} connections network log")

    def _add_about(self) -> None:
        self._add_heading(_ABOUT)
        self.about_button = QPushButton("Show all licenses")
        self.about_button.clicked.connect(self.about_wanted)
        words = QVBoxLayout()
        words.setSpacing(scale.SPACE_4 // 2)
        words.addWidget(QLabel(f"{APPLICATION_NAME} {__version__}"))
        words.addWidget(_small_label("What it consists of, and the license of each part."))
        row = QWidget()
        beside = QHBoxLayout(row)
        beside.setContentsMargins(0, scale.SPACE_4, 0, scale.SPACE_4)
        beside.addLayout(words, 1)
        beside.addWidget(self.about_button)
        self._add_row(row, _ABOUT, "version license Qt")

    def _on_preference(self, option: Option[object]) -> None:
        """Follow what was chosen on another page."""
        show_value(self._fields[option.key], self._preferences[option])

    def _filter(self, text: str) -> None:
        words = text.casefold().split()
        shown_sections = set()
        for row, section, found_by in self._rows:
            matches = all(word in found_by for word in words)
            row.setVisible(matches)
            if matches:
                shown_sections.add(section)
        for section, heading in self._headings.items():
            heading.setVisible(section in shown_sections)
        self._nothing.setVisible(not shown_sections)


def _small_label(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "small")
    label.setTextFormat(Qt.TextFormat.PlainText)  # devices call themselves what they like
    label.setWordWrap(True)
    return label


def _described(device: Device) -> str:
    """Return a device as people know it: what it is called, what it is, and how much memory of its own is free."""
    name = device.description or device.name
    if device.kind == "cpu":
        return name
    free = f", {readable_size(device.free_bytes)} free" if device.free_bytes else ""
    return f"{name} ({_KINDS.get(device.kind, device.kind)}{free})"
