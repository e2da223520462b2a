"""Making locks: both files or none, with what uv found and what a wheel says of itself."""

import json
import sys

import pytest

from installers import lock_training
from installers.lock_training import TARGETS, main

LOCK = "torch==2.13.0 \\\n    --hash=sha256:aa\n"
PYLOCK = """
[[packages]]
name = "torch"
version = "2.13.0"
wheels = [{ url = "https://example.org/torch.whl", size = 500, hashes = { sha256 = "aa" } }]
"""
METADATA = "Metadata-Version: 2.1\nName: torch\nVersion: 2.13.0\n"
FAKE = """#!{python}
import json, sys
from pathlib import Path
words = sys.argv[1:]
if "list" in words:
    keys = {keys!r}
    print(json.dumps([{{"key": key, "url": f"https://example.org/{{key}}.tar.gz"}} for key in keys]))
elif "compile" in words:
    print({pylock!r} if "pylock.toml" in words else {lock!r}, end="")
else:
    info = Path(words[words.index("--target") + 1], "torch-2.13.0.dist-info")
    info.mkdir(parents=True)
    info.joinpath("METADATA").write_text({metadata!r})
    info.joinpath("RECORD").write_text("torch/__init__.py,sha256=x,1200\\ntorch/lib.so,sha256=x,300\\nRECORD,,\\n")
"""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the uv of these tests is a script")


@pytest.fixture
def uv(tmp_path, monkeypatch):
    """Return a function that puts a script in the place of uv."""
    path = tmp_path / "uv"
    monkeypatch.setattr(lock_training.uv, "find_uv_bin", lambda: str(path))
    monkeypatch.setattr(lock_training, "FOLDER", tmp_path / "locks")

    def write(script):
        path.write_text(script)
        path.chmod(0o755)

    return write


def fake(metadata):
    keys = [f"cpython-{lock_training.PYTHON}-{target.python}" for target in TARGETS]
    return FAKE.format(python=sys.executable, keys=keys, pylock=PYLOCK, lock=LOCK, metadata=metadata)


@pytest.mark.parametrize(
    ("told", "license"),
    [
        ("License-Expression: BSD-3-Clause\nLicense: long\n", "BSD-3-Clause"),
        ("License: BSD\nClassifier: License :: OSI Approved :: MIT License\n", "BSD"),
        ("License: UNKNOWN\nClassifier: License :: OSI Approved :: MIT License\n", "MIT License"),
        (f"License: {'Permission is hereby granted ' * 9}\n", "see the package"),
        ("", "see the package"),
    ],
)
def test_a_lock_is_installed_before_it_is_written(uv, tmp_path, told, license):
    uv(fake(METADATA + told))
    assert main(["linux-x86_64-cuda"]) == 0
    assert (tmp_path / "locks" / "linux-x86_64-cuda.txt").read_text() == LOCK
    facts = json.loads((tmp_path / "locks" / "linux-x86_64-cuda.json").read_text())
    [package] = facts["packages"]
    assert (package["license"], package["download_bytes"], package["disk_bytes"]) == (license, 500, 1500)
    assert not package["is_unconfirmed"]
    assert facts["python_url"].endswith("linux-x86_64-gnu.tar.gz")
    assert facts["least_driver"]


def test_what_cannot_be_made_is_named_and_stays_as_it_was(uv, tmp_path, capsys):
    uv("#!/bin/sh\necho 'error: no network' >&2; exit 2\n")
    (tmp_path / "locks").mkdir()
    kept = tmp_path / "locks" / "macos-arm64-mps.txt"
    kept.write_text("as it was")
    assert main(["macos-arm64-mps"]) == 1
    assert kept.read_text() == "as it was"
    told = capsys.readouterr().err
    assert "error: no network" in told
    assert "macos-arm64-mps" in told


def test_an_unknown_target_is_refused(uv, capsys):
    with pytest.raises(SystemExit):
        main(["amiga"])
    assert "unknown: amiga" in capsys.readouterr().err
