"""One answer being written: from the tokens of its prompt to the facts that are recorded about it."""

import random
import time

from desktop_app.engine.backend import IsStopped
from desktop_app.engine.llama.adapters import NativeStack
from desktop_app.engine.llama.context import LlamaContext
from desktop_app.engine.llama.model import LlamaModel
from desktop_app.engine.llama.pool import Slot
from desktop_app.engine.llama.sampler import Sampler
from desktop_app.engine.messages import AnswerFacts, Event, Failed, Finished, Generate, Piece, Prefill
from desktop_app.engine.text import TextStream
from desktop_app.errors import UserError

_MAX_SEED = 2**32 - 2  # llama.cpp reads the largest number as "draw one"


class Answer:
    """One `Generate` on its way. `events` are what is to be told next; whoever tells it empties the list.

    Args:
        command: What was asked.
        model: Gives pieces of text for tokens.
        prompt: Its tokens.
        omitted: Messages that were left out of it.
        stack: Acts on it.
        stop: Strings before which an answer ends with this model's template.
        is_stopped: Whether the person has had enough.
    """

    def __init__(
        self,
        command: Generate,
        model: LlamaModel,
        prompt: list[int],
        omitted: int,
        stack: NativeStack,
        stop: tuple[str, ...],
        is_stopped: IsStopped,
    ) -> None:
        self.command = command
        self.stack = stack
        self.prompt = prompt
        self.is_stopped = is_stopped
        self.events: list[Event] = []
        self.slot: Slot | None = None
        self.written: list[int] = []  # all decoded tokens; the last one is not in the cache yet
        self.is_over = False
        self.is_read_anew = False  # because what was computed were no numbers
        self.drafted = self.accepted = 0
        self._model = model
        self._omitted = omitted
        self._text = TextStream((*command.sampler.stop, *stop))
        self._seed = command.sampler.seed if command.sampler.seed is not None else random.randint(0, _MAX_SEED)
        self._sampler = Sampler(command.sampler, self._seed, model.n_vocab, prompt)
        self._reused: int | None = None
        self._started = time.perf_counter()
        self._prefilled = self._first_token_at = 0.0

    # ------------------------------------------------------------ its place in the context

    def take_place(self, slot: Slot) -> None:
        """Go on in this slot, whose sequence holds a beginning of what is to be there."""
        self.slot = slot
        if self._reused is None:
            self._reused = len(slot.sequence.tokens)
            self.tell_prefill()

    @property
    def tokens(self) -> list[int]:
        """All tokens that must be in the cache before the next one can be chosen."""
        return self.prompt + self.written

    @property
    def n_missing(self) -> int:
        """How many of them are not; 1 while the answer is written token by token."""
        assert self.slot is not None
        return len(self.prompt) + len(self.written) - len(self.slot.sequence.tokens)

    def missing(self, most: int) -> list[int]:
        """Return the next ones to be decoded."""
        assert self.slot is not None
        at = len(self.slot.sequence.tokens)
        if at < len(self.prompt):
            return (self.prompt[at : at + most] + self.written)[:most]
        return self.written[at - len(self.prompt) :][:most]

    def tell_prefill(self) -> None:
        """Say how far the prompt has been read."""
        if not self.written and self.slot is not None:
            done, reused = len(self.slot.sequence.tokens), self._reused or 0
            self.events.append(Prefill(self.command.request, done, len(self.prompt), reused, self._omitted))

    # ------------------------------------------------------------ its tokens

    def choose(self, context: LlamaContext, row: int) -> int:
        """Choose the next token by the logits of a batch's row, write it, and return it."""
        if not self.written:
            self._prefilled = time.perf_counter()
        token = self._sampler.sample(context, row)
        self._first_token_at = self._first_token_at or time.perf_counter()
        self.written.append(token)
        if self._model.is_eog(token):
            self.finish("stop")
            return token
        self._say(self._text.feed(self._model.piece(token)))
        if self._text.ended:
            self.finish("stop")
        elif len(self.written) == self.command.sampler.max_tokens:
            self.finish("length")
        return token

    def finish(self, reason: str) -> None:
        """End it; see `AnswerFacts` for the reasons."""
        self._say(self._text.flush())
        ended = time.perf_counter()
        prefilled = self._prefilled or ended
        facts = AnswerFacts(
            prompt_tokens=len(self.prompt),
            reused_tokens=self._reused or 0,
            answer_tokens=len(self.written),
            omitted_messages=self._omitted,
            prefill_s=prefilled - self._started,
            decode_s=ended - prefilled,
            time_to_first_token_s=(self._first_token_at or ended) - self._started,
            finish_reason=reason,
            seed=self._seed,
            stack_fingerprint=self.stack.fingerprint,
            drafted_tokens=self.drafted,
            accepted_tokens=self.accepted,
        )
        self.events.append(Finished(self.command.request, facts))
        self.is_over = True

    def fail(self, error: UserError) -> None:
        """End it without an answer."""
        self.events.append(Failed(self.command.request, error.sentence, error.hint))
        self.is_over = True

    def _say(self, text: str) -> None:
        if text:
            self.events.append(Piece(self.command.request, text))

    def close(self) -> None:
        """Free what is native."""
        self._sampler.close()
