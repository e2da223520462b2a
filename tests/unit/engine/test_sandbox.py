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


NESTS = [
    "{% set ns.x = [ns.x, ns.x] %}{% set ns.y = [ns.y, ns.y] %}",
    "{% set ns.x = (ns.x, ns.x) %}{% set ns.y = (ns.y, ns.y) %}",
    "{% set ns.x = {1: ns.x, 2: ns.x} %}{% set ns.y = {1: ns.y, 2: ns.y} %}",
    "{% set ns.x = dict(a=ns.x, b=ns.x) %}{% set ns.y = dict(a=ns.y, b=ns.y) %}",
    "{% set ns.x = [ns.x] + [ns.x] %}{% set ns.y = [ns.y] + [ns.y] %}",
]


@pytest.mark.parametrize("use", ["ns.x", "ns.x | string", "ns.x | tojson", "ns.x == ns.y", "ns.x in [ns.y]"])
@pytest.mark.parametrize("nest", NESTS, ids=["lists", "tuples", "dicts", "calls", "sums"])
def test_a_template_cannot_make_what_is_endless_only_when_it_is_looked_at(monkeypatch, nest, use):
    """Native code would compare it or write it down for minutes, and no limit of time is asked there."""
    monkeypatch.setattr(sandbox, "MAX_CHARACTERS", 10_000)
    source = f"{{% set ns = namespace(x=1, y=1) %}}{{% for i in range(30) %}}{nest}{{% endfor %}}{{{{ {use} }}}}"
    with pytest.raises(TemplateError, match="too long a text"):
        SandboxedTemplate(source).render({})


@pytest.mark.parametrize(
    "source",
    [
        "{% macro f() %}{% set ns.x = varargs %}{% endmacro %}{% for i in range(30) %}{{ f(ns.x, ns.x) }}{% endfor %}",
        "{% for i in range(30) %}{% set ns.x = ns.x | tojson | string | tojson %}{% endfor %}",
        "{% for i in range(30) %}{% set ns.x = ns.x | tojson(indent=16) %}{% endfor %}",
        "{% set ns.x = range(1000) | list %}{% for i in range(99) %}{% set ns.x = [ns.x] %}{% endfor %}"
        "{{ ns.x | tojson(indent=16) }}",
        "{% for i in range(14) %}{% set ns.x = ns.x + '\n' + ns.x %}{% endfor %}{{ ns.x | indent(64, true, true) }}",
        "{{ dict.fromkeys(range(100), range(100) | list) | string }}",
    ],
)
def test_a_template_cannot_make_a_giant_text_by_roundabout_ways(monkeypatch, source):
    monkeypatch.setattr(sandbox, "MAX_CHARACTERS", 20_000)
    with pytest.raises(TemplateError, match="too long a text"):
        SandboxedTemplate("{% set ns = namespace(x='\"') %}" + source).render({})


def test_a_template_that_holds_the_same_twice_in_its_variables_does_not_write_all_of_it_down():
    chain = "".join(
        f"{{% set n{at} = namespace() %}}{{% set n{at}.a = n{at - 1} %}}{{% set n{at}.b = n{at - 1} %}}"
        for at in range(1, 31)
    )
    assert len(SandboxedTemplate("{% set n0 = namespace() %}" + chain + "{{ n30 }}").render({})) < 100


def test_a_template_may_put_long_lists_together_and_hand_them_on(monkeypatch):
    monkeypatch.setattr(sandbox, "MAX_SECONDS", 20)  # enough, unless the list is measured anew at each step
    source = (
        "{% macro content_of(all, at) %}{{ all[at].content }}{% endmacro %}{% set ns = namespace(kept=[]) %}"
        "{% for m in messages %}{% set ns.kept = ns.kept + [m] %}{{ content_of(messages, loop.index0) }}{% endfor %}"
        "{{ ns.kept | length }}"
    )
    messages = [{"role": "user", "content": "hi"}] * 3000
    assert SandboxedTemplate(source).render({"messages": messages}) == "hi" * 3000 + "3000"


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
