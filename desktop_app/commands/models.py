"""`moatless models ...`: what is in the library."""

import argparse
from pathlib import Path

import msgspec

from desktop_app.commands.library import open_models
from desktop_app.commands.output import print_line
from desktop_app.library import catalog
from desktop_app.library.memory import readable_size
from desktop_app.paths import DataFolder
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
    for model in known:
        gone = "" if Path(model.path).is_file() else "  (the file is missing)"
        print(f"{model.name:{width}}  {model.quant_type:8}  {readable_size(model.size_bytes):>9}  {model.path}{gone}")


def add_model(options: argparse.Namespace, folder: DataFolder) -> None:
    """Add a file where it lies and print it."""
    with open_models(folder) as models:
        model: Model = catalog.add_model(models, options.path)
    if options.json:
        print_line(msgspec.to_builtins(model))
    else:
        print(f"Added {model.name}.")
