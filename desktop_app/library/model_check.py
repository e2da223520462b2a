"""Whether a sound GGUF file is a model that one can chat with, asked before native code loads it.

llama.cpp ends the whole process, or reads outside its memory, over some files that its parser lets pass: numbers that
make no sense (`GGML_ASSERT` in `llama_model_base::load_hparams` of `src/llama-model.cpp`), vocabularies without all
bytes, tensors of types it cannot compute with. Each condition here was met by feeding it changed models.
"""

import math

from desktop_app.errors import UserError
from desktop_app.library.architectures import CHAT, OTHER, RECURRENT
from desktop_app.library.file_errors import damaged, shown_name, shown_text
from desktop_app.library.gguf import MAX_LAYERS, GgufHeader
from desktop_app.library.gguf_reader import TOKENS, Vocabulary

MAX_HEAD_LENGTH = 65_536
MAX_EXPERTS = 1024
_ROPE_SCALINGS = ("none", "linear", "yarn", "longrope")
_SENTENCEPIECE = "llama"
_NEVER_WEIGHTS = ("Q8_1", "Q8_K", "I8", "I16", "F64")  # only used between computations, or not at all
_INDEXES = ("I32", "I64")  # of deepseek4's table from tokens to experts
_NO_VOCABULARY = ("", "none", "no_vocab")
_CHOOSE_CHAT = "Choose a chat model."


def check_model(header: GgufHeader) -> None:
    """Refuse what is not a model to chat with.

    Raises:
        UserError: If it is something else, is of an unknown architecture, or describes itself impossibly.
    """
    name = shown_name(header.path)
    _check_kind(header, name)
    check_architecture(header.architecture, name)
    _check_vocabulary(header, name)
    if not header.tensors:
        raise UserError(f"“{name}” has only a vocabulary and no weights.", _CHOOSE_CHAT)
    _check_numbers(header, name)
    _check_layers(header, name)
    _check_experts(header, name)
    _check_tensors(header, name)


def _check_kind(header: GgufHeader, name: str) -> None:
    if header.kind == "adapter":
        raise UserError(
            f"“{name}” is an adapter, which changes a model but is none itself.",
            "Choose the model that it was made for.",
        )
    if header.kind == "mmproj" or header.architecture == "clip":
        raise UserError(
            f"“{name}” is only the part of a model that sees pictures or hears sound.",
            "Choose the model itself; it usually lies beside this file.",
        )
    if header.kind == "vocab":
        raise UserError(f"“{name}” has only a vocabulary and no weights.", _CHOOSE_CHAT)
    if header.kind not in ("", "model"):
        raise UserError(f"“{name}” is not a model but holds “{shown_text(header.kind)}” data.", _CHOOSE_CHAT)


def check_architecture(architecture: str, name: str) -> None:
    """Refuse what this program cannot run, or not chat with.

    Args:
        architecture: As GGUF files have it.
        name: What the model is called in the sentence.

    Raises:
        UserError: If so.
    """
    if not architecture:
        raise damaged(name, "it does not say which architecture it has")
    if purpose := OTHER.get(architecture):
        raise UserError(f"“{name}” cannot chat: this kind of model {purpose}.", _CHOOSE_CHAT)
    if architecture not in CHAT:
        raise UserError(
            f"This model's architecture “{shown_text(architecture)}” is not one this version of Moatless can run.",
            "A newer version may be able to; until then choose another model.",
        )


def _check_vocabulary(header: GgufHeader, name: str) -> None:
    tokens = header.metadata.get(TOKENS)
    kind = header.text("tokenizer.ggml.model")
    if not isinstance(tokens, Vocabulary) or tokens.length < 1 or kind in _NO_VOCABULARY:
        raise UserError(f"“{name}” has no vocabulary, so it cannot read or write text.", _CHOOSE_CHAT)
    if kind == "bert" or (kind == "rwkv" and header.architecture not in RECURRENT):
        raise UserError(f"“{name}” has a vocabulary that is not for chat.", _CHOOSE_CHAT)
    if kind == _SENTENCEPIECE and not tokens.has_all_bytes:
        raise damaged(name, "its vocabulary cannot spell every character")


def _check_numbers(header: GgufHeader, name: str) -> None:
    if header.metadata.get(f"{header.architecture}.rope.scaling.type", "none") not in _ROPE_SCALINGS:
        raise damaged(name, "it counts positions in a way that no model does")
    for key, value in header.metadata.items():
        if isinstance(value, float) and key.startswith(f"{header.architecture}."):
            if not math.isfinite(value):
                raise damaged(name, f"“{shown_text(key)}” in its header is not a number")
            if value < 0 and key.endswith("epsilon"):
                raise damaged(name, f"“{shown_text(key)}” in its header is below zero")


def _check_layers(header: GgufHeader, name: str) -> None:
    layers = header.n_layer
    if not 1 <= layers <= MAX_LAYERS:
        raise damaged(name, f"it claims to have {layers:,} layers")
    if header.integer("nextn_predict_layers") > layers:
        raise damaged(name, "it claims to have more layers for guessing ahead than layers")
    if header.n_embd < 1 or header.n_ctx_train < 1:
        raise damaged(name, "it does not say how wide its layers are or how long its context is")
    for heads in (header.n_head, header.n_head_kv):
        if len(heads) != layers:
            raise damaged(name, f"it describes {len(heads):,} of its {layers:,} layers")
        if min(heads) < 0 or max(heads) > header.n_embd:
            raise damaged(name, "it has an impossible number of attention heads")
    if header.architecture not in RECURRENT:
        if max(header.n_head) == 0:
            raise damaged(name, "it has no attention heads")
        if not (1 <= header.key_length <= MAX_HEAD_LENGTH and 1 <= header.value_length <= MAX_HEAD_LENGTH):
            raise damaged(name, "its attention heads have an impossible width")
    if any(kv and heads % kv for heads, kv in zip(header.n_head, header.n_head_kv, strict=True)):
        raise damaged(name, "its attention heads cannot share keys and values evenly")


def _check_experts(header: GgufHeader, name: str) -> None:
    experts, groups = header.integer("expert_count"), header.integer("expert_group_count")
    used = max(header.per_layer("expert_used_count"), default=0)
    groups_used = header.integer("expert_group_used_count")
    if experts <= 1 and header.architecture in ("hunyuan-dense", "hunyuan_vl"):
        return
    if experts == 0:
        possible = used == groups == 0
    else:
        possible = 0 < used <= experts <= MAX_EXPERTS and groups < experts
        if groups > 1:
            possible = possible and experts % groups == 0 and 0 < groups_used < groups
    if not possible:
        raise damaged(name, "its numbers of experts cannot be right")


def _check_tensors(header: GgufHeader, name: str) -> None:
    for tensor in header.tensors:
        is_vector = len(tensor.shape) == 1 or tensor.name.endswith("norm.weight")  # multiplied and added as they are
        is_index = tensor.type in _INDEXES and "tid2eid" not in tensor.name
        if tensor.type in _NEVER_WEIGHTS or is_index or (is_vector and tensor.type != "F32"):
            raise damaged(name, f"the tensor “{shown_text(tensor.name)}” has a type that it cannot have")
