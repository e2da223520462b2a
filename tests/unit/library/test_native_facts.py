"""The facts about llama.cpp that are written down here are those of the version that is installed."""

import importlib.metadata
import json
import subprocess
import sys

import pytest

from desktop_app.library import architectures
from desktop_app.library.gguf_types import FILE_TYPES, TENSOR_TYPES

# Run in a process of its own: native libraries stay out of the tests' process.
_ASK = """
import ctypes, json, sys
from pathlib import Path
import llama_cpp

folder = Path(llama_cpp.__file__).parent / "lib"
def library(name):
    [found] = [path for path in folder.iterdir() if path.stem in (name, "lib" + name) and path.suffix != ".lib"]
    return ctypes.CDLL(str(found)), found

ggml, _ = library("ggml-base")
llama, llama_path = library("llama")
ggml.ggml_type_name.restype = llama.llama_ftype_name.restype = ctypes.c_char_p
ggml.ggml_blck_size.restype = ctypes.c_int64
ggml.ggml_type_size.restype = ctypes.c_size_t
asked = json.load(sys.stdin)
content = llama_path.read_bytes()
json.dump({
    "tensor_types": {n: [ggml.ggml_type_name(n).decode(), ggml.ggml_blck_size(n), ggml.ggml_type_size(n)]
                     for n in range(asked["count"])},
    "file_types": {n: llama.llama_ftype_name(n).decode() for n in asked["file_types"]},
    "absent": [name for name in asked["names"] if name.encode() + b"\\0" not in content],
}, sys.stdout)
"""


@pytest.fixture(scope="module")
def native():
    asked = {
        "count": max(TENSOR_TYPES) + 1,
        "file_types": list(FILE_TYPES),
        "names": sorted(architectures.CHAT | set(architectures.OTHER)),
    }
    done = subprocess.run([sys.executable, "-c", _ASK], input=json.dumps(asked), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_every_tensor_type_has_the_size_that_native_code_gives_it(native):
    found = {
        int(number): (name.upper(), block_size, block_bytes)
        for number, (name, block_size, block_bytes) in native["tensor_types"].items()
        if block_size
    }
    assert found == {number: (t.name, t.block_size, t.block_bytes) for number, t in TENSOR_TYPES.items()}


def test_every_file_type_has_the_name_that_native_code_gives_it(native):
    sizes = {"Small": "_S", "Medium": "_M", "Large": "_L"}
    for number, said in native["file_types"].items():
        name, _, rest = said.removeprefix("all ").partition(" - ")
        ours = FILE_TYPES[int(number)]
        assert ours in {name + sizes.get(rest, ""), name.removesuffix(" MoE"), name.replace("_S mix", "_M")} or (
            (ours, said) == ("Q2_K", "Q2_K - Medium")
        )


def test_native_code_knows_every_architecture_that_is_listed(native):
    assert native["absent"] == []


def test_the_list_of_architectures_is_that_of_the_version_installed():
    assert importlib.metadata.version("llama-cpp-python") == architectures.LLAMA_CPP_PYTHON


def test_no_architecture_is_listed_twice():
    assert not architectures.CHAT & set(architectures.OTHER)
    assert architectures.RECURRENT <= architectures.CHAT
