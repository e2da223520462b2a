"""A chat template is a program by a stranger: it may write a prompt and nothing else."""

import pytest

from desktop_app.engine import sandbox
from desktop_app.engine.sandbox import SandboxedTemplate, TemplateError


@pytest.mark.parametrize(
    "source",
    [
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ messages.append('x') }}",
        "{{ self.__init__.__globals__ }}",
        "{% include 'passwd' %}",
    ],
)
def test_a_template_cannot_reach_python(source):
    with pytest.raises(TemplateError):
        SandboxedTemplate(source).render({"messages": []})


@pytest.mark.parametrize(
    "source",
    [
        "{{ 'a' * 50000000 }}",
        "{{ 'a'.ljust(1000000000) }}",
        "{{ '%1000000000d' % 1 }}",
        "{{ 10 ** 10000000 }}",
        "{% set ns = namespace(x='aaaaaaaa') %}{% for i in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
        "{% set ns = namespace(x='aaaaaaaa') %}{% for i in range(99) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
        "{% set ns = namespace(x='aaaaaaaa') %}{% for i in range(99) %}"
        "{% set y %}{{ ns.x }}{{ ns.x }}{% endset %}{% set ns.x = y %}{% endfor %}",
        "{% set ns = namespace(x='a') %}{% for i in range(99) %}{% set ns.x = ns.x | replace('a', 'aa') %}{% endfor %}",
        "{% set ns = namespace(x='a') %}{% for i in range(99) %}{% set ns.x = ns.x.replace('a', 'aa') %}{% endfor %}",
        "{% set ns = namespace(x='aa') %}{% for i in range(99) %}{% set ns.x = ns.x.join(['b', 'b', 'b']) %}"
        "{% endfor %}",
        "{% for i in range(100000) %}{{ 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' }}{% endfor %}",
    ],
)
def test_a_template_cannot_make_a_giant_text(source):
    with pytest.raises(TemplateError):
        SandboxedTemplate(source).render({})


def test_a_template_cannot_run_for_ever(monkeypatch):
    monkeypatch.setattr(sandbox, "MAX_SECONDS", 0.05)
    source = "{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}"
    with pytest.raises(TemplateError, match="too long"):
        SandboxedTemplate(source).render({})


def test_what_is_not_a_template_is_refused():
    with pytest.raises(TemplateError):
        SandboxedTemplate("{% for %}")


def test_what_published_templates_use_works():
    source = (
        "{%- if messages[0]['role'] == 'system' -%}{{ messages[0].content | trim }}|{%- set rest = messages[1:] -%}"
        "{%- else -%}{%- set rest = messages -%}{%- endif -%}"
        "{%- for m in rest -%}{%- if loop.first -%}{%- continue -%}{%- endif -%}"
        "{{ m['role'] | upper ~ ':' ~ (m.content.split('x') | join('-')) ~ loop.index0 }};{%- endfor -%}"
        "{{ {'a': [1, 'é']} | tojson }}{{ strftime_now('%Y')[:2] }}{{ ', '.join(['p', 'q']) }}{{ bos_token }}"
        "{{ messages | selectattr('role', 'equalto', 'user') | list | length }}{{ 'a b'.title() }}{{ '-' if none }}"
    )
    messages = [
        {"role": "system", "content": " s "},
        {"role": "user", "content": "first"},
        {"role": "assistant", "content": "axb"},
    ]
    text = SandboxedTemplate(source).render({"messages": messages, "bos_token": "<s>"})
    assert text.startswith('s|ASSISTANT:a-b1;{"a": [1, "é"]}20p, q<s>1A B')


def test_the_reason_a_template_gives_for_refusing_is_kept():
    with pytest.raises(TemplateError, match="roles must alternate"):
        SandboxedTemplate("{{ raise_exception('roles must alternate') }}").render({})
