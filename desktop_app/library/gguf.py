"""What a GGUF model says about itself, read without native code and checked before any native code sees the file."""

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from desktop_app.errors import UserError
from desktop_app.library.file_errors import damaged, shown_name
from desktop_app.library.gguf_reader import TOKENS, GgufPart, Tensor, Value, Vocabulary, read_part
from desktop_app.library.gguf_types import FILE_TYPES

MAX_LAYERS = 512  # of llama.cpp

_GUESSED_FILE_TYPE = 1024  # a bit that llama.cpp adds where it had to guess
_PART_NAME = re.compile(r"(?P<prefix>.+)-(?P<number>\d{5})-of-(?P<count>\d{5})\.gguf")


@dataclass(frozen=True)
class GgufHeader:
    """The header of a model.

    Attributes:
        path: The file, or the first of a split model's.
        parts: All files of the model; one, unless it is split.
        metadata: Keys as in the file; of a split model, of its first part.
        tensors: Of all parts. Offsets count from the start of the data in the tensor's own file.
        data_offset: First byte of the data in `path`.
        file_size: Bytes of all parts together.
    """

    path: Path
    parts: tuple[Path, ...]
    version: int
    metadata: dict[str, Value]
    tensors: tuple[Tensor, ...]
    data_offset: int
    file_size: int

    def text(self, key: str) -> str:
        """Return a text of the metadata, or an empty one."""
        value = self.metadata.get(key)
        return value if isinstance(value, str) else ""

    def integer(self, name: str, default: int = 0) -> int:
        """Return a number that belongs to the architecture, such as `block_count`, or the default."""
        value = self.metadata.get(f"{self.architecture}.{name}")
        return value if isinstance(value, int) and not isinstance(value, bool) else default

    def per_layer(self, name: str, default: int = 0) -> tuple[int, ...]:
        """Return a number that may differ between layers, once for each layer."""
        value = self.metadata.get(f"{self.architecture}.{name}")
        if isinstance(value, tuple):
            return tuple(item for item in value if isinstance(item, int))
        return (self.integer(name, default),) * min(self.n_layer, MAX_LAYERS)

    @property
    def architecture(self) -> str:
        return self.text("general.architecture")

    @property
    def kind(self) -> str:
        """What sort of file it is: model, adapter, mmproj, vocab, imatrix. Old files do not say."""
        return self.text("general.type")

    @property
    def name(self) -> str:
        return self.text("general.name")

    @property
    def license(self) -> str:
        return self.text("general.license")

    @property
    def quant_type(self) -> str:
        """The quantization by its usual name, such as Q4_K_M; the type of most weights if the file does not say."""
        number = self.metadata.get("general.file_type")
        if isinstance(number, int) and (name := FILE_TYPES.get(number & ~_GUESSED_FILE_TYPE)):
            return name
        weights: Counter[str] = Counter()
        for tensor in self.tensors:
            weights[tensor.type] += tensor.n_weights
        return weights.most_common(1)[0][0] if weights else ""

    @property
    def n_params(self) -> int:
        return sum(tensor.n_weights for tensor in self.tensors)

    @property
    def n_ctx_train(self) -> int:
        return self.integer("context_length")

    @property
    def n_layer(self) -> int:
        return self.integer("block_count")

    @property
    def n_embd(self) -> int:
        return self.integer("embedding_length")

    @property
    def n_ff(self) -> int:
        """Width of the widest feed-forward layer."""
        return max(self.per_layer("feed_forward_length"), default=0)

    @property
    def n_head(self) -> tuple[int, ...]:
        """Attention heads of each layer; 0 where a layer has no attention."""
        return self.per_layer("attention.head_count")

    @property
    def n_head_kv(self) -> tuple[int, ...]:
        """Heads that keep keys and values, of each layer."""
        if f"{self.architecture}.attention.head_count_kv" in self.metadata:
            return self.per_layer("attention.head_count_kv")
        return self.n_head

    @property
    def key_length(self) -> int:
        """Width of one head's keys."""
        return self.integer("attention.key_length", self._head_width)

    @property
    def value_length(self) -> int:
        """Width of one head's values."""
        return self.integer("attention.value_length", self._head_width)

    @property
    def _head_width(self) -> int:
        return self.n_embd // max((1, *self.n_head))

    @property
    def n_swa(self) -> int:
        """Tokens that a sliding-window layer sees; 0 where there is no window."""
        return self.integer("attention.sliding_window")

    @property
    def n_vocab(self) -> int:
        tokens = self.metadata.get(TOKENS)
        return tokens.length if isinstance(tokens, Vocabulary) else self.integer("vocab_size")

    @property
    def chat_template(self) -> str | None:
        return self.text("tokenizer.chat_template") or None


def read_header(path: Path) -> GgufHeader:
    """Read a model's header, and of a split model the headers of all its parts, which lie beside the first.

    Raises:
        UserError: If a file is missing, cannot be read, or is not a whole and sound GGUF file.
    """
    first = read_part(path)
    count = first.metadata.get("split.count", 0)
    if not isinstance(count, int) or count < 2:
        return GgufHeader(
            path, (path,), first.version, first.metadata, first.tensors, first.data_offset, first.file_size
        )
    paths = _part_paths(path, first, count)
    tensors, size = {tensor.name: tensor for tensor in first.tensors}, first.file_size
    n_tensors = len(first.tensors)
    for number, part_path in enumerate(paths[1:], start=1):
        part = _read_other_part(part_path, number, count)
        tensors.update((tensor.name, tensor) for tensor in part.tensors)
        n_tensors += len(part.tensors)
        size += part.file_size
    name = shown_name(path)
    if len(tensors) != n_tensors:
        raise damaged(name, "two parts of the model have the same tensor")
    if first.metadata.get("split.tensors.count") != n_tensors:
        raise damaged(name, "its parts do not belong to the same model")
    return GgufHeader(path, paths, first.version, first.metadata, tuple(tensors.values()), first.data_offset, size)


def _part_paths(path: Path, first: GgufPart, count: int) -> tuple[Path, ...]:
    """Return where all parts must lie: native code makes up their names from that of the first."""
    name = shown_name(path)
    number = first.metadata.get("split.no")
    if not isinstance(number, int) or not 0 <= number < count:
        raise damaged(name, "it does not say which part of the model it is")
    found = _PART_NAME.fullmatch(path.name)
    if found is None or (int(found["number"]), int(found["count"])) != (number + 1, count):
        raise UserError(
            f"“{name}” is part {number + 1} of {count} of a model, but its name says otherwise.",
            f"Rename it so that it ends in -{number + 1:05d}-of-{count:05d}.gguf, and likewise the other parts.",
        )
    paths = tuple(path.with_name(f"{found['prefix']}-{index:05d}-of-{count:05d}.gguf") for index in range(1, count + 1))
    if number:
        raise UserError(
            f"“{name}” is part {number + 1} of {count} of a model.", f"Choose its first part, {shown_name(paths[0])}."
        )
    return paths


def _read_other_part(path: Path, number: int, count: int) -> GgufPart:
    if not path.exists():
        raise UserError(
            f"Part {number + 1} of {count} of this model is missing: “{shown_name(path)}” is not in its folder.",
            "Download all parts into one folder.",
        )
    part = read_part(path)
    if part.metadata.get("split.no") != number or part.metadata.get("split.count") != count:
        raise damaged(shown_name(path), f"it is not part {number + 1} of {count} of the model")
    return part
