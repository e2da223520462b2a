"""How far the expected speed of a model is from what it does, when only the starter model was measured before."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from desktop_app.engine.choices import LoadSettings, SamplerSettings
from desktop_app.engine.messages import ChatMessage, Finished, Generate
from desktop_app.library.outlook import cached_header
from desktop_app.library.speed import Measured, bytes_a_token, expected_tokens_per_s
from desktop_app.library.starter import starter_path
from tests.bench import shapes
from tests.bench.ours import Engine
from tests.bench.rows import measures
from tests.bench.table import Row

TOKENS = 48
# Weights of zero make every token as likely as any other: one that does not end the answer is drawn.
ANY_TOKEN = SamplerSettings(temperature=1, top_k=0, top_p=1, min_p=0, repeat_penalty=1, seed=1, max_tokens=TOKENS)
QUESTION = (ChatMessage("user", "Tell me at length about the sea."),)


@measures("speed")
def speed() -> Iterator[Row]:
    """Measure the starter model, foretell four others from it, and measure these."""
    starter = Measured(bytes_a_token(cached_header(starter_path())), _tokens_per_s(None))
    factors: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        for model in (shapes.QWEN2, shapes.QWEN3, shapes.GEMMA3, shapes.LLAMA):
            path = model.write(Path(folder))
            expected = expected_tokens_per_s(bytes_a_token(cached_header(path)), [starter])
            assert expected is not None
            factors[path.stem] = expected / _tokens_per_s(path)
    worst = max(factors.values(), key=lambda factor: max(factor, 1 / factor))
    yield Row(
        f"Expected speed of a model over its real one, worst of {len(factors)}, one other measured",
        "x",
        (worst,),
        None,
        notes=", ".join(f"{name} {factor:.2f}" for name, factor in factors.items()),
    )


def _tokens_per_s(model: Path | None) -> float:
    with Engine(LoadSettings(n_ctx=2048, speculate=False), model) as engine:
        return max(_answer_once(engine) for _ in range(3))


def _answer_once(engine: Engine) -> float:
    events = engine.client.events(Generate(engine.client.next_request(), QUESTION, ANY_TOKEN))
    (finished,) = [event for event in events if isinstance(event, Finished)]
    return finished.facts.answer_tokens / finished.facts.decode_s
