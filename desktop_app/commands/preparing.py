"""From what a person asks for on the command line to a run folder, with an engine that ends before training begins."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from desktop_app.commands.course_models import course_model, known_sha256
from desktop_app.commands.library import find_adapter, find_model, find_stack
from desktop_app.commands.telling import Teller
from desktop_app.engine.client import EngineClient
from desktop_app.engine.messages import Load, Loaded
from desktop_app.errors import UserError
from desktop_app.finetune.course_folder import CourseFolder, find_course
from desktop_app.finetune.course_material import material_of
from desktop_app.finetune.course_reading import bring_up_to_date
from desktop_app.finetune.course_runs import take_notes
from desktop_app.finetune.plan import Order, Plan, make_plan
from desktop_app.finetune.preparing import Prepared, prepare
from desktop_app.finetune.recipe import Choices
from desktop_app.paths import DataFolder
from desktop_app.settings.store import load_settings

_N_CTX = 2048  # for the answers to general questions; nothing else is read whole
_USUAL_N_CTX = 4096


@contextmanager
def planned(options: argparse.Namespace, folder: DataFolder) -> Iterator[Plan]:
    """Give what is to be trained; its course, if it has one, is kept as it is meanwhile, and then knows of its run.

    Raises:
        UserError: If something of it cannot be trained, or trained so.
    """
    if options.course is None:
        yield _plan_documents(options, folder)
        return
    found = find_course(folder.courses, options.course)
    with found.held():
        take_notes(found, folder.runs)
        bring_up_to_date(found)
        yield _plan_course(found, options, folder)
        take_notes(found, folder.runs)


def plan_now(options: argparse.Namespace, folder: DataFolder) -> Plan:
    """Return what would be trained; a course is neither changed nor kept from being changed.

    Raises:
        UserError: If something of it cannot be trained, or trained so.
    """
    if options.course is None:
        return _plan_documents(options, folder)
    return _plan_course(find_course(folder.courses, options.course), options, folder)


def _plan_documents(options: argparse.Namespace, folder: DataFolder) -> Plan:
    model = find_model(folder, options.model)
    continues = find_adapter(folder, options.continues) if options.continues else None
    sha256 = known_sha256(folder, model)
    order = Order(options.name, model, options.documents, Choices(**_chosen(options)), continues=continues)
    return make_plan(_with_settings(order, sha256, options, folder))


def _plan_course(found: CourseFolder, options: argparse.Namespace, folder: DataFolder) -> Plan:
    """Plan a run of a course; what is said on the command line is in the place of what the course has."""
    course = found.load()
    if options.continues:
        raise UserError("A course goes on with its own adapter.", "Leave out --continue, or --course.")
    known = {each.name for each in fields(Choices)}
    chosen: dict[str, Any] = {name: value for name, value in course.choices.items() if name in known}
    model = course_model(course, options.model, folder)
    sha256 = known_sha256(folder, model)
    made = material_of(found, folder.runs, model, sha256, options.from_scratch)
    choices = Choices(**{**chosen, "preset": course.preset, **_chosen(options)})
    order = Order(options.name or course.name, model, made.material, choices, continues=made.continues)
    return make_plan(_with_settings(order, sha256, options, folder))


def _chosen(options: argparse.Namespace) -> dict[str, Any]:
    found = {each.name: getattr(options, each.name) for each in fields(Choices)}
    return {name: value for name, value in found.items() if value is not None}


def _with_settings(order: Order, sha256: str, options: argparse.Namespace, folder: DataFolder) -> Order:
    settings, _ = load_settings(folder.settings)
    return replace(
        order,
        stack=find_stack(folder, options.adapter),
        n_ctx=settings.load_settings().n_ctx or _USUAL_N_CTX,
        model_sha256=(sha256,) if sha256 else (),
    )


def prepare_run(plan: Plan, runs: Path, folder: DataFolder, teller: Teller, is_trial: bool = False) -> Prepared:
    """Make the folder of a run.

    Args:
        plan: What is to be trained.
        runs: Where runs are.
        folder: Has the settings.
        teller: Tells what is being done.
        is_trial: It is only to be seen how long the training takes, and that soon.

    Raises:
        UserError: If nothing can be learned, or it cannot be written.
    """
    settings, _ = load_settings(folder.settings)
    n_ctx = min(_N_CTX, plan.header.n_ctx_train or _N_CTX)
    with EngineClient() as engine:
        teller.doing("Loading the model.")
        chosen = replace(settings.load_settings(), n_ctx=n_ctx, speculate=False)
        engine.ask(Load(engine.next_request(), str(plan.order.model), chosen), Loaded)
        prepared = prepare(runs, plan, engine, teller.doing, is_trial)
    teller.line("The engine has ended, so that the trainer has its memory.")
    for note in prepared.run.about["notes"]:
        teller.line(note)
    return prepared
