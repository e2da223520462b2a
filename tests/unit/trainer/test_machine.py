"""What a computer has for training, and the model's files on it."""

import errno
import hashlib
import subprocess
import sys

import pytest
import torch

from desktop_app.trainer import machine
from desktop_app.trainer.base_files import find_parts
from desktop_app.trainer.contract import PRECISIONS, Base, Part
from desktop_app.trainer.errors import TrainerError
from desktop_app.trainer.out_of_memory import OutOfMemory, is_out_of_memory
from tests.support.fake_trainee import no_memory

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("seconds", "precision"), [((1.0, 0.5), "bfloat16"), ((1.0, 0.8), "float32"), ((1.0, 8.0), "float32")]
)
def test_sixteen_bits_are_used_where_they_are_much_faster(monkeypatch, seconds, precision):
    times = dict(zip((torch.float32, torch.bfloat16), seconds, strict=True))
    monkeypatch.setattr(machine, "_product_seconds", lambda _device, dtype: times[dtype])
    assert machine.fast_precision(CPU) == precision


def test_where_sixteen_bits_are_unknown_they_are_not_used(monkeypatch):
    def product_seconds(_device, dtype):
        if dtype == torch.bfloat16:
            raise TypeError("BFloat16 is not supported on MPS")
        return 1.0

    monkeypatch.setattr(machine, "_product_seconds", product_seconds)
    assert machine.fast_precision(CPU) == "float32"


def test_this_computer_can_be_asked():
    assert machine.fast_precision(CPU) in PRECISIONS
    assert machine.free_memory_bytes(CPU) > 0
    assert machine.device_name(CPU) == "cpu"


def test_threads_are_those_asked_for_or_one_a_core():
    before = torch.get_num_threads()
    try:
        assert machine.use_threads(3) == torch.get_num_threads() == 3
        assert machine.use_threads(None) == torch.get_num_threads() >= 1
    finally:
        torch.set_num_threads(before)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has classes of priority instead")
def test_a_trainer_can_let_others_go_first():
    code = "import os; from desktop_app.trainer.machine import be_nice; be_nice(3); print(os.nice(0))"
    before = int(subprocess.run(["nice"], capture_output=True, text=True, check=True).stdout)
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(ended.stdout) == min(before + 3, 19)


def raised(act):
    try:
        act()
    except (RuntimeError, MemoryError, OSError) as error:
        return error
    raise AssertionError


def test_want_of_memory_is_told_from_other_errors():
    assert is_out_of_memory(raised(no_memory))
    assert is_out_of_memory(raised(lambda: bytearray(1 << 60)))
    assert is_out_of_memory(torch.OutOfMemoryError("CUDA out of memory."))
    assert is_out_of_memory(RuntimeError("MPS backend out of memory (MPS allocated: 1 GB)"))
    assert is_out_of_memory(RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 8 bytes."))
    assert is_out_of_memory(OSError(errno.ENOMEM, "Cannot allocate memory"))
    assert is_out_of_memory(OutOfMemory())
    assert not is_out_of_memory(OSError(errno.ENOSPC, "No space left on device"))
    assert not is_out_of_memory(raised(lambda: torch.ones(2, 3) @ torch.ones(2, 3)))


def base(folder, *contents):
    parts = []
    for number, content in enumerate(contents, 1):
        name = f"model-{number:05}-of-{len(contents):05}.gguf"
        (folder / name).write_bytes(content)
        parts.append(Part(name, len(content), hashlib.sha256(content).hexdigest()))
    return Base("A model", str(folder / parts[0].name), "llama", tuple(parts))


def test_all_files_of_a_model_are_found_beside_the_first(tmp_path):
    told = base(tmp_path, b"one", b"two")
    assert [path.read_bytes() for path in find_parts(told, None)] == [b"one", b"two"]


@pytest.mark.parametrize("content", [b"tw", b"TWO", b"twoo"], ids=["cut off", "changed", "grown"])
def test_a_file_that_has_changed_is_refused(tmp_path, content):
    told = base(tmp_path, b"one", b"two")
    (tmp_path / "model-00002-of-00002.gguf").write_bytes(content)
    with pytest.raises(TrainerError, match=r"00002-of-00002\.gguf is not the one"):
        find_parts(told, None)


def test_a_file_that_is_missing_is_named(tmp_path):
    told = base(tmp_path, b"one", b"two")
    (tmp_path / "model-00002-of-00002.gguf").unlink()
    with pytest.raises(TrainerError, match=r"00002-of-00002\.gguf is missing") as error:
        find_parts(told, None)
    assert "--model" in error.value.hint
