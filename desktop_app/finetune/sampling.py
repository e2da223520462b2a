"""Asking a model that is being trained what it says now, from what its trainer has saved last."""

from collections.abc import Callable, Sequence
from pathlib import Path

from desktop_app.engine.messages import AdapterScale, Stack
from desktop_app.finetune.answering import Asked, write
from desktop_app.finetune.encoder import Engine
from desktop_app.finetune.export import write_unfinished
from desktop_app.finetune.questions import Question
from desktop_app.finetune.samples import Sample, add_samples, read_samples
from desktop_app.finetune.source_texts import read_source_texts
from desktop_app.finetune.trial_answers import choose_questions, shown
from desktop_app.finetune.work import stack_before, work_folder
from desktop_app.trainer.contract import read_run

N_CTX = 1024

_FOLDER = "sampling"  # in the run folder, for as long as it takes
_QUESTIONS, _ANSWER_TOKENS = 3, 48


def can_be_sampled(folder: Path) -> bool:
    """Return whether there is anything to be asked."""
    return any(each.is_held_out for each in read_source_texts(folder))


def take_samples(folder: Path, engine: Engine, go_on: Callable[[], None]) -> None:
    """Have some questions answered with what a run has learned so far, and write that down.

    Args:
        folder: Of the run.
        engine: Has its model loaded.
        go_on: Is called again and again, and may end it by raising something.

    Raises:
        OSError, ValueError, KeyError, BadZipFile: If nothing was saved yet, or it cannot be read or written.
        UserError: If the engine cannot answer.
    """
    run = read_run(folder)
    with work_folder(folder, _FOLDER) as work:
        adapter = work / "adapter.gguf"
        step = write_unfinished(folder, run, adapter)
        frozen, before = stack_before(folder, run, work)
        questions = choose_questions(engine, read_source_texts(folder), _QUESTIONS, _ANSWER_TOKENS)
        known = {sample.question: sample.base for sample in read_samples(folder)}
        unknown = [each for each in questions if each.shown not in known]
        bases = known | _answers(engine, unknown, before, go_on)
        answers = bases
        if step:
            answers = _answers(engine, questions, (*frozen, AdapterScale(str(adapter))), go_on)
    samples = [
        Sample(step, each.shown, each.wanted, answers[each.shown], bases[each.shown], each.is_continued)
        for each in questions
    ]
    add_samples(folder, samples)


def _answers(engine: Engine, questions: Sequence[Question], stack: Stack, go_on: Callable[[], None]) -> dict[str, str]:
    """Return answers by what was asked."""
    if not questions:
        return {}
    asked = [Asked(each.prompt, stack) for each in questions]
    written = write(engine, asked, _ANSWER_TOKENS, lambda _fraction: go_on())
    return {each.shown: shown(answer) for each, answer in zip(questions, written, strict=True)}
