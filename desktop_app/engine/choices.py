"""What a person chooses about loading a model and about its answers: part of the protocol, and of the settings.

Plain dataclasses, because the settings are read before the window is shown and msgspec takes its time to load.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class SamplerSettings:
    """How the next token is chosen. Names and meanings follow llama.cpp.

    Attributes:
        temperature: 0 always takes the likeliest token.
        top_k: Keep this many candidates; 0 keeps all.
        top_p: Keep the likeliest candidates up to this share of probability; 1 keeps all.
        min_p: Drop candidates below this share of the likeliest one; 0 drops none.
        repeat_penalty: Divides the score of tokens among the last 64; 1 is off.
        seed: None draws a new one for each answer; the one used is reported in `Finished`.
        max_tokens: Length limit of an answer; 0 means as long as the context allows.
        stop: The answer ends before any of these strings.
    """

    temperature: float = 0.7
    top_k: int = 40
    top_p: float = 0.95
    min_p: float = 0.05
    repeat_penalty: float = 1.05
    seed: int | None = None
    max_tokens: int = 0
    stop: tuple[str, ...] = ()


@dataclass(frozen=True)
class LoadSettings:
    """How a model is loaded. What is automatic is chosen by `library.fit` from the file's header and the free memory.

    Attributes:
        n_ctx: Context length in tokens; 0 is automatic.
        n_threads: 0 follows the machine's load.
        n_gpu_layers: Layers kept on the GPU; -1 means as many as fit, where there is one.
        kv_type: How exactly the KV cache keeps its numbers: f16, q8_0, q4_0; "auto" takes f16 if that fits.
        flash_attention: auto (where the device has it), on, off. A quantized KV cache needs it.
        speculate: Guess several tokens ahead where that makes answers faster; it never changes them.
        draft_path: A small model with the same vocabulary that does the guessing; empty guesses from the text alone.
    """

    n_ctx: int = 0
    n_threads: int = 0
    n_gpu_layers: int = -1
    kv_type: str = "auto"
    flash_attention: str = "auto"
    speculate: bool = True
    draft_path: str = ""
