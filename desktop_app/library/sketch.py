"""A header for a model that is not here (yet), made from what little is known: enough to forecast its memory."""

from collections.abc import Mapping
from contextlib import suppress
from io import BytesIO
from pathlib import Path

from desktop_app.errors import UserError
from desktop_app.library.file_errors import HEAD_BYTES, Truncated, damaged, not_a_gguf, shown_name
from desktop_app.library.gguf import MAX_LAYERS, GgufHeader
from desktop_app.library.gguf_cursor import Cursor
from desktop_app.library.gguf_reader import (
    MAGIC,
    TOKENS,
    Skipped,
    Tensor,
    Value,
    Vocabulary,
    read_counts,
    read_items,
    read_key,
    read_list_start,
    read_scalar,
)
from desktop_app.library.gguf_types import ARRAY, STRING, TENSOR_TYPES, TensorType

_VERSION = 3
_MERGES = "tokenizer.ggml.merges"
_PACKINGS = {packing.name: packing for packing in TENSOR_TYPES.values()}
_USUAL_PACKING = _PACKINGS["Q4_K"]
_OUTPUT_PACKINGS = _PACKINGS["Q6_K"], _PACKINGS["Q8_0"]


def read_beginning(data: bytes, name: str) -> dict[str, Value]:
    """Return the metadata that the first bytes of a GGUF file hold, as far as they go.

    Of a list of texts that goes over the end, its length is taken all the same, because it stands before it: nearly
    every vocabulary is longer than what one would fetch to learn about a file.

    Args:
        data: The first bytes of the file; a quarter of a megabyte usually holds all numbers of the architecture.
        name: What errors call the file.

    Raises:
        UserError: If it is no GGUF file, or describes itself impossibly.
    """
    if not data.startswith(MAGIC):
        raise not_a_gguf(name, data[:HEAD_BYTES])
    cursor = Cursor(BytesIO(data), len(data), name)
    metadata: dict[str, Value] = {}
    with suppress(Truncated):
        _, _, n_entries = read_counts(cursor)
        for _ in range(n_entries):
            key, type_id = read_key(cursor, metadata)
            if type_id != ARRAY:
                metadata[key] = read_scalar(cursor, key, type_id)
                continue
            type_id, length = read_list_start(cursor, key)
            if type_id == STRING:
                metadata[key] = Vocabulary(length, True) if key == TOKENS else Skipped(STRING, True, length)
            metadata[key] = read_items(cursor, key, type_id, length)
    return metadata


def sketch_header(path: Path, metadata: Mapping[str, Value], size_bytes: int) -> GgufHeader:
    """Return a header for a file that is not here (yet), good for a memory forecast.

    The weights are spread evenly over the layers, apart from the embedding, whose size is told from the vocabulary. No
    tensor for the output is made up: a forecast then takes the embedding for it, which is right for most small models
    and a little too much for the others.

    Args:
        path: What the file will be called; nothing has to be there.
        metadata: As in the file; what is missing counts as 0.
        size_bytes: Of the file, or of all files of a split model.

    Raises:
        UserError: If the metadata does not say how many layers there are, or says something impossible.
    """
    known = dict(metadata)
    header = GgufHeader(path, (path,), _VERSION, known, (), 0, size_bytes)
    _check(header)
    if _MERGES not in known and header.text("tokenizer.ggml.model") == "gpt2":
        # They stand behind the vocabulary, where nothing was read. There are about as many of them as of its tokens.
        known[_MERGES] = Skipped(STRING, is_list=True, length=header.n_vocab)
    return GgufHeader(path, (path,), _VERSION, known, _tensors(header), 0, size_bytes)


def _check(header: GgufHeader) -> None:
    name = shown_name(header.path)
    if f"{header.architecture}.block_count" not in header.metadata:
        raise UserError(
            f"“{name}” does not say at its beginning how many layers it has, so its memory cannot be forecast.",
            "Choose another file of this model.",
        )
    if not 1 <= header.n_layer <= MAX_LAYERS:
        raise damaged(name, f"it claims to have {header.n_layer:,} layers")


def _tensors(header: GgufHeader) -> tuple[Tensor, ...]:
    packing = _PACKINGS.get(header.quant_type) or _PACKINGS.get(header.quant_type[:4], _USUAL_PACKING)
    # llama.cpp packs an embedding that is also the output no tighter than this (`src/llama-quant.cpp`).
    smallest = _OUTPUT_PACKINGS[header.n_embd % _OUTPUT_PACKINGS[0].block_size > 0]
    embedding_packing = max(packing, smallest, key=lambda packing: packing.block_bytes / packing.block_size)
    size = max(0, header.file_size)
    n_blocks = max(0, header.n_vocab) * max(0, header.n_embd) // embedding_packing.block_size
    embedding = min(n_blocks * embedding_packing.block_bytes, size // 2)
    layer, rest = divmod(size - embedding, header.n_layer)
    tensors = [_tensor("token_embd.weight", embedding_packing, 0, embedding)]
    for number in range(header.n_layer):
        offset = tensors[-1].offset + tensors[-1].size_bytes
        tensors.append(_tensor(f"blk.{number}.weights", packing, offset, layer + (rest if number == 0 else 0)))
    return tuple(tensors)


def _tensor(name: str, packing: TensorType, offset: int, size_bytes: int) -> Tensor:
    n_blocks = size_bytes // packing.block_bytes
    shape = (packing.block_size, n_blocks)
    return Tensor(name, shape, packing.name, offset, size_bytes, n_blocks * packing.block_size)
