"""ggml's functions, most of which the binding does not declare.

They are in two libraries. Linux and macOS find those of the second one through the first; Windows finds a function
only in the library that has it.
"""

from pathlib import Path
from typing import Any

from llama_cpp._ctypes_extensions import load_shared_library
from llama_cpp._ggml import libggml, libggml_base_path

FOLDER = Path(libggml_base_path)


class _Ggml:
    """Attributes are the functions of both libraries, as ctypes gives them: the same object each time."""

    def __init__(self) -> None:
        self._libraries = (libggml, load_shared_library("ggml-base", FOLDER))

    def __getattr__(self, name: str) -> Any:
        for library in self._libraries:
            if hasattr(library, name):
                return getattr(library, name)
        raise AttributeError(name)


ggml = _Ggml()
