"""What setting up the training environment would mean, as names and values: told before anything is downloaded."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from desktop_app.finetune.environment.lock import CPU, CUDA, MPS, Lock
from desktop_app.finetune.environment.plan import Plan
from desktop_app.finetune.environment.words import each_license, license_words
from desktop_app.gui.finetune.fold import Fold
from desktop_app.gui.library.fact_grid import breakable, shown_path
from desktop_app.gui.library.labels import plain_label
from desktop_app.gui.theme import scale
from desktop_app.gui.widgets.choice import Choice
from desktop_app.library.memory import readable_size

ACCELERATORS = {CPU: "Processor", CUDA: "GPU of NVIDIA", MPS: "GPU of this Mac"}
ON, DOWNLOAD, DISK, SOURCE, LICENSES = "Trains on", "Download", "On the disk", "From", "Licenses"


class EnvironmentFacts(QWidget):
    """Attributes:
        values: By their names.
        package_labels: Of the table, as long as it is to be seen.

    Signals:
        accelerator_chosen(str): Plan for this kind of processor.
    """

    accelerator_chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.choice = Choice(ON)
        self.choice.activated.connect(lambda _row: self.accelerator_chosen.emit(self.choice.currentData()))
        self.values = {name: plain_label(wraps=True) for name in (ON, DOWNLOAD, DISK, SOURCE, LICENSES)}
        self.fold = Fold("Packages")
        self.fold.button.toggled.connect(self._show_packages)
        self._lock: Lock | None = None
        self._table: QWidget | None = None
        self.package_labels: list[QLabel] = []
        self._lay_out()

    def show_plan(self, plan: Plan, accelerators: tuple[str, ...]) -> None:
        """Say what would come."""
        lock = plan.lock
        self._show_choice(lock.accelerator, accelerators)
        told = {
            ON: plan.reason,
            DOWNLOAD: f"About {readable_size(lock.download_bytes)}",
            DISK: f"About {readable_size(lock.disk_bytes)}, in {breakable(shown_path(plan.folder))}",
            SOURCE: ", ".join(plan.sources) or "Your folder of packages, without any connection",
            LICENSES: license_words(lock),
        }
        for name, words in told.items():
            self.values[name].setText(words)
        count = len(lock.packages)
        self.fold.set_title(f"Python, {count} package{'s' * (count != 1)} and their licenses")
        if lock != self._lock:
            self._lock = lock
            self._show_packages()

    def _show_choice(self, chosen: str, accelerators: tuple[str, ...]) -> None:
        if [self.choice.itemData(row) for row in range(self.choice.count())] != list(accelerators):
            self.choice.clear()
            for each in accelerators:
                self.choice.addItem(ACCELERATORS[each], each)
        self.choice.setCurrentIndex(self.choice.findData(chosen))
        self.choice.setVisible(len(accelerators) > 1)

    def _show_packages(self) -> None:
        """Make the table only for those who look at it."""
        if self._table is not None:
            self._table.hide()
            self._table.deleteLater()
            self._table, self.package_labels = None, []
        if self._lock is not None and self.fold.button.isChecked():
            self._table, self.package_labels = _table(self._lock)
            self.fold.body.addWidget(self._table)

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(scale.SPACE_24)
        grid.setVerticalSpacing(scale.SPACE_8)
        grid.setColumnStretch(1, 1)
        for row, (name, value) in enumerate(self.values.items()):
            value.setAccessibleName(name)
            label = plain_label(name, "muted")
            if name != ON:
                grid.addWidget(label, row, 0, Qt.AlignmentFlag.AlignTop)
                grid.addWidget(value, row, 1)
                continue
            on = QHBoxLayout()
            on.setSpacing(scale.SPACE_12)
            on.addWidget(self.choice, 0, Qt.AlignmentFlag.AlignTop)
            on.addWidget(value, 1, Qt.AlignmentFlag.AlignVCenter)
            grid.addWidget(label, row, 0, Qt.AlignmentFlag.AlignVCenter)
            grid.addLayout(on, row, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, scale.SPACE_4, 0, scale.SPACE_4)
        column.setSpacing(scale.SPACE_8)
        column.addLayout(grid)
        column.addWidget(self.fold)


def _table(lock: Lock) -> tuple[QWidget, list[QLabel]]:
    table, labels = QWidget(), []
    grid = QGridLayout(table)
    grid.setContentsMargins(scale.ICON_SIZE_SMALL + scale.SPACE_4, 0, 0, scale.SPACE_8)
    grid.setHorizontalSpacing(scale.SPACE_24)
    grid.setVerticalSpacing(scale.SPACE_4)
    grid.setColumnStretch(1, 1)
    for row, (what, license_name, size_bytes) in enumerate(each_license(lock)):
        name = plain_label(what, "small")
        terms = plain_label(breakable(license_name), "small", wraps=True)
        size = plain_label(readable_size(size_bytes), "small")
        for column, label in enumerate((name, terms, size)):
            side = Qt.AlignmentFlag.AlignRight if label is size else Qt.AlignmentFlag(0)
            grid.addWidget(label, row, column, side | Qt.AlignmentFlag.AlignTop)
            labels.append(label)
    return table, labels
