"""One repository of the Hub: what can be downloaded from it, what that would mean here, and its description."""

from collections.abc import Callable, Iterable
from itertools import pairwise
from urllib.parse import quote

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from desktop_app.adapters.browse import AdapterLook
from desktop_app.errors import UserError
from desktop_app.gui.chat.highlight import RunInBackground
from desktop_app.gui.chat.link_guard import ask_before_opening
from desktop_app.gui.library.card_text import CardText
from desktop_app.gui.library.gate_panel import KEPT_WORDS, GatePanel
from desktop_app.gui.library.hub_notice import LONGEST, HubNotice
from desktop_app.gui.library.labels import (
    OFFLINE_WORDS,
    counted,
    listed,
    month,
    name_label,
    plain_label,
    printable,
    split_name,
)
from desktop_app.gui.library.offer_list import OfferList
from desktop_app.gui.library.page_column import PageColumn
from desktop_app.gui.theme import icon, scale
from desktop_app.gui.widgets.back_button import BackButton
from desktop_app.jobs.adapter_browser import AdapterBrowser
from desktop_app.jobs.connection import HubConnection
from desktop_app.jobs.hub_browser import HubBrowser
from desktop_app.library.browse import Look
from desktop_app.network.door import HUB, TokenRefused
from desktop_app.network.records import HubModel

_ADAPTER_TAG = "base_model:adapter:"


def _without_colors(_work: object, _on_done: object) -> None:
    """Leave program text as it is."""


