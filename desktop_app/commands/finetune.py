"""`moatless finetune ...`: teaching a model, and looking after the runs."""

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from desktop_app.commands.output import print_line
from desktop_app.commands.preparing import plan_now, planned, prepare_run
from desktop_app.commands.telling import Teller
from desktop_app.commands.training import finish, model_of, repo_of, say_paused, train_and_finish, word_for
from desktop_app.errors import UserError
from desktop_app.finetune.export import write_peft
from desktop_app.finetune.following import train
from desktop_app.finetune.paces import remember_pace
from desktop_app.finetune.preparing import trial_folder
from desktop_app.finetune.report import read_report
from desktop_app.finetune.report_figures import as_text
from desktop_app.finetune.report_html import report_html, write_page
from desktop_app.finetune.run_folder import (
    RunState,
    RunStatus,
    as_facts,
    ask_to_pause,
    ask_to_stop,
    being_worked_on,
    conducted,
    find_run,
    is_pause_wanted,
    is_running,
    list_runs,
    read_progress,
    read_status,
    withdraw_requests,
)
from desktop_app.finetune.trained import check_base
from desktop_app.finetune.trainer_process import Start, check_environment
from desktop_app.finetune.words import count, readable_time
from desktop_app.library.hardware import free_memory_bytes
from desktop_app.library.memory import readable_size
from desktop_app.paths import DataFolder
from desktop_app.trainer.contract import STACK, Run, read_events, read_model_file
from desktop_app.trainer.memory import forecasts

_LOOK_EVERY_S = 0.2


def start(options: argparse.Namespace, folder: DataFolder) -> None:
    """Prepare a run, train it, prove what was learned and enter it in the library."""
    # What is only prepared may be trained elsewhere.
    python = None if options.prepare_only else check_environment(folder.training)
    teller = Teller(options.json)
    with planned(options, folder) as plan:
        prepared = prepare_run(plan, folder.runs, folder, teller)
    run = prepared.folder
    for event in read_events(run):
        teller.event({**event, "name": run.name, "path": str(run)})
    if python is None:
        if not options.json:
            print(f"Prepared {run}.")
            print(f"Train it with: moatless finetune resume {word_for(run, folder)}")
        return
    how = Start(plan.order.model, is_background=options.background, python=python)
    with conducted(run):
        train_and_finish(run, prepared.run.base, how, folder, teller)


def resume(options: argparse.Namespace, folder: DataFolder) -> None:
    """Go on with a run wherever it is: train it, or finish what was trained."""
    status = find_run(folder.runs, options.run)
    run, teller = status.folder, Teller(options.json)
    if status.state == RunState.RUNNING:
        raise being_worked_on(run)
    if _is_over(status):
        raise UserError(f"“{run.name}” is finished.", _next(status, folder))
    assert status.run is not None
    base = status.run.base
    if not options.unless_paused:  # the window has done it, and what it has asked for since is to be heard
        withdraw_requests(run)
    with conducted(run):
        if is_pause_wanted(run):
            say_paused(run, folder, teller)
            return
        model = model_of(run, base, options.model, folder)
        if status.is_trained:
            check_base(base, model)  # which a trainer does by itself
            finish(run, base, model, folder, teller)
            return
        how = Start(model, options.mode or "", options.background, python=check_environment(folder.training))
        train_and_finish(run, base, how, folder, teller)


# ------------------------------------------------------------ while it is being trained


def pause(options: argparse.Namespace, folder: DataFolder) -> None:
    """Have a run save its work and end, and wait for that."""
    _ask(options, folder, ask_to_pause)


def stop(options: argparse.Namespace, folder: DataFolder) -> None:
    """Have a run end and keep what was best, and wait for that."""
    _ask(options, folder, ask_to_stop)


def _ask(options: argparse.Namespace, folder: DataFolder, ask: Callable[[Path], None]) -> None:
    status = find_run(folder.runs, options.run)
    run = status.folder
    if not is_running(run):
        raise UserError(f"“{run.name}” is not being trained: it is {status.state.value}.", _next(status, folder))
    ask(run)
    while is_running(run):
        time.sleep(_LOOK_EVERY_S)
    status = read_status(run)
    if options.json:
        print_line(as_facts(status))
    else:
        print(f"{run.name} is {status.state.value}. {_next(status, folder)}")


