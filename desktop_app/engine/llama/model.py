"""A loaded model and its vocabulary."""

import ctypes
from collections.abc import Callable

import llama_cpp.llama_cpp as api

from desktop_app.engine.backend import Stopped
from desktop_app.engine.llama.native import recent_complaints
from desktop_app.errors import UserError

_PIECE_BYTES = 256


class LlamaModel:
    """One model in memory; `close` frees it, after every context of it.

    Raises:
        UserError: If llama.cpp refuses the file.
        Stopped: If `on_progress` (fraction from 0 to 1) returned False.
    """

    def __init__(self, path: str, n_gpu_layers: int, on_progress: Callable[[float], bool]) -> None:
        stopped = False

        @api.llama_progress_callback  # type: ignore[untyped-decorator]
        def progress(fraction: float, _user_data: ctypes.c_void_p) -> bool:
            nonlocal stopped
            stopped = not on_progress(fraction)
            return not stopped

        parameters = api.llama_model_default_params()
        parameters.n_gpu_layers = n_gpu_layers
        parameters.progress_callback = progress
        self._model = api.llama_model_load_from_file(path.encode(), parameters)
        if not self._model:
            if stopped:
                raise Stopped
            said = next(iter(reversed(recent_complaints())), "nothing about it")
            raise UserError(
                f"llama.cpp could not load this model; it said: {said.rstrip('.')}.",
                "The file may be damaged or made for a newer version; download it again or choose another model.",
            )
        self._vocabulary = api.llama_model_get_vocab(self._model)
        self._buffer = ctypes.create_string_buffer(_PIECE_BYTES)
        self.n_vocab: int = api.llama_vocab_n_tokens(self._vocabulary)

    @property
    def handle(self) -> ctypes.c_void_p:
        """The native pointer, for contexts of this model."""
        return self._model  # type: ignore[no-any-return]

    @property
    def n_ctx_train(self) -> int:
        return int(api.llama_model_n_ctx_train(self._model))

    @property
    def n_params(self) -> int:
        return int(api.llama_model_n_params(self._model))

    @property
    def n_swa(self) -> int:
        """Tokens a sliding-window layer sees; 0 where there is none."""
        return int(api.llama_model_n_swa(self._model))

    @property
    def can_go_back(self) -> bool:
        """Whether tokens can be taken back out of the cache: recurrent states cannot."""
        return not api.llama_model_is_recurrent(self._model) and not api.llama_model_is_hybrid(self._model)

    @property
    def adds_bos(self) -> bool:
        return bool(api.llama_vocab_get_add_bos(self._vocabulary))

    @property
    def bos_id(self) -> int:
        return int(api.llama_vocab_bos(self._vocabulary))

    @property
    def eos_id(self) -> int:
        return int(api.llama_vocab_eos(self._vocabulary))

    def metadata(self, key: str) -> str | None:
        """Return a text from the file's metadata, or None."""
        length = api.llama_model_meta_val_str(self._model, key.encode(), None, 0)
        if length < 0:
            return None
        buffer = ctypes.create_string_buffer(length + 1)
        api.llama_model_meta_val_str(self._model, key.encode(), buffer, length + 1)
        return buffer.value.decode("utf-8", errors="replace")

    def chat_template(self) -> str | None:
        """Return the file's own chat template, or None."""
        template = api.llama_model_chat_template(self._model, None)
        return template.decode("utf-8", errors="replace") if template else None

    def is_eog(self, token: int) -> bool:
        return bool(api.llama_vocab_is_eog(self._vocabulary, token))

    def token_text(self, token: int) -> str:
        """Return how the vocabulary writes a token (`</s>`), or empty for a number that is none."""
        if not 0 <= token < self.n_vocab:
            return ""
        return str(api.llama_vocab_get_text(self._vocabulary, token).decode("utf-8", errors="replace"))

    def has_token(self, text: str) -> bool:
        """Return whether a control token is written like this text."""
        return len(self.tokenize(text, parse_special=True)) == 1 != len(self.tokenize(text, parse_special=False))

    def tokenize(self, text: str, parse_special: bool, add_special: bool = False) -> list[int]:
        """Return the text's tokens.

        Args:
            text: Any text.
            parse_special: Recognize control tokens such as `<|im_start|>`; never for what people or documents wrote.
            add_special: Put BOS before it if the model wants that.
        """
        data = text.encode("utf-8", errors="replace")
        capacity = len(data) + 8
        tokens = (api.llama_token * capacity)()
        count = api.llama_tokenize(self._vocabulary, data, len(data), tokens, capacity, add_special, parse_special)
        if count < 0:
            capacity = -count
            tokens = (api.llama_token * capacity)()
            count = api.llama_tokenize(self._vocabulary, data, len(data), tokens, capacity, add_special, parse_special)
        return tokens[:count]

    def piece(self, token: int) -> bytes:
        """Return the bytes a token stands for; control tokens stand for none."""
        length = api.llama_token_to_piece(self._vocabulary, token, self._buffer, len(self._buffer), 0, False)
        if length < 0:
            self._buffer = ctypes.create_string_buffer(-length)
            length = api.llama_token_to_piece(self._vocabulary, token, self._buffer, len(self._buffer), 0, False)
        return self._buffer.raw[:length]

    def close(self) -> None:
        api.llama_model_free(self._model)
