"""What uv and the trainer write when something goes wrong, and the sentence that a person gets to read."""

from pathlib import Path

import pytest

from desktop_app.finetune.environment.troubles import Damaged, trainer_trouble, uv_trouble

LOG = Path("log.txt")


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("error: Failed to extract archive\n  cause: No space left on device (os error 28)", "The disk is full"),
        ("  cause: There is not enough space on the disk. (os error 112)", "The disk is full"),
        ("  cause: Hash mismatch for `pebble==1.0`", "not the one that this version of Moatless was tested with"),
        ("  cause: client error (Connect)\n  cause: invalid peer certificate: UnknownIssuer", "a program whose certif"),
        ("  cause: client error (Connect)\n  cause: tunnel error: unsuccessful", "The proxy of this network"),
        ("  cause: HTTP status client error (403 Forbidden) for url", "does not let this computer in"),
        ("  cause: dns error\n  cause: failed to lookup address information", "because the connection failed"),
        ("  cause: error sending request for url (https://pypi.org/simple/torch/)", "because the connection failed"),
        ("  cause: Because torch was not found in the package registry", "is not where packages are looked for"),
        ("  x No solution found when resolving dependencies", "is not where packages are looked for"),
        ("error: No interpreter found for Python 3.11 in search path", "There is no Python here"),
        ("error: failed to rename file\n  cause: Access is denied. (os error 5)", "virus scanner"),
        ("DEBUG Using request connect timeout of 10s\nDEBUG using no proxy", "could not be set up"),
    ],
)
def test_known_causes_of_uv(said, sentence):
    error = uv_trouble(said, LOG, 2)
    assert sentence in error.sentence
    assert error.hint


def test_a_uv_that_was_killed_is_told():
    assert "The system ended the program" in uv_trouble("DEBUG nothing", LOG, -9).sentence


@pytest.mark.parametrize(
    ("said", "status", "sentence"),
    [
        (
            "RuntimeError: The NVIDIA driver on your system is too old (found version 12020)",
            70,
            "The driver of the GPU",
        ),
        ("RuntimeError: CUDA error: no kernel image is available for execution", 70, "cannot compute on this GPU"),
        ("OSError: [WinError 126] The specified module could not be found. c10.dll", 70, "a library of Windows"),
        ("MemoryError", 70, "ran out of memory"),
        ("", -9, "The system ended the trainer"),
        ("", -4, "instructions that the processor of this computer lacks"),
    ],
)
def test_known_causes_of_a_trainer(said, status, sentence):
    error = trainer_trouble(said, LOG, status)
    assert sentence in error.sentence
    assert not isinstance(error, Damaged)


def test_what_nobody_knows_may_be_cured_by_other_files():
    error = trainer_trouble("ImportError: libtorch_cpu.so: cannot open shared object file", LOG, 70)
    assert isinstance(error, Damaged)
    assert error.hint.endswith("log.txt")
