"""What has become of the models or adapters that the person has chosen on the Hub, in a word or two."""

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from desktop_app.jobs.adapter_library import AdapterLibrary
from desktop_app.jobs.downloads import DownloadQueue, Phase
from desktop_app.jobs.model_library import ModelLibrary
from desktop_app.library.upkeep import Entry

DOWNLOADING = "Downloading"
IN_LIBRARY = "In the library"
_PHASE_WORDS = {
    Phase.WAITING: DOWNLOADING,
    Phase.RUNNING: DOWNLOADING,
    Phase.PAUSED: "Download paused",
    Phase.FAILED: "Download stopped",
}


class Whereabouts(QObject):
    """Knows the queue and one of the libraries, and what is on its way into one of them.

    Signals:
        changed(): Something may have become of one of them.
    """

    changed = Signal()

    def __init__(self, library: ModelLibrary | AdapterLibrary, queue: DownloadQueue, parent: QObject) -> None:
        super().__init__(parent)
        self._library = library
        self._queue = queue
        self._promised: dict[tuple[str, str], str] = {}  # by repository and file; "" is whichever is meant
        queue.changed.connect(self._on_queue)
        finished = queue.adapter_finished if isinstance(library, AdapterLibrary) else queue.finished
        finished.connect(self._on_finished)
        library.changed.connect(self._on_library)

    def of(self, repo: str, path: str = "") -> str:
        """Return where one is, or an empty text if it has not been chosen.

        Args:
            path: Of a file in the repository, if only what has this one counts.
        """
        for item in self._queue.items:
            if item.repo == repo and (not path or any(file.path == path for file in item.files)):
                return _PHASE_WORDS[self._queue.phase(item)]
        for entry in self._entries():
            is_it = entry.repo == repo and (not path or any(file.path == path for file in entry.files))
            if is_it and entry.id not in self._library.missing:
                return IN_LIBRARY
        for (promised_repo, promised_path), words in self._promised.items():
            if promised_repo == repo and path in ("", promised_path):
                return words
        return ""

    def promise(self, repo: str, words: str, path: str = "") -> None:
        """Say this of one until it is in the queue; an empty text takes it back."""
        if words:
            self._promised[repo, path] = words
        else:
            self._promised.pop((repo, path), None)
        self.changed.emit()

    def _entries(self) -> Sequence[Entry]:
        library = self._library
        return library.adapters if isinstance(library, AdapterLibrary) else library.models

    def _on_queue(self) -> None:
        there = {item.repo for item in self._queue.items}
        for repo, path in [each for each, words in self._promised.items() if words == DOWNLOADING and each[0] in there]:
            del self._promised[repo, path]
        self.changed.emit()

    def _on_finished(self, entry: Entry) -> None:
        """It has left the queue, and the library will soon have it."""
        self._promised[entry.repo, entry.files[0].path if entry.files else ""] = IN_LIBRARY

    def _on_library(self) -> None:
        self._promised = {each: words for each, words in self._promised.items() if words != IN_LIBRARY}
        self.changed.emit()
