"""How to load a model here: what the person left to choose is chosen so that it fits into the free memory.

What fits is `USABLE_SHARE` of what is free. Given up one after the other until it does: the model that guesses ahead,
then the fastest attention, half of the KV cache's precision, context, at last the speed of reading. What the person
chose is never changed; if it is impossible, the refusal names the nearest choice that is not.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace

from desktop_app.engine.choices import LoadSettings
from desktop_app.errors import UserError
from desktop_app.library.file_errors import shown_name
from desktop_app.library.gguf import GgufHeader
from desktop_app.library.hardware import FreeMemory
from desktop_app.library.memory import N_UBATCH, MemoryForecast, can_quantize_kv, forecast, readable_size

AUTOMATIC_CONTEXTS = (8192, 4096, 2048)  # a longer one is there for the asking; each token of it takes memory
SMALL_UBATCH = 128
USABLE_SHARE = 0.9  # of what is free; the rest is for what other programs take meanwhile
COMFORTABLE_SHARE = 0.5
SHORTEST_CONTEXT = 512

_CONTEXT_STEP, _SHORT_STEP = 1024, 256
_BITS = {"f16": 16, "q8_0": 8, "q4_0": 4}
_FLASH_ATTENTION = {"auto": None, "on": True, "off": False}


class DoesNotFit(UserError):
    """There is not enough memory."""


@dataclass(frozen=True)
class LoadPlan:
    """How a model is to be loaded.

    Attributes:
        flash_attention: None leaves it to llama.cpp, which uses it where the device can.
        n_gpu_layers: 0 keeps all in RAM; one more than the model has layers takes the output, too.
        use_draft: Load the model that guesses ahead beside it, in RAM.
        memory: What all this is forecast to need.
        note: A sentence for the person if it is less than what is chosen where there is memory enough, or empty.
    """

    n_ctx: int
    kv_type: str
    flash_attention: bool | None
    n_ubatch: int
    n_gpu_layers: int
    use_draft: bool
    memory: MemoryForecast
    note: str = ""

    def is_comfortable(self, free: FreeMemory) -> bool:
        """Return whether nothing was given up and plenty of memory stays for other programs."""
        return not self.note and free.taken_from_ram(self.memory) <= free.ram * COMFORTABLE_SHARE


def plan_load(
    header: GgufHeader, settings: LoadSettings, free: FreeMemory, draft: GgufHeader | None = None
) -> LoadPlan:
    """Choose what the person left to choose.

    Args:
        header: Of a model that `check_model` lets pass.
        settings: The person's choices.
        free: What can be had, with what the model before it gives back.
        draft: Of the model that may guess ahead, or None.

    Raises:
        DoesNotFit: If there is not enough memory for what the person wants. Names the numbers and what would fit.
        UserError: If it is impossible for another reason.
    """
    return _Planner(header, settings, free, draft).plan()


@dataclass(frozen=True)
class _Way:
    """One of the ways to load the model, from the best to the one that needs least."""

    n_ctx: int
    kv_type: str
    flash_attention: bool | None
    n_ubatch: int = N_UBATCH
    has_draft: bool = False


class _Planner:
    """Tries the ways to load one model, best first."""

    def __init__(self, header: GgufHeader, settings: LoadSettings, free: FreeMemory, draft: GgufHeader | None) -> None:
        self._header = header
        self._settings = settings
        self._free = free
        self._draft = draft
        self._name = shown_name(header.path)

    def plan(self) -> LoadPlan:
        self._check_kv_type()
        self._check_gpu()
        ways = list(self._ways())
        for way in ways:
            plan = self._planned(way)
            if self._fits(plan.memory):
                return replace(plan, note=self._note(ways[0], way))
        raise DoesNotFit(*self._refusal(ways[-1]))

    def _ways(self) -> Iterator[_Way]:
        trained = self._header.n_ctx_train
        contexts = [self._settings.n_ctx]
        if not self._settings.n_ctx:
            contexts = sorted({min(n_ctx, trained) for n_ctx in AUTOMATIC_CONTEXTS}, reverse=True)
        kv_types = self._kv_types()
        for n_ctx in contexts:
            if self._draft:
                yield self._way(n_ctx, kv_types[0], self._flash_attention(kv_types[0])[0], has_draft=True)
            for kv_type in kv_types:
                for flash_attention in self._flash_attention(kv_type):
                    yield self._way(n_ctx, kv_type, flash_attention)
        least = self._way(contexts[-1], kv_types[-1], self._flash_attention(kv_types[-1])[-1])
        yield replace(least, n_ubatch=SMALL_UBATCH)

    def _way(self, n_ctx: int, kv_type: str, flash_attention: bool | None, has_draft: bool = False) -> _Way:
        # Without flash attention every token of a micro-batch keeps a score for every cell and head.
        n_ubatch = SMALL_UBATCH if flash_attention is False else N_UBATCH
        return _Way(n_ctx, kv_type, flash_attention, n_ubatch, has_draft)

    def _flash_attention(self, kv_type: str) -> tuple[bool | None, ...]:
        """Return the ways to compute attention, best first.

        On a processor the plain one is: at a depth of 3,000 tokens it decodes 2.5 times as fast, and reads prompts a
        tenth slower (llama.cpp 0c1e570, x86). It takes more memory.
        """
        chosen = _FLASH_ATTENTION[self._settings.flash_attention]
        if kv_type != "f16":
            return (True,)
        if chosen is not None or self._free.vram:
            return (chosen,)
        return (False, True)

    def _kv_types(self) -> tuple[str, ...]:
        if not any(self._header.n_head_kv):  # a recurrent model has no KV cache
            return ("f16",)
        if self._settings.kv_type != "auto":
            return (self._settings.kv_type,)
        can_quantize = can_quantize_kv(self._header) and self._settings.flash_attention != "off"
        return ("f16", "q8_0") if can_quantize else ("f16",)

    def _planned(self, way: _Way) -> LoadPlan:
        n_gpu_layers = self._gpu_layers(way)
        return LoadPlan(
            n_ctx=way.n_ctx,
            kv_type=way.kv_type,
            flash_attention=way.flash_attention,
            n_ubatch=way.n_ubatch,
            n_gpu_layers=n_gpu_layers,
            use_draft=way.has_draft,
            memory=self._forecast(way, n_gpu_layers),
        )

    def _forecast(self, way: _Way, n_gpu_layers: int) -> MemoryForecast:
        return forecast(
            self._header,
            way.n_ctx,
            kv_type=way.kv_type,
            flash_attention=way.flash_attention is not False,
            n_ubatch=way.n_ubatch,
            n_gpu_layers=n_gpu_layers,
            draft=self._draft if way.has_draft else None,
        )

    def _gpu_layers(self, way: _Way) -> int:
        """Return the person's number of layers, or as many as fit on the GPU."""
        n_all = self._header.n_layer + 1
        if self._settings.n_gpu_layers >= 0:
            return min(self._settings.n_gpu_layers, n_all)
        return self._most_gpu_layers(way) if self._free.vram else 0

    def _most_gpu_layers(self, way: _Way) -> int:
        counts = range(self._header.n_layer + 2)
        usable = self._free.vram * USABLE_SHARE
        return max(0, bisect_right(counts, usable, key=lambda n: self._forecast(way, n).vram) - 1)

    def _fits(self, memory: MemoryForecast) -> bool:
        ram, vram = self._free.taken_from_ram(memory), memory.vram
        return ram <= self._free.ram * USABLE_SHARE and vram <= self._free.vram * USABLE_SHARE

    def _note(self, best: _Way, way: _Way) -> str:
        given_up = []
        if way.n_ctx < best.n_ctx:
            given_up.append(f"the context length is {way.n_ctx:,} tokens")
        if way.kv_type != best.kv_type:
            given_up.append(f"the KV cache is kept in {_BITS[way.kv_type]} bits")
        if way.flash_attention is not False and way.n_ubatch == SMALL_UBATCH:
            given_up.append("prompts are read in small steps")
        if way.has_draft != best.has_draft:
            given_up.append("no second model guesses ahead")
        if not given_up:
            return ""
        return f"So that it fits into the {readable_size(self._free.ram)} that are free, {_listed(given_up, 'and')}."

    # ------------------------------------------------------------ refusals

    def _check_kv_type(self) -> None:
        kv_type = self._settings.kv_type
        if kv_type in ("auto", "f16") or not any(self._header.n_head_kv):
            return
        if self._settings.flash_attention == "off":
            raise UserError(
                f"A KV cache in {_BITS[kv_type]} bits needs flash attention, which is switched off.",
                "Switch flash attention on, or choose 16 bits for the KV cache.",
            )
        if not can_quantize_kv(self._header):
            raise UserError(
                f"“{self._name}” cannot keep its KV cache in {_BITS[kv_type]} bits: its attention heads do not have a "
                "multiple of 32 numbers.",
                "Choose 16 bits or Automatic for the KV cache.",
            )

    def _check_gpu(self) -> None:
        wanted = self._settings.n_gpu_layers
        if wanted > 0 and not self._free.vram:
            raise UserError(
                "No layers can be kept on a GPU, because llama.cpp finds none here.",
                "Choose Automatic or 0 for the layers on the GPU.",
            )

    def _refusal(self, least: _Way) -> tuple[str, str]:
        """Return why not even this way is possible, and the nearest that is, each in a sentence."""
        plan = self._planned(least)
        if plan.memory.vram > self._free.vram * USABLE_SHARE:
            most = self._most_gpu_layers(least)
            needed, there = readable_size(plan.memory.vram), readable_size(self._free.vram)
            return (
                f"“{self._name}” needs about {needed} on the GPU with {plan.n_gpu_layers} layers there, "
                f"but only {there} are free, and a tenth of that must stay free.",
                f"Choose at most {most} layers for the GPU, or Automatic." if most else "Choose 0 layers for the GPU.",
            )
        others = []
        if longest := self._longest_context(least):
            others.append(f"a context length of at most {longest:,} tokens")
        if self._would_fit_in_8_bits(least):
            others.append("8 bits for the KV cache")
        free = f"but only {readable_size(self._free.ram)} are free, and a tenth of that must stay free."
        if others:
            return (
                f"“{self._name}” needs about {self._size(least)} of memory with a context length of {least.n_ctx:,} "
                f"tokens, {free}",
                f"Choose {_listed([*others, 'a smaller model'], 'or')}.",
            )
        shortest = replace(least, n_ctx=min(SHORTEST_CONTEXT, least.n_ctx))
        return (
            f"“{self._name}” needs about {self._size(shortest)} of memory even with a short context, {free}",
            "Choose a smaller model or a smaller quantization of it, or close other programs.",
        )

    def _size(self, way: _Way) -> str:
        return readable_size(self._free.taken_from_ram(self._planned(way).memory))

    def _would_fit_in_8_bits(self, way: _Way) -> bool:
        can_quantize = can_quantize_kv(self._header) and self._settings.flash_attention != "off"
        smaller = self._way(way.n_ctx, "q8_0", True)
        return way.kv_type == "f16" and can_quantize and self._fits(self._planned(smaller).memory)

    def _longest_context(self, way: _Way) -> int:
        """Return the longest context below that way's that fits, in round numbers; 0 if not even a short one does."""
        for step, shortest in ((_CONTEXT_STEP, _CONTEXT_STEP), (_SHORT_STEP, SHORTEST_CONTEXT)):
            lengths = range(shortest, way.n_ctx, step)
            too_long = bisect_right(
                lengths, 0, key=lambda n_ctx: not self._fits(self._planned(replace(way, n_ctx=n_ctx)).memory)
            )
            if too_long:
                return lengths[too_long - 1]
        return 0


def _listed(parts: list[str], last: str) -> str:
    """Return the parts as one text: a, b, and c."""
    if len(parts) < 3:
        return f" {last} ".join(parts)
    return ", ".join(parts[:-1]) + f", {last} {parts[-1]}"
