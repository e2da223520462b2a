"""The one door of a source checkout, the same on every system: `python installers/checkout.py VERB`.

Needs nothing but Python: it makes the virtual environment the rest runs in. Any verb may be given again at any time;
what is done already is not done again, and what was interrupted is repaired.
"""

import sys

# Before anything that an older Python could not even read.
if not (3, 11) <= sys.version_info[:2] < (3, 15):
    sys.exit(
        "Moatless needs Python 3.11, 3.12, 3.13 or 3.14, and this is Python {}.{}. Install one of them and start this"
        " command with it, for example: make PYTHON=python3.12 run".format(*sys.version_info)
    )

import os
import subprocess
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from desktop_app.errors import UserError
from installers.environment import Environment
from installers.setup_steps import set_up

ROOT = Path(__file__).resolve().parent.parent
USAGE = """\
python installers/checkout.py VERB [ARGUMENTS]

  setup             make .venv with everything the program needs; starts nothing
  run [ARGS]        set up if need be, then open the window (or pass ARGS to `moatless`)
  test [ARGS]       set up if need be, then run every check and test (ARGS go to pytest)
  test-long [ARGS]  every test, also those that take minutes
  check             formatting, lint, types and import rules only
  bench [ROW ...]   set up what only this needs, then measure; prints a table and writes build/bench.json
  shots [ARGS]      write pictures of every page
  installer [ARGS]  make the packages of this system (ARGS go to installers/build.py)
  test-installer    make them, then install and try them as a person would
"""

# Two at a time: most tests wait for a window or a process. A file stays with one worker, which shares its fixtures.
PYTEST = ("-m", "pytest", "-n", "2", "--dist", "loadfile")
# What takes minutes does not hang yet.
LONG = ("-m", "long or not long", "-o", "timeout=600", "-o", "faulthandler_timeout=1800")
CHECKS = {
    "formatting": ("-m", "ruff", "format", "--check", "."),
    "lint": ("-m", "ruff", "check", "."),
    "types": ("-m", "mypy"),
    "import rules": ("-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-logo"),
}


def main(arguments: list[str]) -> int:
    """Do what the verb says and return the exit status."""
    verb, rest = (arguments or ["help"])[0], arguments[1:]
    steps: dict[str, dict[str, tuple[str, ...]]] = {
        "test": {**CHECKS, "tests": (*PYTEST, *rest)},
        "test-long": {"tests": (*PYTEST, *LONG, *rest)},
        "check": CHECKS,
        "bench": {"bench": ("-m", "tests.bench", *rest)},
        "shots": {"shots": ("-m", "tests.shots", *rest)},
        "test-installer": {"installers": ("-m", "installers.trial", *rest)},
    }
    if verb not in ("setup", "run", "installer", *steps):
        print(USAGE)
        return 0 if verb in ("help", "--help", "-h") else 2
    if verb in ("installer", "test-installer"):
        status = _build(rest if verb == "installer" else [])
        if status or verb == "installer":
            return status
    environment = Environment(ROOT)
    extras = {"bench": "dev,bench"}.get(verb, "dev" if verb in steps else "")
    try:
        set_up(environment, extras)
    except (UserError, OSError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. Give the same command again and it goes on from here.", file=sys.stderr)
        return 130
    if verb == "run":
        return _become([str(environment.python), "-P", "-m", "desktop_app", *rest])
    return _run(str(environment.python), steps.get(verb, {}))


def _build(targets: list[str]) -> int:
    """Make packages, which has an environment of its own."""
    return subprocess.call([sys.executable, str(ROOT / "installers" / "build.py"), *targets])


def _become(command: list[str]) -> int:
    """Run the program in place of this one, so that signals and the exit status are its own."""
    sys.stdout.flush()
    if os.name == "nt":  # there, exec would let the console go on without waiting
        return subprocess.call(command)
    return os.execv(command[0], command)


def _run(python: str, steps: dict[str, tuple[str, ...]]) -> int:
    """Run all steps, also after one has failed, and say at the end which did."""
    failed = []
    for name, arguments in steps.items():
        print(f"--- {name}", flush=True)
        try:
            status = subprocess.call([python, *arguments], cwd=ROOT)
        except KeyboardInterrupt:
            return 130
        if status:
            failed.append(name)
    if failed:
        print(f"--- failed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
