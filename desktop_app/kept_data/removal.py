"""Deleting parts of what the program keeps. Whatever interrupts it, it can be asked for again, and goes on.

The database is one file for conversations and for the library. It goes as a whole if all of it is to go, or if nothing
else is in it; otherwise what is to stay in it stays, and the rest leaves no trace in the file. Nothing can be taken out
of a damaged one: it goes as a whole with the conversations, once somebody has agreed to that, or stays as it is.
"""

import shutil
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from desktop_app.errors import UserError
from desktop_app.finetune.environment.install import remove as remove_environment
from desktop_app.finetune.environment.place import Place
from desktop_app.kept_data.in_use import check_unused
from desktop_app.kept_data.parts import Part, database_files, kept_of, kept_on_disk
from desktop_app.library.catalog import SOURCE_STARTER
from desktop_app.library.file_errors import shown_name
from desktop_app.network.token import HubToken, Kept
from desktop_app.paths import DataFolder
from desktop_app.storage import clearing
from desktop_app.storage.database import DamagedDatabase, Database

_IN_DATABASE = {Part.CHATS, Part.MODELS, Part.ADAPTERS}


def remove_parts(folder: DataFolder, parts: Collection[Part], token: HubToken, *, despite_damage: bool = False) -> None:
    """Delete some parts. Models and adapters that lie elsewhere are forgotten, and stay where they are.

    Args:
        folder: Nothing works with it.
        parts: What is to be deleted.
        token: The one to delete, if it is among the parts.
        despite_damage: If the database is damaged, delete the whole file with the chats, and leave it as it is without.

    Raises:
        DamagedDatabase: If something is to be taken out of a damaged database; no file was deleted.
        UserError: If something is at work with the folder, or something cannot be deleted.
    """
    check_unused(folder)
    try:
        is_done_with = _is_database_done_with(folder, parts)
    except DamagedDatabase:
        if not despite_damage:
            raise
        is_done_with = Part.CHATS in parts
    kept = () if is_done_with else database_files(folder)
    for part in parts:
        if part == Part.TOKEN:
            _forget(token)
        elif part == Part.TRAINING and not folder.training.is_symlink():
            remove_environment(Place(folder.training), folder.runs)
        else:
            for path in kept_of(folder, part).paths:
                if path not in kept:
                    _delete(path)
    _tidy(folder)


def _is_database_done_with(folder: DataFolder, parts: Collection[Part]) -> bool:
    """Return whether the database may go; else take out of it what is to be deleted."""
    wanted = _IN_DATABASE.intersection(parts)
    if not wanted or not folder.database.exists() or wanted == _IN_DATABASE:
        return wanted == _IN_DATABASE
    database = Database.open(folder.database)
    try:
        if Part.MODELS in wanted:
            clearing.clear_models(database, SOURCE_STARTER)
        if Part.ADAPTERS in wanted:
            clearing.clear_adapters(database)
        if Part.CHATS in wanted:
            if not clearing.has_library(database, SOURCE_STARTER):
                return True
            clearing.clear_chats(database)
        clearing.shrink(database)
    finally:
        database.close()
    return False


def _forget(token: HubToken) -> None:
    if token.set("") == Kept.KEYCHAIN:
        raise UserError(
            "The token is still in the keychain of this system, which did not let go of it.",
            "Unlock the keychain and give the command again, or delete the token there; it is called Moatless.",
        )


def _delete(path: Path) -> None:
    """Delete a file, a folder, or a link without what it leads to."""
    try:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    except FileNotFoundError:  # the files of a database go by themselves when it is closed
        return
    except OSError as error:
        raise UserError(
            f"“{shown_name(path)}” could not be deleted as a whole.",
            "Close other programs that use its files and check that they may be changed, then give the command again.",
        ) from error


def _tidy(folder: DataFolder) -> None:
    """Remove the folder itself once nothing is in it."""
    if any(kept.is_there for kept in kept_on_disk(folder)):
        return
    for path in (folder.models, folder.adapters, folder.courses, folder.runs, folder.kv, folder.logs):
        with suppress(OSError):
            path.rmdir()
    with suppress(OSError):
        folder.lock.unlink(missing_ok=True)
        folder.root.rmdir()
