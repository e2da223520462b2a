"""`moatless finetune environment`: what the panel on the Teach page does, for those who have no window."""

import argparse
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from types import FrameType

from desktop_app.commands.asking import is_sure
from desktop_app.commands.output import print_line
from desktop_app.commands.telling import Teller
from desktop_app.errors import UserError
from desktop_app.finetune.environment.install import install, remove, repair
from desktop_app.finetune.environment.installation import Step
from desktop_app.finetune.environment.lock import Lock
from desktop_app.finetune.environment.outlook import Outlook, Packaged, look, this_program
from desktop_app.finetune.environment.place import Place, folder_bytes
from desktop_app.finetune.environment.plan import Plan, check_space
from desktop_app.finetune.environment.status import USABLE, State
from desktop_app.finetune.environment.uv import Supply
from desktop_app.finetune.environment.words import ELSEWHERE, OFFERS, each_license, license_words, ready_words
from desktop_app.finetune.trainer_process import check_environment
from desktop_app.library.memory import readable_size
from desktop_app.library.transfer import Stopped
from desktop_app.network.door import Door, Stop
from desktop_app.network.journal import Journal
from desktop_app.paths import DataFolder
from desktop_app.settings import options as settings_options
from desktop_app.settings.store import load_settings

STATUS, REPAIR, REMOVE = "status", "repair", "remove"
ENVIRONMENT = "environment"


def environment(options: argparse.Namespace, folder: DataFolder) -> None:
    """Tell how it stands, set it up, repair it or remove it."""
    here = this_program()
    if here is None:
        _tell_own_python(options, folder)
    else:
        Management(options, folder, here).do()


def _tell_own_python(options: argparse.Namespace, folder: DataFolder) -> None:
    """Say that a source checkout has none, after checking that nothing is missing."""
    words = "This Moatless runs from its source, so that its own Python trains"
    if options.what == REMOVE:
        raise UserError(f"{words}; there is nothing to remove.", "What training needs is a part of that Python.")
    python = check_environment(folder.training)
    if options.json:
        print_line({"event": ENVIRONMENT, "state": State.READY, "is_packaged": False, "python": str(python)})
    else:
        print(f"{words}, and it has all that is needed: {python}")


