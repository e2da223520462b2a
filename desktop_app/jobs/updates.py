"""New versions of this program: whether there is one, at most once a day and only if the person wants that known.

What was announced is kept, as it came and signed, so that a day's answer is there after a restart; it is checked
again whenever it is read.
"""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from desktop_app.errors import UserError
from desktop_app.jobs.background import Background
from desktop_app.jobs.mixing import Step
from desktop_app.jobs.preferences import Preferences
from desktop_app.library.installation import Installation, fetch_package, there, this_installation
from desktop_app.library.pace import Pace
from desktop_app.library.transfer import Stopped
from desktop_app.network.door import Door, Stop, purpose
from desktop_app.network.release import Feed, Package, Release, key_of, newer, this_feed
from desktop_app.settings import options
from desktop_app.settings.json_file import read_json, write_json
from desktop_app.settings.option import Option

DAY_S = 86_400
CLOCK_MS = 3_600_000  # between looks at whether a day is over
LOOK_MS = 250


@dataclass(frozen=True)
class Here:
    """What this program is, and where its downloads go."""

    feed: Feed
    installation: Installation
    downloads: Path


def this_program() -> Here:
    """Return what this program is."""
    from platformdirs import user_downloads_path

    return Here(this_feed(), this_installation(), user_downloads_path())


@dataclass(frozen=True)
class _Kept:
    """What is remembered: when was asked last (Unix time), what came, and the version the person has put away."""

    asked_at: float = 0.0
    announcement: str = ""
    put_away: str = ""


