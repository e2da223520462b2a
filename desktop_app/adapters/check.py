"""Whether an adapter may be given to llama.cpp, and what it says about itself.

llama.cpp checks little of an adapter (`src/llama-adapter.cpp`). It ends the whole process over an alpha that is no
32-bit float and over a change of the embedding of some models, writes outside its memory where numbers of experts
differ (issue 29128), and computes nothing but NaN from a single NaN. All of this is asked here, of a header that
`read_header` has found sound.
"""

import math
import re
from dataclasses import dataclass

from desktop_app.adapters.identity import BaseIdentity
from desktop_app.adapters.stack import MAX_SCALE
from desktop_app.errors import UserError
from desktop_app.library.file_errors import damaged, shown_name, shown_text
from desktop_app.library.gguf import GgufHeader
from desktop_app.library.gguf_reader import Tensor
from desktop_app.library.memory import readable_size

ALPHA = "adapter.lora.alpha"
A_SUFFIX, B_SUFFIX = ".lora_a", ".lora_b"
MERGED = "moatless.merged"  # of a model made here: JSON list of [SHA-256 of an adapter, its scale]
MAX_RANK = 512
MAX_BYTES = 1_000_000_000
MAX_SHARE_OF_MODEL = 2  # times the model's size; usual ones have a hundredth of it

_TYPES = ("F32", "F16", "BF16")
_IGNORED_SUFFIX = "_norm.weight"  # llama.cpp passes over these
# llama.cpp takes `.lora_a` out of a name wherever it stands, so it may stand at the end only.
_WEIGHT = re.compile(r"(?!.*\.lora_)blk\.[0-9]{1,3}\.[a-z0-9_.]+\.weight")
_ROUTER = "ffn_gate_inp"
_REPO = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*", re.ASCII)
_ORDER = ("attn_q", "attn_k", "attn_v", "attn_qkv", "attn_output", "ffn_gate", "ffn_up", "ffn_down")
_CHOOSE = "Choose another adapter."
_CHOOSE_FITTING = "Choose an adapter for this model."


@dataclass(frozen=True)
class AdapterFacts:
    """What an adapter's file says about itself, which nobody has to believe.

    Attributes:
        n_weights: How many weights of a model it changes.
        targets: Their kinds, such as attn_q, in the order in which a layer computes with them.
        base_name: The model it was made for, or empty.
        base_repo: The same as owner/name on the Hub, or empty.
        default_scale: The person's scale it should have at first; 1 is "as trained".
        base_identity: Of the model it was made for, or None.
        base_sha256: Of the file it was made for, or None.
        alpha: 0 if it has none.
    """

    name: str
    architecture: str
    size_bytes: int
    max_rank: int
    n_weights: int
    targets: tuple[str, ...]
    base_name: str
    base_repo: str
    license: str
    default_scale: float
    base_identity: BaseIdentity | None
    base_sha256: str | None
    alpha: float


def check_adapter(header: GgufHeader) -> None:
    """Refuse what is not a LoRA adapter that some model could safely be given.

    Raises:
        UserError: If it is something else, is of an unsupported kind, or is damaged.
    """
    name = shown_name(header.path)
    _check_kind(header, name)
    if header.file_size > MAX_BYTES:
        size, limit = readable_size(header.file_size), readable_size(MAX_BYTES)
        raise UserError(f"“{name}” is {size} large, and adapters of up to {limit} are supported.", _CHOOSE)
    if not math.isfinite(_alpha(header)):
        raise damaged(name, "its strength (alpha) is not a number")
    _check_tensors(header, name)
    pairs = _pairs(header)
    if not pairs:
        raise damaged(name, "it changes nothing")
    for weight, (a, b) in pairs.items():
        _check_target(weight, name)
        _check_shapes(weight, a, b, name)


