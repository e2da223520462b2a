"""Run a chat template from a model file: a program by a stranger, so without rights, with little time and little space.

Jinja's sandbox keeps a template away from Python's inside (CVE-2024-34359 was a template that got there). What the
sandbox leaves open is taken here: one expression that makes a gigabyte, and loops that never end. Native code cannot be
interrupted, so nothing may be made that takes it long: a list that holds another one twice, which holds ... is short
in memory and endless for whoever compares it or writes it down.
"""

import datetime
import json
import sys
import time
from collections.abc import Callable, Mapping
from functools import wraps
from types import FrameType
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.ext import loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace
from jinja2.visitor import NodeTransformer

MAX_SECONDS = 2.0
MAX_CHARACTERS = 4_000_000  # far beyond any context length; of one value, written down
_MAX_MADE = 25 * MAX_CHARACTERS  # of all that one run gets from filters and methods
_MAX_NUMBER = 1_000_000
# Each can make a long string of a short template, most by a width argument; no published template needs them.
_FORBIDDEN_METHODS = frozenset(
    {"center", "encode", "expandtabs", "format", "format_map", "ljust", "rjust", "to_bytes", "translate", "zfill"}
)
_FORBIDDEN_FILTERS = ("batch", "center", "filesizeformat", "format", "pprint", "random", "slice", "urlize", "wordwrap")


class TemplateError(Exception):
    """The template refused the conversation or broke a rule; the text is the template's own or ours."""


class _List(list[Any]):
    """A list that a template has made, which knows its length when written down: many are put together step by step."""

    length = 0


class _Namespace(Namespace):
    """Jinja's writes down all that it holds, and may hold others twice."""

    def __repr__(self) -> str:
        return "namespace"


class _Environment(ImmutableSandboxedEnvironment):
    """Jinja's sandbox with a limit on whatever can make something long in one step."""

    made = 0  # characters that this run has got from filters and methods

    intercepted_binops = frozenset({"*", "**", "%", "+", "<<"})

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        if operator in {"**", "<<"} or (operator == "%" and isinstance(left, str)):
            raise TemplateError(f"the operator {operator} is not allowed in a chat template")
        if operator == "*" and not (_is_small_number(left) and _is_small_number(right)):
            raise TemplateError("a chat template may only multiply numbers")
        if operator == "+" and isinstance(left, str | list | tuple):
            _check_length(length := _length(left) + _length(right))
            return _known(left + right, length)
        return super().call_binop(context, operator, left, right)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        return attr not in _FORBIDDEN_METHODS and super().is_safe_attribute(obj, attr, value)

    def call(self, __context: Any, __obj: Any, *args: Any, **kwargs: Any) -> Any:
        owner = getattr(__obj, "__self__", None)
        if isinstance(owner, str):
            if __obj.__name__ == "join":
                return _join(args[0], owner)
            if __obj.__name__ == "replace":
                return _replace(owner, *args)
        _check_length(_length((args, kwargs)))  # a macro gets the two as they are
        return self.count(super().call(__context, __obj, *args, **kwargs))

    def count(self, value: Any) -> Any:
        """Return what a filter or method has made, unless it is too much."""
        length = _length(value)
        _check_length(length)
        self.made += length
        if self.made > _MAX_MADE:
            raise TemplateError("the chat template makes too much text")
        return value

    def counting(self, made_by: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(made_by)  # also what Jinja has noted of the filter
        def make(*args: Any, **kwargs: Any) -> Any:
            return self.count(made_by(*args, **kwargs))

        return make

    def concat(self, parts: Any) -> str:  # Jinja calls it where a block's text is put together
        return _join(parts, "")

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree: nodes.Template = _ToFilters().visit(super()._parse(source, name, filename))
        return tree


class _ToFilters(NodeTransformer):
    """Jinja compiles `a ~ b` and `[a, b]` to what no hook sees; filters of ours do the same with a limit."""

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:
        self.generic_visit(node)
        return _filtered(nodes.List(node.nodes, lineno=node.lineno), "join")

    def visit_List(self, node: nodes.List) -> nodes.Node:
        self.generic_visit(node)
        return _filtered(node, "checked")

    def visit_Dict(self, node: nodes.Dict) -> nodes.Node:
        self.generic_visit(node)
        return _filtered(node, "checked")

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Node:
        self.generic_visit(node)
        return _filtered(node, "checked") if node.ctx == "load" else node


def _filtered(node: nodes.Expr, name: str) -> nodes.Node:
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)


