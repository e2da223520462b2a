"""The chats of this program as something to learn from: what the person marked, and what was preferred to what.

A mark is a thumb. Two answers to the same message that can be told apart are a pair, which teaches more: one is marked
good and the other bad, or the person edited the one into the other, or kept the one of several. No answer is used both
ways. What is in the trash is never read, and of answers nothing but what they say after their reasoning.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import cycle, islice

import msgspec

from desktop_app.chat.reasoning import without_reasoning
from desktop_app.engine.messages import ChatMessage
from desktop_app.finetune.course import GivenExchange, ReadFile, Skipped
from desktop_app.finetune.pieces import ASSISTANT, SYSTEM, USER
from desktop_app.storage.chats import Chats
from desktop_app.storage.database import Database
from desktop_app.storage.records import Conversation, Message, MessageState, Rating, Role
from desktop_app.trainer.contract import DOWN, PAIR, UP

NAME, KIND = "My chats", "Chats"

_CUT = ("length", "context")  # reasons to finish an answer that are not its end
_SHOWN_CHARACTERS = 80

# Why an answer is left out, for one and for several of them.
_UNMARKED = ("answer without a mark", "answers without a mark")
_UNFINISHED = ("marked answer that does not come to its end", "marked answers that do not come to their end")
_EMPTY = ("marked answer that is nothing but reasoning", "marked answers that are nothing but reasoning")


def read_own_chats(database: Database) -> ReadFile:
    """Return what can be learned from all chats outside the trash, the oldest first.

    Raises:
        UserError: If the database cannot be read.
    """
    chats, left = Chats(database), _Left()
    exchanges: list[GivenExchange] = []
    for conversation in sorted(chats.list_conversations(), key=lambda each: each.id):
        exchanges += _Reading(conversation, chats.all_messages(conversation.id), left).exchanges()
    content = msgspec.json.encode(exchanges)  # the database's own bytes change with every word that is typed
    sha256 = hashlib.sha256(content).hexdigest()
    return ReadFile(NAME, KIND, sha256, len(content), exchanges=tuple(exchanges), skipped=left.told())


class _Left:
    """What was left out: how many for each reason, and the beginning of the first."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()
        self._shown: dict[tuple[str, str], str] = {}

    def add(self, why: tuple[str, str], message: Message) -> None:
        self._counts[why] += 1
        self._shown.setdefault(why, " ".join(message.content[: 2 * _SHOWN_CHARACTERS].split())[:_SHOWN_CHARACTERS])

    def told(self) -> tuple[Skipped, ...]:
        reasons = [why for why in (_UNMARKED, _UNFINISHED, _EMPTY) if self._counts[why]]
        return tuple(Skipped(why[self._counts[why] > 1], self._counts[why], self._shown[why]) for why in reasons)


class _Reading:
    """One conversation, with the messages of all its versions."""

    def __init__(self, conversation: Conversation, messages: Sequence[Message], left: _Left) -> None:
        self._conversation = conversation
        self._messages = {message.id: message for message in messages}
        self._left = left
        turned_down = {each for message in messages for each in message.chosen_over}
        self._judged = {
            message.id for message in messages if message.rating or message.chosen_over or message.id in turned_down
        }

    def exchanges(self) -> Iterator[GivenExchange]:
        """Yield what was said and what became of it, in the order in which it was said."""
        answers: dict[int, list[Message]] = {}  # by the message that they answer
        for message in self._messages.values():
            question = self._messages.get(message.parent_id or 0)
            is_answer = message.role == Role.ASSISTANT and question is not None and question.role == Role.USER
            if question is not None and is_answer and self._is_usable(message):
                answers.setdefault(question.id, []).append(message)
        for question_id, siblings in answers.items():
            pairs = list(_pairs(siblings))
            paired = {message.id for pair in pairs for message in pair}
            for pair in pairs:
                yield self._exchange(PAIR, question_id, pair)
            for message in siblings:
                if message.id in paired:
                    continue
                if message.rating:
                    yield self._exchange(UP if message.rating == Rating.GOOD else DOWN, question_id, (message,))
                else:
                    self._left.add(_UNMARKED, message)

    def _is_usable(self, message: Message) -> bool:
        if not message.content or message.state == MessageState.STREAMING:
            return False
        if message.id not in self._judged:
            self._left.add(_UNMARKED, message)
        elif message.state != MessageState.DONE or (message.facts and message.facts.finish_reason in _CUT):
            self._left.add(_UNFINISHED, message)  # it would teach to end in the middle
        elif not _said(message):
            self._left.add(_EMPTY, message)
        else:
            return True
        return False

    def _exchange(self, kind: str, question_id: int, answers: Sequence[Message]) -> GivenExchange:
        prompt = _prompt(self._conversation, question_id, self._messages)
        return GivenExchange(kind, prompt, tuple(map(_said, answers)), str(self._conversation.id))


def _said(message: Message) -> str:
    return without_reasoning(message.content).strip()


def _prompt(conversation: Conversation, question_id: int, messages: Mapping[int, Message]) -> tuple[ChatMessage, ...]:
    """Return all that was said up to a message of the person, as it goes to the model."""
    path: list[ChatMessage] = []
    message = messages.get(question_id)
    while message is not None:
        if message.role == Role.USER:
            path.append(ChatMessage(USER, message.content))
        elif said := _said(message):
            path.append(ChatMessage(ASSISTANT, said))
        message = messages.get(message.parent_id or 0)
    if system := conversation.system_prompt.strip():
        path.append(ChatMessage(SYSTEM, system))
    return tuple(reversed(path))


def _pairs(answers: Sequence[Message]) -> Iterator[tuple[Message, Message]]:
    """Yield pairs of answers to the same message, the better one first; each marked one is in as few as possible."""
    good = [message for message in answers if message.rating == Rating.GOOD]
    bad = [message for message in answers if message.rating == Rating.BAD]
    pairs = list(islice(zip(cycle(good), cycle(bad), strict=False), max(len(good), len(bad))))
    by_id = {message.id: message for message in answers}
    for message in answers:
        turned_down = [by_id[each] for each in message.chosen_over if each in by_id]
        # A mark says more than a choice: what is bad was chosen for want of better, and what is good is not disliked.
        if message.rating != Rating.BAD:
            pairs += [(message, other) for other in turned_down if other.rating != Rating.GOOD]
    seen = set()
    for better, worse in pairs:
        if (better.id, worse.id) not in seen and _said(better) != _said(worse):
            seen.add((better.id, worse.id))
            yield better, worse
