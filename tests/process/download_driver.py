"""The window's downloads in a process of their own, to be killed at any moment.

    python -m tests.process.download_driver DATA_DIR REPO

It goes on with what is in the queue, or begins to download the model of a repository, and says on standard output how
far it is: `done` and a number of bytes, in the end `finished` and the model's path, or `failed` and why.
"""

import sys
from pathlib import Path

from PySide6.QtCore import QCoreApplication

from desktop_app.jobs import downloads
from desktop_app.library import transfer
from desktop_app.library.offers import find_offers
from desktop_app.paths import DataFolder
from desktop_app.storage.records import Model
from tests.support.downloading import Downloading

LOOK_MS = 5


def main(data_dir: str, repo: str) -> None:
    """Run until the model is in the library."""
    application = QCoreApplication(sys.argv)
    downloads.LOOK_MS = LOOK_MS
    transfer._PATIENCE_S = (0, 0, 0, 0, 0)
    downloading = Downloading(DataFolder(Path(data_dir)))
    queue = downloading.queue

    def end(word: str, detail: object) -> None:
        print(word, detail, flush=True)
        application.quit()

    def begin(models: tuple[Model, ...]) -> None:
        if models:
            end("finished", models[0].path)
        elif not queue.items:
            downloading.background.run_long(
                lambda: downloading.connection.hub().repo(repo),
                lambda found: queue.add_offer(found, find_offers(found.files)[0]),
                lambda error: end("failed", error),
            )

    def tell() -> None:
        for item in queue.items:
            print("done", queue.progress(item).done_bytes, flush=True)

    queue.progressed.connect(tell)
    queue.finished.connect(lambda model: end("finished", model.path))
    queue.failed.connect(lambda download, error: end("failed", error))
    downloading.open()
    downloading.store.ask(lambda r: r.models.list_models(), begin)
    application.exec()
    downloading.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
