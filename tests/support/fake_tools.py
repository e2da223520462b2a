"""Programs of others that record how they were called, in the place of real ones: nothing else is on the PATH then."""

import json
import os
import sys
from pathlib import Path

import pytest

# What a fake runs: it writes down its call, then does what the first answer says that fits, each `once` only once.
_FAKE = """#!{python}
import json, os, shutil, sys
from pathlib import Path
name, arguments = Path(sys.argv[0]).name, sys.argv[1:]
folder = Path({folder!r})
with folder.joinpath("calls.jsonl").open("a") as calls:
    calls.write(json.dumps([name, *arguments]) + "\\n")
answers = json.loads(folder.joinpath("answers.json").read_text())
fitting = [each for each in answers if each["name"] == name and each["word"] in (None, *arguments)]
answer = fitting[0]
if answer["once"]:
    answers.remove(answer)
    folder.joinpath("answers.json").write_text(json.dumps(answers))
exec(answer["does"])
sys.stdout.write(answer["output"])
sys.stderr.write(answer["trouble"])
sys.exit(answer["status"])
"""


class FakeTools:
    """The tools that a test has named; calling for any other fails as where it is not installed."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self._folder = folder
        self._answers: list[dict[str, object]] = []
        folder.joinpath("bin").mkdir(parents=True)
        patch.setenv("PATH", str(folder / "bin"))

    def answer(
        self,
        name: str,
        word: str | None = None,
        *,
        output: str = "",
        trouble: str = "",
        status: int = 0,
        does: str = "",
        once: bool = False,
    ) -> None:
        """Have a tool answer, if `word` is among its arguments; of several answers the first that fits.

        Args:
            name: Of the tool.
            word: None if the answer fits always.
            output: What it prints.
            trouble: What it writes as its errors.
            status: How it ends.
            does: Python that is run before, with `arguments`; it may change `answer`.
            once: Whether the next call gets the next answer that fits. Otherwise this replaces what it answered so far.
        """
        key = {"name": name, "word": word, "once": once}
        told = {**key, "output": output, "trouble": trouble, "status": status, "does": does}
        known = [place for place, each in enumerate(self._answers) if not once and key.items() <= each.items()]
        if known:
            self._answers[known[0]] = told
        else:
            self._answers.append(told)
        self._folder.joinpath("answers.json").write_text(json.dumps(self._answers), "utf-8")
        self.put(self._folder / "bin" / name)

    def put(self, path: Path) -> Path:
        """Put a fake into another place too; its name decides which answers are its own."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_FAKE.format(python=sys.executable, folder=str(self._folder)), "utf-8")
        path.chmod(0o755)
        return path

    @property
    def calls(self) -> list[list[str]]:
        """How tools were called, in order: name and arguments."""
        path = self._folder / "calls.jsonl"
        return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []

    def calls_of(self, name: str) -> list[list[str]]:
        """How one tool was called: its arguments."""
        return [arguments for called, *arguments in self.calls if called == name]


def lacks_scripts() -> bool:
    """Whether a script cannot stand for a program here."""
    return os.name == "nt"
