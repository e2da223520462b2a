"""Runs the programs of others that packages are made with, and lets a person read what they say when they fail."""

import subprocess
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
