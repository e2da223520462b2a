"""A stack is told from every other by what it does, and what no engine could use is refused before it is asked."""

import math

import pytest

from desktop_app.adapters.stack import MAX_ADAPTERS, acting, check_stack, fingerprint
from desktop_app.storage.records import StackEntry
from tests.unit.adapters.files import error_of

A, B = "a" * 64, "b" * 64


def test_the_bare_model_has_no_fingerprint():
    assert fingerprint([]) == fingerprint([(A, 0.0), (B, -0.0)]) == ""


def test_what_does_not_act_does_not_count():
    assert fingerprint([(A, 1.0), (B, 0.0)]) == fingerprint([(A, 1.0)])


def test_adapters_scales_and_their_order_count():
    stacks = [
        [(A, 1.0)],
        [(B, 1.0)],
        [(A, 0.5)],
        [(A, -1.0)],
        [(A, 1.0), (B, 1.0)],
        [(B, 1.0), (A, 1.0)],
        [(A, 1.0), (A, 1.0)],
        [(A, 1.0), (B, math.nextafter(1.0, 2) + 1e-6)],
    ]
    assert len({fingerprint(stack) for stack in stacks}) == len(stacks)


def test_scales_that_are_the_same_to_llama_cpp_are_the_same():
    assert fingerprint([(A, 0.1)]) == fingerprint([(A, 0.1 + 1e-12)])  # it has 32 bits


def test_only_what_is_on_and_not_at_0_acts():
    on, at_zero, off = StackEntry(A, "on"), StackEntry(A, "at 0", 0.0), StackEntry(A, "off", 1.0, False)
    assert acting((off, on, at_zero)) == (on,)


def test_a_stack_of_eight_is_fine_and_one_of_nine_is_refused():
    check_stack([1.0] * MAX_ADAPTERS)
    assert error_of(check_stack, [1.0] * 9) == "A stack can have up to 8 adapters, and this one has 9."


@pytest.mark.parametrize("scale", [math.nan, math.inf, -math.inf, 11.0, -10.0001])
def test_a_scale_that_is_no_number_or_beyond_all_measure_is_refused(scale):
    assert error_of(check_stack, [1.0, scale]) == "The scale of an adapter must be a number between -10 and 10."


def test_scales_up_to_the_limit_are_fine():
    check_stack([10.0, -10.0, 0.0, 1e-30])
