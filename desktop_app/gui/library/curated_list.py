"""Good first models: the list that comes with the program, which can be read without a network."""

from functools import partial
from itertools import pairwise

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop_app.errors import UserError
from desktop_app.gui.library.found_card import FoundCard, words_of_curated
from desktop_app.gui.library.hub_notice import LONGEST
from desktop_app.gui.library.labels import announce, plain_label, printable
from desktop_app.gui.library.use_filter import UseFilter
from desktop_app.gui.library.whereabouts import DOWNLOADING, Whereabouts
from desktop_app.gui.theme import scale
from desktop_app.jobs.downloads import DownloadQueue
from desktop_app.jobs.hub_browser import HubBrowser
from desktop_app.jobs.model_library import ModelLibrary
from desktop_app.library.curated import USES, CuratedModel, curated_models
from desktop_app.library.offers import Offer
from desktop_app.library.outlook import Fit
from desktop_app.library.prospects import Prospect, prospect
from desktop_app.network.records import HubRepo

GENERAL = "chat"  # what a model should be good for, if nothing else is asked for
PLEASANT_TOKENS_PER_S = 6  # about as fast as one reads
PLEASANT_BYTES = 3e9  # a token, as long as nothing was measured here


class CuratedList(QWidget):
    """Signals:
    repo_wanted(str): The person wants to see this repository.
    """

    repo_wanted = Signal(str)

    def __init__(self, browser: HubBrowser, library: ModelLibrary, queue: DownloadQueue) -> None:
        super().__init__()
        self._browser = browser
        self._library = library
        self._queue = queue
        self._models = {model.repo: model for model in curated_models()}
        self._prospects: dict[str, Prospect] = {}
        self._whereabouts = Whereabouts(library, queue, self)
        self._best: CuratedModel | None = None
        self._is_stale = True
        self.cards: dict[str, FoundCard] = {}
        self.filter = UseFilter(USES)
        self.filter.chosen.connect(self._show_use)
        self._lay_out()
        self._whereabouts.changed.connect(self._show_states)
        library.looked.connect(self._look_later)

    def set_open(self, is_open: bool, why_not: str) -> None:
        """Let models be downloaded, or say why they are not."""
        for card in self.cards.values():
            card.set_open(is_open, why_not)

    def showEvent(self, event: QShowEvent) -> None:
        if self._is_stale:
            self._look()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, scale.SPACE_8, 0, 0)
        column.setSpacing(scale.SPACE_12)
        head = QVBoxLayout()
        head.setSpacing(scale.SPACE_4)
        head.addWidget(plain_label("Good first models", "section"))
        words = "Well-known models that Moatless runs. This list needs no network, and asks nobody."
        head.addWidget(plain_label(words, "muted", wraps=True))
        column.addLayout(head)
        column.addWidget(self.filter)
        self._column = QVBoxLayout()
        self._column.setSpacing(scale.SPACE_12)
        for model in self._models.values():
            card = self.cards[model.repo] = FoundCard(words_of_curated(model), None, can_download=True)
            card.details_wanted.connect(self.repo_wanted)
            card.download_wanted.connect(self._download)
            self._column.addWidget(card)
        column.addLayout(self._column)

    def _show_use(self, use: str) -> None:
        for repo, card in self.cards.items():
            card.setVisible(not use or use in self._models[repo].uses)
        self._recommend()

    # ------------------------------------------------------------ how they would run here

    def _look_later(self) -> None:
        self._is_stale = True
        if self.isVisible():
            self._look()

    def _look(self) -> None:
        machine = self._library.machine
        if not machine.free.ram:
            return  # nobody has looked yet
        self._is_stale = False
        for repo, model in self._models.items():
            self._prospects[repo] = prospect(model.header(), machine)
            self.cards[repo].show_prospect(self._prospects[repo])
        self._recommend()

    def _recommend(self) -> None:
        """Of the models that are shown, put the largest that will be pleasant to use at the top."""
        use = self.filter.use or GENERAL
        pleasant = [model for model in self._models.values() if use in model.uses and self._is_pleasant(model)]
        best = max(pleasant, key=lambda model: model.size_bytes, default=None)
        if best is self._best:
            return
        self._best = best
        models = sorted(self._models.values(), key=lambda model: model is not best)
        for place, model in enumerate(models):
            self._column.insertWidget(place, self.cards[model.repo])
            self.cards[model.repo].recommend(model is best)
        stops = [stop for model in models for stop in self.cards[model.repo].focus_widgets()]
        for before, after in pairwise([*self.filter.buttons.values(), *stops]):
            QWidget.setTabOrder(before, after)

    def _is_pleasant(self, model: CuratedModel) -> bool:
        expected = self._prospects.get(model.repo)
        if expected is None or expected.outlook.fit != Fit.WELL:
            return False
        if expected.tokens_per_s is not None:
            return expected.tokens_per_s >= PLEASANT_TOKENS_PER_S
        return model.size_bytes * model.n_params_active / model.n_params <= PLEASANT_BYTES

    # ------------------------------------------------------------ downloading

    def _download(self, repo: str) -> None:
        card = self.cards[repo]
        card.show_trouble("")
        self._whereabouts.promise(repo, "Looking it up…")
        quant = self._models[repo].quant
        self._browser.find_offer(repo, quant, partial(self._on_offer, repo), partial(self._on_no_offer, repo))

    def _on_offer(self, chosen: str, repo: HubRepo, offer: Offer) -> None:
        self._whereabouts.promise(chosen, DOWNLOADING)
        self._queue.add_offer(repo, offer)

    def _on_no_offer(self, chosen: str, error: UserError) -> None:
        self._whereabouts.promise(chosen, "")
        self.cards[chosen].show_trouble(printable(str(error), LONGEST))
        announce(self.cards[chosen], str(error))

    def _show_states(self) -> None:
        for repo, card in self.cards.items():
            card.show_state(self._whereabouts.of(repo))
