"""`moatless models ...` as a script uses it, against a Hub on loopback."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.hub import MIB, Generated, LoopbackHub

ROOT = Path(__file__).parents[2]
REPO = "someone/SmolLM2-135M-Instruct-GGUF"
FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
EYES = "mmproj-f16.gguf"
HANG_GUARD_S = 90


@pytest.fixture
def hub(starter_model):
    with LoopbackHub() as hub:
        gguf = {"total": 134_515_008, "architecture": "llama", "context_length": 8192}
        files = {FILE: starter_model, EYES: Generated(MIB, 1), "../../evil.Q8_0.gguf": b"GGUF" + bytes(100)}
        hub.add_repo(REPO, files, gguf=gguf, downloads=12_345)
        yield hub


@pytest.fixture
def models(hub, tmp_path):
    """Run `moatless models ...` and return its exit status, its output (JSON if it was asked for) and what it said."""

    def run(*arguments, offline=False):
        command = [sys.executable, "-m", "desktop_app", "--data-dir", str(tmp_path / "data")]
        result = subprocess.run(
            [*command, *(["--offline"] if offline else []), "models", *arguments],
            cwd=ROOT,
            env={**os.environ, "HF_ENDPOINT": hub.url},
            capture_output=True,
            text=True,
            timeout=HANG_GUARD_S,
        )
        out = [json.loads(line) for line in result.stdout.splitlines()] if "--json" in arguments else result.stdout
        return result.returncode, out, result.stderr

    return run


def test_a_model_is_found_downloaded_checked_and_deleted(models, tmp_path):
    status, found, _ = models("search", "smollm2", "--json")
    assert status == 0
    assert [(each["id"], each["downloads"], each["license"]) for each in found] == [(REPO, 12_345, "apache-2.0")]
    assert found[0]["fit"]

    status, told, _ = models("download", f"{REPO}/Q4_1", "--json")
    assert status == 0
    model = told[-1]
    assert (model["repo"], model["source"], model["license"]) == (REPO, "hub", "apache-2.0")
    folder = tmp_path / "data" / "models" / "someone" / "SmolLM2-135M-Instruct-GGUF"
    assert sorted(path.name for path in folder.iterdir()) == sorted([FILE, EYES])

    assert models("verify", model["path"]) == (0, "SmolLM2-135M-Instruct: unchanged\n", "")
    status, told, _ = models("remove", model["path"], "--json")
    assert (status, told[0]["freed_bytes"]) == (0, 98_362_432 + MIB)
    assert not folder.exists()
    assert not folder.parent.exists()


def test_a_changed_file_is_noticed(models):
    path = Path(models("download", REPO, "--json")[1][-1]["path"])
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    status, told, said = models("verify", "--json")
    assert status == 1
    assert [(each["path"], each["ok"]) for each in told if not each["ok"]] == [(str(path), False)]
    assert said == "One model is not as it should be. See above.\n"


def test_a_download_goes_on_where_it_was_cut_off(models, hub):
    hub.faults.drop_after = [40 * MIB, 20 * MIB]
    assert models("download", f"{REPO}/{FILE}")[0] == 0
    assert hub.bytes_sent <= 1.01 * (98_362_432 + MIB)


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("nonsense", "is not the name of a repository"),
        ("someone/unknown", "or it is private"),
        (f"{REPO}/Q2_K", "has no “Q2_K”"),
        (f"{REPO}/../../evil.Q8_0.gguf", "has no “../../evil.Q8_0.gguf”"),
    ],
)
def test_what_cannot_be_downloaded_is_refused_in_a_sentence(models, wanted, said):
    status, out, error = models("download", wanted)
    assert (status, out) == (1, "")
    assert said in error
    assert "Traceback" not in error


def test_offline_nothing_is_asked(models, hub):
    assert models("search", "x", offline=True)[0] == 1
    assert models("download", REPO, offline=True)[0] == 1
    assert hub.requests == []
    assert models("list", offline=True)[0] == 0


def test_without_a_verb_the_verbs_are_told(models):
    status, _, said = models()
    assert status == 2
    assert "say what to do" in said
