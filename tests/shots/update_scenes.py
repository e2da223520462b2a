"""Pictures of a new version of the program: the line above the pages, and its row in the settings."""

from itertools import count
from pathlib import Path
from typing import Any

from desktop_app import __version__
from desktop_app.gui import workspace
from desktop_app.gui.main_window import CHAT
from desktop_app.jobs.updates import Here
from tests.shots.waiting import wait_for
from tests.support.release_server import HERE, LoopbackReleases

NOTES = (
    "Chats can be printed, and saved as PDF.",
    "Teaching is twice as fast on processors with AVX-512, and says more exactly how long it will take.",
    "A conversation that was left in the middle of an answer goes on at once.",
)


class UpdateScenes:
    """Made before the window, which then looks for releases here.

    Args:
        page: Where they are.
        downloads: Where packages go.
    """

    def __init__(self, page: LoopbackReleases, downloads: Path) -> None:
        self._page = page
        self._minor = count(9)
        workspace.this_program = lambda: Here(page.feed(version=__version__), HERE, downloads)

    def take(self, photographer: Any) -> None:
        """Take the line, the row, a download, and the package when it is here."""
        app, page, updates = photographer.app, self._page, photographer.app.updates
        version = f"1.{next(self._minor)}.0"
        page.announce(page.release(version, notes=NOTES))
        updates._ask(is_wanted=False)
        wait_for(lambda: app.notice.isVisible())
        app.window.show_page(CHAT)
        photographer.take("update-notice")
        app.notice.more_button.click()
        photographer.take("update", app.settings_view.show_updates)
        page.faults.throttle_bytes_per_s = 200_000
        updates.download()
        wait_for(lambda: updates.step is not None and updates.step.fraction > 0.2)
        photographer.take("update-downloading", app.settings_view.show_updates)
        page.faults.throttle_bytes_per_s = None
        wait_for(lambda: updates.file is not None)
        photographer.take("update-here", app.settings_view.show_updates)
        updates.file.unlink()
