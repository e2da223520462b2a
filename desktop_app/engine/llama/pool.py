"""Which conversation is in which sequence of the context, and where its KV state comes from and goes to.

A state is good for the stack of adapters it was computed under and for no other, so sequences of different stacks
have nothing to give each other, and a conversation has a state for each stack that it was ever answered under.

Only what is being answered is worth its room in the context: every token there makes every decode a little slower.
So a conversation stays in its sequence after an answer, because the next message most likely follows it, and makes
way for the next one that is answered: its state is then kept by the `StateStore`, in memory and on disk.
"""

import logging
from collections.abc import Callable, Iterator
from collections.abc import Sequence as SequenceOf
from dataclasses import dataclass
from functools import partial

from desktop_app.engine.llama.context import LlamaContext, Sequence, common_prefix
from desktop_app.engine.state_files import StateId
from desktop_app.engine.states import StateStore

WORTH_KEEPING = 32  # tokens; fewer are read again as quickly

_log = logging.getLogger(__name__)


@dataclass(eq=False)
class Slot:
    """One sequence and whose it is; conversation 0 belongs to none. `stack`: fingerprint of what its tokens were
    computed under.
    """

    sequence: Sequence
    conversation: int = 0
    stack: str = ""
    in_use: bool = False
    saved: int = 0  # tokens of which the store has the state


class SequencePool:
    """Hands out sequences that already hold as much of a prompt as is known from anywhere."""

    def __init__(self, context: LlamaContext, states: StateStore) -> None:
        self._context = context
        self._states = states
        self.slots = tuple(Slot(sequence) for sequence in context.sequences)

    def has_room(self) -> bool:
        """Whether one more sequence can be taken."""
        return not all(slot.in_use for slot in self.slots)

    @property
    def n_free(self) -> int:
        """Tokens there is room for beside those that are in use; the others make way."""
        return self._context.n_ctx - len(set().union(*(slot.sequence.cells for slot in self.slots if slot.in_use)))

    def n_shared(self, prompt: SequenceOf[int], stack: str) -> int:
        """Return how much of a prompt is in some sequence of the stack now."""
        return max((common_prefix(slot.sequence.tokens, prompt) for slot in self._of(stack)), default=0)

    def take(self, prompt: SequenceOf[int], conversation: int, stack: str) -> Slot:
        """Return a sequence for this prompt, cut to what it has in common with it; there must be room.

        All sequences that are not in use make way.
        """
        ways = self._ways(prompt, StateId(conversation, stack))
        _, get = max(ways, key=lambda way: way[0])  # of equals the first
        slot = get()
        slot.in_use, slot.conversation, slot.stack = True, conversation, stack
        self._context.keep_prefix(slot.sequence, prompt)
        slot.saved = 0
        self.park_idle()
        return slot

    def park_idle(self) -> bool:
        """Let all sequences that are not in use make way; False if there is nothing in them."""
        idle = [slot for slot in self.slots if not slot.in_use and slot.sequence.tokens]
        for slot in idle:
            self._park(slot)
        return bool(idle)

    def give_back(self, slot: Slot) -> None:
        """Take back a sequence after its answer; it stays as it is until another one is taken."""
        slot.in_use = False
        if not slot.conversation:
            return
        # Answers side by side: the last one is what the conversation most likely follows.
        for other in self._of(slot.stack):
            if other is not slot and not other.in_use and other.conversation == slot.conversation:
                self._empty(other)

    def drop(self, slot: Slot) -> None:
        """Take back a sequence whose room is needed at once."""
        slot.in_use = False
        self._empty(slot)

    def forget(self, conversation: int) -> None:
        """Destroy what is kept of a conversation; what is being answered is only kept no more."""
        for slot in self.slots:
            if slot.conversation == conversation:
                slot.conversation = 0
                if not slot.in_use:
                    self._empty(slot)
        self._states.forget(conversation)

    def save(self) -> None:
        """Have the store keep what is in the context, and leave it there."""
        for slot in self.slots:
            if not slot.in_use:
                self._save(slot)

    def close(self) -> None:
        """Save, and wait until everything is on disk."""
        self.save()
        self._states.close()

    # ------------------------------------------------------------ where sequences come from

    def _of(self, stack: str) -> list[Slot]:
        """Return the slots that hold something computed under this stack."""
        return [slot for slot in self.slots if slot.sequence.tokens and slot.stack == stack]

    def _ways(self, prompt: SequenceOf[int], whose: StateId) -> Iterator[tuple[int, Callable[[], Slot]]]:
        """Yield how much of a prompt is known from somewhere, and how to get a slot that has it, the cheapest first."""

        def shared(slot: Slot) -> int:
            return common_prefix(slot.sequence.tokens, prompt)

        idle = [slot for slot in self._of(whose.stack) if not slot.in_use]
        own = [slot for slot in idle if whose.conversation and slot.conversation == whose.conversation]
        for slot in (*own, *(slot for slot in idle if not slot.conversation)):
            yield shared(slot), partial(_as_it_is, slot)
        yield 0, self._empty_slot
        for slot in self._of(whose.stack):
            yield shared(slot), partial(self._copy, slot, shared(slot))
        if whose.conversation and not own and (stored := self._states.tokens(whose)):
            yield common_prefix(stored, prompt), partial(self._restored, whose, stored)

    def _restored(self, whose: StateId, tokens: SequenceOf[int]) -> Slot:
        self.park_idle()  # or there may be no room for the state beside them
        slot = self._empty_slot()
        state = self._states.read(whose)
        if state is not None and not self._context.restore(slot.sequence, tokens, state):
            _log.info("there is no room for the state of conversation %d", whose.conversation)
        return slot

    def _copy(self, source: Slot, length: int) -> Slot:
        """Return a slot that begins like `source`, which is left alone unless it is the only one there is."""
        if [slot for slot in self.slots if not slot.in_use] == [source]:
            self._save(source)
            return source
        slot = self._empty_slot(but=source)
        if length:
            self._context.copy_prefix(source.sequence, slot.sequence, length)
        return slot

    def _empty_slot(self, but: Slot | None = None) -> Slot:
        free = [slot for slot in self.slots if not slot.in_use and slot is not but]
        slot = min(free, key=lambda one: len(one.sequence.tokens))
        self._park(slot)
        return slot

    def _park(self, slot: Slot) -> None:
        self._save(slot)
        self._empty(slot)

    def _save(self, slot: Slot) -> None:
        tokens = slot.sequence.tokens
        if slot.conversation and len(tokens) >= WORTH_KEEPING and len(tokens) != slot.saved:
            if state := self._context.save(slot.sequence):
                self._states.put(StateId(slot.conversation, slot.stack), tokens, state)
            slot.saved = len(tokens)

    def _empty(self, slot: Slot) -> None:
        self._context.clear(slot.sequence)
        slot.conversation = slot.saved = 0
        slot.stack = ""


def _as_it_is(slot: Slot) -> Slot:
    return slot
