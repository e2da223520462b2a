"""All that is known of one adapter of the library, and all that can be done with it."""

import datetime
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QPushButton
from shiboken6 import isValid

from desktop_app.gui.adapters.adapter_grid import AdapterGrid
from desktop_app.gui.adapters.effect_section import EffectSection
from desktop_app.gui.adapters.hue_dot import HueDot
from desktop_app.gui.adapters.pair_section import PairSection
from desktop_app.gui.adapters.standing_words import verdict_told
from desktop_app.gui.adapters.standings import STACK_IS_FULL, Standing, Standings
from desktop_app.gui.adapters.told_line import ToldLine
from desktop_app.gui.chat.link_guard import ask_before_opening
from desktop_app.gui.library.labels import name_label, plain_label, section
from desktop_app.gui.library.missing_panel import MissingPanel
from desktop_app.gui.library.page_column import PageColumn
from desktop_app.gui.theme import scale
from desktop_app.gui.widgets.back_button import BackButton
from desktop_app.gui.widgets.question import ask
from desktop_app.jobs.adapter_library import AdapterLibrary
from desktop_app.jobs.arrivals import ADAPTER
from desktop_app.jobs.connection import HubConnection
from desktop_app.jobs.downloads import DownloadQueue
from desktop_app.library.upkeep import is_kept_here
from desktop_app.storage.records import Adapter

EFFECT_HELP = "What the model in use expects next in a general text, with this adapter at scale 1 and without it."
PAIR_HELP = "Whether it and another one get in each other's way when both act on a chat."