def _next(status: RunStatus, folder: DataFolder) -> str:
    """Return what can be done with a run that nobody works on."""
    word = word_for(status.folder, folder)
    if _is_over(status):
        return f"See what it has come to with: moatless finetune report {word}"
    return f"Go on with: moatless finetune resume {word}"


def _is_over(status: RunStatus) -> bool:
    return status.state in (RunState.FINISHED, RunState.STOPPED) and bool(status.progress.exported)


# ------------------------------------------------------------ looking


def list_all(options: argparse.Namespace, folder: DataFolder) -> None:
    """Print every run, the last one that something happened in first."""
    runs = list_runs(folder.runs)
    if options.json:
        for status in runs:
            print_line(as_facts(status))
        return
    width = max((len(status.name) for status in runs), default=0)
    for status in runs:
        print(f"{status.name:{width}}  {status.state.value:11}  {_how_far(status)}".rstrip())


def _how_far(status: RunStatus) -> str:
    if status.sentence:
        return status.sentence
    assert status.run is not None
    progress, model = status.progress, status.run.base.name
    if not progress.losses:
        return model
    told = f"{model}  step {progress.step} of {progress.started['steps']}, loss {progress.losses[progress.step]:.4f}"
    if status.state == RunState.RUNNING and progress.seconds_left is not None:
        told += f", {readable_time(progress.seconds_left)} left"
    return told


def report(options: argparse.Namespace, folder: DataFolder) -> None:
    """Print what a run has come to, or how far it is; with `--peft`, write its adapter as PEFT has it, too.

    With `--html`, write the report as a page.
    """
    status = find_run(folder.runs, options.run)
    found = read_report(status.folder)
    if options.html:
        if found is None:
            raise UserError(f"“{status.name}” has nothing to report yet.", _next(status, folder))
        assert status.run is not None
        write_page(options.html, report_html(found, status.progress, status.run))
    if options.peft:
        if found is None:
            raise UserError(f"“{status.name}” has no adapter that was proved.", _next(status, folder))
        assert status.run is not None
        write_peft(status.folder, options.peft.absolute(), repo_of(folder, status.run.base))
    facts = {**as_facts(status), "report": found.as_facts() if found else None}
    if options.json:
        print_line(facts)
        return
    print(as_text(found) if found else f"{status.name} is {status.state.value}: {_how_far(status)}")
    if status.progress.exported:
        print(f"The adapter is {status.progress.exported['path']}")
    if options.peft:
        print(f"Wrote it for PEFT into {options.peft}")
    if options.html:
        print(f"Wrote the report to {options.html}")


# ------------------------------------------------------------ what it would take


def estimate(options: argparse.Namespace, folder: DataFolder) -> None:
    """Print how long a run would take and how much memory; three steps of it are done, and only their pace is kept."""
    python = check_environment(folder.training)
    teller = Teller(options.json)
    plan = plan_now(options, folder)
    folder.create()
    with trial_folder(folder.runs) as runs:
        prepared = prepare_run(plan, runs, folder, teller, is_trial=True)
        teller.doing("Training three steps to see how long they take.")
        how = Start(plan.order.model, is_background=options.background, is_trial=True, python=python)
        for _ in train(prepared.folder, how):
            pass
        remember_pace(folder.runs, prepared.folder)
        found = _estimated(prepared.folder, prepared.run)
    if options.json:
        print_line(found)
        return
    print(
        f"{count(found['examples'], 'example')}, {count(found['steps'], 'step')}, {found['tokens']:,} tokens an epoch"
    )
    print(f"{found['tokens_per_s']:,.0f} tokens a second in the {found['mode']} mode ({found['precision']})")
    print(f"About {readable_time(found['seconds'])} in all.")
    needed = ", ".join(f"{mode} {readable_size(size)}" for mode, size in found["memory_bytes"].items())
    print(f"Memory: {needed}; {readable_size(found['free_bytes'])} are free.")


def _estimated(folder: Path, run: Run) -> dict[str, Any]:
    progress = read_progress(folder)
    started, calibrated = progress.started, progress.calibrated
    stack = sum((folder / STACK.format(number)).stat().st_size // 4 for number in range(run.n_stack))
    return {
        **{name: started[name] for name in ("mode", "precision", "device", "steps", "examples", "tokens")},
        "tokens_per_s": calibrated["tokens_per_s"],
        "seconds": calibrated["seconds_left"],
        "memory_bytes": forecasts(read_model_file(folder), run.recipe, started["precision"], stack=stack),
        "free_bytes": free_memory_bytes(),
    }
