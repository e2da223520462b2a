"""Which models the library has: adding a file after looking at it, and the starter model that is always there."""

from pathlib import Path

from desktop_app.library import starter
from desktop_app.library.inspect import inspect_model
from desktop_app.storage.models import Models
from desktop_app.storage.records import Model

SOURCE_FILE = "file"
SOURCE_STARTER = "starter"


def add_model(models: Models, path: Path) -> Model:
    """Add a GGUF file where it lies.

    Raises:
        UserError: If it is no model this program can run.
    """
    return _add(models, path.absolute(), SOURCE_FILE, "")


def add_starter(models: Models) -> None:
    """Make sure that the starter model is in the library, if the program came with it."""
    path = starter.starter_path()
    known = {model.path for model in models.list_models()}
    if starter.is_present() and str(path) not in known:
        _add(models, path, SOURCE_STARTER, starter.SHA256)


def _add(models: Models, path: Path, source: str, sha256: str) -> Model:
    found = inspect_model(path)
    return models.add(
        name=found.name,
        path=str(path),
        size_bytes=found.size_bytes,
        architecture=found.architecture,
        quant_type=found.quant_type,
        n_params=found.n_params,
        n_ctx_train=found.n_ctx_train,
        source=source,
        sha256=sha256,
        license=found.license,
    )
