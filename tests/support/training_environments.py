"""Training environments in small: a lock of one tiny package, and a uv that finds what it needs on this computer.

uv itself is the real one. A script before it says where the Pythons are that would be downloaded, and holds it up where
a test wants that.
"""

import base64
import hashlib
import io
import json
import os
import platform
import shlex
import shutil
import sys
import tarfile
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import uv

from desktop_app.child_environment import BUNDLED_UV
from desktop_app.finetune.environment.installation import Means
from desktop_app.finetune.environment.lock import Lock, offered
from desktop_app.finetune.environment.place import Place
from desktop_app.finetune.environment.troubles import trainer_trouble
from desktop_app.finetune.environment.uv import Supply
from desktop_app.finetune.environment.verify import Proof
from desktop_app.network.door import Door
from desktop_app.network.journal import Journal

COMPUTER = "linux-tiny"
PACKAGE, VERSION = "pebble", "1.0"
MODULE = "SHINE = 41 + 1\n"
_TAG = "20260101"
_TRY = f"import {PACKAGE}; assert {PACKAGE}.SHINE == 42"


@dataclass
class Small:
    """All that an installation needs, in a folder.

    Attributes:
        program: The folder of a packaged program, with uv in it.
        locks: Its lists of packages.
        wheels: A folder of packages; `index`, one of an index of them, to be served.
        place: Where the environment goes.
        runs: Where runs are.
        verified: How often an environment was tried.
        answers: What trying it comes to, before it works.
    """

    root: Path
    verified: int = 0
    answers: list[Exception] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.program, self.locks, self.wheels = (self.root / name for name in ("program", "locks", "wheels"))
        self.runs = self.root / "data" / "runs"
        self.place = Place(self.root / "data" / "training")
        self.door = Door(Journal(self.root / "connections.jsonl"))
        if not self.locks.exists():
            self._write()

    def _write(self) -> None:
        for folder in (self.locks, self.wheels, self.runs):
            folder.mkdir(parents=True)
        self.wheel = write_wheel(self.wheels)
        self.index = _write_index(self.root / "index", self.wheel)
        self.write_lock()
        self._write_pythons()
        self.hold_up("")

    @property
    def lock(self) -> Lock:
        return offered(self.locks, COMPUTER)["cpu"]

    @property
    def uv(self) -> Path:
        return self.program / BUNDLED_UV

    def means(self, supply: Supply | None = None) -> Means:
        """Return what an installation works with; by default, packages come from the folder."""
        supply = supply or Supply(folder=self.wheels)
        return Means(self.uv, self.program, supply, self.door, self.runs, self.verify)

    def verify(self, python: Path, _accelerator: str, _place: Place, workshop) -> Proof:
        """Try the package, in place of torch."""
        self.verified += 1
        if self.answers:
            raise self.answers.pop(0)
        status, said = workshop.run([str(python), "-I", "-c", _TRY], dict(os.environ))
        if status:
            raise trainer_trouble(said, self.place.log, status)
        return Proof("cpu", 1_000_000)

    def write_lock(self, sha256: str = "", version: str = VERSION, accelerator: str = "cpu", **facts: object) -> None:
        """Write the lock, by default of the wheel that is there."""
        name = f"{COMPUTER}-{accelerator}"
        sha256 = sha256 or hashlib.sha256(self.wheel.read_bytes()).hexdigest()
        (self.locks / f"{name}.txt").write_text(f"{PACKAGE}=={version} --hash=sha256:{sha256}\n")
        package = {"name": PACKAGE, "version": version, "license": "MIT", "download_bytes": 900, "disk_bytes": 1200}
        told = {"python": platform.python_version(), "python_url": self.python_url, "indexes": []}
        (self.locks / f"{name}.json").write_text(json.dumps({**told, "packages": [package], **facts}))

    def hold_up(self, at: str) -> tuple[Path, Path]:
        """Have uv wait where it would do this (the beginning of its arguments), and return two pipes.

        Reading the first one waits until it is there; whoever writes into the second one lets it end without having
        done anything.
        """
        arrived, go_on = self.root / "arrived", self.root / "go-on"
        for pipe in (arrived, go_on):
            if not pipe.exists():
                os.mkfifo(pipe)
        wait = f'case "$*" in *"{at}"*) echo there > {arrived}; exec cat {go_on};; esac' if at else ""
        self.script(wait)
        return arrived, go_on

    def script(self, before: str) -> None:
        """Have the shell do something before uv is started, or in its place."""
        self.uv.parent.mkdir(parents=True, exist_ok=True)
        self.uv.write_text(
            f"#!/bin/sh\n{before}\n"
            f"export UV_PYTHON_INSTALL_MIRROR={(self.root / 'mirror').as_uri()}\n"
            f"export UV_PYTHON_DOWNLOADS_JSON_URL={self._pythons.as_uri()}\n"
            f'PATH={shlex.quote(str(Path(sys.executable).parent))}:"$PATH" exec {shlex.quote(uv.find_uv_bin())} "$@"\n'
        )
        self.uv.chmod(0o755)

    @property
    def python_url(self) -> str:
        return f"https://github.com/astral-sh/python-build-standalone/releases/download/{_TAG}/cpython-tiny.tar.gz"

    def _write_pythons(self) -> None:
        """Write the archive of a Python that is this one, and the list of all Pythons, with this one alone."""
        major, minor, patch = platform.python_version_tuple()
        archive = self.root / "mirror" / _TAG / "cpython-tiny.tar.gz"
        archive.parent.mkdir(parents=True)
        real = Path(sys.base_prefix, "bin", f"python{major}.{minor}")
        script = f'#!/bin/sh\nexec {shlex.quote(str(real))} "$@"\n'
        files = {f"bin/python{suffix}": script for suffix in ("", major, f"{major}.{minor}")}
        library = f"lib/python{major}.{minor}"
        files |= {f"{library}/os.py": "", f"{library}/_sysconfigdata__tiny.py": _SYSTEM_DATA}
        with tarfile.open(archive, "w:gz") as tar:
            for name, text in files.items():
                entry = tarfile.TarInfo(f"python/{name}")
                entry.size, entry.mode = len(text), 0o755
                tar.addfile(entry, io.BytesIO(text.encode()))
        told = {
            "name": "cpython",
            "arch": {"family": platform.machine(), "variant": None},
            "os": "linux" if sys.platform == "linux" else sys.platform,
            "libc": "gnu" if sys.platform == "linux" else "none",
            "major": int(major),
            "minor": int(minor),
            "patch": int(patch),
            "prerelease": "",
            "url": self.python_url,
            "sha256": hashlib.sha256(archive.read_bytes()).hexdigest(),
            "variant": None,
            "build": _TAG,
        }
        self._pythons = self.root / "pythons.json"
        self._pythons.write_text(json.dumps({f"cpython-{platform.python_version()}-tiny": told}))


_SYSTEM_DATA = "# system configuration generated and used by the sysconfig module\nbuild_time_vars = {}\n"


def write_wheel(folder: Path, version: str = VERSION) -> Path:
    """Write the tiny package."""
    info = f"{PACKAGE}-{version}.dist-info"
    files = {
        f"{PACKAGE}.py": MODULE,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {PACKAGE}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    rows = [f"{name},sha256={_digest(text)},{len(text)}" for name, text in files.items()]
    files[f"{info}/RECORD"] = "\n".join([*rows, f"{info}/RECORD,,"]) + "\n"
    path = folder / f"{PACKAGE}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for name, text in files.items():
            wheel.writestr(zipfile.ZipInfo(name), text)
    return path


@contextmanager
def served(folder: Path):
    """Serve a folder on loopback; gives its address."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


def _write_index(folder: Path, wheel: Path) -> Path:
    page = folder / PACKAGE / "index.html"
    page.parent.mkdir(parents=True)
    shutil.copy(wheel, page.parent)
    sha256 = hashlib.sha256(wheel.read_bytes()).hexdigest()
    page.write_text(f'<a href="{wheel.name}#sha256={sha256}">{wheel.name}</a>\n')
    return folder
