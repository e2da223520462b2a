"""`moatless selftest`: try the installed program on this machine, for installers and for a person in doubt."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from desktop_app import __version__
from desktop_app.commands.library import open_models
from desktop_app.commands.output import print_line
from desktop_app.engine.choices import SamplerSettings
from desktop_app.engine.client import EngineClient
from desktop_app.engine.messages import (
    ChatMessage,
    Finished,
    Generate,
    Load,
    Loaded,
    Prefill,
    Score,
    Scored,
)
from desktop_app.errors import UserError
from desktop_app.library import starter
from desktop_app.paths import DataFolder
from desktop_app.storage.chats import Chats
from desktop_app.storage.database import Database
from desktop_app.storage.records import Role

TOKENS = 10
_TEXT = "The quick brown fox jumps over the lazy dog, and the dog does not mind at all."


def selftest(folder: DataFolder) -> int:
    """Print one JSON line a check and return 0 if all are well."""
    if not starter.is_present():
        raise UserError("The starter model is not there.", "Set the program up again.")
    checks: dict[str, Callable[[DataFolder], object]] = {
        "data folder": _try_data_folder,
        "storage": _try_storage,
        "window": _try_window,
        "engine": _try_engine,
    }
    well = True
    with tempfile.TemporaryDirectory(prefix="moatless-selftest-") as scratch:
        for name, check in checks.items():
            try:
                result = check(folder if name == "data folder" else DataFolder(Path(scratch)))
                print_line({"check": name, "ok": True, "found": result})
            except UserError as error:
                well = False
                print_line({"check": name, "ok": False, "found": str(error)})
    return 0 if well else 1


def _try_data_folder(folder: DataFolder) -> str:
    folder.create()
    return str(folder.root)


def _try_storage(folder: DataFolder) -> str:
    folder.create()
    database = Database.open(folder.database)
    try:
        chats = Chats(database)
        conversation = chats.create()
        chats.add_message(conversation.id, None, Role.USER, "selftest")
        if len(chats.search("selftest")) != 1:
            raise UserError("The search does not find what was just stored.", "Install Moatless again.")
    finally:
        database.close()
    return "a message was stored and found"


def _try_window(folder: DataFolder) -> str:
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from desktop_app.app import App

    with App(folder, backend="echo") as app:
        app.assemble()
        app.window.show()
        app.qt.processEvents()
        size = app.window.size()
    return f"Moatless {__version__}, {size.width()} x {size.height()}"


def _try_engine(folder: DataFolder) -> dict[str, object]:
    with open_models(folder) as models:
        model = models.find(str(starter.starter_path()))
    with EngineClient() as engine:
        engine.ask(Load(engine.next_request(), model.path), Loaded)
        before = engine.ask(Score(engine.next_request(), _TEXT), Scored).mean_nll
        prompt = (ChatMessage("user", "Name the days of the week."),)
        sampler = SamplerSettings(temperature=0, max_tokens=TOKENS)
        answered = engine.ask(Generate(engine.next_request(), prompt, sampler), Finished)
        stopped = _stop_in_prefill(engine)
        return {
            "system": engine.hello.system,
            "nats a token": round(before, 4),
            "tokens": answered.facts.answer_tokens,
            "stopped in prefill": stopped,
        }


def _stop_in_prefill(engine: EngineClient) -> bool:
    long_prompt = (ChatMessage("user", _TEXT * 120),)
    command = Generate(engine.next_request(), long_prompt, SamplerSettings(max_tokens=1))
    reason = ""
    for event in engine.events(command):
        if isinstance(event, Prefill):
            engine.stop(command.request)
        elif isinstance(event, Finished):
            reason = event.facts.finish_reason
    if reason != "stopped":
        raise UserError("The engine does not stop when asked to.", "Install Moatless again.")
    return True
