"""The sampler settings of every comparison: the likeliest token, so that everyone writes the same text."""

from desktop_app.engine.choices import SamplerSettings


def greedy(max_tokens: int) -> SamplerSettings:
    return SamplerSettings(temperature=0, top_k=0, top_p=1, min_p=0, repeat_penalty=1, seed=1, max_tokens=max_tokens)
