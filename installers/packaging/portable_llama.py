"""llama.cpp for computers that nobody knows yet: a wheel of llama-cpp-python that is not built for this one.

Where there are many kinds of processors, the code for each is a module of its own beside the library, and the engine
takes the best one that runs (`desktop_app.engine.llama.native`). So is the code for GPUs, which does nothing where a
driver is missing. llama-cpp-python knows nothing of such modules: the places below put them where its library is, and
each library is there once, under one name.
"""

import hashlib
import json
import os
import platform
import shutil
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from desktop_app.errors import UserError
from desktop_app.library.architectures import LLAMA_CPP_PYTHON
from installers.environment import Environment, compiler_flags
from installers.packaging.places import WHEELS
from installers.system_check import check_compiler

GPU_VARIABLE = "MOATLESS_GPU"

_LIBRARIES = "llama_cpp/lib"
_PLACES = {
    "CMAKE_INSTALL_BINDIR": _LIBRARIES,  # of modules
    "CMAKE_INSTALL_LIBDIR": _LIBRARIES,
    "CMAKE_INSTALL_INCLUDEDIR": "llama_cpp/include",
    # Otherwise each library is there under three names, and a wheel cannot hold links.
    "CMAKE_PLATFORM_NO_VERSIONED_SONAME": "ON",
}
# Also what would be so by default: with SOURCE_DATE_EPOCH set, llama.cpp turns its own defaults around.
_ALIKE_EVERYWHERE = {
    **_PLACES,
    "BUILD_SHARED_LIBS": "ON",
    "GGML_CCACHE": "OFF",
    "GGML_CPU": "ON",
    "GGML_CPU_REPACK": "ON",
    "GGML_CUDA": "OFF",
    "GGML_LLAMAFILE": "ON",
    "GGML_NATIVE": "OFF",
    "GGML_OPENMP": "ON",
    "GGML_RPC": "OFF",
    "LLAMA_OPENSSL": "OFF",
    "LLAVA_BUILD": "OFF",  # pictures
}
_LEFT_OUT = (
    "llama_cpp/include/**",
    f"{_LIBRARIES}/cmake/**",
    f"{_LIBRARIES}/pkgconfig/**",
    f"{_LIBRARIES}/*llama-common*",
    f"{_LIBRARIES}/*.lib",
)
_NEEDED = ("llama", "ggml", "ggml-base")
_MODULES = {"GGML_BACKEND_DL": "ON", "GGML_CPU_ALL_VARIANTS": "ON", "GGML_BLAS": "OFF", "GGML_METAL": "OFF"}
_BESIDE = {"linux": {"CMAKE_INSTALL_RPATH": "$ORIGIN"}, "darwin": {"CMAKE_INSTALL_RPATH": "@loader_path"}, "win32": {}}
_MACOS = {"CMAKE_OSX_DEPLOYMENT_TARGET": "13.0", "GGML_ACCELERATE": "ON", "GGML_BLAS": "ON"}


@dataclass(frozen=True)
class Recipe:
    """How the wheel is built for one kind of computer.

    Attributes:
        defines: For CMake.
        needed: Libraries that the wheel must have, without what systems put around their names.
        left_out: Patterns of files that do not belong into it.
    """

    defines: Mapping[str, str]
    needed: tuple[str, ...] = _NEEDED
    left_out: tuple[str, ...] = _LEFT_OUT


_RECIPES = {
    ("linux", "x86_64"): Recipe(_MODULES, (*_NEEDED, "ggml-cpu-x64", "ggml-cpu-haswell", "ggml-cpu-sapphirerapids")),
    # GCC 14 or newer: older ones do not know the newest of these processors.
    ("linux", "aarch64"): Recipe(_MODULES, (*_NEEDED, "ggml-cpu-armv8.0_1", "ggml-cpu-armv9.2_2")),
    ("win32", "AMD64"): Recipe(_MODULES, (*_NEEDED, "ggml-cpu-x64", "ggml-cpu-haswell")),
    # llama-cpp-python turns AVX off here, but each module says anew what it uses. It also builds the code for Metal,
    # which the graphics of these computers often do not compute rightly.
    ("darwin", "x86_64"): Recipe(
        {**_MODULES, **_MACOS, "CMAKE_OSX_ARCHITECTURES": "x86_64"},
        (*_NEEDED, "ggml-cpu-x64", "ggml-cpu-haswell"),
        (*_LEFT_OUT, f"{_LIBRARIES}/*ggml-metal*"),
    ),
    # The compiler's least processor here is the first of the kind, and the work is done by Metal.
    ("darwin", "arm64"): Recipe(
        {
            **_MACOS,
            "CMAKE_OSX_ARCHITECTURES": "arm64",
            "GGML_BACKEND_DL": "OFF",
            "GGML_CPU_ALL_VARIANTS": "OFF",
            "GGML_METAL": "ON",
            "GGML_METAL_EMBED_LIBRARY": "ON",
        },
        (*_NEEDED, "ggml-cpu", "ggml-metal"),
    ),
}


