"""`moatless models ...`: what is in the library, and looking after it."""

import argparse

import msgspec

from desktop_app.commands.library import open_models
from desktop_app.commands.output import print_line
from desktop_app.errors import UserError
from desktop_app.library import catalog
from desktop_app.library.memory import readable_size
from desktop_app.library.upkeep import delete_files, disk_bytes, is_kept_here, missing
from desktop_app.library.upkeep import verify as verify_model
from desktop_app.paths import DataFolder
from desktop_app.storage.models import Models
from desktop_app.storage.records import Model


def list_models(options: argparse.Namespace, folder: DataFolder) -> None:
    """Print every model, the last used first."""
    with open_models(folder) as models:
        known = models.list_models()
    if options.json:
        for model in known:
            print_line(msgspec.to_builtins(model))
        return
    width = max((len(model.name) for model in known), default=0)
    lost = missing(known)
    for model in known:
        gone = "" if model.id not in lost else "  (the file is missing)"
        print(f"{model.name:{width}}  {model.quant_type:8}  {readable_size(model.size_bytes):>9}  {model.path}{gone}")


def add_model(options: argparse.Namespace, folder: DataFolder) -> None:
    """Add a file where it lies and print it."""
    with open_models(folder) as models:
        model: Model = catalog.add_model(models, options.path)
    if options.json:
        print_line(msgspec.to_builtins(model))
    else:
        print(f"Added {model.name}.")


def verify(options: argparse.Namespace, folder: DataFolder) -> None:
    """Compare the files of one model, or of all, with the hashes that are known.

    Raises:
        UserError: At the end, if a model is not what it was.
    """
    troubles = []
    with open_models(folder) as models:
        for model in [models.find(options.model)] if options.model else models.list_models():
            try:
                found = _verify(models, model)
            except UserError as error:
                troubles.append(error)
                found = str(error)
            if options.json:
                print_line({"name": model.name, "path": model.path, "ok": found in _WELL, "found": found})
            else:
                print(f"{model.name}: {found}")
    if troubles:
        names = "One model is" if len(troubles) == 1 else f"{len(troubles)} models are"
        raise UserError(f"{names} not as it should be.", "See above.")


_UNCHANGED, _NOTED = "unchanged", "hash noted, there was none to compare with"
_WELL = (_UNCHANGED, _NOTED)


def _verify(models: Models, model: Model) -> str:
    verified = verify_model(model)
    assert verified is not None  # nobody stops it
    if not model.sha256:
        models.set_sha256(model.id, verified.sha256)
    models.set_verified(model.id)
    return _UNCHANGED if verified.had_hashes else _NOTED


def remove(options: argparse.Namespace, folder: DataFolder) -> None:
    """Forget a model, and delete its files if they lie in the library's own folder."""
    with open_models(folder) as models:
        model = models.find(options.model)
        freed = 0
        if is_kept_here(model, folder.models):
            freed = disk_bytes(model)
            delete_files(model, folder.models, models.list_models())
        models.remove(model.id)
    if options.json:
        print_line({"removed": model.name, "freed_bytes": freed})
    elif freed:
        print(f"Deleted {model.name}, which frees {readable_size(freed)}.")
    else:
        print(f"Forgot {model.name}. Its file stays at {model.path}.")
