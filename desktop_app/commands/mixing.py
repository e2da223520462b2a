"""`moatless adapters flatten` and `merge`: a stack becomes one adapter, or part of a new model."""

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from desktop_app.adapters.alike import check_alike
from desktop_app.adapters.effect import merge_sentence, probe_text
from desktop_app.adapters.flatten import make_one
from desktop_app.adapters.lora import Lora
from desktop_app.adapters.lora_file import write_lora
from desktop_app.adapters.open_lora import open_lora
from desktop_app.commands.library import find_model, find_stack
from desktop_app.commands.output import print_line
from desktop_app.commands.reading import compare, load_to_read
from desktop_app.engine.client import EngineClient
from desktop_app.engine.messages import AdapterScale, Effect, Merge, Merged, Progress
from desktop_app.errors import UserError
from desktop_app.library.file_errors import shown_name
from desktop_app.library.memory import readable_size
from desktop_app.paths import DataFolder

TELL_EVERY_S = 0.5

# ------------------------------------------------------------ one adapter


def flatten(options: argparse.Namespace, folder: DataFolder) -> None:
    """Write one adapter that does what several do together, and print what it keeps of that."""
    out: Path = options.out.absolute()
    if out.exists():
        raise UserError(f"There is a file “{shown_name(out)}” already.", "Choose another name.")
    acting = [each for each in find_stack(folder, options.adapters) if each.scale]
    one = make_one(_opened(acting), options.rank)
    write_lora(out, replace(one.lora, metadata={**one.lora.metadata, "general.name": out.stem}))
    size, n_weights = out.stat().st_size, len(one.lora.pairs)
    if options.json:
        facts = {"path": str(out), "rank": one.rank, "energy": one.energy, "n_weights": n_weights, "size_bytes": size}
        print_line(facts)
        return
    kept = f", which keeps {one.energy:.1%} of the energy" if options.rank else ""
    print(f"Wrote {out}: rank {one.rank}{kept}, {n_weights} weights, {readable_size(size)}.")


def _opened(acting: Sequence[AdapterScale]) -> list[tuple[Lora, float]]:
    if not acting:
        raise UserError("There is no adapter that acts.", "Name at least one with a scale other than 0.")
    loras = [(open_lora(Path(each.path)), each.scale) for each in acting]
    check_alike([(shown_name(Path(each.path)), lora) for each, (lora, _) in zip(acting, loras, strict=True)])
    return loras


# ------------------------------------------------------------ a model


def merge(options: argparse.Namespace, folder: DataFolder) -> None:
    """Write a model that has a stack in its weights, and print what it keeps of what the stack does."""
    out: Path = options.out.absolute()
    path, stack = find_model(folder, options.model), find_stack(folder, options.adapters)
    with EngineClient() as engine:
        merged = _write(engine, Merge(engine.next_request(), str(path), stack, str(out)), options.json)
        facts = {"path": str(out), "changed": merged.changed, "size_bytes": merged.size_bytes}
        if not options.json:  # at once, because it is there whether or not it can be measured
            print(f"Wrote {out}: {readable_size(merged.size_bytes)}, {merged.changed} weights changed.", flush=True)
        load_to_read(engine, folder, path)
        text = probe_text()
        taught = compare(engine, text, (), stack)
        kept = compare(engine, text, stack, (), out)
    if options.json:
        print_line(facts | _measured(taught, kept))
        return
    print(
        f"A general text of {taught.tokens} tokens has {taught.mean_nll:.3f} nats a token with the model, "
        f"{taught.other_nll:.3f} with the stack and {kept.other_nll:.3f} with the merged model, which differs from the "
        f"stack by a KL of {kept.kl:.4f} (the model by {taught.kl:.4f})."
    )
    print(merge_sentence(taught, kept))


def _write(engine: EngineClient, command: Merge, as_json: bool) -> Merged:
    """Have the model written and tell now and then how far it is."""
    told_at = 0.0
    for event in engine.events(command):
        if isinstance(event, Merged):
            if not as_json and sys.stderr.isatty():
                print(file=sys.stderr)
            return event
        assert isinstance(event, Progress)
        if (now := time.monotonic()) - told_at >= TELL_EVERY_S:
            told_at = now
            if as_json:
                print_line({"fraction": round(event.fraction, 3)})
            elif sys.stderr.isatty():
                print(f"\rWriting the model, {event.fraction:.0%}", end="", file=sys.stderr, flush=True)
    raise AssertionError("no closing event")


def _measured(taught: Effect, kept: Effect) -> dict[str, object]:
    return {
        "model_nll": taught.mean_nll,
        "stack_nll": taught.other_nll,
        "merged_nll": kept.other_nll,
        "taught": msgspec.to_builtins(taught),
        "kept": msgspec.to_builtins(kept),
        "sentence": merge_sentence(taught, kept),
    }
