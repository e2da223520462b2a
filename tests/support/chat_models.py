"""Tiny models that differ in their chat templates: those of well-known families, without what is said of tools.

Their vocabulary has each byte as a token and all the control tokens that the templates write, so that tokens can be
read as text. Their weights are zeros.
"""

from dataclasses import dataclass
from pathlib import Path

from jinja2.ext import loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment

from desktop_app.engine.prompt import CHATML, PLAIN
from tests.support.gguf_files import INT32, Shape, Typed, llama_model, sentencepiece_vocabulary

_CONTROL = (
    *("<|im_start|>", "<|im_end|>", "<|endoftext|>"),
    *("<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"),
    *("<start_of_turn>", "<end_of_turn>"),
    *("<|system|>", "<|user|>", "<|assistant|>", "<|end|>"),
    *("<|User|>", "<|Assistant|>", "<|end_of_text|>"),
)
_USER_DEFINED = ("<think>", "</think>")
_SPACE = "▁"
_N_VOCAB = 288
_FIRST_FREE, _FIRST_BYTE = 259, 3
_KIND_NORMAL, _KIND_CONTROL, _KIND_USER_DEFINED = 1, 3, 4


@dataclass(frozen=True)
class ChatModel:
    """A model by what matters for its prompts.

    Attributes:
        template: None for a model that has none: those of the program are used, depending on its control tokens.
        eos: How its vocabulary writes the token that ends a text.
        control: Its tokens that are no text.
        words: Its tokens beside those, bytes and the space.
    """

    template: str | None
    eos: str = "</s>"
    adds_bos: bool = False
    control: tuple[str, ...] = _CONTROL
    words: tuple[str, ...] = ()

    @property
    def tokens(self) -> list[str]:
        """Return how the vocabulary writes each token."""
        tokens: list[str] = sentencepiece_vocabulary(_N_VOCAB)["tokenizer.ggml.tokens"]
        own = [_SPACE, *_USER_DEFINED, *self.control, *self.words]
        tokens[_FIRST_FREE : _FIRST_FREE + len(own)] = own
        return tokens

    def write(self, path: Path) -> Path:
        """Write the model as a file."""
        tokens = self.tokens
        kinds = [2, 3, 3, *[6] * 256, *[_KIND_NORMAL] * (_N_VOCAB - _FIRST_FREE)]
        for token in self.control:
            kinds[tokens.index(token)] = _KIND_CONTROL
        for token in _USER_DEFINED:
            kinds[tokens.index(token)] = _KIND_USER_DEFINED
        model = llama_model(Shape(n_ctx_train=2048, n_vocab=_N_VOCAB)).with_metadata(
            **{
                "tokenizer.ggml.tokens": tokens,
                "tokenizer.ggml.token_type": Typed(INT32, kinds),
                "tokenizer.ggml.add_space_prefix": False,
                "tokenizer.ggml.add_bos_token": self.adds_bos,
                "tokenizer.ggml.eos_token_id": tokens.index(self.eos),
                "tokenizer.chat_template": self.template,
            }
        )
        return model.write(path)

    def text(self, tokens) -> str:
        """Return what tokens say, control tokens included."""
        written = [each.encode() for each in self.tokens]
        written[_FIRST_FREE] = b" "
        written[_FIRST_BYTE:_FIRST_FREE] = (bytes([byte]) for byte in range(256))
        return b"".join(written[token] for token in tokens).decode()

    def rendered(self, messages, is_prompt=False) -> str:
        """Return what the template makes of messages, by Jinja and nothing of ours."""
        environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols])
        told = [{"role": message.role, "content": message.content} for message in messages]
        return environment.from_string(self.template or (CHATML if self.control else PLAIN)).render(
            messages=told, add_generation_prompt=is_prompt, bos_token="<s>", eos_token=self.eos
        )


