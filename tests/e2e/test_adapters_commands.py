"""`moatless adapters ...`, and `--adapter` of the other commands, as a script uses them."""

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

from desktop_app.adapters.check import MERGED
from desktop_app.adapters.verdict import Level
from desktop_app.library.gguf import read_header
from desktop_app.library.inspect import file_sha256
from tests.support.random_adapters import random_adapter

ROOT = Path(__file__).parents[2]
HANG_GUARD_S = 90
BASE_REPO = "someone/tiny-model"
TEXT = "The ferry to the island leaves at seven, and the baker on the quay sells bread to those who wait."


@pytest.fixture
def moatless(tmp_path, hub):
    """Run `moatless ...`; return its exit status, its output (JSON if it was asked for) and what it said."""

    def run(*arguments, offline=False):
        command = [sys.executable, "-m", "desktop_app", "--data-dir", str(tmp_path / "data")]
        result = subprocess.run(
            [*command, *(["--offline"] if offline else []), *map(str, arguments)],
            cwd=ROOT,
            env={**os.environ, "HF_ENDPOINT": hub.url},
            capture_output=True,
            text=True,
            timeout=HANG_GUARD_S,
            check=False,
        )
        out = [json.loads(line) for line in result.stdout.splitlines()] if "--json" in arguments else result.stdout
        return result.returncode, out, result.stderr

    return run


@pytest.fixture
def model(trained):
    return trained.tiny("llama")


@pytest.fixture
def pirate(model, tmp_path):
    return random_adapter(tmp_path / "pirate.gguf", model, rank=8, seed=1)


@pytest.fixture
def brief(model, tmp_path):
    return random_adapter(tmp_path / "brief.gguf", model, rank=16, seed=2, kinds=("attn_q", "ffn_down"))


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text(TEXT)
    return path


def refused(result):
    """Return what a command said that refused its work."""
    status, out, said = result
    assert (status, out) == (1, "")
    assert "Traceback" not in said
    return said


# ------------------------------------------------------------ the library


def test_a_file_is_added_listed_inspected_and_forgotten_where_it_lies(moatless, pirate):
    assert moatless("adapters", "add", pirate) == (0, "Added pirate.\n", "")
    _, [listed], _ = moatless("adapters", "list", "--json")
    assert (listed["name"], listed["path"], listed["max_rank"]) == ("pirate", str(pirate), 8)
    assert "pirate  rank   8" in moatless("adapters", "list")[1]

    status, out, _ = moatless("adapters", "inspect", "pirate")
    assert status == 0
    assert file_sha256(pirate) in out
    assert "14 weights: attn_q, attn_k, attn_v, attn_output, ffn_gate, ffn_up, ffn_down" in out

    assert moatless("adapters", "remove", "pirate") == (0, f"Forgot pirate. Its file stays at {pirate}.\n", "")
    assert moatless("adapters", "list") == (0, "", "")
    assert pirate.exists()


def test_an_adapter_of_peft_is_converted_and_goes_when_it_is_removed(moatless, trained, model, tmp_path):
    peft = trained.peft("llama", "all-r8")
    status, [added], _ = moatless("adapters", "add", peft, "--base", model, "--json")
    assert (status, added["source"], added["max_rank"]) == (0, "converted", 8)
    path = Path(added["path"])
    assert path.parent == tmp_path / "data" / "adapters"
    assert moatless("adapters", "add", peft, "--base", model, "--json")[1][0]["id"] == added["id"]
    assert list(path.parent.iterdir()) == [path]

    _, [removed], _ = moatless("adapters", "remove", added["name"], "--json")
    assert removed["freed_bytes"] > 0
    assert not path.exists()
    assert peft.exists()


def test_the_configuration_of_the_base_model_is_enough_to_convert(moatless, hub, trained, tmp_path):
    from tests.support.tiny_models import tiny_model

    config = tmp_path / "config.json"
    config.write_text(json.dumps(tiny_model("llama").config.to_dict()))
    hub.add_repo(BASE_REPO, {"config.json": config.read_bytes()})
    peft = trained.peft("llama", "qv-r4")
    hashes = {
        moatless("adapters", "add", peft, "--base", base, "--json")[1][0]["sha256"]
        for base in (config, config.parent, BASE_REPO)
    }
    assert len(hashes) == 1
    requests = len(hub.requests)
    assert "no connection" in refused(moatless("adapters", "add", peft, "--base", BASE_REPO, offline=True))
    assert len(hub.requests) == requests


