"""Unpacking by ggml itself, the library that is inside llama-cpp-python: every type, exactly as the engine does it.

Only `libggml-base` is loaded, which needs no model, no backend and no import of llama_cpp. The tables of the IQ types
are constants in it, so nothing has to be prepared.
"""

import ctypes
import importlib.util
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .errors import TrainerError
from .quant_types import QUANT_TYPES, bytes_per_row

# Asked for the name of a type that came after it, ggml reads past the end of its table; this version knows all of ours.
LEAST_VERSION = (0, 25)

_NAMES = ("libggml-base.so", "libggml-base.dylib", "ggml-base.dll", "libggml-base.dll")
# Smaller parts are not worth waking a thread for; in larger ones, indices of C's int would run over.
_LEAST_PART, _LARGEST_PART = 1 << 16, 1 << 24
_PARTS_A_THREAD = 4  # cores are not equally fast, and may be wanted by others

_ToFloat = Callable[[int, int, int], None]


class _TypeTraits(ctypes.Structure):
    """The beginning of `struct ggml_type_traits` of ggml.h."""

    _fields_ = [
        ("type_name", ctypes.c_void_p),
        ("blck_size", ctypes.c_int64),
        ("blck_size_interleave", ctypes.c_int64),
        ("type_size", ctypes.c_size_t),
        ("is_quantized", ctypes.c_bool),
        ("to_float", ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64)),
    ]


def find_ggml() -> Path | None:
    """Return the library of the llama-cpp-python that is installed for this Python, or None."""
    spec = importlib.util.find_spec("llama_cpp")
    folders = spec.submodule_search_locations if spec else None
    found = (Path(folder) / "lib" / name for folder in folders or () for name in _NAMES)
    return next((path for path in found if path.is_file()), None)


class Ggml:
    """The library. Its threads end when it is closed, or else with the process.

    Args:
        path: Of `libggml-base`.
        n_threads: How many threads unpack at a time.

    Attributes:
        types: Names of the types that can be unpacked.

    Raises:
        TrainerError: If this is no such library, or one of another version that packs its weights differently.
    """

    def __init__(self, path: Path, n_threads: int) -> None:
        self._functions = _functions(path)
        self.types = frozenset({"F32", *self._functions})
        self._n_threads = n_threads
        self._pool = ThreadPoolExecutor(n_threads, thread_name_prefix="unpacking")

    def close(self) -> None:
        """End its threads."""
        self._pool.shutdown()

    def unpack(self, type_name: str, packed: NDArray[np.uint8], out: NDArray[np.float32]) -> None:
        """Write the weights of whole rows to `out`.

        Args:
            packed: (rows, bytes of a row); it may be a part of a file that is mapped for reading only.
            out: (rows, columns).

        Raises:
            TrainerError: If the type cannot be unpacked.
            ValueError: If the arrays are of other types, not contiguous, or do not fit together.
        """
        if type_name not in self.types:
            raise TrainerError(
                f"Weights of type {type_name} cannot be unpacked here.", "Choose another quantization of this model."
            )
        rows, columns = out.shape
        if packed.shape != (rows, bytes_per_row(type_name, columns)):
            raise ValueError(f"bytes of shape {packed.shape} do not hold {rows} x {columns} of {type_name}")
        if packed.dtype != np.uint8 or out.dtype != np.float32:
            raise ValueError(f"bytes and 32-bit floats are wanted, not {packed.dtype} and {out.dtype}")
        if not (packed.flags.c_contiguous and out.flags.c_contiguous and out.flags.writeable):
            raise ValueError("the arrays must be contiguous")
        if type_name == "F32":
            out[...] = packed.view(np.float32)
            return
        to_float = self._functions[type_name]

        def unpack_part(part: slice) -> None:
            # ctypes lets other threads of Python go on meanwhile.
            to_float(packed[part].ctypes.data, out[part].ctypes.data, out[part].size)

        parts = list(self._parts(rows, columns))
        if len(parts) == 1:
            unpack_part(parts[0])
        else:
            list(self._pool.map(unpack_part, parts))

    def _parts(self, rows: int, columns: int) -> Iterator[slice]:
        fair = rows * columns // (_PARTS_A_THREAD * self._n_threads)
        step = max(1, min(max(fair, _LEAST_PART), _LARGEST_PART) // max(1, columns))
        return (slice(start, start + step) for start in range(0, rows, step))


def _functions(path: Path) -> dict[str, _ToFloat]:
    """Return the functions that unpack, by type, after everything known of the types has proved to hold."""
    try:
        library = ctypes.CDLL(str(path))
        library.ggml_version.restype = library.ggml_type_name.restype = ctypes.c_char_p
        library.ggml_get_type_traits.restype = ctypes.POINTER(_TypeTraits)
    except (OSError, AttributeError) as error:
        raise _unusable(path) from error
    if _version(library) < LEAST_VERSION:
        raise _unusable(path)
    functions = {}
    for name, (number, *sizes) in QUANT_TYPES.items():
        if library.ggml_type_name(number).decode().upper() != name:
            raise _unusable(path)
        traits = library.ggml_get_type_traits(number).contents
        if [traits.blck_size, traits.type_size] != sizes:
            raise _unusable(path)
        if traits.to_float:
            functions[name] = traits.to_float
    return functions


def _version(library: ctypes.CDLL) -> tuple[int, ...]:
    numbers = library.ggml_version().decode().split(".")[:2]
    return tuple(int(number) for number in numbers if number.isdecimal())


def _unusable(path: Path) -> TrainerError:
    return TrainerError(
        f"The library “{path.name}” cannot be used to unpack the model: it is damaged, or of another version.",
        "Install the version of llama-cpp-python that this program comes with.",
    )
