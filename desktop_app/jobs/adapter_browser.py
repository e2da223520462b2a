"""What the person looks for on the Hub for a model: adapters that were made for it, and one of them in detail."""

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from desktop_app.adapters.bases import find_bases, suggested_base
from desktop_app.adapters.browse import AdapterLook, FoundAdapter, look, search
from desktop_app.jobs.background import Background
from desktop_app.jobs.connection import HubConnection
from desktop_app.jobs.hub_questions import HubQuestions
from desktop_app.library.outlook import cached_header
from desktop_app.storage.records import Model

LIMIT = 30  # for each model that the adapters may have been made for; the most downloaded ones


@dataclass(frozen=True)
class _Answer:
    bases: tuple[str, ...]
    found: tuple[FoundAdapter, ...]
    suggested: str = ""


class AdapterBrowser(HubQuestions):
    """Lives in the GUI thread. What was asked before ends as soon as something else is asked.

    Attributes:
        model: What adapters were last looked for.
        bases: Whose adapters these are: the models on the Hub that it was made from, the nearest first.
        found: Results of the last search.

    Signals:
        searching(): The Hub was asked; `searched`, `base_wanted` or `failed` follows.
        searched(): `bases` and `found` are different.
        base_wanted(str): Nothing tells for certain which model of the Hub it is. The person may say it, by `search`
            with a base; a suggestion, or an empty text.
        looking(str): One repository was asked for; `looked` or `failed` follows.
        looked(AdapterLook): A repository in detail.
        failed(UserError): Nothing came of what was asked last; of `HubQuestions`.
    """

    searching = Signal()
    searched = Signal()
    base_wanted = Signal(str)
    looking = Signal(str)
    looked = Signal(AdapterLook)

    def __init__(self, connection: HubConnection, background: Background, parent: QObject | None = None) -> None:
        super().__init__(connection, background, parent)
        self._words = ""
        self._base = ""
        self._bases: dict[int, tuple[str, ...]] = {}  # by model, as far as they were found out
        self.model: Model | None = None
        self.bases: tuple[str, ...] = ()
        self.found: tuple[FoundAdapter, ...] = ()

    def search(self, model: Model, words: str = "", base: str = "") -> None:
        """Look for adapters of a model.

        Args:
            model: Of the library.
            words: That their names have; may be none.
            base: The model on the Hub that it was made from, as owner/name, where the person knows better.
        """
        self.model, self._words, self._base = model, words.strip(), base.strip()
        self.again()

    def again(self) -> None:
        """Ask once more for what was searched for last, after a failure or for newer results."""
        model = self.model
        if model is None:
            return
        words = self._words
        known = (self._base,) if self._base else self._bases.get(model.id, ())

        def ask() -> _Answer:
            hub = self._connection.hub()
            bases = known or find_bases(hub, model)
            if not bases:
                return _Answer((), (), suggested_base(cached_header(Path(model.path))))
            return _Answer(bases, search(hub, bases, words, LIMIT, model.n_params))

        def show(answer: _Answer) -> None:
            self.bases, self.found = answer.bases, answer.found
            if not answer.bases:
                self.base_wanted.emit(answer.suggested)
                return
            self._bases[model.id] = answer.bases
            self.searched.emit()

        self.searching.emit()
        self._ask(ask, show)

    def look(self, repo: str, model: Model) -> None:
        """Look at one repository, for this model."""
        self.looking.emit(repo)
        self._ask(lambda: look(self._connection.hub(), repo, model.architecture), self.looked.emit)
