"""Continuous batching: each step decodes one batch with the next token of every answer; new answers join at once.

A batch is computed under one stack of adapters, so answers under different stacks take turns.
"""

import time

from desktop_app.engine.llama.adapters import BARE, NativeStack
from desktop_app.engine.llama.answer import Answer
from desktop_app.engine.llama.context import N_OUTPUTS, ContextFull, LlamaContext, Row, common_prefix
from desktop_app.engine.llama.pool import SequencePool
from desktop_app.engine.llama.scoring import no_numbers
from desktop_app.engine.llama.speculation import Speculator
from desktop_app.engine.messages import Event
from desktop_app.errors import UserError

# While other answers are being written, whose text must not stand still, a prompt is read in steps of about this time.
STEP_BESIDE_S = 0.25
FEWEST_BESIDE = 8  # rows
ROOM_TO_GROW = 256  # tokens; an answer joins others only if each may still become so long
STEPS_IN_A_ROW = 4  # llama.cpp plans its graph anew for each change of stack, which takes some milliseconds
WORTH_WAITING_FOR = 32  # tokens of a prompt that another answer is about to read


class Scheduler:
    """Writes the answers of one context, as many at a time as there are sequences."""

    def __init__(self, context: LlamaContext, pool: SequencePool, speculator: Speculator | None) -> None:
        self._context = context
        self._pool = pool
        self._speculator = speculator
        self._waiting: list[Answer] = []
        self._running: list[Answer] = []  # the longest running first
        self._turns = 0  # steps since the stack of the last batch came to act
        self._last = BARE  # that stack
        self._row_s = 0.0  # what one more row of a prompt has taken lately

    @property
    def busy(self) -> bool:
        return bool(self._waiting or self._running)

    @property
    def stacks(self) -> list[NativeStack]:
        """Those that answers are being written under."""
        return [answer.stack for answer in (*self._waiting, *self._running)]

    def begin(self, answer: Answer) -> None:
        """Take on an answer; it is closed when it is over."""
        self._waiting.append(answer)

    def step(self) -> list[Event]:
        """Decode one batch and return what there is to say."""
        answers = [*self._running, *self._waiting]
        for answer in answers:
            if answer.is_stopped():
                answer.finish("stopped")
        self._let_go()
        self._admit()
        try:
            if self._running:
                self._advance()
        except UserError as error:
            for answer in self._running:
                answer.fail(error)
        self._let_go()
        events: list[Event] = []
        for answer in answers:
            events += answer.events
            answer.events = []
        return events

    # ------------------------------------------------------------ who takes part

    def _admit(self) -> None:
        for answer in list(self._waiting):
            if not self._pool.has_room():
                return
            if self._is_worth_waiting(answer):
                continue
            if self._running and self._room_needed(answer) > self._pool.n_free:
                return
            slot = self._pool.take(answer.tokens, answer.command.conversation, answer.stack.fingerprint)
            answer.take_place(slot)
            self._waiting.remove(answer)
            self._running.append(answer)

    def _is_worth_waiting(self, answer: Answer) -> bool:
        """Whether another answer is reading a prompt now of which this one could then share more than now."""
        reading = [other.prompt for other in self._under(answer.stack) if other.n_missing > 1]
        soon = max((common_prefix(prompt, answer.prompt) for prompt in reading), default=0)
        return soon >= self._pool.n_shared(answer.prompt, answer.stack.fingerprint) + WORTH_WAITING_FOR

    def _room_needed(self, answer: Answer) -> int:
        def growth(one: Answer) -> int:
            return min(ROOM_TO_GROW, (one.command.sampler.max_tokens or ROOM_TO_GROW))

        new = len(answer.tokens) - self._pool.n_shared(answer.prompt, answer.stack.fingerprint)
        return new + growth(answer) + sum(growth(one) for one in self._running)

    def _make_room(self) -> None:
        """The context is full: what has ended makes way, then the last one that came waits; one alone is at its end."""
        if self._pool.park_idle():
            return
        if len(self._running) == 1:
            self._running[0].finish("context")
            return
        answer = self._running.pop()
        assert answer.slot is not None
        self._pool.drop(answer.slot)
        answer.slot = None
        self._waiting.insert(0, answer)

    def _let_go(self) -> None:
        for answer in [*self._running, *self._waiting]:
            if answer.is_over:
                answer.close()
                if answer.slot is not None:
                    self._pool.give_back(answer.slot)
        self._running = [answer for answer in self._running if not answer.is_over]
        self._waiting = [answer for answer in self._waiting if not answer.is_over]

    # ------------------------------------------------------------ one batch

    def _advance(self) -> None:
        alone = self._running[0] if len(self._running) == 1 else None
        if alone and self._speculator and alone.written and alone.n_missing == 1:
            self._speculate(alone, self._speculator)
            return
        rows: list[Row] = []
        chosen: list[tuple[Answer, int]] = []
        group = self._under(self._next_stack())
        writing = [answer for answer in group if answer.n_missing == 1]
        reading = [answer for answer in group if answer.n_missing > 1]
        is_any_writing = any(answer.n_missing == 1 for answer in self._running)
        budget = len(writing) + self._rows_beside() if is_any_writing else self._context.n_batch
        for answer in [*writing, *reading]:
            assert answer.slot is not None
            tokens = answer.missing(budget - len(rows))
            is_whole = 0 < len(tokens) == answer.n_missing
            rows += [Row(answer.slot.sequence, token) for token in tokens]
            if is_whole:
                rows[-1] = Row(answer.slot.sequence, tokens[-1], wants_logits=True)
                chosen.append((answer, len(rows) - 1))
        if not self._decode(rows):
            return
        for answer in reading:
            answer.tell_prefill()
        for answer, row in chosen:
            self._choose(answer, row)

    def _choose(self, answer: Answer, row: int) -> int | None:
        """Choose an answer's next token; None if what was computed are no numbers.

        An adapter can do that to a model, and what it leaves in the cache does it to whoever is computed there next.
        So everything is read again in an empty cache, and what then is no number still is due to the stack itself.
        """
        if self._context.has_numbers(row):
            return answer.choose(self._context, row)
        self._context.clear_all()
        if answer.is_read_anew:
            answer.fail(no_numbers())
        answer.is_read_anew = True
        return None

    def _under(self, stack: NativeStack) -> list[Answer]:
        return [answer for answer in self._running if answer.stack.fingerprint == stack.fingerprint]

    def _next_stack(self) -> NativeStack:
        """Return the stack whose answers come next and let it act; each has some steps in a row, for a change costs."""
        stacks = list({answer.stack.fingerprint: answer.stack for answer in self._running}.values())
        place = next((at for at, stack in enumerate(stacks) if stack.fingerprint == self._last.fingerprint), -1)
        self._turns += 1
        if place < 0 or self._turns >= STEPS_IN_A_ROW:
            self._turns, place = 0, (place + 1) % len(stacks)
        self._last = stacks[place]  # not the one from before: the same stack may be elsewhere in memory now
        self._context.use(self._last)
        return self._last

    def _rows_beside(self) -> int:
        most = self._context.n_batch - len(self._running)
        return max(FEWEST_BESIDE, min(most, int(STEP_BESIDE_S / self._row_s) if self._row_s else FEWEST_BESIDE))

    def _decode(self, rows: list[Row]) -> bool:
        started = time.perf_counter()
        try:
            is_done = self._context.decode(rows, lambda: any(answer.is_stopped() for answer in self._running))
        except ContextFull:
            self._make_room()
            return False
        if len(rows) > FEWEST_BESIDE:
            self._row_s = (time.perf_counter() - started) / len(rows)
        return is_done

    def _speculate(self, answer: Answer, speculator: Speculator) -> None:
        """Decode the next token together with guesses of what follows, and keep what the model would have written."""
        assert answer.slot is not None
        self._context.use(answer.stack)
        sequence = answer.slot.sequence
        drafted = speculator.draft(answer.tokens, min(N_OUTPUTS, self._context.n_free) - 1)
        rows = [Row(sequence, token, wants_logits=True) for token in (answer.written[-1], *drafted)]
        before = len(sequence.tokens)
        started = time.perf_counter()
        if not self._decode(rows):
            return
        elapsed = time.perf_counter() - started
        accepted = 0
        for row in range(len(rows)):
            token = self._choose(answer, row)
            if token is None:
                return
            if answer.is_over or row == len(drafted) or token != drafted[row]:
                break
            accepted += 1
        self._context.cut(sequence, before + 1 + accepted)
        answer.drafted += len(drafted)
        answer.accepted += accepted
        speculator.learn(answer.written[-1], len(drafted), accepted, elapsed)