class AdapterDetails(PageColumn):
    """Shows one adapter at a time.

    Attributes:
        adapter: The one that is shown.

    Signals:
        back_wanted(): Show the list again.
        chat_wanted(Adapter): Add it to the open chat.
    """

    back_wanted = Signal()
    chat_wanted = Signal(Adapter)

    def __init__(
        self, library: AdapterLibrary, standings: Standings, connection: HubConnection, queue: DownloadQueue
    ) -> None:
        super().__init__("Details of an adapter")
        self._library = library
        self._standings = standings
        self._connection = connection
        self._queue = queue
        self.adapter: Adapter | None = None
        self._make_parts()
        self._lay_out()
        standings.changed.connect(self._renew)
        queue.changed.connect(self._show_downloads)

    def open(self, adapter: Adapter) -> None:
        """Show this adapter, from the top."""
        self.adapter = adapter
        self.pair.open(adapter)
        self.dot.show_adapter(adapter.sha256)
        self._show()
        self.verticalScrollBar().setValue(0)
        self.setFocus()  # the next Tab is at the first button, and the arrow keys scroll

    # ------------------------------------------------------------ what can be done with any adapter

    def choose_file(self, adapter: Adapter) -> None:
        """Ask where the file of an adapter is now."""
        words = "Adapters (*.gguf);;All files (*)"
        name, _ = QFileDialog.getOpenFileName(self, f"Find {adapter.name}", "", words)
        if name:
            self._library.find_at(adapter, Path(name))

    def download_again(self, adapter: Adapter) -> None:
        """Get the files of an adapter that is from the Hub anew; what was converted is converted again."""
        if not self._is_queued(adapter):
            model, where = self._standings.model, (adapter.repo, adapter.revision, adapter.license)
            model_id = model.id if model else None
            self._queue.add(adapter.name, adapter.files, *where, kind=ADAPTER, model_id=model_id)

    def ask_to_remove(self, adapter: Adapter) -> None:
        """Take an adapter out of the library if that is what the person wants, knowing what it means."""
        is_deleted = is_kept_here(adapter, self._library.folder) and adapter.id not in self._library.missing
        do = "Delete" if is_deleted else "Remove"

        def show(n_chats: int) -> None:
            details = _consequences(adapter, is_deleted, n_chats)
            if isValid(self) and ask(self, f"{do} {adapter.name}?", details, do, "Keep it"):
                self._library.remove(adapter)

        self._library.usage(adapter, show)

    # ------------------------------------------------------------ what is shown

    def _renew(self) -> None:
        """Show what the library has learned meanwhile about the adapter that is shown."""
        if self.adapter is None:
            return
        self.adapter = self._library.find(self.adapter.sha256)
        if self.adapter is not None:
            self._show()
        elif not self.isHidden():  # else another page has taken its place
            self.back_wanted.emit()

    def _show(self) -> None:
        adapter = self.adapter
        if adapter is None:
            return
        standing = self._standings.of(adapter)
        self.name.setText(adapter.name)
        self._show_chat_button(adapter, standing)
        self._show_verdict(adapter, standing)
        self.missing_panel.setVisible(standing.is_missing)
        self.missing_panel.show_loss(Path(adapter.path), bool(adapter.repo))
        self.facts.show_adapter(adapter, standing.n_chats, datetime.date.today())
        self.facts.folder_button.setVisible(not standing.is_missing)
        self.effect.show_standing(standing)
        for part in self._parts_of_file:
            part.setVisible(not standing.is_missing)
        is_kept = is_kept_here(adapter, self._library.folder)
        self.remove_button.setText("Delete" if is_kept else "Remove from the library")
        self.remove_button.setProperty("kind", "danger" if is_kept else "")
        self.remove_button.style().polish(self.remove_button)
        self.removal_help.setText(
            "Its file is deleted from this computer." if is_kept else "Its file stays where it is."
        )
        self._show_downloads()

    def _show_chat_button(self, adapter: Adapter, standing: Standing) -> None:
        self.chat_button.setVisible(not standing.is_missing)
        self.chat_button.setEnabled(not standing.why_not)
        self.chat_button.setToolTip(standing.why_not)
        self.chat_button.setAccessibleName(f"Add {adapter.name} to chat")
        self.chat_button.setAccessibleDescription(standing.why_not)
        self.state.setVisible(standing.is_in_stack)
        self.full.setVisible(standing.why_not == STACK_IS_FULL)

    def _show_verdict(self, adapter: Adapter, standing: Standing) -> None:
        self.verdict.tell(verdict_told(adapter, standing))
        verdict = standing.verdict
        why = f"{verdict.sentence} {verdict.hint}" if verdict is not None and verdict.hint else ""
        self.reason.setText(why)
        self.reason.setVisible(bool(why))

    def _show_downloads(self) -> None:
        if self.adapter is not None:
            self.missing_panel.show_download(self._is_queued(self.adapter))

    def _is_queued(self, adapter: Adapter) -> bool:
        return any(
            item.repo == adapter.repo and item.files[:1] == adapter.files[:1] for item in self._queue.items if item.repo
        )

    # ------------------------------------------------------------ what the person does

    def _show_repo(self, adapter: Adapter) -> None:
        ask_before_opening(self, f"{self._connection.door.endpoint}/{adapter.repo}")

    def _for_adapter(self, act: Callable[[Adapter], object]) -> Callable[[], None]:
        """Return a slot that does something with the adapter that is shown."""

        def do() -> None:
            if self.adapter is not None:
                act(self.adapter)

        return do

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.back_wanted.emit()
        else:
            super().keyPressEvent(event)

    # ------------------------------------------------------------ the parts

    def _make_parts(self) -> None:
        self.back_button = BackButton("Back to the list")
        self.back_button.clicked.connect(self.back_wanted)
        self.dot = HueDot()
        self.name = name_label("", "title")
        self.chat_button = self._button("Add to chat", self.chat_wanted.emit, "primary")
        self.state = plain_label("In this chat", "small")
        self.full = plain_label(STACK_IS_FULL, "small", wraps=True)
        self.verdict = ToldLine()
        self.reason = plain_label(role="small", wraps=True)
        self.missing_panel = MissingPanel()
        self.missing_panel.find_wanted.connect(self._for_adapter(self.choose_file))
        self.missing_panel.download_wanted.connect(self._for_adapter(self.download_again))
        self.missing_panel.forget_wanted.connect(self._for_adapter(self.ask_to_remove))
        self.facts = AdapterGrid()
        self.facts.repo_wanted.connect(self._for_adapter(self._show_repo))
        self.effect = EffectSection()
        self.effect.measure_wanted.connect(self._for_adapter(self._standings.measure))
        self.effect.stop_wanted.connect(self._for_adapter(self._standings.stop))
        self.pair = PairSection(self._library)
        self.removal_help = plain_label(role="small", wraps=True)
        self.remove_button = self._button("Delete", self.ask_to_remove)

    def _button(self, words: str, act: Callable[[Adapter], object], kind: str = "") -> QPushButton:
        button = QPushButton(words)
        button.setProperty("kind", kind)
        button.clicked.connect(self._for_adapter(act))
        return button

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(scale.SPACE_12)
        head.addWidget(self.dot)
        head.addWidget(self.name)
        head.addWidget(self.state)
        head.addStretch(1)
        head.addWidget(self.chat_button)
        self.column.addWidget(self.back_button, 0, Qt.AlignmentFlag.AlignLeft)
        self.column.addLayout(head)
        effect = (section("Effect", EFFECT_HELP), self.effect)
        pair = (section("Together with another one", PAIR_HELP), self.pair)
        removal = (section("Remove"), self.removal_help)
        self._parts_of_file = (*effect, *pair, *removal, self.remove_button)
        about = (self.full, self.verdict, self.reason, self.missing_panel)
        for part in (*about, *effect, section("Facts"), self.facts, *pair, *removal):
            self.column.addWidget(part)
        self.column.addWidget(self.remove_button, 0, Qt.AlignmentFlag.AlignLeft)
        self.column.addStretch(1)


def _consequences(adapter: Adapter, is_deleted: bool, n_chats: int) -> str:
    """Return what is to be known before an adapter is removed."""
    back = "Only another download can bring it back." if adapter.repo else "Nothing can bring the file back."
    file = f"Its file is deleted from this computer. {back}" if is_deleted else "Its file stays where it is."
    if n_chats == 1:
        return f"{file} 1 chat has it in its stack, where it is shown as missing from then on."
    if n_chats:
        return f"{file} {n_chats:,} chats have it in their stacks, where it is shown as missing from then on."
    return file