def recipe(gpu: str, system: str = sys.platform, machine: str = platform.machine()) -> Recipe:
    """Return how the wheel is built.

    Args:
        gpu: "vulkan" for a module that computes on GPUs of all makers; "" for none. It needs the Vulkan SDK, for the
            headers of Debian 12 and Ubuntu 22.04 are too old, and about as long again. Metal is no choice: it is there
            where Apple's processors are.
        system: As `sys.platform` has it.
        machine: As `platform.machine` has it.

    Raises:
        UserError: If there is none for that.
    """
    base = _RECIPES.get((system, machine))
    if base is None:
        raise UserError(
            f"There is no recipe to build llama.cpp for other computers on {system} with {machine}.",
            "Build on one of: " + ", ".join(" ".join(known) for known in _RECIPES) + ".",
        )
    if gpu and (gpu != "vulkan" or system == "darwin"):
        raise UserError(
            f"{GPU_VARIABLE} is “{gpu}”, which is nothing that packages for {system} are built with.",
            "On Linux and Windows set it to “vulkan”, or leave it empty.",
        )
    defines = {**_ALIKE_EVERYWHERE, **_BESIDE[system], **base.defines, "GGML_VULKAN": "ON" if gpu else "OFF"}
    return Recipe(defines, (*base.needed, *(["ggml-vulkan"] if gpu else [])), base.left_out)


def find_wheel() -> Path | None:
    """Return the wheel if it was built as it would be now."""
    return _wheel_in(_folder(recipe(os.environ.get(GPU_VARIABLE, ""))))


def build_wheel(environment: Environment) -> Path:
    """Return the wheel, which is built if there is none yet with the same version and settings.

    Args:
        environment: Its pip builds it; nothing is installed.

    Raises:
        UserError: If it cannot be built here, or is not what it should be.
    """
    wanted = recipe(os.environ.get(GPU_VARIABLE, ""))
    folder = _folder(wanted)
    if wheel := _wheel_in(folder):
        return wheel
    if os.environ.get("CMAKE_ARGS"):
        raise UserError(
            "CMAKE_ARGS is set, which would change what llama.cpp is built with.", "Unset it and build again."
        )
    check_compiler()
    part = folder.with_name(folder.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    environment.pip(
        "Building llama.cpp for all computers of this kind, which takes a quarter of an hour or more",
        [*_pip_arguments(wanted), "--wheel-dir", str(part), f"llama-cpp-python=={LLAMA_CPP_PYTHON}"],
    )
    (built,) = part.iterdir()
    if missing := set(wanted.needed) - _libraries(built):
        raise UserError(
            f"The llama.cpp that was built lacks {', '.join(sorted(missing))}.",
            f"Most likely this version has other settings: compare them with those in {Path(__file__).name}.",
        )
    shutil.rmtree(folder, ignore_errors=True)
    part.rename(folder)
    return folder / built.name


def _pip_arguments(wanted: Recipe) -> list[str]:
    settings = {f"cmake.define.{name}": value for name, value in wanted.defines.items()}
    settings |= {"cmake.build-type": "Release", "install.strip": "true", "wheel.exclude": ";".join(wanted.left_out)}
    # Not from pip's cache, nor into it: a wheel that was built for one computer has the same name.
    arguments = ["wheel", "--no-deps", "--no-cache-dir", "--no-binary", "llama-cpp-python"]
    return arguments + [f"--config-settings={name}={value}" for name, value in settings.items()]


def _folder(wanted: Recipe) -> Path:
    decides = [LLAMA_CPP_PYTHON, _pip_arguments(wanted), compiler_flags({})]
    return WHEELS / f"llama-{hashlib.sha256(json.dumps(decides).encode()).hexdigest()[:12]}"


def _wheel_in(folder: Path) -> Path | None:
    return next(folder.glob("llama_cpp_python-*.whl"), None)


def _libraries(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        paths = [PurePosixPath(name) for name in archive.namelist()]
    return {path.stem.removeprefix("lib") for path in paths if str(path.parent) == _LIBRARIES}
