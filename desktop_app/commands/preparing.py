"""From what a person asks for on the command line to a run folder, with an engine that ends before training begins."""

import argparse
from dataclasses import fields, replace
from pathlib import Path

from desktop_app.commands.library import find_adapter, find_model, find_stack, open_models
from desktop_app.commands.telling import Teller
from desktop_app.engine.client import EngineClient
from desktop_app.engine.messages import Load, Loaded
from desktop_app.finetune.plan import Order, Plan, make_plan
from desktop_app.finetune.preparing import Prepared, prepare
from desktop_app.finetune.recipe import Choices
from desktop_app.paths import DataFolder
from desktop_app.settings.store import load_settings

_N_CTX = 2048  # for the answers to general questions; nothing else is read whole
_USUAL_N_CTX = 4096


def plan_run(options: argparse.Namespace, folder: DataFolder) -> Plan:
    """Return what is to be trained.

    Raises:
        UserError: If something of it cannot be trained, or trained so.
    """
    settings, _ = load_settings(folder.settings)
    model = find_model(folder, options.model)
    chosen = {each.name: getattr(options, each.name) for each in fields(Choices)}
    return make_plan(
        Order(
            name=options.name,
            model=model,
            documents=options.documents,
            choices=Choices(**{name: value for name, value in chosen.items() if value is not None}),
            stack=find_stack(folder, options.adapter),
            continues=find_adapter(folder, options.continues) if options.continues else None,
            n_ctx=settings.load_settings().n_ctx or _USUAL_N_CTX,
            model_sha256=_known_hashes(folder, model),
        )
    )


def _known_hashes(folder: DataFolder, model: Path) -> tuple[str, ...]:
    """Return the hash of a model's first file, if the library has it and the file is still of the same size."""
    with open_models(folder) as models:
        known = next((each for each in models.list_models() if each.path == str(model)), None)
    is_same = known is not None and model.stat().st_size == known.size_bytes
    return (known.sha256,) if known and known.sha256 and is_same else ()


def prepare_run(plan: Plan, runs: Path, folder: DataFolder, teller: Teller) -> Prepared:
    """Make the folder of a run.

    Args:
        plan: What is to be trained.
        runs: Where runs are.
        folder: Has the settings.
        teller: Tells what is being done.

    Raises:
        UserError: If nothing can be learned, or it cannot be written.
    """
    settings, _ = load_settings(folder.settings)
    n_ctx = min(_N_CTX, plan.header.n_ctx_train or _N_CTX)
    with EngineClient() as engine:
        teller.line("Loading the model.")
        chosen = replace(settings.load_settings(), n_ctx=n_ctx, speculate=False)
        engine.ask(Load(engine.next_request(), str(plan.order.model), chosen), Loaded)
        prepared = prepare(runs, plan, engine, teller.line)
    teller.line("The engine has ended, so that the trainer has its memory.")
    for note in prepared.run.about["notes"]:
        teller.line(note)
    return prepared
