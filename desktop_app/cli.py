"""The command line: a public interface for scripts, for tests and for a bigger machine over ssh.

Exit status 0: fine; 1: one sentence on stderr; 2: wrong arguments. With `--json`, one JSON object a line on stdout.
"""

import argparse
import errno
import gc
import math
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from typing import TypeVar

from desktop_app import __version__
from desktop_app.errors import UserError
from desktop_app.paths import DataFolder

_Action = Callable[[argparse.Namespace, DataFolder], int | None]
_Number = TypeVar("_Number", int, float)

REMOVABLE = ("chats", "models", "adapters", "teaching", "training", "token", "all")
ENVIRONMENT = ("status", "install", "repair", "remove")


def run(arguments: Sequence[str]) -> int:
    """Run a command, or the window if there is none, and return the exit status."""
    if isinstance(sys.stdout, TextIOWrapper):  # a program without a console has none
        sys.stdout.reconfigure(errors="replace")  # a letter that it does not take is no reason to fail
    options = _parser().parse_args(arguments)
    folder = DataFolder(options.data_dir.absolute()) if options.data_dir else DataFolder.default()
    try:
        status = options.action(options, folder)
        if sys.stdout is not None:
            sys.stdout.flush()
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    except BrokenPipeError:  # who reads has enough, as in `moatless models list | head -1`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what Python still wants to print
        return 1
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise
        print("A name or path is longer than that of a file can be. Give that of one that is there.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 1
    return int(status or 0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="moatless", description="Private chat with local models that you can teach.")
    parser.add_argument("--version", action="version", version=f"Moatless {__version__}")
    parser.add_argument("--data-dir", type=Path, metavar="DIR", help="where everything is stored")
    parser.add_argument("--offline", action="store_true", help="make no connection; switches it off in the window, too")
    parser.set_defaults(action=_window)
    commands = parser.add_subparsers(title="commands", metavar="")

    chat = _command(commands, "chat", _does("text", "chat"), "answer one prompt")
    chat.add_argument("--model", metavar="M", help="a name in the library or a path; the last used one if left out")
    _add_stack(chat)
    chat.add_argument("--system", type=_text, default="", metavar="TEXT", help="system prompt")
    chat.add_argument("--temperature", type=_from(0.0, "number"), metavar="T")
    chat.add_argument("--seed", type=int, metavar="N")
    chat.add_argument(
        "--max-tokens", type=_from(0, "whole number"), default=0, metavar="N", help="length limit of the answer"
    )
    chat.add_argument("--json", action="store_true", help="one JSON object a line")
    chat.add_argument("prompt", type=_text, metavar="PROMPT")

    score = _command(
        commands, "score", _does("text", "score"), "mean negative log-likelihood of a text, in nats a token"
    )
    score.add_argument("--model", required=True, metavar="M", help="a name in the library or a path")
    _add_stack(score)
    score.add_argument("--json", action="store_true", help="one JSON object a line")
    score.add_argument("file", type=Path, metavar="FILE")

    _add_models(commands)
    _add_adapters(commands)
    _add_finetune(commands)

    _add_data(commands)
    _command(commands, "selftest", _does("selftest", "selftest"), "try all parts of the program on this machine")
    return parser


def _add_data(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    data = _command(commands, "data", _does("data", "data"), "what is kept on this computer, and how large it is")
    data.add_argument("--json", action="store_true", help="one JSON object a line")
    remove = _command(
        commands, "remove-data", _does("data", "remove_data"), "delete what is named, or ask for each part"
    )
    remove.add_argument("parts", nargs="*", type=_removable, metavar="PART", help=", ".join(REMOVABLE))
    remove.add_argument(
        "--yes", action="store_true", help="ask nothing; with the chats, a damaged database goes as a whole"
    )


def _add_models(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    models = _command(commands, "models", lambda *_: models.error("say what to do"), "the models of the library")
    actions = models.add_subparsers(title="actions", metavar="")
    listed = _command(actions, "list", _does("models", "list_models"), "what is there")
    add = _command(actions, "add", _does("models", "add_model"), "add a GGUF file where it lies")
    add.add_argument("path", type=Path, metavar="PATH")
    search = _command(actions, "search", _does("hub", "search"), "look for models on the Hugging Face Hub")
    search.add_argument("query", metavar="QUERY")
    search.add_argument("--limit", type=_from(1, "whole number"), default=20, metavar="N", help="how many to show")
    download = _command(actions, "download", _does("hub", "download"), "download a model, or go on with it")
    download.add_argument("wanted", metavar="REPO[/FILE]", help="FILE is a file or a quantization, such as Q4_K_M")
    verify = _command(
        actions, "verify", _does("models", "verify"), "compare a model, or all, with the hashes it came with"
    )
    verify.add_argument("model", nargs="?", metavar="M", help="a name in the library or a path")
    remove = _command(
        actions, "remove", _does("models", "remove"), "delete what was downloaded; forget what lies elsewhere"
    )
    remove.add_argument("model", metavar="M", help="a name in the library or a path")
    for action in (listed, add, search, download, verify, remove):
        action.add_argument("--json", action="store_true", help="one JSON object a line")


def _add_stack(command: argparse.ArgumentParser) -> None:
    told = "an adapter, a name in the library or a path, and its scale, 1 if left out; repeatable"
    command.add_argument("--adapter", action="append", default=[], metavar="A[:SCALE]", help=told)


def _add_adapters(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    adapters = _command(
        commands, "adapters", lambda *_: adapters.error("say what to do"), "the adapters of the library"
    )
    actions = adapters.add_subparsers(title="actions", metavar="")
    listed = _command(actions, "list", _does("adapters", "list_adapters"), "what is there")
    add = _command(
        actions, "add", _does("adapters", "add"), "add a GGUF file where it lies, or convert an adapter of PEFT"
    )
    add.add_argument("path", type=Path, metavar="PATH")
    base = "what a PEFT adapter was trained on: a model here, its config.json, or owner/name on the Hugging Face Hub"
    add.add_argument("--base", metavar="REPO-OR-PATH", help=base)
    inspect = _command(
        actions, "inspect", _does("adapters", "inspect"), "what an adapter is, and what it does to a model"
    )
    inspect.add_argument("adapter", metavar="A", help="a name in the library or a path")
    inspect.add_argument("--model", metavar="M", help="a name in the library or a path")
    remove = _command(
        actions, "remove", _does("adapters", "remove"), "delete what was made here; forget what lies elsewhere"
    )
    remove.add_argument("adapter", metavar="A", help="a name in the library or a path")
    flatten = _command(
        actions, "flatten", _does("mixing", "flatten"), "write one adapter that does what several do together"
    )
    flatten.add_argument("out", type=Path, metavar="OUT")
    flatten.add_argument(
        "--rank", type=_from(1, "whole number"), metavar="R", help="make it this small; without it, it is exact"
    )
    merge = _command(actions, "merge", _does("mixing", "merge"), "write a model that has adapters in its weights")
    merge.add_argument("--model", required=True, metavar="M", help="a name in the library or a path")
    merge.add_argument("out", type=Path, metavar="OUT")
    for action in (flatten, merge):
        action.add_argument("adapters", nargs="+", metavar="A[:SCALE]", help="a name in the library or a path")
    for action in (listed, add, inspect, remove, flatten, merge):
        action.add_argument("--json", action="store_true", help="one JSON object a line")


def _add_finetune(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    finetune = _command(commands, "finetune", lambda *_: finetune.error("say what to do"), "teach a model")
    actions = finetune.add_subparsers(title="actions", metavar="")
    _add_course(actions)
    start = _command(actions, "start", _does("finetune", "start"), "teach a model something; Ctrl+C pauses")
    start.add_argument(
        "--name", type=_text, metavar="NAME", help="of the run, and of the adapter; by default that of the course"
    )
    start.add_argument(
        "--prepare-only", action="store_true", help="make the run folder, to be trained here or elsewhere"
    )
    estimate = _command(
        actions, "estimate", _does("finetune", "estimate"), "how long that would take, and how much memory"
    )
    estimate.set_defaults(name="estimate")
    for action in (start, estimate):
        _add_choices(action)
        action.set_defaults(action=_checked(action, action.get_default("action")))
    resume = _command(actions, "resume", _does("finetune", "resume"), "go on with a run, from wherever it is")
    resume.add_argument("--model", metavar="M", help="a name in the library or a path, if it is not where it was")
    resume.add_argument("--mode", choices=("fast", "packed", "lean"), help="how to use memory; by default what fits")
    resume.add_argument("--unless-paused", action="store_true", help="not if it was asked to pause already")
    pause = _command(actions, "pause", _does("finetune", "pause"), "have a run save its work and end, to go on later")
    stop = _command(actions, "stop", _does("finetune", "stop"), "have a run end and keep what was best")
    listed = _command(actions, "list", _does("finetune", "list_all"), "the runs and how far they are")
    report = _command(actions, "report", _does("finetune", "report"), "what a run has come to")
    report.add_argument("--peft", type=Path, metavar="FOLDER", help="write the adapter for PEFT into this folder, too")
    report.add_argument("--html", type=Path, metavar="FILE", help="write the report into this file, as a page")
    for action in (resume, pause, stop, report):
        action.add_argument("run", metavar="RUN", help="the name of a run, or the path of its folder")
    for action in (start, estimate, resume):
        action.add_argument("--background", action="store_true", help="leave the computer to whoever works with it")
    for action in (start, estimate, resume, pause, stop, listed, report):
        action.add_argument("--json", action="store_true", help="one JSON object a line")
    _add_environment(actions)


def _add_environment(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    environment = _command(
        actions,
        "environment",
        _does("environment", "environment"),
        "what training needs besides: see it, set it up, repair or remove it",
    )
    environment.add_argument("what", nargs="?", choices=ENVIRONMENT, default=ENVIRONMENT[0], help="by default status")
    wheels = "take the packages out of this folder and make no connection"
    environment.add_argument("--wheels", type=Path, metavar="FOLDER", help=wheels)
    environment.add_argument("--accelerator", metavar="KIND", help="cpu, cuda or mps; by default what is best here")
    environment.add_argument("--yes", action="store_true", help="ask nothing")
    environment.add_argument("--json", action="store_true", help="one JSON object a line")


def _add_course(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    course = _command(
        actions, "course", _does("course", "course"), "put together what to teach, or read again what has changed"
    )
    course.add_argument("--goal", metavar="GOAL", help="style, format, vocabulary, examples or chats; by default style")
    course.add_argument("--chats", action="store_true", help="what you marked in the chats of this program, too")
    _add_documents(course, "files and folders of any kind that can be read; repeatable")
    examples = _command(actions, "examples", _does("course", "examples"), "have the model write examples of a course")
    for action in (course, examples):
        action.add_argument(
            "course", type=_text, metavar="NAME", help="the name of a course, or the path of its folder"
        )
        action.add_argument("--model", metavar="M", help="a name in the library or a path")
        action.add_argument("--json", action="store_true", help="one JSON object a line")


def _add_documents(command: "argparse._ActionsContainer", told: str) -> None:
    command.add_argument(
        "--documents", nargs="+", action="extend", type=_text_path, default=[], metavar="PATH", help=told
    )


def _checked(command: argparse.ArgumentParser, action: _Action) -> _Action:
    """Return the action of a command that takes a course, or else documents, a model and a name."""

    def check(options: argparse.Namespace, folder: DataFolder) -> int | None:
        if options.course is None and not (options.documents and options.model and options.name):
            command.error("say --course NAME, or --model M --documents PATH... --name NAME")
        if options.course is not None and options.documents:
            command.error("a course has documents of its own: say either --course or --documents")
        return action(options, folder)

    return check


def _add_choices(command: argparse.ArgumentParser) -> None:
    """Add what a run is made of; what is left out is chosen by the course or by the preset."""
    command.add_argument("--course", metavar="NAME", help="teach what was put together with: finetune course NAME")
    command.add_argument("--from-scratch", action="store_true", help="leave what the course has taught it before")
    command.add_argument("--model", metavar="M", help="a name in the library or a path")
    _add_documents(command, "files and folders of any kind that can be read")
    command.add_argument("--preset", metavar="PRESET", help="quick, balanced or thorough")
    _add_stack(command)
    command.add_argument("--continue", dest="continues", metavar="A", help="train this adapter further")
    command.add_argument("--loss", metavar="LOSS", help="likelihood, dpo, kto or apo_zero")
    command.add_argument("--rank", type=int, metavar="R")
    command.add_argument("--alpha", type=float, metavar="ALPHA")
    command.add_argument("--targets", type=_words, metavar="KIND,...", help="attn_q, attn_k, ..., ffn_down")
    command.add_argument("--epochs", type=int, metavar="N")
    command.add_argument("--learning-rate", type=float, metavar="RATE")
    command.add_argument("--length", type=int, metavar="N", help="tokens of the longest example")
    command.add_argument("--batch", type=int, metavar="N", help="examples a step")
    command.add_argument("--replay", type=float, metavar="SHARE", help="of the model's own answers among the examples")
    command.add_argument("--seed", type=int, metavar="N")
    command.add_argument("--mode", metavar="MODE", help="how to use memory: fast, packed or lean; by default what fits")
    command.add_argument("--steps", type=int, metavar="N", help="end after so many steps")


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split(","))


def _text(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise argparse.ArgumentTypeError("this is not UTF-8 text") from error
    return text


def _text_path(text: str) -> Path:
    return Path(_text(text))


def _from(least: _Number, kind: str) -> Callable[[str], _Number]:
    """Return how a number is read that is at least this."""

    def read(text: str) -> _Number:
        with suppress(ValueError):
            number = type(least)(text)
            if least <= number < math.inf:
                return number
        raise argparse.ArgumentTypeError(f"say a {kind} from {least:.0f} on")

    return read


def _removable(text: str) -> str:
    if text not in REMOVABLE:  # as `choices`, argparse would refuse to be told none
        raise argparse.ArgumentTypeError(f"choose among {', '.join(REMOVABLE)}")
    return text


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    action: _Action,
    description: str,
) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(name, help=description, description=description)
    command.set_defaults(action=action)
    return command


def _window(options: argparse.Namespace, folder: DataFolder) -> int:
    # Nearly all that starting makes stays: looking for garbage in it would only delay the first picture. The program
    # begins with that once it is put together (`App.assemble`).
    gc.disable()
    from desktop_app.app import run_window

    return run_window(folder, is_offline=options.offline)


def _does(module: str, name: str) -> _Action:
    """Return what a command does: a function of `commands/`, imported only then, as the window starts without it."""

    def action(options: argparse.Namespace, folder: DataFolder) -> int | None:
        status: int | None = getattr(import_module(f"desktop_app.commands.{module}"), name)(options, folder)
        return status

    return action
