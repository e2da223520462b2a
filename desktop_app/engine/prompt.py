"""From a conversation to the text a model was trained to continue, in parts that may or may not hold control tokens.

A part from the template may (`<|im_start|>` opens a turn); a part that somebody wrote may not: typed or pasted, the
same characters are only characters. Contents are told apart by two private-use characters put around each before the
template runs, so that templates which look at or trim a content still see it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from desktop_app.chat.reasoning import without_reasoning
from desktop_app.engine.messages import ChatMessage
from desktop_app.engine.sandbox import SandboxedTemplate, TemplateError

_OPEN, _CLOSE = "\ue0f0", "\ue0f1"
_CONTENT = re.compile(f"{_OPEN}(.*?){_CLOSE}", re.DOTALL)

CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
PLAIN = (
    "{% for message in messages %}{{ message['role'] | capitalize + ': ' + message['content'] + '\n\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ 'Assistant:' }}{% endif %}"
)
PLAIN_STOP = ("\nUser:", "\nSystem:")


@dataclass(frozen=True)
class Part:
    """A stretch of the prompt; control tokens are recognised in it only if it `is_template`."""

    text: str
    is_template: bool


class PromptFormat:
    """The chat template in use, what it needs, and what the person should know about it."""

    def __init__(self, source: str | None, bos: str, eos: str, has_chatml_tokens: bool) -> None:
        self.note = ""
        self.stop: tuple[str, ...] = ()
        self._special = {"bos_token": bos, "eos_token": eos}
        template = None
        if source:
            try:
                template = SandboxedTemplate(source)
            except TemplateError:
                self.note = "This model's chat template is damaged; a plain one is used, so answers may be odd."
        else:
            self.note = (
                "This model has no chat template of its own, so a plain one is used. It may be a base model, which "
                "continues texts rather than answers questions."
            )
        if template is None:
            self.stop = () if has_chatml_tokens else PLAIN_STOP
            template = SandboxedTemplate(CHATML if has_chatml_tokens else PLAIN)
        self._template = template

    def parts(self, messages: Sequence[ChatMessage], continue_last: bool = False) -> list[Part]:
        """Return the prompt for the next answer, or with `continue_last` for the rest of the last message.

        Raises:
            TemplateError: If the template refuses the conversation however it is put.
        """
        unfinished = messages[-1].content if continue_last else ""
        turns = _merge_same_roles(messages[:-1] if continue_last else messages)
        try:
            text = self._render(turns)
        except TemplateError:
            # Gemma's and others' templates know no system role: its text goes before the first message instead.
            text = self._render(_fold_system(turns))
        parts = _split(text)
        return [*parts, Part(unfinished, False)] if unfinished else parts

    def _render(self, turns: Sequence[ChatMessage]) -> str:
        marked = [{"role": turn.role, "content": f"{_OPEN}{turn.content}{_CLOSE}"} for turn in turns]
        return self._template.render({"messages": marked, "add_generation_prompt": True, **self._special})


def _merge_same_roles(messages: Sequence[ChatMessage]) -> list[ChatMessage]:
    """Clean contents and join neighbours of one role: many templates demand that user and assistant take turns."""
    merged: list[ChatMessage] = []
    for message in messages:
        content = message.content.replace(_OPEN, "").replace(_CLOSE, "").strip()
        if message.role == "assistant":
            content = without_reasoning(content).strip()
        if merged and merged[-1].role == message.role:
            content = f"{merged.pop().content}\n\n{content}"
        merged.append(ChatMessage(message.role, content))
    return merged


def _fold_system(turns: Sequence[ChatMessage]) -> list[ChatMessage]:
    system = [turn for turn in turns if turn.role == "system"]
    rest = [turn for turn in turns if turn.role != "system"]
    if not system or not rest:
        return rest
    first = ChatMessage(rest[0].role, "\n\n".join(turn.content for turn in [*system, rest[0]]))
    return [first, *rest[1:]]


def _split(text: str) -> list[Part]:
    parts = []
    for index, piece in enumerate(_CONTENT.split(text)):
        # A template may cut a content so that one of the two marks is lost; what is left is then a mere piece of text.
        clean = piece.replace(_OPEN, "").replace(_CLOSE, "")
        if clean:
            parts.append(Part(clean, is_template=index % 2 == 0))
    return parts
