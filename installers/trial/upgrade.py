"""Another version is installed over one that has been used: what was stored stays, what was the program's is new."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from desktop_app.errors import UserError
from desktop_app.paths import DataFolder
from desktop_app.storage import migrations
from installers.packaging.places import ROOT
from installers.packaging.tools import run_tool
from installers.trial.debian import HOME, PROGRAM, clean_debian, in_root, install, package
from installers.trial.people import inhabitant
from installers.trial.screen import Screen, opened
from installers.trial.trial import Trial

_OLDER = "0.0.9"
_STALE = HOME / "_internal" / "left_over.py"
# Databases as each version of the program has made them.
_STORED = ROOT / "tests" / "unit" / "storage" / "files"
_SETTINGS = {"theme": "dark", "suggest_titles": False}
_CONVERSATION = 1
_ADAPTER = b"GGUF, or whatever it is: it is the person's"
# What is kept of each table. Only what is in the trash, and how far an answer has come, changes by itself.
_KEPT = (
    "SELECT title, draft, system_prompt FROM conversations WHERE deleted_at IS NULL ORDER BY id",
    "SELECT messages.id, parent_id, role, content FROM messages JOIN conversations"
    " ON conversations.id = conversation_id WHERE conversations.deleted_at IS NULL ORDER BY messages.id",
    "SELECT name, path, sha256, default_scale FROM adapters ORDER BY id",
    "SELECT name, stack FROM presets ORDER BY id",
)

Kept = list[list[tuple[object, ...]]]


def upgrade(trial: Trial) -> str:
    """A newer package is installed over an older one: what was stored is there, and nothing is left of the old program.

    The window opens with the conversation that was open last.
    """
    root = trial.shared(clean_debian)
    install(root, older_package(package(trial), trial.scratch / "older"))
    if not (root.folder / _STALE).exists():
        raise UserError("The older package was not installed as a whole.")
    person = inhabitant(root, "regular")
    fill(person.data)
    person.owns(person.home / ".local")
    before = kept(person.data.database)
    install(root, package(trial))
    if (root.folder / _STALE).exists():
        raise UserError("A file that only the older version had is still there.")
    if wrong := in_root(root, "dpkg", "--verify", "moatless").strip():
        raise UserError(f"Files of the newer version are not as they should be: {wrong}")
    picture = trial.work / "after-the-upgrade.png"
    with Screen(trial.scratch / "screen", root.folder) as screen, opened(person, PROGRAM, screen):
        screen.picture(picture)
    compare(before, person.data)
    return f"{sum(map(len, before))} rows of an older database, settings and an adapter are kept; see {picture}"


def older_package(built: Path, work: Path) -> Path:
    """Return the package as an older version would be, with a file that the newer one has not."""
    tree = work / "tree"
    work.mkdir()
    run_tool("dpkg-deb", "--raw-extract", built, tree)
    control = tree / "DEBIAN" / "control"
    lines = control.read_text("utf-8").splitlines()
    older = [f"Version: {_OLDER}" if line.startswith("Version: ") else line for line in lines]
    control.write_text("\n".join([*older, ""]), "utf-8")
    tree.joinpath(_STALE).write_text("", "utf-8")
    target = work / built.name
    run_tool("dpkg-deb", "--root-owner-group", "-Znone", "--build", tree, target)
    shutil.rmtree(tree)
    return target


def fill(folder: DataFolder) -> None:
    """Write what somebody would have who has used the version before for a while."""
    folder.create()
    version = migrations.name(migrations.MIGRATIONS[-2][0])
    with closing(sqlite3.connect(folder.database)) as database:
        database.executescript(_STORED.joinpath(f"v{version}.sql").read_text("utf-8"))
    folder.settings.write_text(json.dumps(_SETTINGS), "utf-8")
    folder.window_state.write_text(json.dumps({"conversation_id": _CONVERSATION}), "utf-8")
    _adapter(folder).write_bytes(_ADAPTER)


def kept(database: Path) -> Kept:
    """Return what has to be in a database after every upgrade."""
    with closing(sqlite3.connect(database)) as connection:
        return [connection.execute(query).fetchall() for query in _KEPT]


def compare(before: Kept, folder: DataFolder) -> None:
    """Compare what there was with what there is.

    Raises:
        UserError: If something is missing, or has not come to the new version.
    """
    if (after := kept(folder.database)) != before:
        raise UserError(f"What was stored has changed from {before} to {after}.")
    with closing(sqlite3.connect(folder.database)) as database:
        (version,) = database.execute("PRAGMA user_version").fetchone()
    if version != migrations.MIGRATIONS[-1][0]:
        raise UserError(f"The database is still one of version {migrations.name(version)}.")
    if json.loads(folder.settings.read_text("utf-8")) != _SETTINGS:
        raise UserError("The settings are not what they were.")
    if json.loads(folder.window_state.read_text("utf-8"))["conversation_id"] != _CONVERSATION:
        raise UserError("The window has not opened with the conversation that was open last.")
    if _adapter(folder).read_bytes() != _ADAPTER:
        raise UserError("An adapter is not what it was.")


def _adapter(folder: DataFolder) -> Path:
    return folder.adapters / "letters.gguf"
