"""One file for each family of models: what it computes, as a `Spec` told from the header of a file.

Sources: llama.cpp's `src/models/*.cpp` and `src/llama-model.cpp` (which pairs of numbers turn), at 0c1e570.
"""

from collections.abc import Callable

from ..contract import ModelFile
from ..errors import TrainerError
from ..spec import Header, Spec
from . import gemma2, gemma3, granite, llama, phi3, qwen2, qwen3, smollm3

_FAMILIES: dict[str, Callable[[Header, int], Spec]] = {
    "gemma2": gemma2.spec,
    "gemma3": gemma3.spec,
    "granite": granite.spec,
    "llama": llama.spec,
    "phi3": phi3.spec,
    "qwen2": qwen2.spec,
    "qwen3": qwen3.spec,
    "smollm3": smollm3.spec,
}


def model_spec(file: ModelFile, n_ctx: int) -> Spec:
    """Return what a model computes.

    Args:
        file: The model.
        n_ctx: Context length that the person chats with.

    Raises:
        TrainerError: If its family, or something in it, is not supported.
    """
    header = Header(file)
    family = _FAMILIES.get(header.architecture)
    if family is None:
        names = ", ".join(_FAMILIES)
        raise TrainerError(
            f"Models of the kind “{header.architecture}” cannot be trained yet.", f"The kinds that can are: {names}."
        )
    return family(header, n_ctx)