class Updates(QObject):
    """Lives in the GUI thread.

    Attributes:
        release: One that is newer than this program, or None.
        asked_at: When was asked last, Unix time in seconds; 0 for never.
        trouble: Why the last thing that was wanted did not come, or None.
        is_asking: An answer is waited for.
        is_newest: The answer was that there is none.
        step: How far the download is, or None.
        file: The package, once all of it is here and right.

    Signals:
        changed(): One of these is different, or what `is_told` says.
        progressed(Step): The download goes on.
    """

    changed = Signal()
    progressed = Signal(Step)

    def __init__(
        self,
        background: Background,
        door: Door,
        preferences: Preferences,
        path: Path,
        here: Here,
        clock: Callable[[], float] = time.time,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._background = background
        self._door = door
        self._preferences = preferences
        self._path = path
        self._here = here
        self._clock = clock
        self._kept = _Kept()
        self._is_open = False
        self._stop: Stop | None = None
        self._done = 0  # written by the thread of the download, read by the window's
        self._pace = Pace(time.monotonic)
        self._days = QTimer(self, interval=CLOCK_MS)
        self._days.timeout.connect(self._ask_if_due)
        self._look = QTimer(self, interval=LOOK_MS)
        self.release: Release | None = None
        self.trouble: UserError | None = None
        self.is_asking = self.is_newest = False
        self.step: Step | None = None
        self.file: Path | None = None
        preferences.changed.connect(self._on_preference)

    @property
    def asked_at(self) -> float:
        return self._kept.asked_at

    @property
    def version(self) -> str:
        """The version of this program."""
        return self._here.feed.version

    @property
    def installation(self) -> Installation:
        """How this program is here."""
        return self._here.installation

    @property
    def package(self) -> Package | None:
        """The package of the release that would take this program's place."""
        return self.installation.package(self.release) if self.release else None

    @property
    def no_key(self) -> UserError | None:
        """Why this program cannot look for new versions at all, or None."""
        try:
            key_of(self._here.feed)
        except UserError as error:
            return error
        return None

    @property
    def is_begun(self) -> bool:
        """Whether a part of the package is here."""
        package = self.package
        return package is not None and 0 < there(package, self._here.downloads) < package.size_bytes

    @property
    def is_told(self) -> bool:
        """Whether the person is to be told of the release, without having asked for it."""
        return self.release is not None and self.release.version != self._kept.put_away

    # ------------------------------------------------------------ asking

    def open(self) -> None:
        """Take up what was known; ask if that is wanted and a day is over."""
        self._background.run_in_order(partial(_read, self._path, self._here.feed), self._on_read)

    def ask(self) -> None:
        """Ask now, because the person wants to know."""
        self._ask(is_wanted=True)

    def put_away(self) -> None:
        """Tell no more of this release."""
        if self.is_told and self.release is not None:
            self._keep(put_away=self.release.version)
            self.changed.emit()

    def close(self) -> None:
        """End what is going on; for the end of the program."""
        self._days.stop()
        self._look.stop()
        if self._stop is not None:
            self._stop.set()

    def _on_read(self, found: tuple[_Kept, Release | None]) -> None:
        self._kept, self.release = found
        self._is_open = True
        self.changed.emit()
        self._ask_if_due()

    def _on_preference(self, option: Option[object]) -> None:
        if option in (options.CHECK_FOR_UPDATES, options.OFFLINE):
            self._ask_if_due()

    def _ask_if_due(self) -> None:
        is_wanted = self._is_open and self._preferences[options.CHECK_FOR_UPDATES] and self._here.feed.key is not None
        if not is_wanted:
            self._days.stop()
            return
        if not self._days.isActive():
            self._days.start()
        # A clock that was set back would otherwise hold the next look up for as long.
        if self._door.is_open and abs(self._clock() - self.asked_at) >= DAY_S:
            self._ask(is_wanted=False)

    def _ask(self, is_wanted: bool) -> None:
        if self.is_asking:
            return
        self.is_asking, self.is_newest, self.trouble = True, False, None
        self._keep(asked_at=self._clock())
        self.changed.emit()
        self._background.run_long(
            partial(_ask, self._door, self._here.feed), partial(self._on_answer, is_wanted), self._on_no_answer
        )

    def _on_answer(self, is_wanted: bool, answer: tuple[str, Release | None]) -> None:
        announcement, release = answer
        self.is_asking, self.is_newest = False, release is None
        if release != self.release:
            self.release, self.file = release, None
        # Whoever has asked sees the answer in its place and need not be told.
        seen = release.version if is_wanted and release is not None else self._kept.put_away
        self._keep(announcement=announcement, put_away=seen)
        self.changed.emit()

    def _on_no_answer(self, error: UserError) -> None:
        self.is_asking, self.trouble = False, error
        self.changed.emit()

    def _keep(self, **changes: float | str) -> None:
        self._kept = replace(self._kept, **changes)  # type: ignore[arg-type]
        self._background.run_in_order(partial(write_json, self._path, asdict(self._kept)))

    # ------------------------------------------------------------ the package

    def download(self) -> None:
        """Get the package of the release, or the rest of it."""
        package, release = self.package, self.release
        if package is None or release is None or self.step is not None:
            return
        self._stop = stop = Stop()
        self._done, self._pace = there(package, self._here.downloads), Pace(time.monotonic)

        def fetch() -> Path | None:
            with purpose(f"Download Moatless {release.version}", stop):
                try:
                    return fetch_package(self._door, package, self._here.downloads, self._note, stop)
                except Stopped:
                    return None

        self.trouble = None
        self._show_progress(package)
        self._look.timeout.connect(partial(self._show_progress, package))
        self._look.start()
        self.changed.emit()
        self._background.run_long(fetch, partial(self._on_fetched, package), self._on_not_fetched)

    def stop(self) -> None:
        """End the download; what is here of it stays, and `download` goes on with it."""
        if self._stop is not None:
            self._stop.set()

    def _note(self, done: int) -> None:
        self._done = done

    def _show_progress(self, package: Package) -> None:
        self._pace.note(self._done)
        left = self._pace.seconds_left(package.size_bytes - self._done)
        self.step = Step(f"Downloading {package.name}", self._done / package.size_bytes, left)
        self.progressed.emit(self.step)

    def _on_fetched(self, package: Package, file: Path | None) -> None:
        self._end_download()
        if package == self.package:  # meanwhile a newer one may have been announced
            self.file = file
        self.changed.emit()

    def _on_not_fetched(self, error: UserError) -> None:
        self._end_download()
        self.trouble = error
        self.changed.emit()

    def _end_download(self) -> None:
        self._look.stop()
        self._look.timeout.disconnect()
        self._stop = self.step = None


def _ask(door: Door, feed: Feed) -> tuple[str, Release | None]:
    from desktop_app.network.updates import ask  # loads the HTTP client, which the window never does

    announcement = ask(door, feed)
    return announcement.decode("utf-8", "replace"), newer(announcement, feed)


def _read(path: Path, feed: Feed) -> tuple[_Kept, Release | None]:
    values, _ = read_json(path)
    asked_at, announcement, put_away = (values.get(name) for name in ("asked_at", "announcement", "put_away"))
    kept = _Kept(
        float(asked_at) if isinstance(asked_at, int | float) else 0.0,
        announcement if isinstance(announcement, str) else "",
        put_away if isinstance(put_away, str) else "",
    )
    try:
        return kept, newer(kept.announcement.encode(), feed) if kept.announcement else None
    except UserError:  # of before this program was itself replaced by a newer one, or damaged
        return kept, None
