"""The sampler chain: which token comes next."""

import ctypes
from collections.abc import Sequence

import llama_cpp.llama_cpp as api

from desktop_app.engine.choices import SamplerSettings
from desktop_app.engine.llama.context import LlamaContext

PENALTY_LAST_N = 64
_MIN_KEEP = 1


class Sampler:
    """A llama.cpp sampler chain in its usual order; free it with `close`.

    Args:
        settings: The person's choice; its seed is ignored.
        seed: Makes the answer repeatable on the same build, threads and batch split.
        n_vocab: Tokens of the vocabulary.
        before: The prompt, whose end counts for the repeat penalty.
    """

    def __init__(self, settings: SamplerSettings, seed: int, n_vocab: int, before: Sequence[int]) -> None:
        parameters = api.llama_sampler_chain_default_params()
        parameters.no_perf = True
        self._chain = api.llama_sampler_chain_init(parameters)
        for link in _links(settings, seed, n_vocab):
            api.llama_sampler_chain_add(self._chain, link)
        if settings.repeat_penalty != 1:
            for token in before[-PENALTY_LAST_N:]:
                api.llama_sampler_accept(self._chain, token)

    def sample(self, context: LlamaContext, row: int) -> int:
        """Return the next token, chosen by the logits of this row of the last batch."""
        return int(api.llama_sampler_sample(self._chain, context.handle, row))  # accepts the token as well

    def close(self) -> None:
        api.llama_sampler_free(self._chain)


def _links(settings: SamplerSettings, seed: int, n_vocab: int) -> list[ctypes.c_void_p]:
    links = []
    if settings.repeat_penalty != 1:
        links.append(api.llama_sampler_init_penalties(n_vocab, PENALTY_LAST_N, settings.repeat_penalty, 0.0, 0.0))
    if settings.temperature <= 0:
        return [*links, api.llama_sampler_init_greedy()]
    if settings.top_k > 0:
        links.append(api.llama_sampler_init_top_k(settings.top_k))
    if settings.top_p < 1:
        links.append(api.llama_sampler_init_top_p(settings.top_p, _MIN_KEEP))
    if settings.min_p > 0:
        links.append(api.llama_sampler_init_min_p(settings.min_p, _MIN_KEEP))
    return [*links, api.llama_sampler_init_temp(settings.temperature), api.llama_sampler_init_dist(seed)]
