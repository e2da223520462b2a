"""Replay: the model's own answers to general questions, learned along with what is new.

They keep its tone, its refusals and what it says about things that it does not know from drifting away. The answers
are those of the model as it is before training, with the adapters that act then.
"""

import json
import random
from collections.abc import Iterator, Sequence

from desktop_app.chat.reasoning import without_reasoning
from desktop_app.engine.messages import ChatMessage, Stack
from desktop_app.finetune.answering import Asked, Prompt, write
from desktop_app.finetune.encoder import Conversation, Encoder, Engine
from desktop_app.finetune.pieces import ASSISTANT, USER
from desktop_app.paths import bundled
from desktop_app.trainer.contract import TEXT, Example
from desktop_app.trainer.contract import Sequence as Tokens

ANSWER_TOKENS = 160  # enough for most of the questions, and a second or two each on a laptop


def replay_examples(
    engine: Engine, encoder: Encoder, stack: Stack, n_wanted: int, length: int, seed: int
) -> list[Example]:
    """Have the model answer some questions; what it only thinks about is left out.

    Args:
        engine: Writes the answers.
        encoder: Makes the tokens.
        stack: The adapters that act on the answers.
        n_wanted: At most `recipe.MOST_REPLAY`.
        length: Tokens of the longest example.
        seed: Chooses the questions.
    """
    questions = random.Random(seed).sample(_questions(), n_wanted)
    answered = [each for each in _answers(engine, stack, questions) if without_reasoning(each[0][-1].content).strip()]
    chats = encoder.chats([conversation for conversation, _ in answered])
    examples = []
    for (_, is_whole), chat in zip(answered, chats, strict=True):
        tokens = chat.sequences[-1].tokens if is_whole else chat.sequences[-1].tokens[:-1]
        [(start, _)] = chat.sequences[-1].learned
        end = min(len(tokens), length)
        if start < end:
            examples.append(Example(TEXT, (Tokens(tokens[:end], ((start, end),)),), is_replay=True))
    return examples


def _questions() -> list[str]:
    lines = bundled("replay.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["prompt"] for line in lines]


def _answers(engine: Engine, stack: Stack, questions: Sequence[str]) -> Iterator[tuple[Conversation, bool]]:
    """Yield each question with its answer, and whether that came to its end."""
    asked = [Asked(Prompt((ChatMessage(USER, question),)), stack) for question in questions]
    for each, written in zip(asked, write(engine, asked, ANSWER_TOKENS), strict=True):
        yield (*each.prompt.messages, ChatMessage(ASSISTANT, written.text)), written.facts.finish_reason == "stop"
