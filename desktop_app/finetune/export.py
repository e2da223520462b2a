"""From what a run has learned to files: the adapter as GGUF, with where it comes from, and the same as PEFT has it.

The matrices are written as the trainer has left them, rounded to 16 bits already, and multiplied by nothing: what is
proved afterwards is what the trainer has computed with.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from desktop_app.adapters.lora import Lora, Matrix, Pair, effective_scale
from desktop_app.adapters.lora_file import write_lora
from desktop_app.adapters.peft_names import Base, base_of_heads
from desktop_app.errors import UserError
from desktop_app.network.door import HUB
from desktop_app.trainer.checkpoint import read_adapter
from desktop_app.trainer.contract import A_SUFFIX, B_SUFFIX, RESULT, STACK, START, Run, read_model_file, read_run

ADAPTER = "adapter.gguf"

Arrays = Mapping[str, NDArray[Any]]


def write_adapter(folder: Path, out: Path, repo: str = "", evaluation: Mapping[str, Any] | None = None) -> None:
    """Write what a run has learned as an adapter that llama.cpp loads. The same run gives the same bytes.

    Args:
        folder: The run's.
        out: Where to.
        repo: Where its model is on the Hub, as owner/name, if that is known.
        evaluation: What was measured of the adapter.

    Raises:
        UserError: If nothing that can be used was learned, or it cannot be written.
    """
    run = read_run(folder)
    lora = read_result(folder, run)
    metadata = _provenance(run, repo) | ({"moatless.eval": json.dumps(evaluation)} if evaluation else {})
    write_lora(out, Lora(lora.architecture, lora.pairs, metadata), run.recipe.alpha)


def write_peft(folder: Path, out: Path, repo: str = "") -> None:
    """Write what a run has learned as PEFT would have saved it.

    Args:
        folder: The run's.
        out: A folder that is not there yet, or is empty.
        repo: See `write_adapter`.

    Raises:
        UserError: If PEFT has no such adapters, or it cannot be written.
    """
    from desktop_app.adapters.peft_export import export_peft

    run = read_run(folder)
    lora = read_result(folder, run)
    export_peft(lora, run.recipe.alpha, _base(folder, run), repo or run.base.name, out)


def read_result(folder: Path, run: Run) -> Lora:
    """Return what a run has learned.

    Raises:
        UserError: If that is not there, or no numbers.
    """
    lora = _read(folder / RESULT, run, run.recipe.alpha, np.float16)
    if not all(np.isfinite(pair.a).all() and np.isfinite(pair.b).all() for pair in lora.pairs.values()):
        raise UserError(
            f"What “{run.name}” has learned is out of all measure and cannot be used.",
            "Train again with a lower learning rate.",
        )
    return lora


def write_frozen(folder: Path, run: Run, out: Path) -> list[Path]:
    """Write the adapters that lie under the new one as files that llama.cpp loads.

    Out of the run folder, because it may have come from another computer, or the library have lost them.

    Args:
        folder: The run's.
        run: What is to be done.
        out: A folder for them.

    Returns:
        Their paths, in order; each acts at the scale 1.
    """
    paths = [out / f"{number}.gguf" for number in range(run.n_stack)]
    for number, path in enumerate(paths):
        write_lora(path, _read(folder / STACK.format(number), run, 0.0, np.float32))
    return paths


def write_start(folder: Path, run: Run, out: Path) -> Path:
    """Write the adapter that a run continues, as it was before."""
    path = out / "start.gguf"
    write_lora(path, _read(folder / START, run, run.recipe.alpha, np.float32), run.recipe.alpha)
    return path


def write_unfinished(folder: Path, run: Run, out: Path) -> int:
    """Write what a run that is still being trained has learned so far; return after how many steps that was.

    Raises:
        OSError, ValueError, KeyError, BadZipFile: If nothing was saved yet, or it is being removed just now.
        UserError: If it cannot be written.
    """
    step, arrays = read_adapter(folder)
    write_lora(out, _lora(arrays, run, run.recipe.alpha, np.float32), run.recipe.alpha)
    return step


def _read(path: Path, run: Run, alpha: float, numbers: type[np.float16 | np.float32]) -> Lora:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            return _lora({name: arrays[name] for name in arrays.files}, run, alpha, numbers)
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise UserError(f"The file {path} of the run “{run.name}” cannot be read.", "Train it again.") from error


def _lora(arrays: Arrays, run: Run, alpha: float, numbers: type[np.float16 | np.float32]) -> Lora:
    matrices = {name: _as(array, numbers) for name, array in arrays.items()}
    pairs = {}
    for weight in sorted(name.removesuffix(A_SUFFIX) for name in matrices if name.endswith(A_SUFFIX)):
        a, b = matrices[weight + A_SUFFIX], matrices[weight + B_SUFFIX]
        pairs[weight] = Pair(a, b, effective_scale(alpha, len(a)))
    return Lora(run.base.architecture, pairs)


def _as(array: NDArray[Any], numbers: type[np.float16 | np.float32]) -> Matrix:
    with np.errstate(over="ignore"):  # what is too large becomes no number, and is refused as such
        return np.ascontiguousarray(array.astype(numbers))


def _base(folder: Path, run: Run) -> Base:
    """Return what PEFT's names and rows depend on, from what the run folder has of the model's header."""
    metadata, architecture = read_model_file(folder).metadata, run.base.architecture
    n_layer = int(metadata[f"{architecture}.block_count"])
    n_head = _per_layer(metadata[f"{architecture}.attention.head_count"], n_layer)
    n_head_kv = _per_layer(metadata.get(f"{architecture}.attention.head_count_kv", n_head), n_layer)
    return base_of_heads(architecture, n_head, n_head_kv)


def _per_layer(value: Any, n_layer: int) -> tuple[int, ...]:
    return (value,) * n_layer if isinstance(value, int) else tuple(value)


def _provenance(run: Run, repo: str) -> dict[str, str]:
    """Return what the file says about where it comes from: hashes, and nothing of the person's own texts or paths."""
    base, about = run.base, run.about
    said = {
        "general.name": run.name,
        "general.base_model.0.name": repo.partition("/")[2] or base.name,
        "general.base_model.0.organization": repo.partition("/")[0],
        "general.base_model.0.repo_url": f"{HUB}/{repo}" if repo else "",
        "moatless.base.sha256": base.parts[0].sha256,
        "moatless.base.norms_sha256": base.norms_sha256,
        "moatless.base.vocab_sha256": base.vocab_sha256,
        "moatless.recipe": json.dumps(asdict(run.recipe)),
        "moatless.data": json.dumps([document["sha256"] for document in about.get("documents", [])]),
        "moatless.stack": json.dumps([[each["sha256"], each["scale"]] for each in about.get("stack", [])]),
        "moatless.parent_sha256": (about.get("parent") or {}).get("sha256", ""),
        "moatless.default_scale": "1",
    }
    return {key: text for key, text in said.items() if text}
