"""From a conversation to the text a model was trained to continue, in parts that may or may not hold control tokens.

A part from the template may (`<|im_start|>` opens a turn); a part that somebody wrote may not: typed or pasted, the
same characters are only characters. Contents are told apart by two private-use characters put around each before the
template runs, so that templates which look at or trim a content still see it. A third one breaks the tags of reasoning
up in them: many templates cut an answer there, and what is left of it would pass for a part from the template.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

from desktop_app.chat.reasoning import without_reasoning
from desktop_app.engine.messages import ChatMessage
from desktop_app.engine.sandbox import SandboxedTemplate, TemplateError

_OPEN, _CLOSE, _BREAK = "\ue0f0", "\ue0f1", "\ue0f2"
_MARKS = re.compile(f"[{_OPEN}{_CLOSE}{_BREAK}]")
_CONTENT = re.compile(f"{_OPEN}(.*?){_CLOSE}", re.DOTALL)
# Stands in for an answer where only what the template puts around it is wanted: some templates cut reasoning up.
_STAND_IN = "answer"
_THINK_TAG = re.compile(r"</?(think|thinking)>")
_THINK_BEGINS = re.compile(r"<(think|thinking)>")
_THOUGHT_IS_BEGUN = re.compile(r"<(think|thinking)>\s*\Z")

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
        parts = _split(self._render(turns))
        return [*parts, Part(unfinished, False)] if unfinished else parts

    def answer_parts(self, messages: Sequence[ChatMessage], answer: str) -> tuple[list[Part], list[Part]]:
        """Return an answer as the model writes it after the prompt for `messages`, and what the template has behind it.

        With the answer comes what the template has between the two: a space, or an empty thought. Reasoning stays in
        it, although the prompts of later answers leave it out.

        Raises:
            TemplateError: If the template refuses the conversation however it is put, or shows no answers.
        """
        prompt_end = _after_contents(self._render(_merge_same_roles(messages)))
        turns = _merge_same_roles([*messages, ChatMessage("assistant", _STAND_IN)])
        before, found, closing = self._render(turns, is_whole=True).rpartition(f"{_OPEN}{_STAND_IN}{_CLOSE}")
        if not found:
            raise TemplateError("it leaves answers out")
        opening = _after_contents(before)
        # Some prompts end differently from how answers begin in the template: with a thought that is begun already.
        lead = opening.removeprefix(prompt_end) if opening.startswith(prompt_end) else ""
        begun = _THOUGHT_IS_BEGUN.search(prompt_end)
        if without_reasoning(answer) == answer:
            if begun and not _THINK_TAG.search(lead):
                lead = f"\n</{begun[1]}>\n\n"
        else:
            lead = "" if _THINK_TAG.search(lead) else lead
            answer = _with_reasoning_begun(answer, is_begun=begun is not None)
        return [*_split(lead), Part(answer, False)], _split(closing)

    def _render(self, turns: Sequence[ChatMessage], is_whole: bool = False) -> str:
        try:
            return self._render_as_is(turns, is_whole)
        except TemplateError:
            # Gemma's and others' templates know no system role: its text goes before the first message instead.
            return self._render_as_is(_fold_system(turns), is_whole)

    def _render_as_is(self, turns: Sequence[ChatMessage], is_whole: bool) -> str:
        marked = [{"role": turn.role, "content": _marked(turn.content)} for turn in turns]
        return self._template.render({"messages": marked, "add_generation_prompt": not is_whole, **self._special})


def answers_of(messages: Sequence[ChatMessage]) -> Iterator[tuple[Sequence[ChatMessage], str]]:
    """Yield each answer of a conversation, its reasoning included, with the messages before it.

    An answer follows a message of the person. Neighbors of the assistant's are one answer, as they are in prompts. What
    broke off before its reasoning came to an end is none.
    """
    for at, message in enumerate(messages):
        if message.role == "assistant" and at and messages[at - 1].role == "user":
            rest = takewhile(lambda each: each.role == "assistant", messages[at + 1 :])
            answer = "\n\n".join([_clean(message.content), *(turn.content for turn in _merge_same_roles(list(rest)))])
            if without_reasoning(answer).strip():
                yield messages[:at], answer


def _merge_same_roles(messages: Sequence[ChatMessage]) -> list[ChatMessage]:
    """Clean contents and join neighbours of one role: many templates demand that user and assistant take turns."""
    merged: list[ChatMessage] = []
    for message in messages:
        content = _clean(message.content)
        if message.role == "assistant":
            content = without_reasoning(content).strip()
        if merged and merged[-1].role == message.role:
            content = f"{merged.pop().content}\n\n{content}"
        merged.append(ChatMessage(message.role, content))
    return merged


def _clean(content: str) -> str:
    return _MARKS.sub("", content).strip()


def _marked(content: str) -> str:
    return _OPEN + _THINK_TAG.sub(lambda tag: f"<{_BREAK}{tag[0][1:]}", content) + _CLOSE


def _with_reasoning_begun(answer: str, is_begun: bool) -> str:
    """Return an answer with reasoning so that its tag is there once, in the answer or at the end of its prompt."""
    begins = _THINK_BEGINS.match(answer)
    if is_begun:
        return answer[begins.end() :].lstrip() if begins else answer
    return answer if begins else f"<think>\n{answer}"


def _fold_system(turns: Sequence[ChatMessage]) -> list[ChatMessage]:
    system = [turn for turn in turns if turn.role == "system"]
    rest = [turn for turn in turns if turn.role != "system"]
    if not system or not rest:
        return rest
    first = ChatMessage(rest[0].role, "\n\n".join(turn.content for turn in [*system, rest[0]]))
    return [first, *rest[1:]]


def _after_contents(text: str) -> str:
    """Return what the template has put behind the last content."""
    return text.rpartition(_CLOSE)[2].replace(_OPEN, "")


def _split(text: str) -> list[Part]:
    parts = []
    for index, piece in enumerate(_CONTENT.split(text)):
        # A template may cut a content so that one of the two marks is lost; what is left is then a mere piece of text.
        if clean := _MARKS.sub("", piece):
            parts.append(Part(clean, is_template=index % 2 == 0))
    return parts
