"""Which models the library has: adding a file after looking at it, and the starter model that is always there.

`source` says how a model came in: with the program, chosen by the person, found in the watched folder, downloaded,
copied, or made here by merging adapters into another one. Only what was downloaded, copied or made here lies in the
program's own folder; once it is moved away, it is a file of the person's own.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from desktop_app.library import starter
from desktop_app.library.inspect import inspect_model
from desktop_app.storage.models import Models
from desktop_app.storage.records import Download, Model, RemoteFile

SOURCE_FILE = "file"
SOURCE_STARTER = "starter"
SOURCE_FOLDER = "folder"
SOURCE_HUB = "hub"
SOURCE_COPY = "copy"
SOURCE_MERGED = "merged"

NOT_OURS = (SOURCE_FILE, SOURCE_STARTER, SOURCE_FOLDER)  # stays where it lies when it is taken out of the library


def add_model(models: Models, path: Path, source: str = SOURCE_FILE, sha256: str = "") -> Model:
    """Add a GGUF file where it lies.

    Raises:
        UserError: If it is no model this program can run.
    """
    return _add(models, path.absolute(), source=source, sha256=sha256)


def add_starter(models: Models) -> None:
    """Make sure that the starter model is in the library, if the program came with it."""
    path = starter.starter_path()
    known = {model.path for model in models.list_models()}
    if starter.is_present() and str(path) not in known:
        _add(models, path, source=SOURCE_STARTER, sha256=starter.SHA256)


def add_downloaded(models: Models, download: Download, paths: Sequence[Path], hashes: Sequence[str]) -> Model:
    """Add what a download has brought; every file was compared with what was announced.

    Raises:
        UserError: If it is no model this program can run.
    """
    files = tuple(
        RemoteFile(file.path, file.size_bytes, sha256) for file, sha256 in zip(download.files, hashes, strict=True)
    )
    return _add(
        models,
        paths[0],
        source=SOURCE_HUB if download.repo else SOURCE_COPY,
        sha256=hashes[0],
        license=download.license,
        repo=download.repo,
        revision=download.revision,
        files=files,
        is_verified=True,
    )


def _add(models: Models, path: Path, *, license: str = "", **facts: Any) -> Model:
    found = inspect_model(path)
    return models.add(
        name=found.name,
        path=str(path),
        size_bytes=found.size_bytes,
        architecture=found.architecture,
        quant_type=found.quant_type,
        n_params=found.n_params,
        n_ctx_train=found.n_ctx_train,
        license=license or found.license,
        **facts,
    )
