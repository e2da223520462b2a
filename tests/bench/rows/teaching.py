"""How long it takes from a folder of documents to a report, as a person does it with the quick preset."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from PySide6.QtGui import QGuiApplication

from desktop_app.library.starter import starter_path
from tests.bench.rows import measures
from tests.bench.table import Goal, Row
from tests.support.angler import write_angler

WITHIN_S = 600
NAME = "Angler"


@measures("teach")
def teach() -> Iterator[Row]:
    """Teach the starter model twenty pages: read, have it write examples, train with the quick preset, and prove it."""
    application = QGuiApplication.instance() or QGuiApplication(["bench", "-platform", "offscreen"])
    with tempfile.TemporaryDirectory(prefix="moatless-bench-") as scratch:
        data, documents = Path(scratch) / "data", Path(scratch) / NAME
        write_angler(documents)
        course = ("course", NAME, "--goal", "style", "--model", starter_path(), "--documents", documents)
        read_s, _ = _finetune(data, *course)
        written_s, _ = _finetune(data, "examples", NAME)
        taught_s, told = _finetune(data, "start", "--course", NAME, "--preset", "quick")
    del application
    report = next(each for each in told if each.get("event") == "report")
    change, beyond = report["held_out"], report["beyond_words"]
    what = "Twenty pages taught with the quick preset"
    yield Row(f"{what}, from the start to the report", "s", (taught_s,), Goal("at most", WITHIN_S))
    yield Row(f"{what}: change of the held-out loss, upper end", "nats a token", (change["high"],), Goal("at most", 0))
    yield Row(f"{what}: change beyond shuffled words, upper end", "nats a token", (beyond["high"],), None)
    yield Row("Twenty pages of four formats read", "s", (read_s,), None)
    yield Row("Examples written from twenty pages by the starter model", "s", (written_s,), None)


def _finetune(data: Path, *arguments: object) -> tuple[float, list[dict[str, object]]]:
    """Run a command and return how long it took, and what it has told."""
    command = [sys.executable, "-m", "desktop_app", "--data-dir", data, "finetune", *arguments, "--json"]
    began = time.monotonic()
    done = subprocess.run([str(each) for each in command], capture_output=True, text=True, check=True)
    return time.monotonic() - began, [json.loads(line) for line in done.stdout.splitlines()]
