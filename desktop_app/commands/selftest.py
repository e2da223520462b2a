"""`moatless selftest`: try the installed program on this machine, for installers and for a person in doubt."""

import argparse
import platform
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from desktop_app import __version__
from desktop_app.child_environment import program_folder
from desktop_app.commands import selftest_engine, selftest_files
from desktop_app.commands.output import print_line
from desktop_app.errors import UserError
from desktop_app.library import starter
from desktop_app.paths import DataFolder

# Paths with such letters are where native code fails first.
_SCRATCH = "Zoë 日本 data"


def selftest(_options: argparse.Namespace, folder: DataFolder) -> int:
    """Print one JSON line a check, the last with the versions of what is inside, and return 0 if all are well."""
    if not starter.is_present():
        raise UserError("The starter model is not there.", "Set the program up again.")
    with tempfile.TemporaryDirectory(prefix="moatless-selftest-", ignore_cleanup_errors=True) as scratch:
        trial = _Trial(folder, DataFolder(Path(scratch, _SCRATCH)))
        trial.run()
    return 0 if trial.is_well else 1


class _Trial:
    """All checks, one after the other; what they find is kept for the last one."""

    def __init__(self, folder: DataFolder, scratch: DataFolder) -> None:
        self._folder = folder
        self._scratch = scratch
        self._found: dict[str, Any] = {}
        self.is_well = True

    def run(self) -> None:
        checks: dict[str, Callable[[DataFolder], object]] = {
            "data folder": lambda _scratch: _try_data_folder(self._folder),
            "storage": selftest_files.try_storage,
            "older databases": selftest_files.try_older_databases,
            "documents": selftest_files.try_documents,
            "window": _try_window,
            "engine": selftest_engine.try_engine,
            "adapter": selftest_engine.try_adapter,
            "restart": selftest_engine.try_restart,
            "network": _try_network,
            "training": _try_training,
            "versions": lambda _scratch: self._versions(),
        }
        for name, check in checks.items():
            self._found[name] = self._try(name, check)

    def _try(self, name: str, check: Callable[[DataFolder], object]) -> object:
        """Print what a check finds, and return it; nothing if it fails."""
        try:
            found = check(self._scratch)
        except Exception as error:  # whatever it is, it is what this is for
            self.is_well = False
            if not isinstance(error, UserError):
                traceback.print_exc()
            print_line({"check": name, "ok": False, "found": str(error) or type(error).__name__})
            return None
        print_line({"check": name, "ok": True, "found": found})
        return found

    def _versions(self) -> dict[str, object]:
        engine, window = self._found["engine"] or {}, self._found["window"] or {}
        llama, *modules, features = engine["system"].split(" · ") if engine else ("", "")
        return {
            "moatless": __version__,
            "frozen": program_folder() is not None,
            "python": platform.python_version(),
            "qt": window.get("qt", ""),
            "llama.cpp": llama.removeprefix("llama.cpp "),
            "modules": modules,  # of builds that choose them by what the processor can do
            "cpu": features.strip(" |"),
            "system": platform.platform(),
        }


def _try_data_folder(folder: DataFolder) -> str:
    folder.create()
    return str(folder.root)


def _try_window(folder: DataFolder) -> dict[str, object]:
    from desktop_app.app import try_window

    return try_window(folder)


def _try_network(_folder: DataFolder) -> dict[str, str]:
    from desktop_app.network import standing

    return {"certificates": standing.certificates(), "keychain": standing.keychain()}


def _try_training(_folder: DataFolder) -> str:
    from desktop_app.finetune.environment.uv import uv_version

    program = program_folder()
    return uv_version(program) if program else "the Python that runs this program trains"