def _check_kind(header: GgufHeader, name: str) -> None:
    if header.kind != "adapter":
        if header.kind == "model" or header.n_layer:
            raise UserError(f"“{name}” is a model, not an adapter.", "Add it on the Models page, or choose an adapter.")
        raise UserError(f"“{name}” is not an adapter.", "Choose a LoRA adapter whose file name ends in .gguf.")
    if (kind := header.text("adapter.type")) != "lora":
        shown = shown_text(kind) or "unknown"
        raise UserError(f"“{name}” is an adapter of the kind “{shown}”, and only LoRA is supported.", _CHOOSE)
    if any(key.startswith("adapter.alora.") for key in header.metadata):
        raise UserError(
            f"“{name}” begins to act only after certain words of a chat (activated LoRA), which is not supported.",
            _CHOOSE,
        )
    if not header.architecture:
        raise damaged(name, "it does not say for which architecture it is")
    if len(header.parts) > 1:  # llama.cpp would read the first part only
        raise UserError(f"“{name}” is split into several files, and an adapter has to be one.", _CHOOSE)


def _check_tensors(header: GgufHeader, name: str) -> None:
    names = {tensor.name for tensor in header.tensors}
    for tensor in header.tensors:
        shown = shown_text(tensor.name)
        if tensor.name.endswith(A_SUFFIX):
            other = tensor.name.removesuffix(A_SUFFIX) + B_SUFFIX
        elif tensor.name.endswith(B_SUFFIX):
            other = tensor.name.removesuffix(B_SUFFIX) + A_SUFFIX
        elif tensor.name.endswith(_IGNORED_SUFFIX):
            other = tensor.name
        else:
            raise UserError(f"“{name}” has the tensor “{shown}”, which is not part of a LoRA adapter.", _CHOOSE)
        if other not in names:
            raise damaged(name, f"“{shown}” is there without its other half")
        if tensor.type not in _TYPES:
            raise UserError(
                f"“{name}” is quantized ({tensor.type}), and adapters are used with 16 or 32 bits only.",
                "Look for its F16 version.",
            )


def _pairs(header: GgufHeader) -> dict[str, tuple[Tensor, Tensor]]:
    """Return A and B by the weight that they change."""
    tensors = {tensor.name: tensor for tensor in header.tensors}
    weights = [name.removesuffix(A_SUFFIX) for name in tensors if name.endswith(A_SUFFIX)]
    return {weight: (tensors[weight + A_SUFFIX], tensors[weight + B_SUFFIX]) for weight in weights}


def _kind(weight: str) -> str:
    """Return the part of a weight's name that is the same in all layers, such as attn_q."""
    return weight.split(".")[-2]


def _check_target(weight: str, name: str) -> None:
    """Refuse changes of the embedding, the output, norms and routers, which end the engine or are not applied."""
    if not _WEIGHT.fullmatch(weight) or "norm" in _kind(weight) or _kind(weight).startswith(_ROUTER):
        raise UserError(f"“{name}” changes “{shown_text(weight)}”, which an adapter cannot change safely.", _CHOOSE)


def _check_shapes(weight: str, a: Tensor, b: Tensor, name: str) -> None:
    if not len(a.shape) == len(b.shape) in (2, 3):
        raise damaged(name, f"the halves of “{weight}” have impossible shapes")
    if a.shape[1] != b.shape[0]:
        raise damaged(name, f"the halves of “{weight}” have the ranks {a.shape[1]:,} and {b.shape[0]:,}")
    if a.shape[1] > MAX_RANK:
        raise UserError(f"“{name}” has the rank {a.shape[1]:,}, and up to {MAX_RANK} is supported.", _CHOOSE)
    if a.shape[2:] != b.shape[2:]:
        raise damaged(name, f"the halves of “{weight}” are for {a.shape[2]:,} and {b.shape[2]:,} experts")


def check_fits(adapter: GgufHeader, model: GgufHeader) -> None:
    """Refuse an adapter that cannot be applied to this model.

    That it can does not mean that it was made for it: see `verdict`.

    Args:
        adapter: Has passed `check_adapter`.
        model: Has passed `library.model_check.check_model`.

    Raises:
        UserError: If the model is of another architecture or shape than the one the adapter was made for.
    """
    if difference := _difference(adapter, model):
        name, model_name = adapter_name(adapter), model_file_name(model)
        raise UserError(f"“{name}” was made for another model than “{model_name}”: {difference}.", _CHOOSE_FITTING)


