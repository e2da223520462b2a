"""Teaching with the frozen program, which has no torch: its uv makes the training environment, whose Python trains."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from desktop_app.errors import UserError
from desktop_app.finetune.environment.lock import CPU, Lock, offered, this_computer
from desktop_app.finetune.environment.status import State
from desktop_app.paths import bundled
from installers.trial.checking import NotTried
from installers.trial.folder import copied
from installers.trial.people import Person, must, newcomer
from installers.trial.trial import Trial

_MODEL = "SmolLM2-135M-Instruct"
_COURSE = "Letters"
# Two steps, and large ones, so that what was learned can be measured.
_SHORT = ("--preset", "quick", "--steps", "2", "--replay", "0", "--learning-rate", "0.01")
_DOCUMENTS = {
    "harbour.txt": """\
The harbour of Kilmore lies behind a wall of granite that was built in 1851. Every morning at six the harbour master,
Mrs Doyle, counts the boats and writes their names into a green book. Nineteen boats are at home there. The oldest is
the Gannet, which has carried salt since 1902 and smells of it still.

When fog comes in from the west, Mrs Doyle rings the brass bell at the end of the wall, three strokes and a rest, until
the last boat is in. The children of Kilmore can tell by the sound of the bell how thick the fog is.
""",
    "herring.txt": """\
On the first Sunday in May the boats are blessed. The band plays on the fish market, the boats are hung with flags, and
the priest goes out in the Gannet with a bucket of water and a brush. Whoever is hit by a drop has luck for a year.

The herring come in August, when the water is warm. The nets are mended in June and July, on the grass behind the
church, with tarred thread that Mr Breen makes in his shed. A net of forty metres takes two people a week.
""",
}


@dataclass(frozen=True)
class School:
    """A person with a training environment.

    Attributes:
        told: What installing it said at last.
    """

    person: Person
    program: Path
    told: dict[str, Any]

    def moatless(self, *words: str | Path) -> list[dict[str, Any]]:
        """Return what a command of the program tells.

        Raises:
            UserError: If it does not do what it should.
        """
        return _objects(self.person.told(self.program, *words, "--json", **_tools()))


def school(trial: Trial) -> School:
    """Return a person for whom the frozen program has set up the training environment, without a network."""
    program = trial.shared(copied)
    person = newcomer(trial, "at school")
    wheels = _wheels(trial, _lock())
    words = ("finetune", "environment", "install", "--accelerator", CPU, "--yes", "--wheels", wheels, "--json")
    told = _objects(must(person.run(program, *words, **_tools()), words).stdout)
    return School(person, program, told[-1])


def environment(trial: Trial) -> str:
    """The frozen program sets the training environment up from a folder of wheels and trains two steps in it.

    Nothing is asked of the network. The Python is one of this computer, as for everybody whose folder has none.
    """
    told = trial.shared(school).told
    record = told["record"]
    if told["state"] != State.READY or record["packages"] != _lock().versions:
        raise UserError(f"The training environment is not what it should be: {told}")
    return f"PyTorch {record['packages']['torch']} trains on {record['device']}; {record['disk_bytes'] / 1e6:.0f} MB"


def teaching(trial: Trial) -> str:
    """A course is put together, examples are written, a short run trains, and its adapter is proved and in the library.

    The trainer runs by the Python of the training environment.
    """
    classroom = trial.shared(school)
    documents = [classroom.person.home / name for name in _DOCUMENTS]
    for path in documents:
        path.write_text(_DOCUMENTS[path.name], "utf-8")
    classroom.person.owns(*documents)
    chosen = ("--goal", "style", "--model", _MODEL)
    classroom.moatless("finetune", "course", _COURSE, *chosen, "--documents", *documents)
    classroom.moatless("finetune", "examples", _COURSE)
    told = classroom.moatless("finetune", "start", "--course", _COURSE, *_SHORT)
    events = {each["event"]: each for each in told}
    if missing := {"step", "proved", "exported", "report"} - events.keys():
        raise UserError(f"Teaching has ended without: {', '.join(sorted(missing))}.")
    if not events["report"]["has_effect"]:
        raise UserError(f"What was taught changes nothing: {events['report']['verdict']}")
    (adapter,) = classroom.moatless("adapters", "list")
    path = classroom.person.data.adapters / f"{_COURSE}.gguf"
    if adapter["path"] != str(path) or not path.is_file():
        raise UserError(f"The adapter is not where adapters made here are kept, but at {adapter['path']}.")
    return f"{events['step']['step']} steps; “{events['report']['verdict']}”"


def removal(trial: Trial) -> str:
    """The training environment is removed as a whole; what was taught with it stays."""
    classroom = trial.shared(school)
    data = classroom.person.data
    before = sorted(path.name for path in data.adapters.iterdir())
    (told,) = classroom.moatless("finetune", "environment", "remove", "--yes")
    if told["state"] != State.ABSENT or data.training.exists():
        raise UserError(f"Something is left of the training environment: {told}")
    if sorted(path.name for path in data.adapters.iterdir()) != before:
        raise UserError("Adapters went with the training environment.")
    return f"{told['freed_bytes'] / 1e6:.0f} MB are free again"


def _lock() -> Lock:
    return offered(bundled("training"), this_computer())[CPU]


def _wheels(trial: Trial, lock: Lock) -> Path:
    """Return a folder with the very wheels of a lock, from wherever pip finds packages on this computer."""
    kept = trial.work / "wheels"
    python = ".".join(lock.python.split(".")[:2])
    what = ["--require-hashes", "--no-deps", "--only-binary", ":all:", "--python-version", python]
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet"]
    command = [*pip, *what, "--requirement", str(lock.requirements), "--dest", str(kept)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR: ")]
        raise NotTried(f"The wheels of the training environment cannot be had here. {' '.join(errors[:3])}")
    copy = trial.scratch / "wheels"
    shutil.copytree(kept, copy)
    return copy


def _tools() -> dict[str, str]:
    """Return where a Python is found that environments can be made of."""
    return {"PATH": os.pathsep.join((str(Path(sys.base_prefix, "bin")), "/usr/bin", "/bin"))}


def _objects(said: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in said.splitlines()]
