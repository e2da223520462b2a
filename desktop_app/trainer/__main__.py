"""Starts the trainer: `python -m desktop_app.trainer RUN_FOLDER`, or this folder or file by its path.

By its path it is a program of its own. Then its folder is loaded as the package `trainer`, so that its modules find
each other, and taken off the path, so that none of them is taken for a library of the same name.
"""

import importlib.util
import sys
from pathlib import Path


def _load_package() -> None:
    folder = Path(__file__).resolve().parent
    sys.path[:] = [place for place in sys.path if not place or Path(place).resolve() != folder]
    spec = importlib.util.spec_from_file_location("trainer", folder / "__init__.py")
    assert spec is not None
    assert spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    sys.modules["trainer"] = package
    spec.loader.exec_module(package)


if __name__ == "__main__":
    if __package__:
        from .command import main
    else:
        _load_package()
        main = importlib.import_module("trainer.command").main
    sys.exit(main(sys.argv[1:]))
