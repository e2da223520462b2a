"""Pictures of every page of the real program: `python -m tests.shots [FOLDER [GROUP...]]`, by default into build/shots.

Each scene is taken in light and dark, 1280 x 800 and 900 x 600. The conversations are sent to the starter model or
stored from `content.py`; nothing is painted for the picture.
"""

import os
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEventLoop

from desktop_app.app import App
from desktop_app.errors import UserError
from desktop_app.gui.library.library_page import FIND, HERE
from desktop_app.gui.main_window import CHAT, MODELS, SETTINGS
from desktop_app.gui.trouble_page import TroublePage
from desktop_app.gui.workspace import Workspace
from desktop_app.jobs.arrivals import MODEL
from desktop_app.jobs.engine import EngineState
from desktop_app.paths import DataFolder
from desktop_app.settings import options
from tests.shots.adapter_content import fill_with_adapters
from tests.shots.adapter_scenes import AdapterScenes
from tests.shots.content import store_conversations
from tests.shots.hub_content import GATED, SHOWN, fill
from tests.shots.teach_scenes import TeachScenes
from tests.shots.update_scenes import UpdateScenes
from tests.shots.waiting import wait, wait_for
from tests.support.hub import LoopbackHub
from tests.support.release_server import LoopbackReleases

SIZES = ((1280, 800), (900, 600))


class Photographer:
    """Takes the scenes of one look after the other."""

    def __init__(self, app: Workspace, folder: Path) -> None:
        self.app = app
        self.folder = folder

    def take(self, scene: str, prepare: Callable[[], object] | None = None) -> None:
        """Save the window as it is, in both sizes; `prepare` is called once it has its size."""
        for width, height in SIZES:
            self.app.window.resize(width, height)
            wait()
            if prepare is not None:
                prepare()
                wait()
            theme = self.app.preferences[options.THEME]
            name = f"{scene}-{theme}-{width}x{height}.png"
            self.app.window.grab().save(str(self.folder / name))
            print(name, flush=True)

    def open(self, title: str) -> None:
        """Open the stored conversation with this title."""
        found: list[int] = []
        self.app.store.ask(lambda r: next(c.id for c in r.chats.list_conversations() if c.title == title), found.append)
        wait_for(lambda: bool(found))
        self.app.session.open(found[0])
        wait_for(lambda: self.app.session.conversation.id == found[0])

    def chat(self) -> None:
        """Take the Chat page, empty and full."""
        app = self.app
        app.window.show_page(CHAT)
        app.chat.start_new()
        self.take("chat-empty")
        self.open("Reading a CSV file safely")
        self.take("chat-code")
        self.open("Trip to Lisbon")
        self.take("chat-prose")
        app.chat.header.options_button.setChecked(True)
        self.take("chat-options")
        app.chat.header.options_button.setChecked(False)
        app.chat.list.search.setText("tram")
        self.take("chat-search")
        app.chat.list.search.clear()
        self.stream()
        self.compare()

    def settings(self) -> None:
        """Take the Settings page and those behind it."""
        app = self.app
        app.window.show_page(SETTINGS)
        self.take("settings")
        app.settings_view.show_connections()
        self.take("connections")
        app.settings_view.show_about()
        about = app.settings_view.about
        wait_for(lambda: bool(about.list.parts) and about.text.is_whole)
        self.take("about")
        app.settings_view.setCurrentWidget(app.settings_view.settings)

    def trouble(self) -> None:
        """Take the page of trouble, from which there is no way back."""
        trouble = UserError(
            "The chats in this folder were written by a newer version of Moatless.",
            "Install the newest version, or start with --data-dir and another folder.",
        )
        self.app.window.show_trouble(TroublePage(trouble, "/home/ada/.local/share/Moatless"))
        self.take("trouble")

    def library(self) -> None:
        """Take the Models page: what is here, one model, what can be found, one repository, and a download."""
        app, page = self.app, self.app.models
        app.window.show_page(MODELS)
        page.show_view(HERE)
        wait_for(lambda: bool(page.local_page.cards))
        self.take("models")
        page.open_model(app.library.models[0])
        self.take("model-details")
        page.show_view(FIND)
        wait_for(lambda: bool(app.library.machine.measured))
        self.take("find-first-models")
        page.find_page.search.setText("gguf")
        wait_for(lambda: bool(page.find_page.cards))
        self.take("find-results")
        for scene, repo in (("repository", SHOWN), ("repository-gated", GATED)):
            with_answer = QEventLoop()
            app.browser.looked.connect(with_answer.quit)
            page.open_repo(repo)
            with_answer.exec()
            self.take(scene)
        app.browser.find_offer(SHOWN, "Q8_0", app.queue.add_offer, print)
        wait_for(lambda: (app.queue.overall(MODEL) or 0) > 0.02)
        page.show_view(HERE)
        self.take("models-downloading")
        page.show_view(FIND)
        page.find_page.search.clear()
        app.queue.cancel(app.queue.items[0].id)
        wait_for(lambda: app.queue.overall(MODEL) is None)

    def stream(self) -> None:
        """Have the starter model write, and take it while it does."""
        session = self.app.session
        self.app.chat.start_new()
        session.send("Write a long letter to a friend about a walk by the sea.")
        wait_for(lambda: bool(session.answers) and len(session.answers[0].text) > 300)
        self.take("chat-streaming")
        session.stop()
        wait_for(lambda: not session.answers)
        self.take("chat-stopped")

    def compare(self) -> None:
        """Have more answers written beside one, and take them while they are."""
        session = self.app.session
        self.open("Reading a CSV file safely")
        session.compare(session.messages[-1])
        wait_for(lambda: session.comparison is not None and all(len(each.text) > 200 for each in session.answers))
        self.take("chat-comparing")
        session.end_comparison()
        wait_for(lambda: not session.answers)


def main(folder: Path, groups: list[str]) -> None:
    """Take the pictures of these groups; of all if there are none."""
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="moatless-shots-") as scratch,
        LoopbackHub() as hub,
        LoopbackReleases() as releases,
    ):
        updates = UpdateScenes(releases, Path(scratch, "Downloads"))
        fill(hub, Path(scratch))
        fill_with_adapters(hub)
        hub.faults.throttle_bytes_per_s = 20_000_000
        os.environ["HF_ENDPOINT"] = hub.url
        data = DataFolder(Path(scratch))
        store_conversations(data)
        with App(data) as started:
            app = started.assemble()
            started.window.show()
            app.open()
            wait_for(lambda: app.engine.state == EngineState.READY)
            photographer = Photographer(app, folder)
            scenes = {
                "chat": photographer.chat,
                "models": photographer.library,
                "adapters": AdapterScenes(photographer, data.adapters).take,
                "teach": TeachScenes(photographer).take,
                "settings": photographer.settings,
                "updates": partial(updates.take, photographer),
                "trouble": photographer.trouble,
            }
            for group in groups or scenes:
                for scheme in ("light", "dark"):
                    app.preferences.set(options.THEME, scheme)
                    scenes[group]()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("build/shots"), sys.argv[2:])
