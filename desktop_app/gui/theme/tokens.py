"""The colors, declared once and used by name: one set for light, one for dark."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Tokens:
    """Colors by what they are for, as `#RRGGBB`.

    Attributes:
        base: The window.
        surface: Cards, fields, menus.
        sunken: Rail, lists, code.
        line: Hairlines.
        hover, pressed: Behind quiet things under the pointer.
        handle: Scroll bars and slider grooves.
        faint: Hints and disabled things only; too pale for what must be read.
        accent_soft: The person's bubbles, selected rows.
        selection: Behind selected text, which keeps its own color.
        code_*: Words of program text on `sunken`.
        hue_*: One for each adapter, by its content, so that a person knows it again everywhere.
    """

    base: str
    surface: str
    sunken: str
    line: str
    hover: str
    pressed: str
    handle: str
    text: str
    muted: str
    faint: str
    accent: str
    accent_strong: str
    on_accent: str
    accent_soft: str
    selection: str
    danger: str
    danger_soft: str
    warn: str
    good: str
    code_keyword: str
    code_string: str
    code_number: str
    code_comment: str
    code_function: str
    code_type: str
    code_builtin: str
    hue_1: str
    hue_2: str
    hue_3: str
    hue_4: str
    hue_5: str
    hue_6: str
    hue_7: str
    hue_8: str


LIGHT = Tokens(
    base="#FBFBF9",
    surface="#FFFFFF",
    sunken="#F2F2EE",
    line="#E2E1DB",
    hover="#EBEAE5",
    pressed="#E0DFD8",
    handle="#C9C8C0",
    text="#1D1D1B",
    muted="#5F5E59",
    faint="#8A8983",
    accent="#0B6E5F",
    accent_strong="#095A4E",
    on_accent="#FFFFFF",
    accent_soft="#E0F0EC",
    selection="#BCE0D8",
    danger="#B3261E",
    danger_soft="#FBEAE8",
    warn="#8A5A00",
    good="#1E6B3A",
    code_keyword="#8A2A6B",
    code_string="#2C6A35",
    code_number="#9A4600",
    code_comment="#66655F",
    code_function="#1E5BA3",
    code_type="#0B6A5C",
    code_builtin="#6342A8",
    hue_1="#A3423A",
    hue_2="#8C5200",
    hue_3="#5C6400",
    hue_4="#2D6E2D",
    hue_5="#0F6A7A",
    hue_6="#2B5DA8",
    hue_7="#6747A8",
    hue_8="#963B7E",
)

DARK = Tokens(
    base="#161715",
    surface="#1E1F1D",
    sunken="#111210",
    line="#343531",
    hover="#262724",
    pressed="#30312E",
    handle="#474843",
    text="#ECECE7",
    muted="#A6A59E",
    faint="#7C7B75",
    accent="#4FC3AE",
    accent_strong="#6FD3C0",
    on_accent="#06201B",
    accent_soft="#17332E",
    selection="#27564D",
    danger="#F2867E",
    danger_soft="#3A211F",
    warn="#E0B35A",
    good="#7CCB96",
    code_keyword="#DDA0CF",
    code_string="#A5CB8E",
    code_number="#E2A878",
    code_comment="#9D9C94",
    code_function="#8FB8EE",
    code_type="#6CCDBB",
    code_builtin="#BBA8F2",
    hue_1="#EE9A92",
    hue_2="#E2A866",
    hue_3="#C3C46A",
    hue_4="#8ACB8A",
    hue_5="#6CC6D6",
    hue_6="#8FB4F0",
    hue_7="#B9A4F0",
    hue_8="#E298CC",
)

HUES = 8


def hue(sha256: str) -> str:
    """Return the name of the token that is an adapter's color, from the hash of its file."""
    return f"hue_{int(sha256[:8], 16) % HUES + 1}"
