"""The scenes with adapters: their page, empty and full, what the Hub has, and a chat with a stack."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEventLoop

from desktop_app.gui.library.library_page import FIND, HERE
from desktop_app.gui.main_window import ADAPTERS, CHAT
from desktop_app.storage.records import Adapter
from tests.shots.adapter_content import (
    HAIKU,
    LETTERS,
    LOST,
    QUIET,
    SHOWN,
    TITLE,
    TONE,
    Wanted,
    enter_adapters,
    store_stacks,
    write_adapters,
)
from tests.shots.waiting import wait, wait_for

if TYPE_CHECKING:
    from tests.shots.__main__ import Photographer


class AdapterScenes:
    """Takes them with a photographer, and fills the library in between."""

    def __init__(self, photographer: "Photographer", folder: Path) -> None:
        self._photographer = photographer
        self._folder = folder
        self._written: list[tuple[Wanted, Path]] = []
        self._entered: dict[str, Adapter] = {}

    def take(self) -> None:
        """Take all of them; the library is full at the end."""
        app, take = self._photographer.app, self._photographer.take
        page = app.adapters
        self._empty()
        app.window.show_page(ADAPTERS)
        page.show_view(HERE)
        wait_for(lambda: page.local_page.browse_button.isVisible())
        take("adapters-empty")
        self._fill()
        wait_for(lambda: len(page.local_page.cards) == len(self._written) and not page.local_page._to_show)
        take("adapters")
        page.open_adapter(self._entered[LETTERS])
        page.details.pair.menu.chosen.emit(self._entered[TONE])
        take("adapter-details")
        bar = page.details.verticalScrollBar()
        take("adapter-details-end", lambda: bar.setValue(bar.maximum()))
        page.show_view(FIND)
        wait_for(lambda: bool(page.find_page.cards) and not page.find_page._to_build)
        take("find-adapters")
        with_answer = QEventLoop()
        app.adapter_browser.looked.connect(with_answer.quit)
        page.open_repo(SHOWN)
        with_answer.exec()
        take("adapter-repository")
        page.show_view(HERE)
        self._chat()

    def _chat(self) -> None:
        app, photographer = self._photographer.app, self._photographer
        app.window.show_page(CHAT)
        photographer.open(TITLE)
        photographer.take("chat-stack")
        app.chat.composer.stack.mix.click()
        wait()  # two adapters are compared
        photographer.take("chat-mix")
        app.chat.composer.stack.mix.click()
        app.session.compare(app.session.messages[-1], ())
        wait_for(lambda: app.session.comparison is not None and all(len(a.text) > 200 for a in app.session.answers))
        photographer.take("chat-comparing-stacks")
        app.session.end_comparison()
        wait_for(lambda: not app.session.answers)

    def _empty(self) -> None:
        app, done = self._photographer.app, []
        app.store.ask(lambda r: [r.adapters.remove(each.id) for each in r.adapters.list_adapters()], done.append)
        wait_for(lambda: bool(done))
        app.adapter_library.refresh()
        wait_for(lambda: not app.adapter_library.adapters)

    def _fill(self) -> None:
        """Put the adapters into the library; the first time they are written, measured and used."""
        app, got = self._photographer.app, []
        is_first = not self._written
        self._written = write_adapters(self._folder)

        app.store.ask(lambda r: enter_adapters(r, self._written), got.append)
        wait_for(lambda: bool(got))
        self._entered = got[0]
        Path(self._entered[LOST].path).unlink()
        if is_first:
            app.store.change(lambda r: store_stacks(r, self._entered), lambda _none: None)
        app.adapter_library.refresh()
        standings = app.adapters.standings
        for name in (LETTERS, QUIET, TONE) if is_first else ():
            adapter = self._entered[name]
            wait_for(lambda: bool(app.session.model and app.session.model.sha256))
            standings.measure(adapter)
            wait_for(lambda adapter=adapter: standings.of(adapter).proof is not None)
        wait_for(lambda: standings.of(self._entered[HAIKU]).verdict is not None)
