"""What a trained adapter really does, measured by the engine that the person chats with, before anybody relies on it.

First that the engine computes with it what the trainer did: anything else is a fault, and the adapter is not kept.
Then what it is worth: whether it changes anything at all, how likely texts are that were held out and a general one,
what it answers to questions that were held out, what it repeats of what it has learned, and how fast it writes.
"""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.engine.messages import AdapterScale, Record, Recorded, Stack
from desktop_app.errors import UserError
from desktop_app.finetune import events
from desktop_app.finetune.answering import Tell
from desktop_app.finetune.encoder import Engine, EngineEncoder
from desktop_app.finetune.export import write_adapter
from desktop_app.finetune.held_out import Measured, beyond_words, likelihood, preference
from desktop_app.finetune.measures import Training
from desktop_app.finetune.report import TEXT, Report, read_report, write_report
from desktop_app.finetune.run_folder import Progress, read_progress
from desktop_app.finetune.source_texts import read_source_texts
from desktop_app.finetune.text_examples import is_passage
from desktop_app.finetune.trial_answers import Stacks, try_out
from desktop_app.finetune.word_order import shuffled_examples
from desktop_app.finetune.work import stack_before, work_folder
from desktop_app.trainer import contract
from desktop_app.trainer.contract import Run
from desktop_app.trainer.parity import compare
from desktop_app.trainer.reading import Reading

_FOLDER = "proof"  # in the run folder, for as long as it takes
_WINDOW = 2048  # tokens that the engine records at once
_READ_PROBE, _READ_HELD_OUT, _READ_SHUFFLED = 0.05, 0.4, 0.7  # by then, of the time that it takes


def prove(folder: Path, engine: Engine, tell: Tell = lambda _fraction: None) -> Report:
    """Measure what a run has learned and write the report; one that is there already is not measured again.

    Args:
        folder: Of a run whose result is there.
        engine: Has its model loaded.
        tell: Is told the fraction that is done, and may end it by raising something.

    Raises:
        UserError: If the adapter does not do in the engine what it does in the trainer, which fails the run, or
            something cannot be read or written.
    """
    if (report := read_report(folder)) is not None:
        return report
    run, progress = contract.read_run(folder), read_progress(folder)
    with work_folder(folder, _FOLDER) as work:
        recorder = _Recorder(engine, work)
        stacks = _stacks(folder, run, work)
        parity, effect = _read_probe(folder, recorder, stacks[1])
        tell(_READ_PROBE)
        if not parity.is_same:
            raise _fail(folder, parity)
        texts = read_source_texts(folder)
        held_out = contract.read_examples(folder / contract.HELD_OUT)
        measured = _read_examples(held_out, recorder, stacks, _part(tell, _READ_PROBE, _READ_HELD_OUT))
        shuffled = shuffled_examples(texts, EngineEncoder(engine), run.recipe.length)
        control = _read_examples(shuffled, recorder, stacks, _part(tell, _READ_HELD_OUT, _READ_SHUFFLED))
        tried = try_out(engine, texts, run, stacks, _part(tell, _READ_SHUFFLED, 1))
    earlier = set(run.about.get("earlier_groups", ()))
    kept = [each for each in measured if each.example.group in earlier]
    passages = [each for each in measured if is_passage(each.example)]
    by_kind = likelihood(passages), likelihood([each for each in measured if not is_passage(each.example)])
    report = Report(
        run.name,
        run.base.name,
        _training(progress),
        parity,
        effect,
        likelihood(measured),
        preference(measured),
        tried.answers,
        tried.memorised,
        tried.speed,
        likelihood(kept) or preference(kept),
        run.about.get("unit", TEXT),
        beyond_words(passages, control),
        *(by_kind if all(by_kind) else ()),
    )
    write_report(folder, report)
    events.add_event(folder, events.PROVED, effect=asdict(effect), is_gain=report.is_gain)
    return report


def _part(tell: Tell, start: float, end: float) -> Tell:
    """Return what tells of a part of the work as of all of it."""
    return lambda fraction: tell(start + (end - start) * fraction)