class RepoPage(PageColumn):
    """Shows the repository that was opened last.

    Args:
        name: What is seen here, for a screen reader.
        browser: Asks the Hub.
        ask: Has it look at a repository.
        offers: Shows what can be downloaded from it.
        run_in_background: Finds the colors of program text in descriptions.

    Signals:
        back_wanted(): Show the list again.
    """

    back_wanted = Signal()

    def __init__(
        self,
        name: str,
        browser: HubBrowser | AdapterBrowser,
        ask: Callable[[str], None],
        offers: OfferList,
        connection: HubConnection,
        run_in_background: RunInBackground = _without_colors,
    ) -> None:
        super().__init__(name)
        self._browser = browser
        self._ask = ask
        self.offers = offers
        self._connection = connection
        self._repo = ""
        self._look: Look | AdapterLook | None = None
        self._is_waiting = False
        self._make_parts(run_in_background)
        self._lay_out()
        self._connect()

    def open(self, repo: str) -> None:
        """Show a repository."""
        if repo != self._repo:
            self._repo, self._look = repo, None
            self.kept.setText("")
            owner, name = split_name(repo)
            self.setAccessibleName(name)
            self.name.setText(name)
            self.facts.setText(listed((f"by {owner}" if owner else "",)))
            for part in (self.content, self.kept, self.offline):
                part.hide()
            self.gate.hide()
        self._ask(repo)

    # ------------------------------------------------------------ what the Hub says

    def _on_looking(self, repo: str) -> None:
        self._is_waiting = repo == self._repo
        if self._is_waiting:
            self.notice.wait(f"Looking at {printable(repo)}…")

    def _on_looked(self, look: Look | AdapterLook) -> None:
        if self._is_waiting:
            self._end_wait()
            self._show(look)

    def _on_failed(self, error: UserError) -> None:
        if self._is_waiting:
            self._end_wait()
            self.notice.tell(str(error), can_try_again=True)
            if isinstance(error, TokenRefused):
                self.gate.offer_other_token()

    def _on_token(self) -> None:
        words = self.gate.kept.text()
        self.kept.setText(words if words in KEPT_WORDS.values() else "")
        self._ask(self._repo)

    def _end_wait(self) -> None:
        self._is_waiting = False
        self.notice.clear()

    def _give_up(self) -> None:
        self._browser.forget()
        self._end_wait()
        self.back_wanted.emit()

    def _show(self, look: Look | AdapterLook) -> None:
        self._look = look
        self._show_connection()
        self.facts.setText(_facts(look.repo.model))
        if look.gate is not None:
            self.gate.show_gate(look.gate)
        else:
            self.gate.hide()
        self.kept.setVisible(look.gate is None and bool(self.kept.text()))
        self.note.setText(printable(look.note, LONGEST))
        self.note.setVisible(bool(look.note))
        self.offers.show_look(look)
        self.description.setVisible(bool(look.card))
        self.card.show_text(look.card)
        self.content.show()
        self._show_folding()

    def _show_connection(self) -> None:
        self.offline.setVisible(not self._connection.is_open and self._look is not None)

    def _on_switched(self, is_open: bool) -> None:
        self._show_connection()
        if is_open and self._look is None and self._repo and self.isVisible():
            self._ask(self._repo)

    # ------------------------------------------------------------ layout

    def _show_folding(self) -> None:
        self.all_button.setVisible(self.card.is_folded)

    def _unfold(self) -> None:
        self.card.unfold()
        self._show_folding()

    def _order_tabs(self) -> None:
        stops: list[QWidget] = [self.back_button, self.hub_button, self.notice.again_button, *self.gate.focus_widgets()]
        stops += [row.download_button for row in self.offers.rows]
        stops += [*self.card.column.focus_widgets(), self.all_button]
        for before, after in pairwise(stops):
            QWidget.setTabOrder(before, after)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.setFocus()  # so that the keys scroll, and Tab begins at the top
        self.verticalScrollBar().setValue(0)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.back_wanted.emit()
        else:
            super().keyPressEvent(event)

    def _connect(self) -> None:
        self.back_button.clicked.connect(self.back_wanted)
        self.hub_button.clicked.connect(lambda: ask_before_opening(self, f"{HUB}/{quote(self._repo)}"))
        self.notice.given_up.connect(self._give_up)
        self.notice.again_wanted.connect(lambda: self._ask(self._repo))
        self.gate.saved.connect(self._on_token)
        self.all_button.clicked.connect(self._unfold)
        self._browser.looking.connect(self._on_looking)
        self._browser.looked.connect(self._on_looked)
        self._browser.failed.connect(self._on_failed)
        self._browser.searching.connect(self._end_wait)
        self.offers.completed.connect(self._order_tabs)
        self._connection.switched.connect(self._on_switched)

    def _make_parts(self, run_in_background: RunInBackground) -> None:
        self.back_button = BackButton("Back to the list")
        self.hub_button = QPushButton("Open on the Hub")
        self.hub_button.setIcon(icon("external-link", "accent"))
        self.hub_button.setProperty("kind", "quiet")
        self.hub_button.setIconSize(QSize(*scale.ICON_WITH_WORDS))
        self.name = name_label("", "title")
        self.facts = plain_label(role="small", wraps=True)
        self.notice = HubNotice()
        self.offline = plain_label(OFFLINE_WORDS, "muted", wraps=True)
        self.gate = GatePanel(self._connection)
        self.kept = plain_label(role="small", wraps=True)
        self.note = plain_label(role="muted", wraps=True)
        self.card = CardText(run_in_background)
        self.all_button = QPushButton("Show all")
        self.description = QWidget()
        self.content = QWidget()
        for part in (self.offline, self.gate, self.kept, self.content):
            part.hide()

    def _lay_out(self) -> None:
        paper = QFrame()
        paper.setProperty("panel", "card")
        on_paper = QVBoxLayout(paper)
        on_paper.setContentsMargins(scale.SPACE_16, scale.SPACE_16, scale.SPACE_16, scale.SPACE_16)
        on_paper.setSpacing(scale.SPACE_16)
        on_paper.addWidget(self.card)
        on_paper.addWidget(self.all_button, 0, Qt.AlignmentFlag.AlignLeft)
        text = QVBoxLayout(self.description)
        text.setContentsMargins(0, scale.SPACE_16, 0, 0)
        text.setSpacing(scale.SPACE_12)
        text.addWidget(plain_label("Description", "section"))
        text.addWidget(paper)
        content = QVBoxLayout(self.content)
        content.setContentsMargins(0, scale.SPACE_8, 0, 0)
        content.setSpacing(scale.SPACE_12)
        for part in (self.note, self.offers, self.description):
            content.addWidget(part)
        first = QHBoxLayout()
        first.addWidget(self.back_button)
        first.addStretch(1)
        first.addWidget(self.hub_button)
        self.column.addLayout(first)
        for part in (self.name, self.facts, self.offline, self.notice, self.gate, self.kept, self.content):
            self.column.addWidget(part)
        self.column.addStretch(1)


def _facts(model: HubModel) -> str:
    owner = split_name(model.id)[0]
    return listed(
        (
            f"by {owner}" if owner else "",
            model.license,
            counted(model.downloads, "download"),
            counted(model.likes, "like"),
            month(model.updated_at),
            f"up to {model.n_ctx_train:,} tokens of context" if model.n_ctx_train else "",
            f"{model.architecture} architecture" if model.architecture else "",
            *(f"for {name}" for name in _adapted(model.tags)),
        )
    )


def _adapted(tags: Iterable[str]) -> list[str]:
    """Return the names of the models that an adapter says it was made for; none for models."""
    return [split_name(tag.removeprefix(_ADAPTER_TAG))[1] for tag in tags if tag.startswith(_ADAPTER_TAG)]
