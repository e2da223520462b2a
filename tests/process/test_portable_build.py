"""The llama.cpp of packages: its modules are taken from its own folder, the right one for this computer, and no other.

Only where it was built. The folder is unpacked once; engines find it before the installed one.
"""

import hashlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from desktop_app.engine.choices import LoadSettings
from desktop_app.engine.client import EngineClient
from desktop_app.engine.launch import engine_environment
from desktop_app.engine.messages import Load, Loaded, Score, Scored
from tests.support.portable_wheel import NOT_BUILT, in_place_of_the_installed, unpack

TEXT = "The ferry to the island leaves at seven, and the baker on the quay sells bread to those who wait."
LIBRARY = re.compile(r"\.(so|dylib|dll)\b")
_START = """
import psutil
try:
    {start}
except Exception as error:
    print(error)
print(*(each.path for each in psutil.Process().memory_maps()), sep="\\n")
"""
_PLAIN = "import llama_cpp.llama_cpp as api; api.llama_backend_init()"
_OURS = "from desktop_app.engine.llama import native; native.start()"


@pytest.fixture(scope="module")
def portable(tmp_path_factory):
    """A folder with the package llama_cpp of the wheel, which is found before the installed one."""
    if sys.platform == "darwin":
        pytest.skip("macOS does not tell what a process has loaded")
    folder = tmp_path_factory.mktemp("portable")
    if not unpack(folder):
        pytest.skip(NOT_BUILT)
    with in_place_of_the_installed(folder):
        yield folder


@pytest.fixture
def planted(portable, tmp_path, monkeypatch):
    """The current folder, where somebody has put modules: copies, for they are as good as the real ones."""
    folder = tmp_path / "planted"
    folder.mkdir()
    for module in modules_in(portable):
        shutil.copy(module, folder)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def damaged(portable, tmp_path):
    """The same build without its modules."""
    folder = tmp_path / "damaged"
    shutil.copytree(portable, folder, ignore=shutil.ignore_patterns("*ggml-cpu-*"))
    with in_place_of_the_installed(folder):
        yield folder


def modules_in(folder):
    return sorted((folder / "llama_cpp" / "lib").glob("*ggml-cpu-*"))


def loaded_from(folder, process_id):
    maps = psutil.Process(process_id).memory_maps()
    return {Path(each.path).name for each in maps if Path(each.path).is_relative_to(folder)}


def test_it_has_several_modules_and_each_library_once(portable):
    assert len(modules_in(portable)) > 1
    libraries = [path for path in portable.rglob("*") if LIBRARY.search(path.name)]
    assert len({hashlib.sha256(path.read_bytes()).digest() for path in libraries}) == len(libraries)


def start(code):
    """Start llama.cpp in a process; return what was raised, if anything, and what was loaded then."""
    command = [sys.executable, "-P", "-c", _START.format(start=code)]
    return subprocess.run(command, env=engine_environment(), capture_output=True, text=True, check=True).stdout


def mean_nll(client, model):
    client.ask(Load(client.next_request(), str(model), LoadSettings(n_ctx=512)), Loaded)
    return client.ask(Score(client.next_request(), TEXT), Scored).mean_nll


def test_one_module_is_taken_and_named(portable):
    with EngineClient() as client:
        _, taken, *_ = client.hello.system.split(" · ")
        assert taken.startswith("cpu-")
        assert {name for name in loaded_from(portable, client.process_id) if "ggml-cpu" in name} == {
            module.name for module in modules_in(portable) if module.stem.endswith("ggml-" + taken)
        }


def test_it_computes_what_the_installed_build_computes(portable, starter_model, monkeypatch):
    with EngineClient() as client:
        found = mean_nll(client, starter_model)
    monkeypatch.delenv("PYTHONPATH")
    with EngineClient() as client:
        assert client.hello.system.count("cpu-") == 0
        assert found == pytest.approx(mean_nll(client, starter_model), rel=2e-2)


def test_a_module_that_cannot_be_loaded_here_is_left_alone(portable, tmp_path):
    """As that for GPUs is where a driver's library is missing."""
    folder = tmp_path / "with a module for GPUs"
    shutil.copytree(portable, folder)
    example = modules_in(folder)[0]
    module = example.with_name(example.name.partition("cpu-")[0] + "vulkan" + example.suffix)
    module.write_bytes(b"nothing that can be loaded")
    with in_place_of_the_installed(folder), EngineClient() as client:
        _, taken, *rest = client.hello.system.split(" · ")
    assert taken.startswith("cpu-")
    assert len(rest) == 1
    assert [device.kind for device in client.hello.devices] == ["cpu"]


def test_modules_in_the_current_folder_do_not_run(portable, planted):
    with EngineClient() as client:
        assert loaded_from(portable, client.process_id)
        assert not loaded_from(planted, client.process_id)


def test_not_even_where_the_own_ones_are_missing(damaged, planted):
    assert str(planted) in start(_PLAIN)  # llama.cpp by itself runs them
    refusal = start(_OURS)
    assert "A part of llama.cpp is missing" in refusal
    assert str(damaged) in refusal
    assert str(planted) not in refusal
