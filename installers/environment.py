"""The virtual environment of a checkout: made, filled with the pinned packages, repaired, and remembered as done."""

import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from desktop_app.errors import UserError
from desktop_app.finetune.environment.packages import is_package_whole

HEARTBEAT_S = 30
_LOG_TAIL_LINES = 15
_PIP_VARIABLES = {
    "PIP_PROGRESS_BAR": "off",
    "PYTHONUTF8": "1",
    "PIP_CONSTRAINT": "constraints.txt",
    "PIP_BUILD_CONSTRAINT": "constraints.txt",  # the name that newer versions read for their build environments
}


class Environment:
    """`.venv` in a checkout, or another folder where something else is to be in it.

    `notes` is what is remembered between calls, kept inside the folder so that deleting it forgets them too.
    """

    def __init__(self, root: Path, folder: Path | None = None) -> None:
        self.root = root
        self.folder = folder or root / ".venv"
        self.scripts = self.folder / ("Scripts" if os.name == "nt" else "bin")
        self.python = self.scripts / ("python.exe" if os.name == "nt" else "python")
        self.log = self.folder / "moatless-setup.log"
        self._notes_path = self.folder / "moatless-setup.json"

    # ------------------------------------------------------------ what is remembered

    def fingerprint(self) -> str:
        """Return a hash of all that decides what belongs into the environment."""
        digest = hashlib.sha256()
        for path in (self.root / "pyproject.toml", self.root / "constraints.txt", self.folder / "pyvenv.cfg"):
            digest.update(path.read_bytes() if path.exists() else b"absent")
        return digest.hexdigest()

    def notes(self) -> dict[str, Any]:
        try:
            notes = json.loads(self._notes_path.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return notes if isinstance(notes, dict) else {}

    def remember(self, **changes: object) -> None:
        part = self._notes_path.with_suffix(".part")
        part.write_text(json.dumps(self.notes() | changes, indent=1), "utf-8")
        part.replace(self._notes_path)

    def is_ready(self, extras: str) -> bool:
        """Whether nothing has changed since these extras ("dev", "dev,bench", or "" for none) were last installed."""
        command = self.scripts / ("moatless.exe" if os.name == "nt" else "moatless")
        return (
            all(self.notes().get("installed:" + extra) == self.fingerprint() for extra in extras.split(","))
            and self._is_at_home()
            and self.python.exists()
            and command.exists()
        )

    # ------------------------------------------------------------ made and filled

    def create(self) -> None:
        """Make the environment if there is none that works.

        Raises:
            UserError: If this Python cannot make one.
        """
        if self.python.exists() and self._is_at_home() and self._works():
            return
        print(f"Making the virtual environment {self.folder} ...", flush=True)
        result = _quietly([sys.executable, "-m", "venv", "--clear", str(self.folder)], self.root)
        if result.returncode:
            if "ensurepip" in result.stdout:
                raise UserError(
                    "This Python cannot make virtual environments.",
                    "Install the missing part, on Debian and Ubuntu with: sudo apt install python3-venv",
                )
            raise UserError(f"Python could not make {self.folder}. It said: {result.stdout.strip()}")

    def _is_at_home(self) -> bool:
        """Whether the environment was made here: the one of a copied or moved checkout starts the old one's code."""
        try:
            configuration = (self.folder / "pyvenv.cfg").read_text("utf-8")
        except OSError:
            return False
        made_in = re.search(r"^command = .* -m venv (?:--\S+ )*(.+)$", configuration, re.MULTILINE)
        return made_in is None or Path(made_in[1]).resolve() == self.folder.resolve()

    def _works(self) -> bool:
        check = "import pip, sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 15))"
        try:
            return _quietly([str(self.python), "-c", check], self.root).returncode == 0
        except OSError:
            return False

    @property
    def packages(self) -> Path:
        """Where packages are installed."""
        if os.name == "nt":
            return self.folder / "Lib" / "site-packages"
        return next(self.folder.glob("lib/python3*/site-packages"), self.folder / "lib")

    def forget_damaged_packages(self) -> None:
        """Make pip install again what an interrupted installation has left half done."""
        for info in self.packages.glob("*.dist-info"):
            if not is_package_whole(info):
                shutil.rmtree(info)

    def install(self, extras: str) -> None:
        """Install this project, editable, with extras of pyproject.toml ("dev", "dev,bench", or "" for none).

        Raises:
            UserError: If pip cannot; its own words are in the log.
        """
        target = f".[{extras}]" if extras else "."
        self.pip("Installing packages", ["install", "-e", target])
        self.remember(**{"installed:" + done: self.fingerprint() for done in ("", *extras.split(","))})

    def pip(self, title: str, arguments: list[str]) -> None:
        """Run pip, held to the pinned versions, with a sign of life now and then.

        Raises:
            UserError: If it fails.
        """
        command = [str(self.python), "-m", "pip", "--disable-pip-version-check", "--no-input", *arguments]
        if run_patiently(title, command, {**os.environ, **_PIP_VARIABLES, **compiler_flags()}, self.root, self.log):
            raise _pip_error(self.log)


def compiler_flags(
    variables: Mapping[str, str] = os.environ, system: str = sys.platform, machine: str = platform.machine()
) -> dict[str, str]:
    """Return the variables with which packages are compiled, added to what the person has set in them."""
    if (system, machine) != ("linux", "x86_64"):
        return {}
    # GCC 12 believes that loading an AMX tile configuration reads 8 bytes of its 64, leaves the writing of the others
    # out, and the processor refuses what it finds there. Without the macro ggml does without AMX, which no desktop
    # processor has. To be removed when no supported system comes with GCC 12.
    return {name: f"{variables.get(name, '')} -U__AMX_INT8__".strip() for name in ("CFLAGS", "CXXFLAGS")}


def _quietly(command: list[str], folder: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)


def run_patiently(title: str, command: Sequence[str], environment: Mapping[str, str], folder: Path, log: Path) -> int:
    """Run what takes minutes, with a sign of life now and then, and return its exit status.

    Args:
        title: What it does, for who waits.
        command: Program and arguments; nobody can be asked anything.
        environment: Of the program.
        folder: Where it works.
        log: Gets all that it says.
    """
    print(f"{title} ...", flush=True)
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait(process, log)
        except BaseException:
            process.terminate()
            process.wait()
            raise
    return process.returncode


def _wait(process: "subprocess.Popen[bytes]", log: Path) -> None:
    started = time.monotonic()
    while True:
        try:
            process.wait(HEARTBEAT_S)
        except subprocess.TimeoutExpired:
            minutes, seconds = divmod(int(time.monotonic() - started), 60)
            print(f"  {minutes}:{seconds:02} {_last_words(log)[:100]}", flush=True)
        else:
            return


def _last_words(log: Path) -> str:
    lines = log.read_text("utf-8", errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


_PIP_TROUBLE = {
    "No space left on device": (
        "There is not enough space on the disk to install the packages.",
        "Free about 2 GB and give the same command again.",
    ),
    r"Failed (building wheel for|to build).{0,40}llama": (
        "llama.cpp could not be built on this computer.",
        "The log named below says why; most often the C++ compiler is too old or incomplete.",
    ),
    r"\w+ConnectionError|NameResolutionError|Read timed out|Retrying \(|ProxyError|Could not fetch URL": (
        "The packages could not be downloaded because the connection failed.",
        "Connect to the internet and give the same command again; it goes on from here.",
    ),
    r"Permission denied|Access is denied": (
        "The packages could not be written.",
        "Close every running Moatless, check that you may write to this folder, and give the same command again.",
    ),
}


def _pip_error(log: Path) -> UserError:
    text = log.read_text("utf-8", errors="replace")
    known = next((words for pattern, words in _PIP_TROUBLE.items() if re.search(pattern, text)), None)
    if known is None:
        print("\n".join(text.splitlines()[-_LOG_TAIL_LINES:]), file=sys.stderr)
    sentence, hint = known or ("The packages could not be installed.", "Give the same command again.")
    return UserError(sentence, f"{hint} Everything pip said is in {log}.")