class _Recorder:
    """Has the engine read tokens, one text at a time, because each takes up to a gigabyte of the disk."""

    def __init__(self, engine: Engine, work: Path) -> None:
        self._engine = engine
        self._out = work / "read.npy"

    def read(self, tokens: Sequence[int], stack: Stack) -> NDArray[np.float16]:
        """Return ln p after each token, (tokens, vocabulary), good until the next one."""
        self._engine.ask(Record(self._engine.next_request(), tuple(tokens), stack, str(self._out)), Recorded)
        return _recording(self._out)

    def likelihood(self, sequence: contract.Sequence, stack: Stack) -> float:
        """Return ln p of all that is learned of a sequence, as far as the engine reads."""
        tokens, places = sequence.tokens[:_WINDOW], np.array(_learned(sequence), np.int64)
        found = self.read(tokens, stack)[places - 1, np.asarray(tokens)[places]]
        return float(found.sum(dtype=np.float64))


def _learned(sequence: contract.Sequence) -> list[int]:
    """Return the positions of a sequence that are learned, as far as the engine reads."""
    return [place for start, end in sequence.learned for place in range(start, min(end, _WINDOW))]


def _recording(path: Path) -> NDArray[np.float16]:
    try:
        recording: NDArray[np.float16] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError) as error:
        raise UserError(f"The file {path} cannot be read.", "Check that its drive is connected and works.") from error
    return recording


def _stacks(folder: Path, run: Run, work: Path) -> Stacks:
    """Return the stack without what was learned, and with it."""
    frozen, without = stack_before(folder, run, work)
    adapter = work / "adapter.gguf"
    write_adapter(folder, adapter)
    return without, (*frozen, AdapterScale(str(adapter)))


def _read_probe(folder: Path, recorder: _Recorder, stack: Stack) -> tuple[Reading, Reading]:
    """Return how the engine with the adapter differs from the trainer, and from itself without it."""
    tokens = contract.read_probe(folder).tokens
    without, trained = (_recording(folder / name) for name in (contract.PROBE_LOGPROBS, contract.ADAPTED_LOGPROBS))
    found = recorder.read(tokens, stack)
    return compare(trained, found, tokens), compare(without, found, tokens)


def _fail(folder: Path, parity: Reading) -> UserError:
    """Note that the run has failed and return the error."""
    error = UserError(
        "In a chat this adapter does not do what it did in training "
        f"({parity.nll_difference:+.3f} nats a token, KL {parity.divergence:.3f}), so it cannot be relied on.",
        "It was not added to the library; the run folder has all that is needed to find out why.",
    )
    events.add_event(folder, events.FAILED, sentence=error.sentence, hint=error.hint, parity=asdict(parity))
    return error


def _read_examples(
    examples: Sequence[contract.Example], recorder: _Recorder, stacks: Stacks, tell: Tell
) -> list[Measured]:
    measured = []
    for number, example in enumerate(examples):
        tell(number / len(examples))
        sequences = example.sequences if example.kind == contract.PAIR else example.sequences[:1]
        tokens = [len(_learned(each)) for each in sequences]
        if not all(tokens):
            continue
        before, after = (tuple(recorder.likelihood(each, stack) for each in sequences) for stack in stacks)
        measured.append(Measured(example, sum(tokens), before, after))
    return measured


def _training(progress: Progress) -> Training:
    finished, started = progress.finished, progress.started
    return Training(
        reason=finished["reason"],
        steps=finished["step"],
        best_step=finished["best_step"],
        loss_before=finished.get("loss_before"),
        loss_after=finished.get("loss_after"),
        tokens=sum(progress.tokens.values()),
        seconds=sum(progress.seconds.values()),
        tokens_per_s=progress.tokens_per_s,
        mode=progress.mode,
        precision=started["precision"],
        device=started["device"],
    )


def evaluation(report: Report) -> dict[str, Any]:
    """Return what the adapter's own file says of what was measured."""
    changes = {
        "held_out": report.held_out,
        "passages": report.passages,
        "exchanges": report.exchanges,
        "preferred": report.preferred,
        "kept": report.kept,
        "beyond_words": report.beyond_words,
    }
    return {
        **{name: asdict(change) if change else None for name, change in changes.items()},
        "repeated_words": report.memorised.words if report.memorised else None,
        "loss_before": report.training.loss_before,
        "loss_after": report.training.loss_after,
        "general_nll_before": report.effect.nll,
        "general_nll_after": report.effect.other_nll,
        "kl": report.effect.divergence,
    }