def test_what_is_no_adapter_is_refused_in_a_sentence(moatless, model, pirate, tmp_path, trained):
    assert "is a model, not an adapter." in refused(moatless("adapters", "add", model))
    assert "There is no adapter “nobody”" in refused(moatless("adapters", "inspect", "nobody"))
    assert "need not be converted" in refused(moatless("adapters", "add", pirate, "--base", model))
    assert "not known which kind of model" in refused(moatless("adapters", "add", trained.peft("llama", "qv-r4")))
    assert list((tmp_path / "data" / "adapters").iterdir()) == []


def test_without_a_verb_the_verbs_are_told(moatless):
    status, _, said = moatless("adapters")
    assert status == 2
    assert "say what to do" in said


# ------------------------------------------------------------ what one does


def test_inspecting_with_a_model_says_whether_it_is_for_it_and_what_it_does(moatless, model, pirate, trained):
    _, [told], _ = moatless("adapters", "inspect", pirate, "--model", model, "--json")
    assert told["verdict"]["level"] == Level.UNVERIFIED.value
    assert told["effect"]["kl"] > 0.1
    assert told["effect"]["sentence"].startswith("On a general text, this adapter changes")
    assert told["sha256"] == file_sha256(pirate)

    _, out, _ = moatless("adapters", "inspect", pirate, "--model", trained.tiny("qwen3"))
    assert "blocked: “pirate” was made for another model than" in out
    assert "effect" not in out


def test_an_adapter_changes_the_score_by_name_path_and_scale(moatless, model, pirate, brief, text):
    moatless("adapters", "add", pirate)

    def score(*adapters):
        options = [option for adapter in adapters for option in ("--adapter", adapter)]
        status, [told], _ = moatless("score", "--model", model, *options, "--json", text)
        assert status == 0
        return told["mean_nll"]

    bare = score()
    assert score("pirate") == score(pirate) == score(f"{pirate}:1.0") != bare
    assert score("pirate:0") == bare
    assert score("pirate:0.5") not in (bare, score("pirate"))
    both = score("pirate:0.5", f"{brief}:-1")
    assert both not in (score("pirate:0.5"), score(f"{brief}:-1"))
    assert math.isclose(both, score(f"{brief}:-1", "pirate:0.5"), rel_tol=1e-4)


def test_a_path_may_have_a_colon(moatless, model, pirate, text):
    odd = pirate.rename(pirate.with_name("a:2"))
    scores = [
        moatless("score", "--model", model, "--adapter", adapter, "--json", text)[1][0]["mean_nll"]
        for adapter in (odd, f"{odd}:1", f"{odd}:0.5")
    ]
    assert scores[0] == scores[1] != scores[2]


def test_an_adapter_answers_and_the_facts_tell_the_stack(moatless, model, pirate, brief):
    def chat(*options):
        common = ("--model", model, "--temperature", "0", "--max-tokens", "12", "--json")
        status, lines, _ = moatless("chat", *common, *options, "When does the ferry leave?")
        assert status == 0
        return "".join(line["text"] for line in lines[:-1]), lines[-1]["stack_fingerprint"]

    bare, nothing = chat()
    answer, fingerprint = chat("--adapter", pirate, "--adapter", f"{brief}:0.5")
    assert nothing == ""
    assert len(fingerprint) == 64
    assert answer != bare


@pytest.mark.parametrize(
    ("adapter", "said"),
    [
        ("nobody", "There is no adapter “nobody”; the library has no adapters."),
        ("{folder}", "is a folder, and adapters are GGUF files. If it is an adapter of PEFT, convert it"),
        ("{pirate}:nan", "must be a number between -10 and 10"),
        ("{pirate}:inf", "must be a number between -10 and 10"),
        ("{pirate}:11", "must be a number between -10 and 10"),
        ("{foreign}", "was made for another model than"),
    ],
)
def test_a_stack_that_cannot_be_used_is_refused_in_a_sentence(moatless, trained, model, pirate, text, adapter, said):
    foreign = random_adapter(pirate.with_name("foreign.gguf"), trained.tiny("qwen3"))
    wanted = adapter.format(folder=pirate.parent, pirate=pirate, foreign=foreign)
    assert said in refused(moatless("score", "--model", model, "--adapter", wanted, text))
    assert said in refused(moatless("chat", "--model", model, "--adapter", wanted, "Hello"))


