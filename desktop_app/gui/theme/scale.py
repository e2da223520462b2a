"""Sizes in one place: space in steps of four pixels, radii, controls, and type in steps of the system's font size."""

from dataclasses import dataclass

SPACE_4 = 4
SPACE_8 = 8
SPACE_12 = 12
SPACE_16 = 16
SPACE_24 = 24
SPACE_32 = 32

RADIUS_SMALL = 6  # fields, buttons, rows
RADIUS_CARD = 8
RADIUS_BOX = 12  # the message box, bubbles

CONTROL_HEIGHT = 32
TOUCH_HEIGHT = 28  # the least a finger or a tired hand can hit
ICON_SIZE = 20
ICON_SIZE_SMALL = 16
ICON_WITH_WORDS = (24, 16)  # an icon beside words, with air around it, which Qt's buttons leave out

PAGE_MARGIN = 32
PAGE_MARGIN_NARROW = 16
NARROW_WIDTH = 900  # below this many pixels a window is narrow

LINE_HEIGHT = 1.5  # of the font's pixel size, in the transcript
MEASURE_CHARACTERS = 72  # of prose in a line
CODE_CHARACTERS = 80

_SMALLEST_PT = 6.0


@dataclass(frozen=True)
class TypeScale:
    """Font sizes in points, all from the size the system asks for and the person's step."""

    body: float

    @classmethod
    def from_system(cls, system_pt: float, step: int = 0) -> "TypeScale":
        return cls(max(_SMALLEST_PT, system_pt + step))

    @property
    def transcript(self) -> float:
        return self.body + 1

    @property
    def small(self) -> float:
        return max(_SMALLEST_PT, self.body - 1)

    @property
    def section(self) -> float:
        return self.body + 2

    @property
    def title(self) -> float:
        return self.body + 6

    @property
    def code(self) -> float:
        return self.transcript - 0.5
