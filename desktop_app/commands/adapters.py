"""`moatless adapters list | add | inspect | remove`: what is in the library, and what each adapter is."""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from desktop_app.adapters.bases import known_repos
from desktop_app.adapters.catalog import (
    SOURCE_CONVERTED,
    add_adapter,
    convert_peft,
    enter,
    free_path,
    inspect_adapter,
    is_peft,
    remove_adapter,
)
from desktop_app.adapters.check import AdapterFacts, is_repo
from desktop_app.adapters.effect import effect_sentence, probe_text
from desktop_app.adapters.verdict import Level, Verdict, judge
from desktop_app.commands.library import find_adapter, find_model, open_database, open_models
from desktop_app.commands.output import print_line
from desktop_app.commands.reading import compare, load_to_read
from desktop_app.engine.client import EngineClient
from desktop_app.engine.messages import AdapterScale, Effect
from desktop_app.errors import UserError
from desktop_app.library.gguf import GgufHeader, read_header
from desktop_app.library.memory import readable_size
from desktop_app.library.program_folders import read_json
from desktop_app.library.upkeep import is_kept_here, missing
from desktop_app.paths import DataFolder
from desktop_app.storage.adapters import Adapters
from desktop_app.storage.records import Adapter


def list_adapters(options: argparse.Namespace, folder: DataFolder) -> None:
    """Print every adapter, the last used first."""
    with open_database(folder) as database:
        known = Adapters(database).list_adapters()
    if options.json:
        for adapter in known:
            print_line(msgspec.to_builtins(adapter))
        return
    name_width = max((len(adapter.name) for adapter in known), default=0)
    base_width = max((len(_base(adapter)) for adapter in known), default=0)
    lost = missing(known)
    for adapter in known:
        gone = "" if adapter.id not in lost else "  (the file is missing)"
        facts = f"rank {adapter.max_rank:3}  {readable_size(adapter.size_bytes):>9}  {_base(adapter):{base_width}}"
        print(f"{adapter.name:{name_width}}  {facts}  {adapter.path}{gone}")


def _base(adapter: Adapter) -> str:
    return adapter.base_repo or adapter.base_name or adapter.architecture


# ------------------------------------------------------------ adding and removing


def add(options: argparse.Namespace, folder: DataFolder) -> None:
    """Add a GGUF file where it lies, or convert an adapter of PEFT, and print it."""
    with open_database(folder) as database:
        adapters = Adapters(database)
        if is_peft(options.path):
            adapter = _convert(adapters, options, folder)
        elif options.base:
            raise UserError(
                f"“{options.path.name}” is not an adapter of PEFT and need not be converted.",
                "Leave --base out. Whether it fits a model is told by: moatless adapters inspect",
            )
        else:
            adapter = add_adapter(adapters, options.path)
    if options.json:
        print_line(msgspec.to_builtins(adapter))
    else:
        print(f"Added {adapter.name}.")


def _convert(adapters: Adapters, options: argparse.Namespace, folder: DataFolder) -> Adapter:
    peft = options.path if options.path.is_dir() else options.path.parent
    model, config = _base_model(options, folder) if options.base else (None, None)
    converted = convert_peft(peft, free_path(folder.adapters, peft.absolute().name), model, config)
    return enter(adapters, converted, SOURCE_CONVERTED)


def _base_model(options: argparse.Namespace, folder: DataFolder) -> tuple[GgufHeader | None, Mapping[str, Any] | None]:
    """Return what is known of the model that an adapter was trained on: its GGUF file, or its configuration."""
    path = Path(options.base)
    if path.is_dir() or path.suffix == ".json":
        return None, read_json(path / "config.json" if path.is_dir() else path)
    if path.is_file() or not is_repo(options.base):
        return read_header(find_model(folder, options.base)), None
    from desktop_app.adapters.offers import read_config
    from desktop_app.commands.hub import open_hub
    from desktop_app.network.door import purpose

    with open_hub(options, folder) as hub, purpose(f"Look up {options.base}, which an adapter was made for"):
        return None, read_config(hub, options.base)


