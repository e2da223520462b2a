"""From what was said in a chat, by whom, to an exchange that can be learned."""

from collections.abc import Iterable

from desktop_app.engine.messages import ChatMessage
from desktop_app.finetune.course import GivenExchange
from desktop_app.finetune.pieces import ASSISTANT, SYSTEM, USER
from desktop_app.trainer.contract import TEXT


def exchange_of(messages: Iterable[ChatMessage], conversation: str, separator: str = "\n\n") -> GivenExchange | None:
    """Return a chat as one exchange, from the first thing that the person said to the last answer; None if it has none.

    Args:
        messages: Oldest first. A system message counts at the beginning alone.
        conversation: See `GivenExchange`.
        separator: What parts messages of one side that come after one another.
    """
    turns: list[ChatMessage] = []
    for each in messages:
        content = each.content.strip()
        is_out_of_place = each.role == SYSTEM and bool(turns)
        is_early = each.role == ASSISTANT and not any(turn.role == USER for turn in turns)
        if not content or is_out_of_place or is_early:
            continue
        if turns and turns[-1].role == each.role:
            turns[-1] = ChatMessage(each.role, separator.join((turns[-1].content, content)))
        else:
            turns.append(ChatMessage(each.role, content))
    if turns and turns[-1].role == USER:
        turns.pop()
    if not any(each.role == ASSISTANT for each in turns):
        return None
    *prompt, answer = turns
    return GivenExchange(TEXT, tuple(prompt), (answer.content,), conversation)
