"""The library for commands: open the database for a moment, find a model or an adapter by name or path."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from desktop_app.adapters.stack import check_stack
from desktop_app.engine.messages import AdapterScale, Stack
from desktop_app.errors import UserError
from desktop_app.library.catalog import add_starter
from desktop_app.library.file_errors import shown_name, utf8_path
from desktop_app.paths import DataFolder
from desktop_app.storage.adapters import Adapters
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
        return utf8_path(Path(name_or_path).absolute())
    with open_models(folder) as models:
        if name_or_path is not None:
            return Path(models.find(name_or_path).path)
        known = models.list_models()
    if not known:
        raise UserError("There is no model in the library yet.", "Add one with: moatless models add PATH.")
    return Path(known[0].path)


def find_adapter(folder: DataFolder, name_or_path: str) -> Path:
    """Return the file of an adapter, which may be gone if the library has it.

    Args:
        folder: Where the library is.
        name_or_path: A file, or a name in the library.

    Raises:
        UserError: If there is no such adapter.
    """
    path = Path(name_or_path)
    if path.is_file():
        return utf8_path(path.absolute())
    try:
        with open_database(folder) as database:
            return Path(Adapters(database).find(name_or_path).path)
    except UserError as error:
        if not path.is_dir():
            raise
        raise UserError(
            f"“{shown_name(path)}” is a folder, and adapters are GGUF files.",
            f"If it is an adapter of PEFT, convert it with: moatless adapters add {name_or_path}",
        ) from error


def find_stack(folder: DataFolder, texts: Sequence[str]) -> Stack:
    """Return the adapters that are named, each as A or A:SCALE; without a scale it is 1.

    Raises:
        UserError: If there is no such adapter, or the scale of one is beyond all measure.
    """
    stack = []
    for text in texts:
        name, scale = _with_scale(text)
        check_stack([scale])  # what is no number could not even be sent to the engine
        stack.append(AdapterScale(str(find_adapter(folder, name)), scale))
    return tuple(stack)


def _with_scale(text: str) -> tuple[str, float]:
    """Split A:SCALE; a colon may belong to the path, as after the letter of a drive."""
    name, colon, scale = text.rpartition(":")
    if not colon or Path(text).is_file():
        return text, 1.0
    try:
        return name, float(scale)
    except ValueError:
        return text, 1.0
