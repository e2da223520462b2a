"""Commands of the window that do what a test wants, see `fake_command`."""

import json
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from desktop_app.jobs import command
from tests.support import fake_command

PROGRAM = Path(fake_command.__file__).resolve()


class ScriptedCommands:
    """From now on the window starts these in the place of the real ones: `scripted(examples=[..., 0])`.

    Attributes:
        root: A data folder to start them in.
    """

    def __init__(self, root: Path, place: Path, patch: pytest.MonkeyPatch) -> None:
        self.root = root
        self._scripts = place / "scripts.json"
        self._calls = place / "calls.jsonl"
        patch.setattr(command, "own_program", lambda: [sys.executable, str(PROGRAM)])
        patch.setenv(fake_command.SCRIPTS, str(self._scripts))
        patch.setenv(fake_command.CALLS, str(self._calls))

    def __call__(self, **scripts: list[Any]) -> None:
        self._scripts.write_text(json.dumps(scripts), "utf-8")

    @property
    def calls(self) -> list[list[str]]:
        """What the commands were started with, after the data folder."""
        if not self._calls.exists():
            return []
        return [json.loads(line)[2:] for line in self._calls.read_text("utf-8").splitlines()]

    def process(self) -> psutil.Process:
        """The one that is running."""
        return next(child for child in psutil.Process().children() if str(PROGRAM) in " ".join(child.cmdline()))
