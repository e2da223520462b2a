"""The trainer as a process: what it is started with, and by which Python.

It is run by the Python that has torch: in a source checkout the one that runs this program, in a packaged program that
of the training environment. It is started from its folder alone and imports nothing else of this program. The run
folder is all that the two have in common, so it goes on when the window or the terminal is closed.
"""

import importlib.util
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from desktop_app.child_environment import foreign_environment, program_folder, start_foreign
from desktop_app.errors import UserError
from desktop_app.finetune.environment.place import Place, python_in
from desktop_app.finetune.environment.status import usable_python
from desktop_app.library.hardware import free_memory_bytes, physical_cores
from desktop_app.trainer import contract
from desktop_app.trainer.ggml_library import find_ggml

NEEDED = ("torch", "numpy", "psutil")
TRAINER = Path(contract.__file__).parent

_FEW_CORES = 2  # one of two would be half of the computer, kept free also while nobody needs it
_NICE = 10  # beside anything that a person waits for it gets a tenth of a core, and all of an idle one
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
        python: What `check_environment` returns; by default the Python that runs this program.
    """

    model: Path | None = None
    mode: str = ""
    is_background: bool = False
    is_trial: bool = False
    python: Path = Path(sys.executable)


def check_environment(training: Path, program: Path | None = None) -> Path:
    """Return the Python that trains; refuse to prepare what could not be trained.

    Args:
        training: The folder of the training environment.
        program: Where a packaged program has its libraries; by default what `child_environment.program_folder` gives.

    Raises:
        UserError: If there is no Python with all that the trainer needs.
    """
    if (program or program_folder()) is not None:
        environment = Place(training).environment
        if not usable_python(environment):
            raise UserError(
                "Training needs the training environment, which is not there or damaged.",
                "Choose Install or Repair on the Teach page, or say: moatless finetune environment install",
            )
        return python_in(environment)
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        command = f"{sys.executable} -m pip install -e .[finetune]"
        raise UserError(
            f"Training needs {' and '.join(missing)}, which this Python does not have.",
            f"In the folder of Moatless, install what is missing with: {command}",
        )
    return Path(sys.executable)


def trainer_words(python: Path, run: Path) -> list[str]:
    """Return program and first arguments of a trainer that works on this run folder, alone with its own Python."""
    return [str(python), "-I", "-u", "-X", "utf8", str(TRAINER), str(run.absolute())]


def trainer_command(run: Path, start: Start) -> list[str]:
    """Return program and arguments of a trainer that works on this run folder."""
    command = trainer_words(start.python, run)
    threads = physical_cores()
    if start.is_background:
        threads -= threads > _FEW_CORES
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


def trainer_environment(
    is_background: bool, program: Path | None = None, environment: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return the environment of a trainer; `program` is where a packaged program has its libraries."""
    return foreign_environment(program, environment, **(_PATIENT if is_background else {}))


def start_trainer(run: Path, start: Start) -> subprocess.Popen[bytes]:
    """Start a trainer on a run folder; what it writes besides events is added to the folder's log.

    Raises:
        UserError: If it cannot be started.
    """
    try:
        with (run / contract.LOG).open("ab") as log:
            return start_foreign(
                trainer_command(run, start),
                trainer_environment(start.is_background, program_folder()),
                program_folder(),
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
