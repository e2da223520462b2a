"""One download: its name, how far it is, how fast, how long it will take, and what can be done with it."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QSizePolicy, QVBoxLayout

from desktop_app.gui.theme import scale
from desktop_app.gui.widgets.elided_label import ElidedLabel
from desktop_app.gui.widgets.icon_button import IconButton
from desktop_app.jobs.downloads import Phase, Progress
from desktop_app.library.memory import readable_size
from desktop_app.storage.records import Download

_STEPS = 1000


class DownloadRow(QFrame):
    """Shows a download.

    Signals:
        pause_wanted(int), resume_wanted(int), cancel_wanted(int): With its number.
    """

    pause_wanted = Signal(int)
    resume_wanted = Signal(int)
    cancel_wanted = Signal(int)

    def __init__(self, download: Download) -> None:
        super().__init__()
        self.download_id = download.id
        self._name = download.name
        self._phase = Phase.WAITING
        self.setProperty("panel", "card")
        self.setAccessibleName(f"Download of {download.name}")
        name = ElidedLabel(download.name)
        name.setProperty("role", "section")
        self.status = ElidedLabel()
        self.status.setProperty("role", "small")
        self.bar = QProgressBar()
        self.bar.setRange(0, _STEPS)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(f"Progress of {download.name}")
        self.note = QLabel()
        self.note.setTextFormat(Qt.TextFormat.PlainText)
        self.note.setWordWrap(True)
        self.note.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self.switch_button = IconButton("pause", "Pause")
        self.switch_button.clicked.connect(self._switch)
        self.cancel_button = IconButton("x", f"Cancel the download of {download.name}")
        self.cancel_button.clicked.connect(lambda: self.cancel_wanted.emit(self.download_id))
        words = QVBoxLayout()
        words.setSpacing(scale.SPACE_4)
        for part in (name, self.status, self.bar, self.note):
            words.addWidget(part)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(scale.SPACE_16, scale.SPACE_12, scale.SPACE_12, scale.SPACE_12)
        layout.setSpacing(scale.SPACE_8)
        layout.addLayout(words, 1)
        for button in (self.switch_button, self.cancel_button):
            layout.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)

    def show_state(self, download: Download, phase: Phase, progress: Progress, is_offline: bool) -> None:
        """Show where it is now."""
        self._phase = phase
        self.bar.setValue(round(_STEPS * progress.fraction))
        status = _status(phase, progress, is_offline and bool(download.repo))
        self.status.setText(f"{status}  ·  {download.repo}" if download.repo else status)
        self.note.setText(download.note)
        self.note.setVisible(bool(download.note) and phase != Phase.RUNNING)
        self.note.setProperty("role", "danger" if phase == Phase.FAILED else "small")
        self.note.style().polish(self.note)
        if phase in (Phase.RUNNING, Phase.WAITING):
            self.switch_button.set_icon("pause", f"Pause the download of {self._name}")
        elif phase == Phase.FAILED:
            self.switch_button.set_icon("refresh-cw", f"Try the download of {self._name} again")
        else:
            self.switch_button.set_icon("play", f"Resume the download of {self._name}")

    def _switch(self) -> None:
        if self._phase in (Phase.RUNNING, Phase.WAITING):
            self.pause_wanted.emit(self.download_id)
        else:
            self.resume_wanted.emit(self.download_id)


def readable_time(seconds: float) -> str:
    """Return a time as people say it, coarser the longer it is."""
    if seconds < 60:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours < 24 else f"{hours // 24} d {hours % 24} h"


def _status(phase: Phase, progress: Progress, is_offline: bool) -> str:
    amount = f"{readable_size(progress.done_bytes)} of {readable_size(progress.total_bytes)}"
    if phase == Phase.RUNNING:
        if progress.done_bytes >= progress.total_bytes:
            return f"{amount}  ·  being checked"
        parts = [amount]
        if progress.bytes_per_s:
            parts.append(f"{progress.bytes_per_s / 1e6:,.1f} MB/s")
        if progress.seconds_left is not None:
            parts.append(f"{readable_time(progress.seconds_left)} left")
        return "  ·  ".join(parts)
    if phase == Phase.WAITING:
        return f"{amount}  ·  {'waits until Moatless is online again' if is_offline else 'waiting'}"
    return f"{amount}  ·  {'paused' if phase == Phase.PAUSED else 'stopped'}"
