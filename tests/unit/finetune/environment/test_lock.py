"""The locks that ship: whole, of the versions that are tested, and with everything that a person is told before."""

import re
from pathlib import Path

import pytest

from desktop_app.errors import UserError
from desktop_app.finetune.environment.lock import CPU, CUDA, MPS, offered, this_computer
from desktop_app.finetune.environment.uv import Supply
from desktop_app.finetune.trainer_process import NEEDED
from desktop_app.paths import bundled

FOLDER = bundled("training")
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))
CONSTRAINTS = Path(__file__).parents[4].joinpath("constraints.txt").read_text("utf-8")


def lock_named(name):
    computer, _, accelerator = name.rpartition("-")
    return offered(FOLDER, computer)[accelerator]


def test_there_are_locks_for_the_usual_computers():
    assert set(offered(FOLDER, this_computer("linux", "x86_64"))) == {CPU, CUDA}
    assert set(offered(FOLDER, this_computer("darwin", "arm64"))) == {MPS}
    assert CPU in offered(FOLDER, this_computer("win32", "AMD64"))


@pytest.mark.parametrize("name", NAMES)
def test_a_lock_is_whole(name):
    lock = lock_named(name)
    text = lock.requirements.read_text("utf-8")
    pinned = dict(re.findall(r"^([\w.-]+)==(\S+)", text, re.MULTILINE))
    assert pinned == lock.versions
    assert set(NEEDED) <= set(pinned)
    for entry in re.split(r"\n(?=\w)", text):
        assert "--hash=sha256:" in entry
    assert all(each.download_bytes > 0 and each.disk_bytes > 0 and each.license for each in lock.packages)
    assert lock.python_archive.startswith(f"cpython-{lock.python}+")
    assert lock.disk_bytes > lock.download_bytes > 100_000_000


@pytest.mark.parametrize("name", NAMES)
def test_a_lock_has_the_versions_that_training_is_tested_with(name):
    tested = dict(re.findall(r"^(\S+)==(\S+)$", CONSTRAINTS, re.MULTILINE))
    pinned = lock_named(name).versions
    for package in NEEDED:
        assert pinned[package].partition("+")[0] == tested[package]


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith(CUDA)])
def test_what_a_gpu_must_be_is_known(name):
    lock = lock_named(name)
    assert float(lock.least_driver) > 500
    assert float(lock.least_compute) > 5


def test_where_packages_come_from_is_told():
    lock = lock_named("linux-x86_64-cpu")
    assert Supply().hosts(lock) == ("pypi.org", "files.pythonhosted.org", "download.pytorch.org")
    assert Supply(index="https://me:secret@packages.example.org/simple").hosts(lock) == ("packages.example.org",)
    assert Supply(index="https://x.org", folder=Path()).hosts(lock) == ()
    assert Supply().python_hosts(lock)[-1] == "github.com"


def test_a_computer_that_there_is_no_torch_for_is_told():
    with pytest.raises(UserError, match="there is not for this kind of computer"):
        offered(FOLDER, this_computer("darwin", "x86_64"))


@pytest.mark.parametrize("damage", ["{", "{}", '{"packages": []}'])
def test_a_damaged_list_is_told(tmp_path, damage):
    (tmp_path / "linux-x86_64-cpu.json").write_text(damage)
    (tmp_path / "linux-x86_64-cpu.txt").write_text("")
    with pytest.raises(UserError, match="The list of what training needs is damaged"):
        offered(tmp_path, "linux-x86_64")