_LLAMA_3 = (
    "{% set loop_messages = messages %}{% for message in loop_messages %}{% set content = '<|start_header_id|>' + "
    "message['role'] + '<|end_header_id|>\n\n'+ message['content'] | trim + '<|eot_id|>' %}{% if loop.index0 == 0 %}"
    "{% set content = bos_token + content %}{% endif %}{{ content }}{% endfor %}{% if add_generation_prompt %}"
    "{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}"
)
_GEMMA = (
    "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}"
    "{% endif %}{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}"
    "{% if (message['role'] == 'assistant') %}{% set role = 'model' %}{% else %}{% set role = message['role'] %}"
    "{% endif %}{{ '<start_of_turn>' + role + '\n' + message['content'] | trim + '<end_of_turn>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{'<start_of_turn>model\n'}}{% endif %}"
)
_PHI_3 = (
    "{% for message in messages %}{% if message['role'] == 'system' %}{{'<|system|>\n' + message['content'] + "
    "'<|end|>\n'}}{% elif message['role'] == 'user' %}{{'<|user|>\n' + message['content'] + '<|end|>\n'}}"
    "{% elif message['role'] == 'assistant' %}{{'<|assistant|>\n' + message['content'] + '<|end|>\n'}}{% endif %}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% else %}{{ eos_token }}{% endif %}"
)
_MISTRAL = """\
{%- if messages[0]["role"] == "system" %}
    {%- set system_message = messages[0]["content"] %}
    {%- set loop_messages = messages[1:] %}
{%- else %}
    {%- set loop_messages = messages %}
{%- endif %}
{{- bos_token }}
{%- for message in loop_messages %}
    {%- if message["role"] == "user" %}
        {%- if loop.last and system_message is defined %}
            {{- "[INST] " + system_message + "\\n\\n" + message["content"] + "[/INST]" }}
        {%- else %}
            {{- "[INST] " + message["content"] + "[/INST]" }}
        {%- endif %}
    {%- elif message["role"] == "assistant" %}
        {{- " " + message["content"]|trim + eos_token}}
    {%- endif %}
{%- endfor %}
"""
_QWEN_3 = """\
{%- if messages[0].role == 'system' %}
    {{- '<|im_start|>system\\n' + messages[0].content + '<|im_end|>\\n' }}
{%- endif %}
{%- set ns = namespace(multi_step_tool=true, last_query_index=messages|length - 1) %}
{%- for message in messages[::-1] %}
    {%- set index = (messages|length - 1) - loop.index0 %}
    {%- if ns.multi_step_tool and message.role == "user" and not(message.content.startswith('<tool_response>')) %}
        {%- set ns.multi_step_tool = false %}
        {%- set ns.last_query_index = index %}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- if (message.role == "user") or (message.role == "system" and not loop.first) %}
        {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}
    {%- elif message.role == "assistant" %}
        {%- set content = message.content %}
        {%- set reasoning_content = '' %}
        {%- if '</think>' in message.content %}
            {%- set content = message.content.split('</think>')[-1].lstrip('\\n') %}
            {%- set reasoning_content = message.content.split('</think>')[0].rstrip('\\n') %}
            {%- set reasoning_content = reasoning_content.split('<think>')[-1].lstrip('\\n') %}
        {%- endif %}
        {{- '<|im_start|>' + message.role + '\\n' }}
        {%- if loop.index0 > ns.last_query_index and (loop.last or reasoning_content) %}
            {{- '<think>\\n' + reasoning_content.strip('\\n') + '\\n</think>\\n\\n' + content.lstrip('\\n') }}
        {%- else %}
            {{- content }}
        {%- endif %}
        {{- '<|im_end|>\\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
{%- endif %}
"""
_R1 = (
    "{{bos_token}}{%- for message in messages %}{%- if message['role'] == 'user' %}"
    "{{'<|User|>' + message['content']}}{%- endif %}{%- if message['role'] == 'assistant' %}"
    "{% set content = message['content'] %}{% if '</think>' in content %}{% set content = content.split('</think>')[-1]"
    " %}{% endif %}{{'<|Assistant|>' + content + '<|end_of_text|>'}}{%- endif %}{%- endfor -%}"
    "{% if add_generation_prompt %}{{'<|Assistant|><think>\\n'}}{% endif %}"
)

CHAT_MODELS = {
    "llama 3": ChatModel(_LLAMA_3, "<|eot_id|>", adds_bos=True),
    "gemma": ChatModel(_GEMMA, adds_bos=True),
    "phi 3": ChatModel(_PHI_3, "<|endoftext|>"),
    "mistral": ChatModel(_MISTRAL, adds_bos=True),
    "qwen 3": ChatModel(_QWEN_3, "<|im_end|>"),
    "r1": ChatModel(_R1, "<|end_of_text|>", adds_bos=True),
    "chatml": ChatModel(None, "<|endoftext|>"),
    "plain": ChatModel(None, control=()),
}
