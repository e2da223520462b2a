"""How far the memory forecast is from what the engine takes once it has read a prompt."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil

from desktop_app.engine.choices import LoadSettings
from desktop_app.engine.client import EngineClient
from desktop_app.engine.messages import ChatMessage, Count, Counted, Finished, Generate, Load, Loaded
from desktop_app.library.starter import starter_path
from tests.bench import shapes
from tests.bench.prompts import filler
from tests.bench.rows import measures
from tests.bench.sampling import greedy
from tests.bench.table import Goal, Row

PROMPT_TOKENS = 1_500
SAMPLE_WORDS = 100

# Context lengths and KV types, for models whose matrices are repacked and for such as are used where they lie. The
# forecast is for a full context. With f16, where attention keeps all scores, that makes a difference: the prompt fills
# these contexts, or the model has few heads.
CASES: dict[shapes.Measures | None, tuple[tuple[int, str], ...]] = {
    None: ((2048, "f16"), (8192, "q8_0"), (32_768, "q8_0"), (32_768, "q4_0")),  # the starter model
    shapes.QWEN2: ((2048, "f16"), (32_768, "q8_0")),
    shapes.QWEN3: ((8192, "f16"), (32_768, "q4_0")),
    shapes.GEMMA3: ((8192, "f16"), (32_768, "f16"), (32_768, "q8_0")),
    shapes.LLAMA: ((2048, "f16"), (8192, "q8_0")),
    shapes.LLAMA_F16: ((2048, "q4_0"), (8192, "f16")),
}


@measures("forecast")
def forecast() -> Iterator[Row]:
    """Load models in an engine of their own each, read a prompt, and compare resident memory with the forecast."""
    errors: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        for model, cases in CASES.items():
            path = model.write(Path(folder)) if model else starter_path()
            for n_ctx, kv_type in cases:
                forecast_bytes, used_bytes = load_and_read(path, LoadSettings(n_ctx=n_ctx, kv_type=kv_type))
                errors[f"{path.stem} {n_ctx:,} {kv_type}"] = (forecast_bytes / used_bytes - 1) * 100
    worst = max(errors, key=lambda case: abs(errors[case]))
    yield Row(
        f"Memory forecast, difference from what is used, worst of {len(errors)} cases with {len(CASES)} models",
        "%",
        (abs(errors[worst]),),
        Goal("at most", 10),
        notes=f"{worst}; " + ", ".join(f"{case} {error:+.1f}" for case, error in errors.items()),
    )


def load_and_read(path: Path, settings: LoadSettings) -> tuple[int, int]:
    """Return what the engine forecasts for a model, and its resident memory after a prompt."""
    with EngineClient() as client:
        loaded = client.ask(Load(client.next_request(), str(path), settings), Loaded)
        sample = (ChatMessage("user", filler(SAMPLE_WORDS)),)
        tokens = client.ask(Count(client.next_request(), sample), Counted).tokens
        prompt = (ChatMessage("user", filler(SAMPLE_WORDS * PROMPT_TOKENS // tokens)),)
        client.ask(Generate(client.next_request(), prompt, greedy(1)), Finished)
        [engine] = psutil.Process().children()
        return loaded.model.memory_bytes, int(engine.memory_info().rss)
