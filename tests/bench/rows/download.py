"""How fast a model is downloaded, its hash included, against the Hub's own client, which compares no hash."""

import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from desktop_app.library.inspect import file_sha256
from desktop_app.library.sources import HubSource
from desktop_app.library.transfer import fetch
from desktop_app.network.door import Door, Stop
from desktop_app.network.hub import Hub
from desktop_app.network.journal import Journal
from desktop_app.storage.records import RemoteFile
from tests.bench import shapes
from tests.bench.rows import measures
from tests.bench.table import Goal, Row, interleave
from tests.support.hub import LoopbackHub

REPO = "bench/model-GGUF"
FILE = "model-Q4_K_M.gguf"
SIZE = 1_000_000_000

# In a process of its own, as the Hub is: what sends must not share an interpreter with what receives.
SERVE = f"""
import sys
from pathlib import Path
from tests.support.hub import Generated, LoopbackHub

path = Path(sys.argv[1])
content = Generated({SIZE}, 1)
with path.open("wb") as file:
    while file.tell() < {SIZE}:
        file.write(content.piece(file.tell(), {SIZE} - file.tell()))
with LoopbackHub() as hub:
    hub.add_repo("{REPO}", {{"{FILE}": path}})
    print(hub.url, flush=True)
    sys.stdin.read()
"""


KILLS = DROPS = 20


@measures("download-kills")
def download_with_kills() -> Iterator[Row]:
    """The same size as a model of zeros, by the command line, which is killed at random while the connection drops."""
    chance = random.Random(4)
    with tempfile.TemporaryDirectory() as scratch, LoopbackHub() as hub:
        model = shapes.LLAMA_F16.write(Path(scratch))
        size = model.stat().st_size
        hub.add_repo(REPO, {FILE: model})
        hub.faults.throttle_bytes_per_s = 60_000_000
        hub.faults.drop_after = [chance.randrange(size // DROPS) for _ in range(DROPS)]
        command = [sys.executable, "-m", "desktop_app", "--data-dir", f"{scratch}/data", "models", "download", REPO]
        for _ in range(KILLS):
            before = hub.bytes_sent
            with subprocess.Popen(command, env={**os.environ, "HF_ENDPOINT": hub.url}) as process:
                until = before + chance.randrange(size // KILLS)
                while hub.bytes_sent < until and process.poll() is None:
                    time.sleep(0.01)
                process.kill()
        subprocess.run(command, env={**os.environ, "HF_ENDPOINT": hub.url}, check=True, stdout=subprocess.DEVNULL)
        (arrived,) = Path(scratch, "data", "models").rglob("*.gguf")
        assert file_sha256(arrived) == file_sha256(model)
        sent = hub.bytes_sent / size
    yield Row(
        f"Bytes sent for a download of {size / 1e6:,.0f} MB with {KILLS} kills and {DROPS} drops, of its size",
        "x",
        (sent,),
        Goal("at most", 1.05),
    )


@measures("download")
def download() -> Iterator[Row]:
    """One file over loopback, both clients in turns, each into an empty folder."""
    with tempfile.TemporaryDirectory() as scratch:
        serving = subprocess.Popen(
            [sys.executable, "-c", SERVE, f"{scratch}/original"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert serving.stdout is not None
        try:
            url = serving.stdout.readline().strip()
            figures = _measure(url, Path(scratch))
        finally:
            serving.communicate("")
    yield Row(
        "Download of 1 GB over loopback, checked",
        "MB/s",
        figures[0],
        Goal("at least", 0.95),
        "hf_hub_download (unchecked)",
        figures[1],
    )


def _measure(url: str, scratch: Path) -> tuple[tuple[float, ...], ...]:
    door = Door(Journal(scratch / "connections.jsonl"), endpoint=url)
    hub = Hub(door)
    repo = hub.repo(REPO)
    file = next(RemoteFile(each.path, each.size_bytes, each.sha256) for each in repo.files if each.path == FILE)
    door.close()
    door.set_open(True)
    folder = scratch / "models"

    def ours(_run: int) -> float:
        return _rate(folder, lambda: fetch(HubSource(hub, REPO, repo.revision), file, folder / FILE, _ignore, Stop()))

    def peer(_run: int) -> float:
        from huggingface_hub import hf_hub_download, set_client_factory
        from huggingface_hub.utils import disable_progress_bars
        from huggingface_hub.utils._http import default_client_factory

        disable_progress_bars()
        set_client_factory(default_client_factory)
        return _rate(folder, lambda: hf_hub_download(REPO, FILE, endpoint=url, local_dir=folder, token=False))

    return interleave(ours, peer)


def _rate(folder: Path, download: Callable[[], object]) -> float:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    start = time.perf_counter()
    download()
    return SIZE / 1e6 / (time.perf_counter() - start)


def _ignore(_done: int) -> None:
    """Nobody watches."""
