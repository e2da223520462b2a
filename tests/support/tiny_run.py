"""Makes the run folder that a new training environment is tried on: `python -m tests.support.tiny_run`.

`assets/training/tiny-run` has a model of random weights, a few examples, and what the engine makes of a text, so that
two steps of training take a second and prove that everything works together, the comparison with the engine included.
"""

import shutil
import sys
from dataclasses import replace
from pathlib import Path

from desktop_app.engine.choices import LoadSettings
from desktop_app.engine.client import EngineClient
from desktop_app.engine.messages import Load, Loaded, Record, Recorded
from desktop_app.finetune.model_file import base_of, model_file
from desktop_app.library.gguf import read_header
from desktop_app.trainer import contract
from desktop_app.trainer.contract import LEAST_PROBE_TOKENS, TEXT, Example, Probe, Recipe, Run, Sequence
from tests.support.gguf_files import F32
from tests.support.tiny_models import tiny_gguf, tiny_model, tiny_tokens

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "training" / "tiny-run"
MODEL = "model.gguf"
_TEXT = "The harbor was calm. Two boats came in with the evening tide, and a third one went out to meet the night. "
_LENGTH = 64


def main() -> int:
    """Write the folder anew."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    (FOLDER / contract.TRAIN).parent.mkdir(parents=True)
    model = FOLDER / MODEL
    sizes = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 1, "tie_word_embeddings": True}
    model.write_bytes(tiny_gguf(tiny_model("llama", **sizes), F32).to_bytes())
    header = read_header(model)
    recipe = Recipe(rank=2, alpha=4.0, length=_LENGTH, batch=2, epochs=2, evaluations=1)
    base = base_of(header)
    contract.write_json(FOLDER / contract.RUN, Run(FOLDER.name, replace(base, path=""), recipe))
    contract.write_json(FOLDER / contract.MODEL, model_file(header))
    tokens = tiny_tokens(_TEXT * 10)
    examples = [_example(tokens[start : start + _LENGTH], str(start)) for start in range(0, 6 * _LENGTH, _LENGTH)]
    contract.write_examples(FOLDER / contract.TRAIN, examples[:4])
    contract.write_examples(FOLDER / contract.HELD_OUT, examples[4:])
    probe = tuple(tokens[:LEAST_PROBE_TOKENS])
    contract.write_json(FOLDER / contract.PROBE, Probe(probe))
    with EngineClient() as engine:
        engine.ask(Load(engine.next_request(), str(model), LoadSettings(n_ctx=2 * LEAST_PROBE_TOKENS)), Loaded)
        recorded = str(FOLDER / contract.PROBE_LOGPROBS)
        engine.ask(Record(engine.next_request(), probe, (), recorded), Recorded)
    (FOLDER / contract.PROBE_LOGPROBS).chmod(0o644)  # as other files that ship
    return 0


def _example(tokens: list[int], group: str) -> Example:
    return Example(TEXT, (Sequence(tuple(tokens), ((1, len(tokens)),)),), group)


if __name__ == "__main__":
    sys.exit(main())