def _difference(adapter: GgufHeader, model: GgufHeader) -> str:
    """Return in words the first thing that does not fit, or an empty text."""
    if adapter.architecture != model.architecture:
        return f"its architecture is “{shown_text(adapter.architecture)}” and the model's “{model.architecture}”"
    pairs = _pairs(adapter)
    layers = 1 + max(int(weight.split(".")[1]) for weight in pairs)
    if layers > model.n_layer:
        return f"it changes layer {layers} and the model has {model.n_layer}"
    weights = {tensor.name: tensor for tensor in model.tensors}
    for weight, (a, b) in pairs.items():
        base = weights.get(weight)
        if base is None or len(base.shape) < 2:
            return f"the model has no matrix “{weight}”"
        if difference := _difference_of_shapes(a, b, base, model.n_embd):
            return difference
    if adapter.file_size > MAX_SHARE_OF_MODEL * model.file_size:
        return "it is more than twice as large"
    return ""


def _difference_of_shapes(a: Tensor, b: Tensor, base: Tensor, n_embd: int) -> str:
    (inputs, outputs), experts = base.shape[:2], base.shape[2:]
    if a.shape[0] != inputs == n_embd:
        return f"its layers are {a.shape[0]:,} wide and the model's {n_embd:,}"
    if a.shape[0] != inputs:
        return f"“{base.name}” takes {a.shape[0]:,} numbers in it and {inputs:,} in the model"
    if b.shape[1] != outputs:
        return f"“{base.name}” gives {b.shape[1]:,} numbers in it and {outputs:,} in the model"
    if a.shape[2:] != experts:
        return f"“{base.name}” has {_shown_experts(a)} in it and {_shown_experts(base)} in the model"
    return ""


def _shown_experts(tensor: Tensor) -> str:
    return f"{math.prod(tensor.shape[2:]):,} experts" if tensor.shape[2:] else "no experts"


def adapter_facts(header: GgufHeader) -> AdapterFacts:
    """Return what an adapter says about itself; its header has passed `check_adapter`."""
    pairs = _pairs(header)
    kinds = dict.fromkeys(map(_kind, pairs))
    norms, vocabulary = header.text("moatless.base.norms_sha256"), header.text("moatless.base.vocab_sha256")
    return AdapterFacts(
        name=adapter_name(header),
        architecture=header.architecture,
        size_bytes=header.file_size,
        max_rank=max(a.shape[1] for a, _ in pairs.values()),
        n_weights=len(pairs),
        targets=tuple(sorted(kinds, key=lambda kind: _ORDER.index(kind) if kind in _ORDER else len(_ORDER))),
        base_name=shown_text(header.text("general.base_model.0.name")),
        base_repo=base_repo(header),
        license=shown_text(header.license),
        default_scale=_default_scale(header.text("moatless.default_scale")),
        base_identity=BaseIdentity(norms, vocabulary) if norms and vocabulary else None,
        base_sha256=header.text("moatless.base.sha256") or None,
        alpha=_alpha(header),
    )


def adapter_name(header: GgufHeader) -> str:
    """Return what an adapter calls itself, or else its file's name."""
    return shown_text(header.name.strip()) or shown_name(header.path.with_suffix(""))


def model_file_name(header: GgufHeader) -> str:
    """Return what to call a model in a sentence: its file's name without the ending."""
    return shown_name(header.path.with_suffix(""))


def is_repo(text: str) -> bool:
    """Return whether a text looks like owner/name on the Hub."""
    return _REPO.fullmatch(text) is not None


def base_repo(header: GgufHeader) -> str:
    """Return the owner/name on the Hub that a file says it was made from, or an empty text."""
    url = header.text("general.base_model.0.repo_url")
    path = re.sub(r"^https?://[^/]+/", "", url).split("/")
    said = [header.text("general.base_model.0.organization"), header.text("general.base_model.0.name")]
    # Converters make spaces of the dashes in names.
    candidates = ("/".join(path[:2]), "/".join(said).replace(" ", "-"))
    return next((repo for repo in candidates if is_repo(repo)), "")


def _alpha(header: GgufHeader) -> float:
    alpha = header.metadata.get(ALPHA, 0.0)
    return alpha if isinstance(alpha, float) else 0.0


def _default_scale(text: str) -> float:
    try:
        scale = float(text)
    except ValueError:
        return 1.0
    return scale if abs(scale) <= MAX_SCALE else 1.0
