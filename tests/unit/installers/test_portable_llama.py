"""The llama.cpp of packages: what it is built with on each system, kept as long as that stays the same."""

import zipfile
from pathlib import Path

import pytest

from desktop_app.errors import UserError
from installers.packaging import portable_llama
from installers.packaging.portable_llama import build_wheel, find_wheel, recipe

WHEEL = "llama_cpp_python-0.3.36-py3-none-any.whl"
PROCESSOR_MODULES = [("linux", "x86_64"), ("linux", "aarch64"), ("win32", "AMD64"), ("darwin", "x86_64")]
EVERYWHERE = [*PROCESSOR_MODULES, ("darwin", "arm64")]


class Pip:
    """An environment whose pip builds in no time; `told` are its arguments, `libraries` what a wheel has."""

    def __init__(self):
        self.told = []
        self.libraries = [f"lib{name}.so" for name in recipe("vulkan", "linux", "x86_64").needed]

    def pip(self, _title, arguments):
        self.told.append(arguments)
        folder = Path(arguments[arguments.index("--wheel-dir") + 1])
        folder.mkdir(parents=True)
        with zipfile.ZipFile(folder / WHEEL, "w") as wheel:
            for name in self.libraries:
                wheel.writestr(f"llama_cpp/lib/{name}", "")


@pytest.fixture
def pip(tmp_path, monkeypatch):
    """On Linux with x86-64 processors, nothing built yet, and a compiler at hand."""
    on_linux = portable_llama.recipe
    monkeypatch.setattr(portable_llama, "recipe", lambda gpu: on_linux(gpu, "linux", "x86_64"))
    monkeypatch.setattr(portable_llama, "WHEELS", tmp_path / "wheels")
    monkeypatch.setattr(portable_llama, "check_compiler", lambda: None)
    for name in ("MOATLESS_GPU", "CMAKE_ARGS"):
        monkeypatch.delenv(name, raising=False)
    return Pip()


# ------------------------------------------------------------ what it is built with


@pytest.mark.parametrize(("system", "machine"), EVERYWHERE)
def test_it_is_never_built_for_the_processor_of_the_builder(system, machine):
    assert recipe("", system, machine).defines["GGML_NATIVE"] == "OFF"


@pytest.mark.parametrize(("system", "machine"), PROCESSOR_MODULES)
def test_where_processors_differ_each_kind_has_a_module_beside_the_library(system, machine):
    found = recipe("", system, machine)
    assert found.defines["GGML_BACKEND_DL"] == found.defines["GGML_CPU_ALL_VARIANTS"] == "ON"
    assert found.defines["CMAKE_INSTALL_BINDIR"] == "llama_cpp/lib"
    assert len([name for name in found.needed if name.startswith("ggml-cpu-")]) >= 2


def test_apples_processors_compute_by_metal():
    found = recipe("", "darwin", "arm64")
    assert found.defines["GGML_METAL"] == "ON"
    assert "ggml-metal" in found.needed


def test_macs_with_other_processors_do_without_metal():
    found = recipe("", "darwin", "x86_64")
    assert "ggml-metal" not in found.needed
    assert "llama_cpp/lib/*ggml-metal*" in found.left_out


@pytest.mark.parametrize(("system", "machine"), EVERYWHERE)
def test_without_being_asked_for_there_is_no_module_for_other_gpus(system, machine):
    assert recipe("", system, machine).defines["GGML_VULKAN"] == "OFF"


@pytest.mark.parametrize(("system", "machine"), [("linux", "x86_64"), ("win32", "AMD64")])
def test_vulkan_is_one_more_module(system, machine):
    found = recipe("vulkan", system, machine)
    assert found.defines["GGML_VULKAN"] == "ON"
    assert "ggml-vulkan" in found.needed


@pytest.mark.parametrize(("gpu", "system", "machine"), [("vulkan", "darwin", "arm64"), ("voodoo", "linux", "x86_64")])
def test_a_gpu_that_packages_are_not_built_for_is_refused(gpu, system, machine):
    with pytest.raises(UserError, match=f"MOATLESS_GPU is “{gpu}”"):
        recipe(gpu, system, machine)


def test_a_computer_without_a_recipe_is_refused_with_those_that_have_one():
    with pytest.raises(UserError, match="no recipe") as refusal:
        recipe("", "sunos5", "sparc")
    assert "linux x86_64" in refusal.value.hint


# ------------------------------------------------------------ built, and kept


def test_a_wheel_is_built_once(pip):
    assert find_wheel() is None
    wheel = build_wheel(pip)
    assert wheel.is_file()
    assert build_wheel(pip) == find_wheel() == wheel
    assert len(pip.told) == 1


def test_it_is_of_the_pinned_version_and_no_copy_that_pip_has_kept(pip):
    build_wheel(pip)
    (arguments,) = pip.told
    assert {"llama-cpp-python==0.3.36", "--no-cache-dir", "--no-binary"} < set(arguments)
    assert "--config-settings=cmake.define.GGML_NATIVE=OFF" in arguments


def test_with_other_settings_it_is_built_again(pip, monkeypatch):
    first = build_wheel(pip)
    monkeypatch.setenv("MOATLESS_GPU", "vulkan")
    assert find_wheel() is None
    second = build_wheel(pip)
    assert first != second
    assert "--config-settings=cmake.define.GGML_VULKAN=ON" in pip.told[1]
    monkeypatch.delenv("MOATLESS_GPU")
    assert build_wheel(pip) == first


def test_with_another_version_it_is_built_again(pip, monkeypatch):
    first = build_wheel(pip)
    monkeypatch.setattr(portable_llama, "LLAMA_CPP_PYTHON", "0.3.37")
    assert build_wheel(pip) != first


def test_what_lacks_a_module_is_refused_and_not_kept(pip):
    pip.libraries.remove("libggml-cpu-haswell.so")
    for built in (1, 2):
        with pytest.raises(UserError, match="lacks ggml-cpu-haswell"):
            build_wheel(pip)
        assert len(pip.told) == built
    assert find_wheel() is None


def test_settings_from_elsewhere_are_refused(pip, monkeypatch):
    monkeypatch.setenv("CMAKE_ARGS", "-DGGML_NATIVE=ON")
    with pytest.raises(UserError, match="CMAKE_ARGS is set"):
        build_wheel(pip)
    assert pip.told == []


def test_without_a_compiler_nothing_is_begun(pip, monkeypatch):
    def refuse():
        raise UserError("There is no compiler.")

    monkeypatch.setattr(portable_llama, "check_compiler", refuse)
    with pytest.raises(UserError, match="no compiler"):
        build_wheel(pip)
    assert pip.told == []
