"""What to compute on is chosen by asking the driver's own tool, which may be absent, silent, or of another age."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from desktop_app.finetune.environment.accelerator import Gpu, find_gpu, suggest
from desktop_app.finetune.environment.lock import CPU, CUDA, MPS, Lock

LOCK = Lock("linux-cpu", Path("lock.txt"), "a" * 64, "3.11.18", "", ())
LOCKS = {CPU: LOCK, CUDA: replace(LOCK, name="linux-cuda", least_driver="580", least_compute="7.5")}
GPU = Gpu("NVIDIA GeForce RTX 3060", "581.12.01", "8.6")


def tool(folder, script):
    path = folder / "nvidia-smi"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script")
@pytest.mark.parametrize(
    ("script", "found"),
    [
        ('echo "NVIDIA GeForce RTX 3060, 581.12.01, 8.6"', GPU),
        ('echo "NVIDIA GeForce RTX 3060, 581.12.01, 8.6"; echo "NVIDIA T4, 581.12.01, 7.5"', GPU),
        ('echo "NVIDIA T4, [N/A], [N/A]"; echo "NVIDIA GeForce RTX 3060, 581.12.01, 8.6"', GPU),
        ('echo "NVIDIA-SMI has failed because it could not communicate with the driver."; exit 9', None),
        ('echo "No devices were found"', None),
        ("exit 0", None),
    ],
)
def test_the_drivers_tool_is_asked(tmp_path, script, found):
    assert find_gpu(tool(tmp_path, script)) == found


def test_without_the_tool_there_is_no_gpu(tmp_path, monkeypatch):
    assert find_gpu(tmp_path / "gone") is None
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_gpu() is None


def test_a_gpu_that_will_do_is_used():
    found = suggest(LOCKS, lambda: GPU)
    assert (found.accelerator, found.sentence) == (CUDA, "The NVIDIA GeForce RTX 3060.")


@pytest.mark.parametrize(
    ("gpu", "why"),
    [
        (None, "No GPU of NVIDIA was found."),
        (replace(GPU, compute="6.1"), "The processor, because the NVIDIA GeForce RTX 3060 is too old for PyTorch."),
        (replace(GPU, driver="560.35"), "because the driver 560.35 of the NVIDIA GeForce RTX 3060 is too old"),
    ],
)
def test_otherwise_the_processor_is_and_a_sentence_says_why(gpu, why):
    found = suggest(LOCKS, lambda: gpu)
    assert found.accelerator == CPU
    assert why in found.sentence


def test_a_mac_needs_no_asking():
    def never():
        raise AssertionError

    assert suggest({MPS: LOCK}, never).accelerator == MPS
    assert suggest({CPU: LOCK}, never).accelerator == CPU


def test_where_there_are_packages_for_one_kind_only_they_are_taken():
    assert suggest({CUDA: LOCKS[CUDA]}, lambda: None).accelerator == CUDA
