"""A trainer's work on a run folder from its start to its result, in the order of the code.

Read and check everything, choose a device, a number format and a memory mode, open the model, hold it against the
engine, compute references if there are preferences, train, and write the result. Where memory runs out, the model is
opened again in the next leaner mode, and the work goes on from where it was.
"""

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from . import machine, memory
from .base_files import find_parts
from .batches import Schedule
from .check import compare_with_engine, write_adapted
from .checkpoint import Checkpoints
from .contract import (
    ADAPTED_LOGPROBS,
    AUTO,
    FLOAT32,
    LARGEST_DIVERGENCE,
    LARGEST_NLL_DIFFERENCE,
    REFERENCE,
    RESULT,
    read_events,
)
from .errors import TrainerError
from .events import Events
from .files import is_full
from .ggml_library import find_ggml
from .loop import Training, n_tokens
from .lora import Adapter
from .material import read_material
from .model import adapter_shapes, load_model
from .objectives import learned_sequences, n_computed
from .out_of_memory import OutOfMemory, is_out_of_memory
from .ranks import joined
from .reading import Reading
from .references import References
from .result import rounded, write_result
from .trainee import LoadModel, Trainee
from .turns import Turns
from .wishes import Wishes


@dataclass(frozen=True)
class Options:
    """What the command line says.

    Attributes:
        model: The model's first file, if it is not where the run says.
        ggml: The library that unpacks weights; by default that of this Python's llama-cpp-python.
        memory: Bytes of RAM that are free; by default as measured.
        threads: To compute on; by default one a physical core.
        mode: Instead of the recipe's, if not empty.
        trial_steps: So many steps are done to see how long they take, and nothing is kept; None is the real thing.
    """

    model: Path | None = None
    ggml: Path | None = None
    memory: int | None = None
    threads: int | None = None
    mode: str = ""
    trial_steps: int | None = None