class Management:
    """What can be done about the training environment of a packaged program."""

    def __init__(self, options: argparse.Namespace, folder: DataFolder, here: Packaged) -> None:
        settings, _ = load_settings(folder.settings)
        wheels = options.wheels or settings[settings_options.TRAINING_FOLDER]
        self._options = options
        self._folder = folder
        self._here = here
        self._place = Place(folder.training)
        self._supply = Supply(settings[settings_options.TRAINING_INDEX], Path(wheels).absolute() if wheels else None)
        self._is_online = not (options.offline or settings[settings_options.OFFLINE])

    def do(self) -> None:
        """Do what is asked for.

        Raises:
            UserError: If it cannot be done, was stopped, or needs an answer that nobody is there to give.
        """
        if self._options.what == REMOVE:
            self._remove()
            return
        found = self._look()
        state = found.status.state
        if self._options.what == STATUS or state == State.READY:
            self._tell(found)
            return
        if found.plan is None or state not in OFFERS:
            raise found.trouble or UserError(ELSEWHERE, "Wait until that is done.")
        self._tell(found)
        self._set_up(state, found.plan.lock)
        self._tell(self._look())

    def _look(self) -> Outlook:
        accelerator = self._options.accelerator or ""
        found = look(self._place, self._folder.runs, self._here, self._supply, accelerator=accelerator)
        if accelerator and found.accelerators and accelerator not in found.accelerators:
            raise UserError(
                f"For this kind of computer there are no packages that compute on “{accelerator}”.",
                f"Choose among: {', '.join(found.accelerators)}",
            )
        return found

    def _set_up(self, state: State, lock: Lock) -> None:
        check_space(self._place, lock)
        if not self._options.yes and not is_sure(f"{OFFERS[state][1]} it?"):
            raise UserError("Nothing was installed.")
        self._folder.create()
        teller, stop = Teller(self._options.json), Stop()
        door = Door(Journal(self._folder.connections), self._is_online)
        means = self._here.means(self._supply, door, self._folder.runs)
        work = repair if self._options.what == REPAIR or state == State.BROKEN else install
        try:
            with _stopping(stop, teller):
                work(self._place, lock, means, stop, Progress(teller).tell)
        except Stopped as error:
            raise UserError(
                "Setting the training environment up was stopped; what was downloaded is kept.",
                "To go on from there, give the same command again.",
            ) from error
        finally:
            teller.end()
            door.close()

    def _remove(self) -> None:
        size_bytes = folder_bytes(self._place.root)
        if self._place.root.exists():
            size = readable_size(size_bytes)
            question = f"Delete the training environment ({size})? Courses, runs and adapters stay."
            if not self._options.yes and not is_sure(question):
                raise UserError("Nothing was deleted.")
            remove(self._place, self._folder.runs)
        if self._options.json:
            print_line({"event": ENVIRONMENT, "state": State.ABSENT, "is_packaged": True, "freed_bytes": size_bytes})
        elif size_bytes:
            print(f"Deleted the training environment, which frees {readable_size(size_bytes)}.")
        else:
            print("There is no training environment.")

    # -------------------------------------------------------- telling

    def _tell(self, found: Outlook) -> None:
        """Print how it stands and what setting it up would mean."""
        state, record, plan = found.status.state, found.status.record, found.plan
        if self._options.json:
            facts = {"state": state, "is_packaged": True, "folder": str(self._place.root)}
            told = {"record": asdict(record) if record else None, "plan": _facts(plan) if plan else None}
            print_line({"event": ENVIRONMENT, **facts, **told, "trouble": str(found.trouble or "")})
            return
        if record is not None and state in USABLE:
            print(f"{ready_words(record)}, in {self._place.root}")
        if state != State.READY:
            print(OFFERS[state][0] if state in OFFERS else ELSEWHERE)
        if found.trouble is not None:
            print(found.trouble)
        if plan is not None and state in OFFERS:
            _print_plan(plan)


def _print_plan(plan: Plan) -> None:
    lock = plan.lock
    told = {
        "Trains on": plan.reason,
        "Download": f"about {readable_size(lock.download_bytes)}",
        "On the disk": f"about {readable_size(lock.disk_bytes)}, in {plan.folder}",
        "From": ", ".join(plan.sources) or "your folder of packages, without any connection",
        "Licenses": license_words(lock),
    }
    for name, words in told.items():
        print(f"{name:12} {words}")
    rows = each_license(lock)
    name_width, terms_width = max(len(name) for name, _, _ in rows), max(len(terms) for _, terms, _ in rows)
    for name, terms, size_bytes in rows:
        print(f"  {name:{name_width}}  {terms:{terms_width}}  {readable_size(size_bytes):>9}")


def _facts(plan: Plan) -> dict[str, object]:
    return {
        "accelerator": plan.lock.accelerator,
        "reason": plan.reason,
        "download_bytes": plan.lock.download_bytes,
        "disk_bytes": plan.lock.disk_bytes,
        "needed_bytes": plan.needed_bytes,
        "free_bytes": plan.free_bytes,
        "sources": plan.sources,
        "packages": [asdict(each) for each in plan.lock.packages],
    }


class Progress:
    """Tells how far it is: on a terminal in a line that is written over, else in a line for each kind of work."""

    def __init__(self, teller: Teller) -> None:
        self._teller = teller
        self._words = ""

    def tell(self, step: Step) -> None:
        kind = step.words.partition(" ")[0]
        if not self._teller.as_json and not sys.stderr.isatty() and kind != self._words:
            self._teller.line(f"{step.words}.")
        self._words = kind
        self._teller.progress(step.words, step.fraction, step.seconds_left)


@contextmanager
def _stopping(stop: Stop, teller: Teller) -> Iterator[None]:
    """Take the first Ctrl+C for the wish to stop; a second one ends the command at once."""

    def on_interrupt(_number: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, before)
        stop.set()
        teller.line("Stopping.")

    before = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
