"""Conversations as tokens to learn from: each answer behind the very prompt that chat would have had for it."""

from collections.abc import Sequence

from desktop_app.engine.backend import IsStopped, Stopped
from desktop_app.engine.llama.model import LlamaModel
from desktop_app.engine.llama.prompting import prompt_tokens, tokens_of
from desktop_app.engine.messages import ChatMessage, Encode, Encoded, EncodedChat, EncodedSequence
from desktop_app.engine.prompt import Part, PromptFormat, answers_of
from desktop_app.engine.sandbox import TemplateError
from desktop_app.errors import UserError


def encode(model: LlamaModel, prompt_format: PromptFormat, command: Encode, is_stopped: IsStopped) -> Encoded:
    """Return conversations and texts as tokens; see `engine.backend.Backend.encode`."""
    chats, texts = [], []
    for number, messages in enumerate(command.conversations, command.first):
        if is_stopped():
            raise Stopped
        chats.append(_encode_chat(model, prompt_format, messages, number))
    for text in command.texts:
        if is_stopped():
            raise Stopped
        texts.append(tuple(model.tokenize(text, parse_special=False)))
    bos = model.bos_id if model.adds_bos else None
    return Encoded(command.request, tuple(chats), tuple(texts), bos, model.eos_id if model.eos_id >= 0 else None)


def _encode_chat(
    model: LlamaModel, prompt_format: PromptFormat, messages: Sequence[ChatMessage], number: int
) -> EncodedChat:
    try:
        answered = [_answered(model, prompt_format, before, answer) for before, answer in answers_of(messages)]
    except TemplateError as error:
        raise UserError(
            f"Nothing can be learned from conversation {number:,}, because this model's chat template does not accept "
            f"it; it says: {str(error).rstrip('.')}.",
            "Leave it out, or take its system prompt away.",
        ) from error
    if not answered:
        raise UserError(
            f"Nothing can be learned from conversation {number:,}, because it has no answer to a message of the "
            "person.",
            "Add an answer, or leave it out.",
        )
    return EncodedChat(tuple(_joined(answered)))


def _joined(answered: Sequence[tuple[list[int], int]]) -> list[EncodedSequence]:
    """Return answers, each with where it begins, as sequences: in one where the next prompt begins with all of it."""
    sequences: list[EncodedSequence] = []
    for tokens, start in answered:
        learned: tuple[tuple[int, int], ...] = ((start, len(tokens)),)
        before = sequences[-1].tokens if sequences else ()
        if before and tuple(tokens[:start][: len(before)]) == before:
            learned = (*sequences.pop().learned, *learned)
        sequences.append(EncodedSequence(tuple(tokens), learned))
    return sequences


def _answered(
    model: LlamaModel, prompt_format: PromptFormat, before: Sequence[ChatMessage], answer: str
) -> tuple[list[int], int]:
    """Return the tokens of a prompt and its answer up to the one that ends it, and where the answer begins."""
    prompt_parts = prompt_format.parts(before)
    prompt = prompt_tokens(model, prompt_parts)
    written, closing = prompt_format.answer_parts(before, answer)
    tokens = _continued(model, prompt_parts, prompt, [*written, *closing])
    end = next((at for at in range(len(prompt), len(tokens)) if model.is_eog(tokens[at])), None)
    if end is not None:
        return tokens[: end + 1], len(prompt)
    # The template ends no turn, so the text has to end.
    tokens = _continued(model, prompt_parts, prompt, written)
    return [*tokens, model.eos_id] if model.eos_id >= 0 else tokens, len(prompt)


def _continued(model: LlamaModel, prompt_parts: Sequence[Part], prompt: list[int], rest: Sequence[Part]) -> list[int]:
    """Return the tokens of a prompt and the rest."""
    whole = prompt_tokens(model, [*prompt_parts, *rest])
    if whole[: len(prompt)] == prompt:
        return whole
    # Characters on both sides of the border would become one token, but in chat the prompt is there before the rest.
    return [*prompt, *tokens_of(model, rest)]
