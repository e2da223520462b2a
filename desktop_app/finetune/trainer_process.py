"""The trainer as a process: what it is started with, and in which environment.

It is run by the Python that has torch, which in a source checkout is the one that runs this program, and from its
folder alone: it imports nothing else of this program. The run folder is all that the two have in common, so it goes
on when the window or the terminal is closed.
"""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from desktop_app.errors import UserError
from desktop_app.library.hardware import free_memory_bytes, physical_cores
from desktop_app.trainer import contract
from desktop_app.trainer.ggml_library import find_ggml

NEEDED = ("torch", "numpy", "psutil")
TRAINER = Path(contract.__file__).parent

_NICE = 10  # beside anything that a person waits for it gets a tenth of a core, and all of an idle one
# They are for this program: its packages and its frozen libraries would run in the place of the other Python's.
_OURS = ("PYTHON", "_PYI_", "QT_PLUGIN_PATH", "QML2_IMPORT_PATH", "LLAMA_CPP_LIB_PATH", "GGML_BACKEND_PATH")
_LIBRARY_PATHS = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
# A thread that spins while it waits for the others takes the core from whatever the person is doing.
_PATIENT = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "0", "KMP_BLOCKTIME": "0"}


@dataclass(frozen=True)
class Start:
    """How a trainer is started.

    Attributes:
        model: Where the model lies, if it is not where `run.json` says.
        mode: One of `contract.MODES`; empty leaves the choice to the recipe.
        is_background: The person goes on working beside it.
        is_trial: Three steps to see how long it would take; nothing is kept, and it ends with this process.
    """

    model: Path | None = None
    mode: str = ""
    is_background: bool = False
    is_trial: bool = False


def check_environment() -> None:
    """Refuse to prepare what could not be trained.

    Raises:
        UserError: If there is no Python with all that the trainer needs.
    """
    if getattr(sys, "frozen", False):
        raise UserError(
            "This installation of Moatless cannot train yet.", "Run Moatless from its source code, which can."
        )
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise UserError(
            f"Training needs {' and '.join(missing)}, which this Python does not have.",
            f"Install what is missing with: {sys.executable} -m pip install {' '.join(missing)}",
        )


def trainer_command(run: Path, start: Start) -> list[str]:
    """Return program and arguments of a trainer that works on this run folder."""
    command = [sys.executable, "-I", "-u", "-X", "utf8", str(TRAINER), str(run.absolute())]
    threads = physical_cores()
    if start.is_background:
        threads = max(1, threads - 1)
        command += ["--nice", str(_NICE)]
    command += ["--memory", str(free_memory_bytes()), "--threads", str(threads)]
    if ggml := find_ggml():
        command += ["--ggml", str(ggml)]
    if start.model:
        command += ["--model", str(start.model)]
    if start.mode:
        command += ["--mode", start.mode]
    if start.is_trial:
        command += ["--steps", "3", "--dry-run"]
    return command


def trainer_environment(is_background: bool, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the environment of a trainer."""
    kept = {name: value for name, value in environment.items() if not name.startswith(_OURS)}
    for name in _LIBRARY_PATHS:
        original = kept.pop(f"{name}_ORIG", None)  # what it was before the frozen program changed it
        if original is not None:
            kept[name] = original
        elif getattr(sys, "frozen", False):
            kept.pop(name, None)
    return {**kept, **_PATIENT} if is_background else kept


def start_trainer(run: Path, start: Start) -> subprocess.Popen[bytes]:
    """Start a trainer on a run folder; what it writes besides events is added to the folder's log.

    Raises:
        UserError: If it cannot be started.
    """
    try:
        with (run / contract.LOG).open("ab") as log:
            return subprocess.Popen(
                trainer_command(run, start),
                env=trainer_environment(start.is_background),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # A group of its own, which Ctrl+C and the end of a terminal do not reach.
                start_new_session=not start.is_trial,
                creationflags=0 if start.is_trial else getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),  # Windows'
            )
    except OSError as error:
        raise UserError(
            "The trainer could not be started.", "Check that the run folder may be written to and that memory is free."
        ) from error
