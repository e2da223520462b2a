"""Whether a model's files are still what they were, and whether the Hub has newer ones."""

import time

from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget
from shiboken6 import isValid

from desktop_app.errors import UserError
from desktop_app.gui.library.button_row import ButtonRow
from desktop_app.gui.library.download_row import readable_time
from desktop_app.gui.library.labels import OFFLINE_WORDS, announce, plain_label, set_role
from desktop_app.gui.library.missing_panel import BEING_DOWNLOADED, DOWNLOAD_AGAIN
from desktop_app.gui.theme import scale
from desktop_app.jobs.connection import HubConnection
from desktop_app.jobs.downloads import DownloadQueue
from desktop_app.jobs.model_care import ModelCare, Update
from desktop_app.library.memory import readable_size
from desktop_app.library.pace import Pace
from desktop_app.storage.records import Model

_STEPS = 1000


class ModelUpkeep(QWidget):
    """Two buttons, and below them what came of them."""

    def __init__(self, care: ModelCare, connection: HubConnection, queue: DownloadQueue) -> None:
        super().__init__()
        self._care = care
        self._connection = connection
        self._queue = queue
        self._model: Model | None = None
        self._update: Update | None = None
        self._is_looking = False
        self._pace: Pace | None = None
        # What was found wrong with models, and when they had been sound the last time before.
        self._damage: dict[int, tuple[UserError, float | None]] = {}
        self._lay_out()
        care.verifying.connect(self._show_check)
        care.damaged.connect(self._on_damaged)
        connection.switched.connect(self._show_update)
        queue.changed.connect(self._show_downloads)

    def open(self, model: Model) -> None:
        """Show another model."""
        self._update, self._is_looking, self._pace = None, False, None
        self._say("")
        self.show_model(model)

    def show_model(self, model: Model) -> None:
        """Show the same model, maybe with other facts."""
        self._model = model
        self._show_check()
        self._show_update()
        self._show_downloads()

    def download_again(self, model: Model) -> None:
        """Get its files anew; those that are right are left as they are."""
        if not self.is_queued(model):
            self._queue.add(model.name, model.files, model.repo, model.revision, model.license)

    def is_queued(self, model: Model) -> bool:
        """Return whether its files are on their way already."""
        return any(item.repo == model.repo and item.files[:1] == model.files[:1] for item in self._queue.items)

    # ------------------------------------------------------------ checking

    def _show_check(self) -> None:
        model = self._model
        if model is None:
            return
        fraction = self._care.verification(model)
        if fraction is not None:
            self._damage.pop(model.id, None)
            self._show_progress(model, fraction)
        else:
            self._pace = None
        self._check_row.setVisible(fraction is not None)
        self.verify_button.setEnabled(fraction is None)
        error, sound_at = self._damage.get(model.id, (None, None))
        is_damaged = error is not None and sound_at == model.verified_at
        self.damage.setText(str(error) if is_damaged else "")
        self._damage_row.setVisible(is_damaged)

    def _show_progress(self, model: Model, fraction: float) -> None:
        if self._pace is None:
            self._pace = Pace(time.monotonic)
        done = round(fraction * model.size_bytes)
        self._pace.note(done)
        left = self._pace.seconds_left(model.size_bytes - done)
        self.bar.setValue(round(fraction * _STEPS))
        self.progress.setText(f"{fraction:.0%} read" + ("" if left is None else f"  ·  {readable_time(left)} left"))

    def _on_damaged(self, model: Model, error: UserError) -> None:
        self._damage[model.id] = (error, model.verified_at)
        self._show_check()

    def _verify(self) -> None:
        if self._model is not None:
            self._care.verify(self._model)

    def _stop(self) -> None:
        if self._model is not None:
            self._care.stop_verifying(self._model)

    # ------------------------------------------------------------ what the Hub has

    def _look(self) -> None:
        model = self._model
        if model is None:
            return

        def is_shown() -> bool:
            return isValid(self) and self._model is not None and self._model.id == model.id and self._is_looking

        def show(update: Update | None) -> None:
            if is_shown():
                self._update, self._is_looking = update, False
                self._say("A newer version is there." if update else "This is the newest version.")
                self._show_update()

        def fail(error: UserError) -> None:
            if is_shown():
                self._is_looking = False
                self._say(str(error), "danger")
                self._show_update()

        self._update, self._is_looking = None, True
        self._say("Asking the Hub…")
        self._show_update()
        self._care.look_for_update(model, show, fail)

    def _show_update(self) -> None:
        model, is_open = self._model, self._connection.is_open
        if model is None:
            return
        self.update_button.setVisible(bool(model.repo))
        self.update_button.setEnabled(is_open and not self._is_looking)
        why_not = "" if is_open else OFFLINE_WORDS
        self.update_button.setAccessibleDescription(why_not)
        self.offline.setText(why_not)
        self.offline.setVisible(bool(model.repo) and not is_open)
        self.renew_button.setVisible(self._update is not None)
        if self._update is not None:
            self.renew_button.setText(f"Download it ({readable_size(self._update.offer.size_bytes)})")

    def _renew(self) -> None:
        if self._update is not None:
            self._queue.add_offer(self._update.repo, self._update.offer)
            self._update = None
            self._say("The newer version is on its way. This one can be used until it is here.")
            self._show_update()

    def _say(self, words: str, role: str = "") -> None:
        self.news.setText(words)
        set_role(self.news, role)
        self._news_row.setVisible(bool(words))
        if words:
            announce(self, words)

    # ------------------------------------------------------------ downloads

    def _show_downloads(self) -> None:
        model = self._model
        if model is None:
            return
        is_queued = self.is_queued(model)
        self.again_button.setVisible(bool(model.repo))
        self.again_button.setEnabled(not is_queued)
        self.again_button.setText(BEING_DOWNLOADED if is_queued else DOWNLOAD_AGAIN)

    def _download_again(self) -> None:
        if self._model is not None:
            self.download_again(self._model)

    # ------------------------------------------------------------ the parts

    def _lay_out(self) -> None:
        self.verify_button = QPushButton("Verify now")
        self.verify_button.clicked.connect(self._verify)
        self.update_button = QPushButton("Look for an update")
        self.update_button.clicked.connect(self._look)
        self.bar = QProgressBar()
        self.bar.setRange(0, _STEPS)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Read so far")
        self.progress = plain_label(role="small")
        self.stop_button = QPushButton("Stop")
        self.stop_button.setAccessibleName("Stop verifying")
        self.stop_button.clicked.connect(self._stop)
        self.damage = plain_label(role="danger", wraps=True)
        self.again_button = QPushButton(DOWNLOAD_AGAIN)
        self.again_button.clicked.connect(self._download_again)
        self.news = plain_label(wraps=True)
        self.renew_button = QPushButton()
        self.renew_button.clicked.connect(self._renew)
        self.offline = plain_label(role="small", wraps=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(scale.SPACE_8)
        column.addWidget(ButtonRow(self.verify_button, self.update_button))
        self._check_row = _row(self.bar, self.progress, self.stop_button)
        self._damage_row = _row(self.damage, self.again_button)
        self._news_row = _row(self.news, self.renew_button)
        for part in (self._check_row, self._damage_row, self._news_row, self.offline):
            part.hide()
            column.addWidget(part)


def _row(first: QWidget, *others: QWidget) -> QWidget:
    row = QWidget()
    layout = QHBoxLayout(row)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(scale.SPACE_12)
    layout.addWidget(first, 1)
    for other in others:
        layout.addWidget(other)
    return row