def _checked(value: Any) -> Any:
    _check_length(length := _length(value))
    return _known(value, length)


def _known(value: Any, length: int) -> Any:
    if isinstance(value, list):
        value = _List(value)
        value.length = length
    return value


def _length(value: Any) -> int:
    """Return about how many characters a value takes when it is written down."""
    if isinstance(value, str):
        return len(value) + 2
    if isinstance(value, _List):
        return value.length
    if isinstance(value, Mapping):
        value = value.items()
    elif not isinstance(value, list | tuple | set):
        return 4
    return 2 + sum(map(_length, value))


def _check_length(length: int) -> None:
    if length > MAX_CHARACTERS:
        raise TemplateError("the chat template makes too long a text")


def _join(values: Any, separator: Any = "", attribute: Any = None) -> str:
    if attribute is not None:
        raise TemplateError("join by attribute is not allowed in a chat template")
    texts, length = [], 0
    for value in values:
        texts.append(str(value))
        length += len(texts[-1]) + len(str(separator))
        _check_length(length)
    return str(separator).join(texts)


def _is_small_number(value: Any) -> bool:
    return isinstance(value, int | float) and abs(value) <= _MAX_NUMBER


def _raise_exception(message: str) -> None:
    raise TemplateError(message)


def _to_json(value: Any, indent: int | None = None, ensure_ascii: bool = False, **_: Any) -> str:
    if not indent:
        return json.dumps(value, ensure_ascii=ensure_ascii)
    return _join(json.JSONEncoder(ensure_ascii=ensure_ascii, indent=min(indent, 16)).iterencode(value))


def _indent(text: str, width: int = 4, first: bool = False, blank: bool = False) -> str:
    from jinja2.filters import do_indent

    width = min(int(width), 64)
    _check_length(len(text) + text.count("\n") * width)
    return do_indent(text, width, first, blank)


def _replace(text: str, old: str, new: str, count: int = -1) -> str:
    _check_length(len(text) + text.count(old) * len(new))
    return text.replace(old, new, count)


def _environment() -> _Environment:
    environment = _Environment(trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols])
    environment.globals["raise_exception"] = _raise_exception
    environment.globals["strftime_now"] = lambda form: datetime.datetime.now().strftime(str(form)[:64])
    environment.globals.pop("lipsum", None)
    environment.globals["namespace"] = _Namespace
    environment.filters["tojson"] = _to_json
    environment.filters["indent"] = _indent
    environment.filters["join"] = _join
    environment.filters["replace"] = _replace
    for name in _FORBIDDEN_FILTERS:
        environment.filters.pop(name, None)
    environment.filters = {name: environment.counting(each) for name, each in environment.filters.items()}
    environment.filters["checked"] = _checked
    return environment


class SandboxedTemplate:
    """A compiled chat template.

    Raises:
        TemplateError: If the source is not a template.
    """

    def __init__(self, source: str) -> None:
        try:
            self._environment = _environment()
            self._template = self._environment.from_string(source)
        except (jinja2.TemplateError, RecursionError, SyntaxError, OverflowError) as error:
            raise TemplateError(f"it cannot be read: {error}") from error

    def render(self, values: Mapping[str, Any]) -> str:
        """Return the text.

        Raises:
            TemplateError: If the template raises, takes longer than `MAX_SECONDS` or makes too long a text.
        """
        self._environment.made = 0
        try:
            return _within_time(lambda: self._collect(values))
        except TemplateError:
            raise
        except Exception as error:  # whatever a stranger's program can raise
            raise TemplateError(str(error) or type(error).__name__) from error

    def _collect(self, values: Mapping[str, Any]) -> str:
        parts, length = [], 0
        measured = {name: _known(value, _length(value)) for name, value in values.items()}
        for part in self._template.generate(measured):
            parts.append(part)
            length += len(part)
            _check_length(length)
        return "".join(parts)


def _within_time(work: Callable[[], str]) -> str:
    """Run Python code and raise once it takes too long: a trace function sees every line of the compiled template."""
    deadline = time.monotonic() + MAX_SECONDS

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        if time.monotonic() > deadline:
            raise TemplateError("the chat template takes too long")
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        return work()
    finally:
        sys.settrace(before)