def remove(options: argparse.Namespace, folder: DataFolder) -> None:
    """Forget an adapter, and delete its file if that lies in the library's own folder."""
    with open_database(folder) as database:
        adapters = Adapters(database)
        adapter = adapters.find(options.adapter)
        freed = adapter.size_bytes if is_kept_here(adapter, folder.adapters) and not missing([adapter]) else 0
        remove_adapter(adapters, adapter, folder.adapters)
    if options.json:
        print_line({"removed": adapter.name, "freed_bytes": freed})
    elif freed:
        print(f"Deleted {adapter.name}, which frees {readable_size(freed)}.")
    else:
        print(f"Forgot {adapter.name}. Its file stays at {adapter.path}.")


# ------------------------------------------------------------ what one is


@dataclass(frozen=True)
class _OnModel:
    """What an adapter is to a model; `effect` is None where it cannot be used."""

    model: Path
    verdict: Verdict
    effect: Effect | None


def inspect(options: argparse.Namespace, folder: DataFolder) -> None:
    """Print what an adapter says about itself and, with a model, whether it is for it and what it does to it."""
    found = inspect_adapter(find_adapter(folder, options.adapter))
    on_model = _look_with(found.path, found.sha256, options.model, folder) if options.model else None
    if options.json:
        told = {"path": str(found.path), "sha256": found.sha256, **msgspec.to_builtins(found.facts)}
        print_line(told | (_as_json(on_model) if on_model else {}))
        return
    print(found.facts.name)
    for title, text in _lines(found.path, found.sha256, found.facts, on_model):
        print(f"  {title:8}  {text}")


def _look_with(adapter: Path, sha256: str, wanted: str, folder: DataFolder) -> _OnModel:
    path = find_model(folder, wanted)
    with open_models(folder) as models:
        known = next((model for model in models.list_models() if model.path == str(path)), None)
    repos = known_repos(known) if known else ()
    verdict = judge(read_header(adapter), read_header(path), repos, sha256=sha256)
    if verdict.level == Level.BLOCKED:
        return _OnModel(path, verdict, None)
    with EngineClient() as engine:
        load_to_read(engine, folder, path)
        return _OnModel(path, verdict, compare(engine, probe_text(), (), (AdapterScale(str(adapter)),)))


def _as_json(found: _OnModel) -> dict[str, Any]:
    verdict, effect = found.verdict, found.effect
    return {
        "model": str(found.model),
        "verdict": {"level": verdict.level.value, "sentence": verdict.sentence, "hint": verdict.hint},
        "effect": {**msgspec.to_builtins(effect), "sentence": effect_sentence(effect)} if effect else None,
    }


def _lines(path: Path, sha256: str, facts: AdapterFacts, on_model: _OnModel | None) -> list[tuple[str, str]]:
    base = ", ".join(filter(None, (facts.architecture, facts.base_repo or facts.base_name)))
    rank = f"{facts.max_rank}, alpha {facts.alpha:g}" if facts.alpha else str(facts.max_rank)
    lines = [
        ("file", f"{path} ({readable_size(facts.size_bytes)})"),
        ("SHA-256", sha256),
        ("for", base),
        ("rank", rank),
        ("changes", f"{facts.n_weights} weights: {', '.join(facts.targets)}"),
    ]
    if facts.license:
        lines.append(("license", facts.license))
    if on_model:
        verdict, effect = on_model.verdict, on_model.effect
        lines.append(("model", str(on_model.model)))
        lines.append(("verdict", f"{verdict.level.value}: {verdict.sentence} {verdict.hint}".rstrip()))
        if effect:
            lines.append(("effect", f"{effect_sentence(effect)} KL {effect.kl:.4f} over {effect.tokens} tokens."))
    return lines
