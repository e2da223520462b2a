"""Training a model of 8 billion parameters in little memory. It takes half an hour, and 5 GB of disk meanwhile."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from desktop_app.trainer.contract import FLOAT32, LEAN, Recipe
from tests.bench.large_model import large_model, size_bytes, write_large_model
from tests.bench.rows import measures
from tests.bench.table import Goal, Row
from tests.bench.training import ROOT, Trained, random_task, train_ours

STEPS = 5
RECIPE = Recipe(batch=1, epochs=1, precision=FLOAT32)
BEYOND_FILE_GB = 3
_ROOM_BYTES = 1_000_000_000  # for the run folder and its copy


@measures("train-large")
def train_large() -> Iterator[Row]:
    """Five steps of one sequence, in the mode that takes the least memory."""
    model = large_model()
    build = ROOT / "build"  # where temporary files are by default may be memory
    build.mkdir(exist_ok=True)
    if shutil.disk_usage(build).free < size_bytes(model) + _ROOM_BYTES:
        raise RuntimeError(f"there are not {(size_bytes(model) + _ROOM_BYTES) / 1e9:.0f} GB of room in {build}")
    with tempfile.TemporaryDirectory(dir=build) as folder:
        path = write_large_model(model, Path(folder, "model.gguf"))
        task = random_task(Path(folder, "run"), path, RECIPE, STEPS)
        yield from large(train_ours(task, LEAN), path.stat().st_size)


def large(trained: Trained, file_bytes: int) -> Iterator[Row]:
    what = f"Training a model of {file_bytes / 1e9:.2f} GB, 8B in Q4_K_M, {len(trained.seconds)} steps in {LEAN} mode"
    goal = Goal("at most", round(file_bytes / 1e9 + BEYOND_FILE_GB, 2))
    yield Row(f"{what}: peak memory", "GB", (trained.peak_bytes / 1e9,), goal)
    yield Row(f"{what}, sequences of {trained.tokens} tokens", "tokens/s", (trained.tokens_per_s,), None)
