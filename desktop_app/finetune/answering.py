"""Having the engine write: several texts at the same time, and always what is likeliest."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from desktop_app.engine.choices import SamplerSettings
from desktop_app.engine.messages import AnswerFacts, Finished, Generate, Piece, Stack
from desktop_app.finetune.encoder import Conversation, Engine

Tell = Callable[[float], None]


@dataclass(frozen=True)
class Prompt:
    """What is answered: a conversation, or a text that is gone on with as it is."""

    messages: Conversation = ()
    text: str = ""


@dataclass(frozen=True)
class Asked:
    """A prompt, and the adapters that act on its answer."""

    prompt: Prompt
    stack: Stack


@dataclass(frozen=True)
class Written:
    """What the engine has written."""

    text: str
    facts: AnswerFacts


def write(
    engine: Engine, asked: Sequence[Asked], max_tokens: int, tell: Tell = lambda _fraction: None
) -> list[Written]:
    """Have all of this answered side by side.

    Args:
        engine: Has its model loaded.
        asked: In any number; the engine writes as many at a time as it can.
        max_tokens: Of each answer.
        tell: Is told the fraction that is done with every piece that comes, and may end it by raising something.

    Raises:
        UserError: If the engine cannot answer one of them.
    """
    # A penalty would make the likeliest answer another one.
    likeliest = SamplerSettings(temperature=0, repeat_penalty=1.0, max_tokens=max_tokens)
    commands = [
        Generate(engine.next_request(), each.prompt.messages, likeliest, stack=each.stack, text=each.prompt.text)
        for each in asked
    ]
    texts = {command.request: "" for command in commands}
    facts: dict[int, AnswerFacts] = {}
    for event in engine.events(*commands):
        if isinstance(event, Piece):
            texts[event.request] += event.text
        elif isinstance(event, Finished):
            facts[event.request] = event.facts
        tell(len(facts) / len(commands))
    return [Written(texts[command.request], facts[command.request]) for command in commands]
