"""From the messages of a conversation to the tokens of its prompt, as long as the context allows."""

from collections.abc import Sequence

from desktop_app.chat.context import PromptTooLong, choose_omitted
from desktop_app.engine.llama.model import LlamaModel
from desktop_app.engine.messages import ChatMessage, Generate
from desktop_app.engine.prompt import Part, PromptFormat
from desktop_app.engine.sandbox import TemplateError
from desktop_app.errors import UserError

ANSWER_SHARE = 4  # older messages are left out to keep a quarter of the context free for the answer ...
MIN_ANSWER_TOKENS = 64  # ... but a long message alone may leave less


def fit_prompt(model: LlamaModel, prompt_format: PromptFormat, command: Generate, n_ctx: int) -> tuple[list[int], int]:
    """Return the prompt's tokens and how many messages were left out of it.

    Raises:
        PromptTooLong: If even the last message alone, or the text, leaves no room for an answer.
        UserError: If the model's template refuses the conversation.
    """
    if command.text:
        return _fit_text(model, command.text, n_ctx), 0
    system = sum(message.role == "system" for message in command.messages[:1])
    rest = command.messages[system:]
    roles = [message.role for message in rest]
    prompts: dict[int, list[int]] = {}

    def count(omitted: int) -> int:
        if omitted not in prompts:
            kept = (*command.messages[:system], *rest[omitted:])
            prompts[omitted] = tokenize(model, prompt_format, kept, command.continue_last)
        return len(prompts[omitted])

    try:
        omitted = choose_omitted(count, roles, n_ctx - n_ctx // ANSWER_SHARE, command.omit_at_least)
    except PromptTooLong:
        omitted = choose_omitted(count, roles, n_ctx - MIN_ANSWER_TOKENS, command.omit_at_least)
    return prompts[omitted], omitted


def _fit_text(model: LlamaModel, text: str, n_ctx: int) -> list[int]:
    start = [model.bos_id] if model.adds_bos else []
    tokens = [*start, *model.tokenize(text, parse_special=False)]
    if len(tokens) > n_ctx - MIN_ANSWER_TOKENS:
        raise PromptTooLong(len(tokens), n_ctx - MIN_ANSWER_TOKENS)
    return tokens


def tokenize(
    model: LlamaModel, prompt_format: PromptFormat, messages: Sequence[ChatMessage], continue_last: bool = False
) -> list[int]:
    """Return the prompt's tokens.

    Raises:
        UserError: If the model's template refuses the conversation.
    """
    try:
        parts = prompt_format.parts(messages, continue_last)
    except TemplateError as error:
        raise UserError(
            f"This model's chat template does not accept this conversation; it says: {str(error).rstrip('.')}.",
            "Remove the system prompt or start a new chat.",
        ) from error
    return prompt_tokens(model, parts)


def prompt_tokens(model: LlamaModel, parts: Sequence[Part]) -> list[int]:
    """Return the tokens of a prompt. Most templates write BOS themselves; the others rely on the vocabulary's rule."""
    tokens = tokens_of(model, parts)
    if model.adds_bos and tokens[:1] != [model.bos_id]:
        return [model.bos_id, *tokens]
    return tokens


def tokens_of(model: LlamaModel, parts: Sequence[Part]) -> list[int]:
    """Return the tokens of a stretch of a prompt.

    In one go where no content holds the text of a control token, because token borders then fall as the model has
    learned them; else part by part, so that such a text stays mere text.
    """
    contents = [part.text for part in parts if not part.is_template]
    if all(model.tokenize(text, parse_special=True) == model.tokenize(text, parse_special=False) for text in contents):
        return model.tokenize("".join(part.text for part in parts), parse_special=True)
    return [token for part in parts for token in model.tokenize(part.text, part.is_template)]