def train(
    folder: Path,
    options: Options,
    events: Events,
    load: LoadModel = load_model,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Train until the result is there.

    Raises:
        TrainerError: If that is not possible.
        Paused: If the person wants a pause; everything is saved.
    """
    if options.trial_steps is None and _is_finished(folder):
        return
    device = machine.choose_device()
    wishes = Wishes(folder)
    with wishes.listening(), joined(device) as ranks:
        told = events if ranks.is_first else Events(None)
        _Session(folder, options, told, load, device, Turns(ranks, wishes, clock)).run()


def _is_finished(folder: Path) -> bool:
    has_ended = any(event.get("event") == "finished" for event in read_events(folder))
    return has_ended and (folder / RESULT).exists() and (folder / ADAPTED_LOGPROBS).exists()


class _NotTheSame(Exception):
    """The model does not compute what the engine does."""

    def __init__(self, reading: Reading) -> None:
        super().__init__(str(reading))
        self.reading = reading


class _Session:
    def __init__(
        self, folder: Path, options: Options, events: Events, load: LoadModel, device: torch.device, turns: Turns
    ) -> None:
        self._folder, self._options, self._events, self._load, self._turns = folder, options, events, load, turns
        self._device = device
        self._threads = machine.use_threads(options.threads)
        self._material = material = read_material(folder)
        self._recipe = material.run.recipe
        self._parts = find_parts(material.run.base, options.model)
        self._adapter = self._new_adapter()
        self._is_trial = options.trial_steps is not None
        self._n_steps = Schedule(len(material.train), self._recipe).n_steps
        self._references = self._new_references()
        self._checkpoints = None if self._is_trial else Checkpoints(folder, material.identity, events)
        self._checkpoint = self._checkpoints.load() if self._checkpoints else None
        self._training: Training | None = None
        self._precision = self._recipe.precision
        if self._precision == AUTO:
            self._precision = machine.fast_precision(device)
        self._free_bytes = machine.free_memory_bytes(device)
        if options.memory and device.type != "cuda":
            self._free_bytes = options.memory
        self._mode, self._forecast_bytes = self._choose_mode()

    def run(self) -> None:
        self._events.add(
            "started",
            mode=self._mode,
            precision=self._precision,
            device=machine.device_name(self._device),
            threads=self._threads,
            steps=self._n_steps,
            examples=len(self._material.train),
            tokens=sum(n_tokens(example, self._recipe) for example in self._material.train),
            step=self._checkpoint.place.step if self._checkpoint else 0,
            free_bytes=self._free_bytes,
            forecast_bytes=self._forecast_bytes,
            parameters=sum(each.numel() for each in self._adapter.parameters()),
        )
        while not self._is_done_with_model():
            # Not where the error was caught, which holds on to all that was computed until then.
            gc.collect()
            if self._device.type == "cuda":
                torch.cuda.empty_cache()

    # ------------------------------------------------------------ before the model is opened

    def _new_adapter(self) -> Adapter:
        recipe, material = self._recipe, self._material
        shapes = adapter_shapes(material.file, recipe.targets)
        adapter = Adapter.new(shapes, recipe.rank, recipe.alpha, recipe.seed, self._device)
        if material.start is not None:
            try:
                adapter.load(material.start)
            except (KeyError, RuntimeError) as error:
                raise TrainerError(
                    "The adapter to be continued has other weights or another rank than this run.",
                    "Prepare a new run with the rank and the targets of that adapter.",
                ) from error
        return adapter

    def _new_references(self) -> References:
        material = self._material
        examples = [*material.train, *material.held_out]
        if self._options.trial_steps is None:
            path = self._folder / REFERENCE
            return References(path, material.identity, examples, self._recipe, self._turns)
        schedule = Schedule(len(material.train), self._recipe)
        steps = range(min(self._options.trial_steps, schedule.n_steps))
        wanted = {number for step in steps for number in schedule.examples(step)}
        return References(None, material.identity, examples, self._recipe, self._turns, wanted)

    def _choose_mode(self) -> tuple[str, int]:
        """Return a mode and how much memory it will take."""
        material, recipe = self._material, self._recipe
        sizes = [n_computed(learned_sequences(each)) for each in (*material.train, *material.held_out)]
        stack = sum(array.size for adapter in material.stack for array in adapter.values())
        tokens = max(recipe.micro_tokens, *sizes)
        forecast = memory.forecasts(material.file, recipe, self._precision, tokens=tokens, stack=stack)
        wanted = self._options.mode or recipe.mode
        mode = memory.choose(forecast, self._free_bytes) if wanted == AUTO else wanted
        if mode is None:
            raise TrainerError(*memory.too_little(forecast, self._free_bytes))
        return mode, forecast[mode]

    # ------------------------------------------------------------ with the model

    def _is_done_with_model(self) -> bool:
        """Do all that is left; return whether it is done. If not, the next try has a chance."""
        try:
            model = self._open()
            try:
                self._work(model)
            finally:
                model.close()
        except _NotTheSame as error:
            if self._precision == FLOAT32:
                raise _not_the_same(error.reading) from error
            self._precision = FLOAT32
            self._mode, _ = self._choose_mode()
            self._events.add("precision", precision=FLOAT32, mode=self._mode)
            return False
        except (OutOfMemory, MemoryError, RuntimeError, OSError) as error:
            if not is_out_of_memory(error):
                raise
            self._go_leaner(error)
            return False
        return True

    def _open(self) -> Trainee:
        return self._load(
            self._material.file,
            self._parts,
            self._adapter,
            self._material.stack,
            n_ctx=self._material.run.n_ctx,
            device=self._device,
            dtype=machine.DTYPES[self._precision],
            mode=self._mode,
            ggml=self._options.ggml or find_ggml(),
            n_threads=self._threads,
        )

    def _go_leaner(self, error: Exception) -> None:
        mode = memory.leaner(self._mode)
        if mode is None:
            raise TrainerError(
                "Memory ran out, even in the way of training that takes the least.",
                "Close other programs, then resume the run; or choose a smaller model or shorter texts.",
            ) from error
        self._mode = mode
        self._events.add("leaner", mode=mode, reason="Memory ran out.")
        if self._training:
            self._training.redo_step()

    def _work(self, model: Trainee) -> None:
        self._check(model)
        is_ready = self._references.is_complete or self._references.compute(model, self._events)
        if self._training is None:
            self._training = self._begin(is_ready)
            model.refresh()
        self._training.run(model)
        if not self._is_trial and self._turns.ranks.is_first:
            self._finish(model, self._training)

    def _check(self, model: Trainee) -> None:
        """Hold the model as it was at the start against the engine.

        Raises:
            _NotTheSame: If it is another one.
        """
        now = None
        if self._training is not None:
            now = self._adapter.arrays()
            self._adapter.load(self._new_adapter().arrays())
            model.refresh()
        reading = compare_with_engine(model, self._material.probe, self._material.recorded)
        if now is not None:
            self._adapter.load(now)
            model.refresh()
        if not reading.is_same:
            raise _NotTheSame(reading)
        self._events.add(
            "checked",
            nll_difference=reading.nll_difference,
            divergence=reading.divergence,
            agreement=reading.agreement,
            tokens=reading.tokens,
        )

    def _begin(self, has_references: bool) -> Training:
        """Return the training, as far as it is."""
        lessons = self._references.lessons()
        n_train = len(self._material.train)
        training = Training(
            self._recipe,
            lessons[:n_train],
            lessons[n_train:] if has_references else [],
            self._adapter,
            self._turns,
            self._events,
            self._checkpoints,
            self._options.trial_steps,
        )
        if self._checkpoint:
            training.restore(self._checkpoint)
            self._checkpoint = None
        if not has_references:
            training.stop()
        return training

    # ------------------------------------------------------------ the result

    def _finish(self, model: Trainee, training: Training) -> None:
        best, best_step = training.kept()
        result = rounded(best)
        del best  # as large as the adapter
        self._adapter.load(result)
        model.refresh()
        try:
            write_result(self._folder, result)
            write_adapted(self._folder, model, self._material.probe)
        except OSError as error:
            if is_out_of_memory(error):
                raise
            why = "the disk is full" if is_full(error) else f"{self._folder} cannot be written to"
            raise TrainerError(
                f"The trained adapter could not be written, because {why}.", "Free some space, then resume the run."
            ) from error
        losses = dict(training.place.held_out)
        self._events.add(
            "finished",
            step=training.place.step,
            reason=training.place.ended,
            best_step=best_step,
            loss_before=losses.get(0),
            loss_after=losses.get(best_step),
        )


def _not_the_same(reading: Reading) -> TrainerError:
    return TrainerError(
        f"Here the model does not compute what it computes in a chat: over {reading.tokens} tokens, the loss differs "
        f"by {reading.nll_difference:+.4f} nats a token (at most {LARGEST_NLL_DIFFERENCE} is rounding), and the "
        f"divergence is {reading.divergence:.4f} (at most {LARGEST_DIVERGENCE}).",
        "Choose another model or another quantization of it; this one cannot be trained yet.",
    )
