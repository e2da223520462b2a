"""Runs the programs of others that packages are made with, and lets a person read what they say when they fail.

And what several of our own have in common: the hash of a file, and a command whose one argument is a folder.
"""

import hashlib
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from desktop_app.errors import UserError


class ToolFailed(UserError):
    """A tool ran and refused.

    Args:
        name: Of the tool.
        output: What it printed as its result.
        trouble: What it wrote as its errors.
    """

    def __init__(self, name: str, output: str, trouble: str) -> None:
        super().__init__(f"{name} has failed. It said: {(trouble + output).strip()}")
        self.output = output
        self.trouble = trouble


def run_tool(program: str | Path, *arguments: str | Path, environment: dict[str, str] | None = None) -> str:
    """Run a tool and return what it printed. Its arguments are never shown: there may be passwords among them.

    Args:
        program: Its name, looked for on the PATH, or its path.
        arguments: What it is asked to do.
        environment: Its whole environment, where it should not have this one's.

    Raises:
        ToolFailed: If it refuses.
        UserError: If it is not there.
    """
    name = Path(program).name
    command = [str(program), *map(str, arguments)]
    try:
        result = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
    except OSError as error:
        raise UserError(
            f"{name} could not be started.", "Install what it belongs to and give the same command again."
        ) from error
    if result.returncode:
        raise ToolFailed(name, result.stdout, result.stderr)
    return result.stdout


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def run_on_folder(arguments: Sequence[str], command: str, work: Callable[[Path], object]) -> int:
    """Do something with the one folder that is named, and return the exit status.

    Args:
        arguments: Of the command line.
        command: What it is called, for who gives it otherwise.
        work: What is done.
    """
    if len(arguments) != 1:
        print(f"python {command} FOLDER")
        return 2
    try:
        work(Path(arguments[0]))
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    return 0
