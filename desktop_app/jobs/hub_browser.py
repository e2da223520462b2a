"""What the person looks for on the Hub: results of the last search, the repository that is open."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from desktop_app.errors import UserError
from desktop_app.jobs.background import Background
from desktop_app.jobs.connection import HubConnection
from desktop_app.jobs.hub_questions import HubQuestions
from desktop_app.library.browse import Found, Look, choose_offer, look, search
from desktop_app.library.offers import Offer
from desktop_app.library.prospects import Machine
from desktop_app.network.records import HubRepo

PAGE = 30
MOST = 300  # who has not found it by then should say more words


class HubBrowser(HubQuestions):
    """Lives in the GUI thread. What was asked before ends as soon as something else is asked.

    Args:
        machine: What prospects depend on, as things are.

    Attributes:
        found: Results of the last search.
        has_more: Whether `more` would bring others.

    Signals:
        searching(): The Hub was asked; `searched` or `failed` follows.
        searched(): `found` is different.
        looking(str): The same for one repository; `looked` or `failed` follows.
        looked(Look): A repository in detail.
        failed(UserError): Nothing came of what was asked last; of `HubQuestions`.
    """

    searching = Signal()
    searched = Signal()
    looking = Signal(str)
    looked = Signal(Look)

    def __init__(
        self,
        connection: HubConnection,
        background: Background,
        machine: Callable[[], Machine],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(connection, background, parent)
        self._machine = machine
        self._words = ""
        self._order = "downloads"
        self._limit = PAGE
        self.found: tuple[Found, ...] = ()
        self.has_more = False

    def search(self, words: str, order: str = "downloads") -> None:
        """Look for models."""
        self._words, self._order, self._limit = words.strip(), order, PAGE
        self._search()

    def more(self) -> None:
        """Bring the next results as well."""
        self._limit += PAGE
        self._search()

    def again(self) -> None:
        """Ask once more for what was searched for last, after a failure or for newer results."""
        self._search()

    def look(self, repo: str) -> None:
        """Look at one repository."""
        machine = self._machine()
        self.looking.emit(repo)
        self._ask(lambda: look(self._connection.hub(), repo, machine), self.looked.emit)

    def find_offer(
        self, repo: str, quant: str, on_done: Callable[[HubRepo, Offer], None], on_error: Callable[[UserError], None]
    ) -> None:
        """Find out what is to be downloaded for a model of which repository and quantization are known."""
        self._background.run_long(
            lambda: choose_offer(self._connection.hub(), repo, quant), lambda found: on_done(*found), on_error
        )

    def _search(self) -> None:
        words, order, limit, machine = self._words, self._order, self._limit, self._machine()

        def show(found: tuple[Found, ...]) -> None:
            self.found = found
            self.has_more = len(found) == limit < MOST
            self.searched.emit()

        self.searching.emit()
        self._ask(lambda: search(self._connection.hub(), words, order, limit, machine), show)  # type: ignore[arg-type]
