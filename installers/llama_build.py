"""llama.cpp comes as source and is built for one computer: what that needs, and the proof that it runs on this one.

What pip installs need not have been built here: it keeps what it builds, and a home folder or an environment may have
come from another computer with another processor.
"""

import hashlib
import os
import re
import signal
import subprocess
from pathlib import Path

from desktop_app.engine.launch import engine_environment
from desktop_app.errors import UserError
from desktop_app.library.starter import starter_path
from installers import engine_trial
from installers.environment import Environment
from installers.system_check import check_compiler

_ILLEGAL_INSTRUCTION, _ACCESS_VIOLATION = 0xC000001D, 0xC0000005  # of Windows
_DEATHS = {
    -signal.SIGILL,
    -signal.SIGSEGV,
    -signal.SIGABRT,
    _ILLEGAL_INSTRUCTION,
    _ACCESS_VIOLATION,
    engine_trial.DOES_NOT_LOAD,
}


def prepare_build(environment: Environment) -> None:
    """Look for a compiler before and not after, and say what will take long; nothing where llama.cpp is installed.

    Raises:
        UserError: If it has to be built and cannot.
    """
    if _record(environment).exists():
        return
    check_compiler()
    print(
        "llama.cpp is built for this computer, which takes about seven minutes unless that was done before.",
        flush=True,
    )


def prove_build(environment: Environment) -> None:
    """Let the installed llama.cpp compute once with the starter model; build it again if that ends the process.

    Remembered for this very installation and processor.

    Raises:
        UserError: If what was built here does not run here.
    """
    if environment.notes().get("engine_tried") == _identity(environment):
        return
    print("Trying llama.cpp out on this computer ...", flush=True)
    trial = _try_out(environment)
    if trial.returncode in _DEATHS:
        print(
            "The llama.cpp that pip had kept does not run on this computer. It is built again, which takes about seven"
            " minutes.",
            flush=True,
        )
        check_compiler()
        wanted = f"llama-cpp-python=={_pinned_version(environment)}"
        environment.pip("Building llama.cpp", ["install", "--no-cache-dir", "--force-reinstall", "--no-deps", wanted])
        trial = _try_out(environment)
        if trial.returncode in _DEATHS:
            raise UserError(
                "llama.cpp was built on this computer and still ends at its first computation.",
                "Most often the compiler is the reason: install a newer one and give the same command again.",
            )
    if trial.returncode == 0:
        environment.remember(engine_tried=_identity(environment))
    else:  # too little memory at the moment, say: nothing that another build would change
        print(f"It could not be tried out and will be next time: {trial.stdout.strip()[-200:]}", flush=True)


def _try_out(environment: Environment) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [str(environment.python), "-P", engine_trial.__file__, str(starter_path())],
        env=engine_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )


def _pinned_version(environment: Environment) -> str:
    constraints = (environment.root / "constraints.txt").read_text("utf-8")
    pinned = re.search(r"^llama_cpp_python==(\S+)", constraints, re.MULTILINE)
    if pinned is None:
        raise UserError("constraints.txt does not say which llama-cpp-python to install.", "Restore the file.")
    return pinned[1]


def _record(environment: Environment) -> Path:
    """Return the file that pip writes last when it installs llama-cpp-python."""
    return environment.packages / f"llama_cpp_python-{_pinned_version(environment)}.dist-info" / "RECORD"


def _identity(environment: Environment) -> list[object]:
    return [_record(environment).stat().st_mtime_ns, hashlib.sha256(_processor().encode()).hexdigest()]


def _processor() -> str:
    """Return what decides which instructions a build for this computer may use."""
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8") as file:
            return next((line for line in file if line.startswith(("flags", "Features"))), "")
    except OSError:
        return os.environ.get("PROCESSOR_IDENTIFIER", "")  # of Windows
