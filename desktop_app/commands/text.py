"""`moatless chat` and `moatless score`: one prompt answered, one text measured, by the engine the window uses."""

import argparse
import math
import sys
from dataclasses import replace

import msgspec

from desktop_app.commands.library import find_model, find_stack
from desktop_app.commands.output import print_line
from desktop_app.engine.choices import SamplerSettings
from desktop_app.engine.client import EngineClient
from desktop_app.engine.messages import (
    ChatMessage,
    Finished,
    Generate,
    Load,
    Loaded,
    Piece,
    Score,
    Scored,
    Stack,
)
from desktop_app.errors import UserError
from desktop_app.paths import DataFolder
from desktop_app.settings.store import load_settings


def chat(options: argparse.Namespace, folder: DataFolder) -> None:
    """Print the answer as it comes."""
    sampler = _sampler(options, folder)
    messages = [ChatMessage("user", options.prompt)]
    if options.system:
        messages.insert(0, ChatMessage("system", options.system))
    with EngineClient() as engine:
        stack = _load(engine, options, folder)
        command = Generate(engine.next_request(), tuple(messages), sampler, stack=stack)
        for event in engine.events(command):
            if isinstance(event, Piece) and options.json:
                print_line({"text": event.text})
            elif isinstance(event, Piece):
                print(event.text, end="", flush=True)
            elif isinstance(event, Finished) and options.json:
                print_line(msgspec.to_builtins(event.facts))
    if not options.json:
        print()


def score(options: argparse.Namespace, folder: DataFolder) -> None:
    """Print how likely the model finds the text."""
    try:
        text = options.file.read_text(encoding="utf-8")
    except OSError as error:
        raise UserError(f"The file {options.file} cannot be read.", "Check its name and permissions.") from error
    except UnicodeDecodeError as error:
        raise UserError(f"The file {options.file} is not UTF-8 text.", "Save it as UTF-8 and try again.") from error
    with EngineClient() as engine:
        stack = _load(engine, options, folder)
        scored = engine.ask(Score(engine.next_request(), text, stack), Scored)
    tokens = len(scored.logprobs)
    if options.json:
        print_line({"mean_nll": scored.mean_nll, "tokens": tokens, "perplexity": math.exp(scored.mean_nll)})
    else:
        print(f"{scored.mean_nll:.4f} nats a token over {tokens:,} tokens")


def _load(engine: EngineClient, options: argparse.Namespace, folder: DataFolder) -> Stack:
    """Load the model that is asked for and return the stack."""
    path, stack = find_model(folder, options.model), find_stack(folder, options.adapter)
    settings, _ = load_settings(folder.settings)
    engine.ask(Load(engine.next_request(), str(path), settings.load_settings()), Loaded)
    return stack


def _sampler(options: argparse.Namespace, folder: DataFolder) -> SamplerSettings:
    settings, note = load_settings(folder.settings)
    if note:
        print(note, file=sys.stderr)
    sampler = replace(settings.sampler(), seed=options.seed, max_tokens=options.max_tokens)
    if options.temperature is not None:
        sampler = replace(sampler, temperature=options.temperature)
    return sampler
