"""Everything that is to be read can be read: contrast of the theme's colors, computed as WCAG 2 says."""

from dataclasses import fields
from pathlib import Path

import pytest

from desktop_app.gui.theme import DARK, LIGHT
from desktop_app.gui.theme.tokens import hue
from desktop_app.paths import bundled

AA = 4.5  # for text
NOT_TEXT = 3.0  # for what only marks something
GROUNDS = ("base", "surface", "sunken")
HUES = tuple(field.name for field in fields(LIGHT) if field.name.startswith("hue_"))
CODE = tuple(field.name for field in fields(LIGHT) if field.name.startswith("code_"))


def luminance(color):
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


PAIRS = [
    *[(text, ground, AA) for text in ("text", "muted", "accent", "danger", "warn", "good") for ground in GROUNDS],
    *[(hue, ground, AA) for hue in HUES for ground in GROUNDS],
    *[(code, ground, AA) for code in (*CODE, "danger", "good") for ground in ("sunken",)],
    *[(code, "selection", NOT_TEXT) for code in CODE],
    ("text", "accent_soft", AA),
    ("muted", "accent_soft", AA),
    ("text", "selection", AA),
    ("text", "hover", AA),
    ("muted", "hover", AA),
    ("text", "pressed", AA),
    ("muted", "pressed", AA),
    ("on_accent", "accent", AA),
    ("on_accent", "accent_strong", AA),
    ("danger", "danger_soft", AA),
    ("base", "text", AA),
    ("base", "muted", AA),
    *[("faint", ground, NOT_TEXT) for ground in GROUNDS],
    *[("accent", ground, NOT_TEXT) for ground in GROUNDS],
]


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground", "least"), PAIRS, ids=lambda value: str(value))
def test_what_is_to_be_read_can_be_read(tokens, text, ground, least):
    assert contrast(getattr(tokens, text), getattr(tokens, ground)) >= least


@pytest.mark.parametrize(("name", "tokens"), [("check-light", LIGHT), ("check-dark", DARK)])
def test_drawings_with_a_color_of_their_own_have_the_themes_color(name, tokens):
    assert tokens.on_accent in bundled("icons", "controls", f"{name}.svg").read_text("utf-8")


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("name", ["up", "down"])
def test_arrows_are_visible_in_both_themes(name, tokens):
    svg = Path(bundled("icons", "controls", f"{name}.svg")).read_text("utf-8")
    color = svg.split('stroke="')[1][:7]
    assert contrast(color, tokens.surface) >= NOT_TEXT


def test_adapters_have_eight_colors_and_each_always_the_same():
    hashes = [f"{number:08x}" + 56 * "0" for number in range(64)]
    assert {hue(each) for each in hashes} == set(HUES)
    assert len(HUES) == 8
    assert hue("a" * 64) == hue("a" * 64)
