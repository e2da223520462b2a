"""The library for commands: open the database for a moment, find a model by name or path."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from desktop_app.errors import UserError
from desktop_app.library.catalog import add_starter
from desktop_app.paths import DataFolder
from desktop_app.storage.database import Database
from desktop_app.storage.models import Models


@contextmanager
def open_database(folder: DataFolder) -> Iterator[Database]:
    """Open the database of a data folder, which is made if there is none."""
    folder.create()
    database = Database.open(folder.database)
    try:
        yield database
    finally:
        database.close()


@contextmanager
def open_models(folder: DataFolder) -> Iterator[Models]:
    """Open the library; the starter model is in it."""
    with open_database(folder) as database:
        models = Models(database)
        add_starter(models)
        yield models


def find_model(folder: DataFolder, name_or_path: str | None) -> Path:
    """Return the file of a model.

    Args:
        folder: Where the library is.
        name_or_path: A file, or a name in the library; None takes the model used last.

    Raises:
        UserError: If there is no such model.
    """
    if name_or_path is not None and Path(name_or_path).is_file():
        return Path(name_or_path).absolute()
    with open_models(folder) as models:
        if name_or_path is not None:
            return Path(models.find(name_or_path).path)
        known = models.list_models()
    if not known:
        raise UserError("There is no model in the library yet.", "Add one with: moatless models add PATH.")
    return Path(known[0].path)