def test_a_stack_of_nine_is_refused_with_the_limit(moatless, model, pirate, text):
    options = ["--adapter", pirate] * 9
    assert "up to 8 adapters, and this one has 9" in refused(moatless("score", "--model", model, *options, text))


# ------------------------------------------------------------ flatten and merge


def nll(moatless, model, text, *adapters):
    options = [option for adapter in adapters for option in ("--adapter", adapter)]
    return moatless("score", "--model", model, *options, "--json", text)[1][0]["mean_nll"]


def test_a_stack_becomes_one_adapter_that_does_the_same(moatless, model, pirate, brief, text, tmp_path):
    stack = (f"{pirate}:0.75", f"{brief}:-0.5")
    flat = tmp_path / "flat.gguf"
    status, [told], _ = moatless("adapters", "flatten", flat, *stack, "--json")
    assert (status, told["path"], told["rank"], told["energy"]) == (0, str(flat), 24, 1.0)
    assert told["size_bytes"] == flat.stat().st_size
    assert math.isclose(nll(moatless, model, text, flat), nll(moatless, model, text, *stack), rel_tol=1e-4)


def test_a_smaller_rank_keeps_part_of_it_and_says_how_much(moatless, model, pirate, brief, text, tmp_path):
    energies = []
    for rank in (4, 12, 24):
        path = tmp_path / f"{rank}.gguf"
        _, [told], _ = moatless("adapters", "flatten", path, pirate, brief, "--rank", rank, "--json")
        assert told["rank"] == rank
        energies.append(told["energy"])
    assert 0.2 < energies[0] < energies[1] < energies[2]
    assert math.isclose(energies[2], 1.0)
    _, out, _ = moatless("adapters", "flatten", tmp_path / "small.gguf", pirate, brief, "--rank", 4)
    assert f"rank 4, which keeps {energies[0]:.1%} of the energy" in out


def test_what_cannot_be_flattened_is_refused_and_leaves_nothing(moatless, trained, pirate, tmp_path):
    wider = random_adapter(tmp_path / "wider.gguf", trained.starter, rank=2)
    foreign = random_adapter(tmp_path / "foreign.gguf", trained.tiny("qwen3"))
    wide = random_adapter(tmp_path / "wide.gguf", trained.tiny("llama"), rank=512)
    before = sorted(tmp_path.iterdir())
    out = tmp_path / "out.gguf"
    for adapters, said in (
        ((pirate, wider), "“pirate.gguf” and “wider.gguf” were made for different models"),
        ((pirate, foreign), "were made for different models, of “llama” and “qwen3”"),
        ((f"{pirate}:0",), "There is no adapter that acts"),
        ((pirate, wide), "Together these have the rank 520"),
    ):
        assert said in refused(moatless("adapters", "flatten", out, *adapters))
    assert "already" in refused(moatless("adapters", "flatten", pirate, pirate))
    assert [path for path in sorted(tmp_path.iterdir()) if path.name != "data"] == before
    assert moatless("adapters", "flatten", out, pirate, "--rank", "0")[0] == 2


def test_a_stack_becomes_part_of_a_model_and_what_is_kept_is_told(moatless, model, pirate, brief, text, tmp_path):
    stack, out = (f"{pirate}:0.75", f"{brief}:-0.5"), tmp_path / "merged.gguf"
    status, lines, _ = moatless("adapters", "merge", "--model", model, out, *stack, "--json")
    told = lines[-1]
    assert (status, told["path"], told["changed"]) == (0, str(out), 14)
    assert told["model_nll"] != told["stack_nll"]
    assert math.isclose(told["merged_nll"], told["stack_nll"], rel_tol=1e-4)
    assert told["sentence"].startswith("The merged model does what the stack does")
    assert math.isclose(nll(moatless, out, text), nll(moatless, model, text, *stack), rel_tol=1e-4)
    assert file_sha256(pirate) in read_header(out).metadata[MERGED]
    assert "in the weights of “merged” already" in moatless("adapters", "inspect", pirate, "--model", out)[1]

    said = refused(moatless("adapters", "merge", "--model", model, out, *stack))
    assert said.startswith("There is a file “merged.gguf” already.")


def test_what_merging_does_is_told_in_words(moatless, model, pirate, tmp_path):
    status, out, said = moatless("adapters", "merge", "--model", model, tmp_path / "merged.gguf", pirate)
    assert (status, said) == (0, "")
    assert "14 weights changed." in out
    assert "nats a token with the model" in out
    assert "The merged model does what the stack does" in out
