"""Each option is declared once, with everything a page needs to show it."""

import pytest

from desktop_app.library.memory import KV_TYPES
from desktop_app.settings import options
from desktop_app.settings.option import Choice, Decimal, Folder, Option, Text, Toggle, Whole
from desktop_app.settings.options import OPTIONS, SECTION_HELP


def test_every_declared_option_is_listed_once():
    declared = [value for value in vars(options).values() if isinstance(value, Option)]
    assert sorted(option.key for option in OPTIONS) == sorted(option.key for option in declared)
    assert len({option.key for option in OPTIONS}) == len(OPTIONS)


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.key)
def test_an_option_has_words_and_a_default_it_accepts(option):
    assert option.accepted(option.default) == option.default
    assert option.title
    assert not option.title.endswith(".")
    assert option.help.endswith(".")
    assert option.section
    assert isinstance(option, Toggle | Whole | Decimal | Text | Folder | Choice)


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.key)
@pytest.mark.parametrize("value", [None, [], {}, "no such thing" * 10_000, -1_000_000, 1e300, float("nan")])
def test_no_option_accepts_nonsense(option, value):
    assert option.accepted(value) is None


def test_yes_and_no_are_no_numbers():
    assert options.TEXT_SIZE.accepted(True) is None
    assert options.TEMPERATURE.accepted(True) is None
    assert options.SUGGEST_TITLES.accepted(1) is None


@pytest.mark.parametrize(
    "option", [o for o in OPTIONS if isinstance(o, Whole | Decimal)], ids=lambda option: option.key
)
def test_numbers_have_limits_that_belong_to_them(option):
    assert option.accepted(option.minimum) == option.minimum
    assert option.accepted(option.maximum) == option.maximum
    assert option.accepted(option.minimum - 1) is None
    assert option.accepted(option.maximum + 1) is None


def test_what_is_said_about_a_section_is_a_sentence_about_one_that_is_there():
    assert set(SECTION_HELP) <= {option.section for option in OPTIONS}
    assert all(text.endswith(".") for text in SECTION_HELP.values())


def test_the_precisions_on_offer_are_those_the_engine_has():
    assert {stored for stored, _ in options.KV_TYPE.choices} == {"auto", *KV_TYPES}


def test_no_layers_on_the_gpu_is_something_else_than_automatic():
    assert options.GPU_LAYERS.default == options.GPU_LAYERS.minimum == -1
    assert options.GPU_LAYERS.accepted(0) == 0


def test_a_line_is_one_line():
    assert options.TRAINING_INDEX.accepted(" https://packages.example.org ") == "https://packages.example.org"
    assert options.TRAINING_INDEX.accepted("two\nlines") is None
