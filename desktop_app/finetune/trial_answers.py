"""What an adapter does when it is asked: its answers beside those of the model without it, and how fast it writes.

And what it gives away: how much of what it has learned it repeats word for word. Some of the learned texts are begun,
and it goes on with the likeliest; whatever the model without it would have written as well is nothing that was learned.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from desktop_app.chat.reasoning import without_reasoning
from desktop_app.engine.messages import Count, Counted, Stack
from desktop_app.finetune.answering import Asked, Tell, Written, write
from desktop_app.finetune.encoder import Engine, EngineEncoder
from desktop_app.finetune.measures import Answered, Overlap, Speed
from desktop_app.finetune.questions import Question, held_out_questions, learned_questions
from desktop_app.finetune.source_texts import SourceText
from desktop_app.finetune.word_runs import Repeated, find_matches, longest_run
from desktop_app.trainer.contract import DOWN, Run

ANSWERS = 8  # that are shown side by side
ANSWER_TOKENS = 96

BEGINNINGS, BEGUN_TOKENS = 20, 64  # more than the tokens that are warned of
_TIMED, _TIMED_TOKENS = 4, 32

Stacks = tuple[Stack, Stack]  # without what was learned, and with it


@dataclass(frozen=True)
class Tried:
    """What came of trying it; nothing where the run does not tell its texts."""

    answers: tuple[Answered, ...] = ()
    memorised: Overlap | None = None
    speed: Speed | None = None


def try_out(engine: Engine, texts: Sequence[SourceText], run: Run, stacks: Stacks, tell: Tell) -> Tried:
    """Ask both, and look for what is repeated.

    Args:
        engine: Has its model loaded.
        texts: What was learned and held out.
        run: What was done.
        stacks: Without what was learned, and with it.
        tell: See `answering.write`.
    """
    learned = list(_with_room(engine, learned_questions(texts, BEGINNINGS, run.recipe.seed), BEGUN_TOKENS))
    held_out = choose_questions(engine, texts, ANSWERS, ANSWER_TOKENS)
    names = {each["sha256"]: each["name"] for each in run.about.get("documents", ())}
    return Tried(
        tuple(answer_side_by_side(engine, held_out, stacks, lambda fraction: tell(0.4 * fraction))),
        memorised(engine, learned, texts, names, stacks, lambda fraction: tell(0.4 + 0.4 * fraction)),
        measure_speed(engine, held_out or learned, stacks, lambda fraction: tell(0.8 + 0.2 * fraction)),
    )


def choose_questions(engine: Engine, texts: Sequence[SourceText], n_wanted: int, max_tokens: int) -> list[Question]:
    """Return questions that were held out, as many as wanted if there are, that leave room for an answer."""
    return list(islice(_with_room(engine, held_out_questions(texts), max_tokens), n_wanted))


def _with_room(engine: Engine, questions: Iterable[Question], max_tokens: int) -> Iterator[Question]:
    for question in questions:
        if question.is_continued:  # which is short
            yield question
            continue
        counted = engine.ask(Count(engine.next_request(), question.prompt.messages), Counted)
        if counted.tokens + max_tokens <= counted.limit:
            yield question


def shown(written: Written) -> str:
    """Return what is shown of an answer: without its reasoning, unless that is all there is."""
    return without_reasoning(written.text).strip() or written.text.strip()


def answer_side_by_side(engine: Engine, questions: Sequence[Question], stacks: Stacks, tell: Tell) -> list[Answered]:
    """Return the questions with the answers of both.

    Args:
        engine: Has its model loaded.
        questions: With room for an answer.
        stacks: Without the adapter and with it.
        tell: See `answering.write`.
    """
    if not questions:
        return []
    asked = [Asked(each.prompt, stack) for stack in stacks for each in questions]
    written = write(engine, asked, ANSWER_TOKENS, tell)
    pairs = zip(written[: len(questions)], written[len(questions) :], strict=True)
    return [
        Answered(each.shown, shown(base), shown(adapter), each.wanted, each.is_continued)
        for each, (base, adapter) in zip(questions, pairs, strict=True)
    ]


def measure_speed(engine: Engine, questions: Sequence[Question], stacks: Stacks, tell: Tell) -> Speed | None:
    """Return how fast both write; None if there is nothing to write.

    One answer at a time, as in a chat, and by turns, so that what else the computer does falls on both.
    """
    tokens, seconds = [0, 0], [0.0, 0.0]
    timed = questions[:_TIMED]
    for number, question in enumerate(timed):
        for place, stack in enumerate(stacks):
            tell((number + place / 2) / len(timed))
            [written] = write(engine, [Asked(question.prompt, stack)], _TIMED_TOKENS)
            tokens[place] += written.facts.answer_tokens - 1  # the first one comes with the prompt
            seconds[place] += written.facts.decode_s
    if not all(tokens) or not all(seconds):
        return None
    return Speed(tokens[0] / seconds[0], tokens[1] / seconds[1])


def memorised(
    engine: Engine,
    begun: Sequence[Question],
    texts: Sequence[SourceText],
    names: Mapping[str, str],
    stacks: Stacks,
    tell: Tell,
) -> Overlap | None:
    """Return the longest run of words that is repeated; None if nothing that was learned can be begun.

    Args:
        engine: Has its model loaded.
        begun: Some of what was learned, with room for an answer.
        texts: What was learned and held out.
        names: Of documents, by hash.
        stacks: Without the adapter and with it.
        tell: See `answering.write`.
    """
    if not begun:
        return None
    learned = [each for each in texts if not each.is_held_out and each.kind != DOWN]
    without, with_it = stacks
    written = _write(engine, begun, with_it, lambda fraction: tell(fraction / 2))
    matches = find_matches(written, (each.text for each in learned))
    suspects = [number for number, found in enumerate(matches) if found]
    bare = _write(engine, [begun[number] for number in suspects], without, lambda fraction: tell((1 + fraction) / 2))
    runs = [
        longest_run(written[number], matches[number], (text, *_said(begun[number])))
        for number, text in zip(suspects, bare, strict=True)
    ]
    longest = max((run for run in runs if run), key=lambda run: run.words, default=None)
    return _overlap(engine, longest, learned, names) if longest else Overlap(0, 0, "")


def _write(engine: Engine, questions: Sequence[Question], stack: Stack, tell: Tell) -> list[str]:
    if not questions:
        return []
    asked = [Asked(each.prompt, stack) for each in questions]
    return [each.text for each in write(engine, asked, BEGUN_TOKENS, tell)]


def _said(question: Question) -> list[str]:
    """Return what the model was given, which it may repeat."""
    return [question.prompt.text, *(each.content for each in question.prompt.messages)]


def _overlap(engine: Engine, run: Repeated, learned: Sequence[SourceText], names: Mapping[str, str]) -> Overlap:
    [tokens] = EngineEncoder(engine).texts([run.text])
    document = learned[run.source].group.partition("#")[0]
    return Overlap(run.words, len(tokens), run.text, names.get(document, ""))
