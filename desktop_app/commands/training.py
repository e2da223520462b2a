"""A run from its folder to an adapter in the library, for commands: training it, then proving what it has learned."""

import shlex
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from desktop_app.adapters.bases import known_repos
from desktop_app.commands.library import find_model, open_database, open_models
from desktop_app.commands.output import print_line
from desktop_app.commands.reading import load_to_read
from desktop_app.commands.sampling import Sampler
from desktop_app.commands.telling import Teller
from desktop_app.engine.client import EngineClient
from desktop_app.errors import UserError
from desktop_app.finetune import events
from desktop_app.finetune.following import train
from desktop_app.finetune.paces import remember_pace
from desktop_app.finetune.proof import prove
from desktop_app.finetune.report_figures import as_text
from desktop_app.finetune.run_folder import ask_to_pause, held, read_progress
from desktop_app.finetune.trained import enter_run, export_run
from desktop_app.finetune.trainer_process import Start
from desktop_app.library.gguf import read_header
from desktop_app.paths import DataFolder
from desktop_app.storage.adapters import Adapters
from desktop_app.trainer.contract import RESULT, Base

_N_CTX = 2048  # for questions that were held out and their answers, some of them at the same time
_TOLD_SHARE = 0.01


def train_and_finish(run: Path, base: Base, start: Start, folder: DataFolder, teller: Teller) -> None:
    """Train a run until it is paused or done, and then finish it. Ctrl+C is a pause.

    Args:
        run: Its folder.
        base: Its model.
        start: How to train.
        folder: Where the library is.
        teller: Tells how it goes.

    Raises:
        UserError: If it fails.
    """
    model = start.model or Path(base.path)
    with _pausing(run, teller), Sampler(run, model) as sampler:
        try:
            for event in train(run, start):
                teller.event(event)
                sampler.note(event)
        finally:
            teller.end()
            remember_pace(folder.runs, run)
    if read_progress(run).last == events.PAUSED:
        say_paused(run, folder, teller)
    elif (run / RESULT).is_file():
        finish(run, base, model, folder, teller)
    else:
        raise UserError(f"“{run.name}” has ended before anything was learned.", "Resume it.")


def say_paused(run: Path, folder: DataFolder, teller: Teller) -> None:
    """Say that nothing is lost, and how to go on."""
    word = word_for(run, folder)
    teller.line(f"“{run.name}” is paused, and all is saved. Go on with: moatless finetune resume {word}")


@contextmanager
def _pausing(run: Path, teller: Teller) -> Iterator[None]:
    """Take the first Ctrl+C for the wish to pause; with a second one the command ends, and the trainer pauses alone."""

    def pause(_number: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, before)
        ask_to_pause(run)
        teller.line("Pausing as soon as what was computed is saved.")

    before = signal.signal(signal.SIGINT, pause)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def finish(run: Path, base: Base, model: Path, folder: DataFolder, teller: Teller) -> None:
    """Prove what was learned, enter the adapter in the library, and print what it has come to.

    Args:
        run: The folder of a run whose result is there.
        base: Its model.
        model: Where that lies.
        folder: Where the library is.
        teller: Tells how it goes.

    Raises:
        UserError: If the adapter cannot be relied on, or something cannot be read or written.
    """
    folder.create()
    with held(run):
        tail = events.EventTail(run)
        try:
            with EngineClient() as engine:
                load_to_read(engine, folder, model, min(_N_CTX, read_header(model).n_ctx_train or _N_CTX))
                report = prove(run, engine, Proving(run, teller).tell)
        finally:
            teller.end()
        found = export_run(run, report, folder.adapters, repo_of(folder, base))
        with open_database(folder) as database:
            adapter = enter_run(run, found, Adapters(database))
        for event in tail.read():
            if event.get("event") != events.PROVING:
                teller.event(event)
    if teller.as_json:
        print_line({"event": "report", **report.as_facts(), "adapter": adapter.name, "path": adapter.path})
    else:
        print(as_text(report))
        print(f"Use it with: moatless chat --adapter {shlex.quote(adapter.name)}")


class Proving:
    """Tells how much of a proof is done, in the events as well, because a window looks at these alone."""

    def __init__(self, run: Path, teller: Teller) -> None:
        self._run, self._teller = run, teller
        self._told = -1.0

    def tell(self, fraction: float) -> None:
        self._teller.fraction("Measuring what was learned", fraction)
        if fraction - self._told >= _TOLD_SHARE:
            self._told = fraction
            with suppress(OSError):  # a full disk is told by what has to be written
                events.add_event(self._run, events.PROVING, fraction=fraction)


def model_of(run: Path, base: Base, wanted: str | None, folder: DataFolder) -> Path:
    """Return where the model of a run lies on this computer; whether it is unchanged is seen by whoever reads it.

    Args:
        run: Its folder, which may come from another computer.
        base: Its model.
        wanted: What the person says, or None.
        folder: Where the library is.

    Raises:
        UserError: If it is nowhere.
    """
    if wanted is not None:
        return find_model(folder, wanted)
    if Path(base.path).is_file():
        return Path(base.path)
    with open_models(folder) as models:
        known = [Path(each.path) for each in models.list_models() if each.sha256 == base.parts[0].sha256]
    if (found := next((path for path in known if path.is_file()), None)) is not None:
        return found
    raise UserError(
        f"The model “{base.name}” of this run is neither where it was nor in the library.",
        f"Say where it is with: moatless finetune resume --model PATH {word_for(run, folder)}",
    )


def word_for(run: Path, folder: DataFolder) -> str:
    """Return what to write on a command line for a run."""
    return shlex.quote(run.name if run.parent == folder.runs.absolute() else str(run))


def repo_of(folder: DataFolder, base: Base) -> str:
    """Return where a model is on the Hub, if the library knows that for certain."""
    with open_models(folder) as models:
        known = [each for each in models.list_models() if each.sha256 == base.parts[0].sha256]
    return next((repo for each in known for repo in known_repos(each)), "")
