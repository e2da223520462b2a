"""An engine whose tokens are words: what it makes of texts and conversations can be read."""

import numpy as np

from desktop_app.engine.messages import (
    AnswerFacts,
    Encode,
    Encoded,
    EncodedChat,
    EncodedSequence,
    Finished,
    Generate,
    Piece,
    Record,
    Recorded,
)

BOS, EOG = 1, 2
N_VOCAB = 5_000
ANSWER = "I am a model."


class FakeEngine:
    """Answers what preparing asks.

    Args:
        bos, eog: None where the model has none.
        one_answer_each: Each answer is in a sequence of its own, as with templates that leave reasoning out.
        finish_reason: Of all answers that it writes.
    """

    def __init__(self, bos=BOS, eog=EOG, one_answer_each=False, finish_reason="stop"):
        self.bos, self.eog = bos, eog
        self.one_answer_each = one_answer_each
        self.finish_reason = finish_reason
        self.answer = ANSWER
        self.commands = []
        self._words = {}
        self._last_request = 0

    def word(self, text):
        return self._words.setdefault(text, 3 + len(self._words))

    def tokens(self, text):
        return tuple(map(self.word, text.split()))

    def read(self, tokens):
        """Return tokens as text."""
        words = {number: text for text, number in self._words.items()} | {BOS: "BOS", EOG: "EOG"}
        return " ".join(words[token] for token in tokens)

    def learned(self, sequence):
        """Return the text of what is learned of a sequence, its parts divided by a bar."""
        return " | ".join(self.read(sequence.tokens[start:end]) for start, end in sequence.learned)

    # ------------------------------------------------------------ the engine

    def next_request(self):
        self._last_request += 1
        return self._last_request

    def events(self, *commands):
        for command in commands:
            self.commands.append(command)
            if isinstance(command, Generate):
                for text in (self.answer[:4], self.answer[4:]):
                    yield Piece(command.request, text)
                facts = AnswerFacts(1, 0, 1, 0, 0.0, 0.0, 0.0, self.finish_reason, 0)
                yield Finished(command.request, facts)
            elif isinstance(command, Encode):
                chats = tuple(map(self._chat, command.conversations))
                yield Encoded(command.request, chats, tuple(map(self.tokens, command.texts)), self.bos, self.eog)
            elif isinstance(command, Record):
                np.save(command.out, np.zeros((len(command.tokens), N_VOCAB), np.float16))
                yield Recorded(command.request, len(command.tokens))

    def ask(self, command, answer):
        *_, closing = self.events(command)
        assert isinstance(closing, answer)
        return closing

    def _chat(self, messages):
        tokens, learned, sequences = [BOS], [], []
        for message in messages:
            tokens.append(self.word(f"<{message.role}>"))
            start = len(tokens)
            tokens += [*self.tokens(message.content), EOG]
            if message.role == "assistant":
                learned.append((start, len(tokens)))
                sequences.append(EncodedSequence(tuple(tokens), tuple(learned[-1:])))
        if self.one_answer_each:
            return EncodedChat(tuple(sequences))
        return EncodedChat((EncodedSequence(tuple(tokens), tuple(learned)),))
