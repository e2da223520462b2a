"""A second, small model in the same process that guesses what the large one will write."""

from collections.abc import Callable, Sequence
from pathlib import Path

import llama_cpp.llama_cpp as api
import numpy as np

from desktop_app.engine.llama.context import ContextFull, ContextSettings, LlamaContext, Row
from desktop_app.engine.llama.model import LlamaModel

CERTAIN_ENOUGH = 0.4  # a guess less probable than this is wrong so often that checking it costs more than it brings


class LlamaDraft:
    """See `speculation.DraftModel`. Stays in RAM; keeps its own KV cache in step with the text it is asked about.

    Args:
        n_vocab: Tokens of the model that answers. Only what both know is guessed, and no text with more is followed:
            the vocabularies of one family differ in the padding at their ends.

    Raises:
        UserError: If it cannot be loaded.
    """

    def __init__(self, path: Path, n_vocab: int, settings: ContextSettings, n_threads: Callable[[], int]) -> None:
        self._model = LlamaModel(str(path), 0, lambda _fraction: True)
        self._n_common = min(n_vocab, self._model.n_vocab)
        try:
            self._context = LlamaContext(self._model, settings, n_threads)
        except BaseException:
            self._model.close()
            raise

    def draft(self, tokens: Sequence[int], most: int) -> list[int]:
        """Return the likeliest continuation, up to the first token it is not sure of."""
        try:
            return self._draft(tokens, most)
        except ContextFull:
            return []

    def _draft(self, tokens: Sequence[int], most: int) -> list[int]:
        sequence = self._context.sequences[0]
        keep = self._context.keep_prefix(sequence, tokens)
        step = self._context.n_batch
        missing = tokens[keep:]
        if max(missing) >= self._n_common:
            return []
        for at in range(0, len(missing), step):
            rows = [Row(sequence, token) for token in missing[at : at + step]]
            rows[-1] = Row(sequence, rows[-1].token, wants_logits=True)
            self._context.decode(rows, bool)
        guess: list[int] = []
        row = -1
        while (token := self._likeliest(row)) is not None:
            guess.append(token)
            if len(guess) == most:
                break
            self._context.decode([Row(sequence, token, wants_logits=True)], bool)
        return guess

    def _likeliest(self, row: int) -> int | None:
        pointer = api.llama_get_logits_ith(self._context.handle, row)
        logits = np.ctypeslib.as_array(pointer, shape=(self._n_common,))
        best = int(logits.argmax())
        probability = 1 / float(np.exp(logits - logits[best]).sum())
        return best if probability >= CERTAIN_ENOUGH else None

    def close(self) -> None:
        self._context.close()
        self._model.close()
