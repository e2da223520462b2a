"""What the trainer gets to know of a model that can be trained: where its tensors lie, and what its header says.

The trainer has no parser of its own. It maps the files by these places, once their sizes and hashes are what they were.
"""

import re
from collections.abc import Sequence

from desktop_app.adapters.check import model_file_name
from desktop_app.adapters.identity import base_identity
from desktop_app.errors import UserError
from desktop_app.library.file_errors import shown_name, shown_text
from desktop_app.library.gguf import GgufHeader
from desktop_app.library.gguf_reader import Value, read_part
from desktop_app.library.inspect import file_sha256
from desktop_app.library.model_check import check_model
from desktop_app.trainer.contract import ARCHITECTURES, Base, ModelFile, Part, TensorPlace

_LONGEST_TEXT = 256  # the trainer asks for words such as “yarn”
_VOCABULARY = "tokenizer."  # whose tokens were made before
_LAYER_TENSOR = re.compile(
    r"blk\.[0-9]+\.(attn_(norm|q|k|v|qkv|output|q_norm|k_norm)|ffn_(norm|gate|up|down)|post_attention_norm"
    r"|post_ffw_norm)\.(weight|bias)"
)
_OTHER_TENSORS = frozenset(
    [
        "token_embd.weight",
        "output.weight",
        "output.bias",
        "output_norm.weight",
        "rope_freqs.weight",
        "rope_factors_long.weight",
        "rope_factors_short.weight",
    ]
)
# Where a model has several kinds of weights in one.
_FUSED = {"attn_q": "attn_qkv", "attn_k": "attn_qkv", "attn_v": "attn_qkv", "ffn_gate": "ffn_up"}
_CHOOSE = "Choose another model."


def check_trainable(header: GgufHeader) -> None:
    """Refuse a model that cannot be trained, before anything is begun.

    Raises:
        UserError: If so, with the name of what is not supported.
    """
    check_model(header)
    name = shown_name(header.path)
    if header.integer("expert_count"):
        raise UserError(f"“{name}” is a mixture of experts, and such models cannot be trained yet.", _CHOOSE)
    if header.architecture not in ARCHITECTURES:
        raise UserError(
            f"“{name}” has the architecture “{shown_text(header.architecture)}”, which cannot be trained yet.",
            f"Choose a model of one of these: {', '.join(ARCHITECTURES)}.",
        )
    if header.text(f"{header.architecture}.rope.scaling.type") == "yarn":
        raise UserError(
            f"“{name}” stretches its context by the method YaRN, with which models cannot be trained yet.", _CHOOSE
        )
    for tensor in header.tensors:
        if tensor.name not in _OTHER_TENSORS and not _LAYER_TENSOR.fullmatch(tensor.name):
            raise UserError(
                f"“{name}” has the tensor “{shown_text(tensor.name)}”, which cannot be trained with yet.", _CHOOSE
            )


def model_file(header: GgufHeader) -> ModelFile:
    """Return what the trainer gets to know.

    Raises:
        UserError: If a file of the model cannot be read any more.
    """
    places = []
    for number, path in enumerate(header.parts):
        part = read_part(path)  # again, because the header of a split model does not say which part a tensor is in
        places += [
            TensorPlace(each.name, each.type, each.shape[::-1], number, part.data_offset + each.offset, each.size_bytes)
            for each in part.tensors
        ]
    kept = {key: value for key, value in header.metadata.items() if _is_kept(key, value)}
    return ModelFile(kept, tuple(places))


def _is_kept(key: str, value: Value) -> bool:
    if key.startswith(_VOCABULARY):
        return False
    return len(value) <= _LONGEST_TEXT if isinstance(value, str) else isinstance(value, bool | int | float | tuple)


def base_of(header: GgufHeader, known_sha256: Sequence[str] = ()) -> Base:
    """Return what identifies the model.

    Args:
        header: Of the model.
        known_sha256: Of its files, in order, as far as they are known; the others are computed.

    Raises:
        UserError: If a file of the model cannot be read any more.
    """
    hashes = [*known_sha256, *[""] * len(header.parts)]
    parts = [
        Part(shown_name(path), path.stat().st_size, sha256 or file_sha256(path))
        for path, sha256 in zip(header.parts, hashes, strict=False)
    ]
    identity = base_identity(header)
    return Base(
        name=model_file_name(header),
        path=str(header.path.absolute()),
        architecture=header.architecture,
        parts=tuple(parts),
        norms_sha256=identity.norms_sha256,
        vocab_sha256=identity.vocab_sha256,
    )


def target_weights(header: GgufHeader, targets: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Return (out, in) of each weight that an adapter with these targets changes.

    Where a model has several targets in one weight, that one is changed.
    """
    shapes = {tensor.name: tensor.shape for tensor in header.tensors}
    found = {}
    for layer in range(header.n_layer):
        for target in targets:
            names = (f"blk.{layer}.{kind}.weight" for kind in (target, _FUSED.get(target, target)))
            name = next((name for name in names if name in shapes), None)
            if name is not None:
                n_in, n_out = shapes[name]
                found[name] = (n_out, n_in)
    return found
