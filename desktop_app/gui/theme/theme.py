"""The look of the program as one object: it puts tokens and sizes into Qt and follows the system's light and dark."""

import sys
from functools import cached_property
from typing import Literal

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QFont, QFontDatabase, QFontInfo, QFontMetricsF
from PySide6.QtWidgets import QApplication, QToolTip

from desktop_app.gui.theme import icons
from desktop_app.gui.theme.palette import palette
from desktop_app.gui.theme.scale import CODE_CHARACTERS, MEASURE_CHARACTERS, SPACE_12, TypeScale
from desktop_app.gui.theme.style_sheet import style_sheet
from desktop_app.gui.theme.tokens import DARK, LIGHT, Tokens

Scheme = Literal["system", "light", "dark"]

_QT_SCHEMES = {
    "system": Qt.ColorScheme.Unknown,  # Qt's word for "as the system has it"
    "light": Qt.ColorScheme.Light,
    "dark": Qt.ColorScheme.Dark,
}
# What an average line of prose is wide; a font's own "average width" counts letters that hardly occur.
_SAMPLE = "The quick brown fox jumps over the lazy dog, sits down and writes a calm letter about it."


class Theme(QObject):
    """Colors, fonts and sizes as they are now. There is one, `theme()`.

    Signals:
        changed(): Colors or sizes are new. Styled widgets and icons have followed by themselves; this is for what
            paints or formats with colors of its own.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.tokens: Tokens = LIGHT
        self.type_scale = TypeScale(10.0)
        self._scheme: Scheme = "system"
        self._applied: tuple[Tokens, TypeScale] | None = None
        icons.set_tokens(LIGHT)

    @property
    def is_dark(self) -> bool:
        return self.tokens is DARK

    def apply(self, app: QApplication, scheme: Scheme = "system", text_step: int = 0) -> None:
        """Give the whole program this look, and keep following the system if the scheme is "system".

        Args:
            app: The application.
            scheme: Which colors.
            text_step: Points to add to the system's font size.
        """
        hints = app.styleHints()
        if self._applied is None:
            app.setStyle("Fusion")
            hints.colorSchemeChanged.connect(self._follow)
        self._scheme = scheme
        hints.setColorScheme(_QT_SCHEMES[scheme])
        self.type_scale = TypeScale.from_system(self._system_pt, text_step)
        self._wear(app)

    def font(self, points: float, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
        """Return the system's font in one of the sizes of `type_scale`."""
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
        font.setPointSizeF(points)
        font.setWeight(weight)
        return font

    def code_font(self) -> QFont:
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        if sys.platform == "win32":  # Qt names Courier New there, which is hard to read
            font.setFamilies(["Cascadia Mono", "Consolas", font.family()])
        font.setPointSizeF(self.type_scale.code)
        return font

    def measure(self) -> int:
        """Return how wide a column of transcript prose may be, in pixels."""
        metrics = QFontMetricsF(self.font(self.type_scale.transcript))
        return round(metrics.horizontalAdvance(_SAMPLE) / len(_SAMPLE) * MEASURE_CHARACTERS)

    def column(self) -> int:
        """Return how wide the transcript's column is, in pixels: room for the usual line of code."""
        metrics = QFontMetricsF(self.code_font())
        return round(metrics.horizontalAdvance("x") * CODE_CHARACTERS) + 2 * SPACE_12

    @cached_property
    def _system_pt(self) -> float:
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
        # A font that is given in pixels has no size in points of its own.
        return font.pointSizeF() if font.pointSizeF() > 0 else QFontInfo(font).pointSizeF()

    def _follow(self) -> None:
        app = QApplication.instance()
        if isinstance(app, QApplication):
            self._wear(app)

    def _wear(self, app: QApplication) -> None:
        dark = self._scheme == "dark" or (
            self._scheme == "system" and app.styleHints().colorScheme() == Qt.ColorScheme.Dark
        )
        self.tokens = DARK if dark else LIGHT
        if self._applied == (self.tokens, self.type_scale):
            return
        self._applied = (self.tokens, self.type_scale)
        icons.set_tokens(self.tokens)
        colors = palette(self.tokens)
        app.setPalette(colors)
        QToolTip.setPalette(colors)
        app.setFont(self.font(self.type_scale.body))
        app.setStyleSheet(style_sheet(self.tokens, self.type_scale))
        self.changed.emit()


class _Only:
    instance: Theme | None = None


def theme() -> Theme:
    """Return the program's theme. It needs a QApplication."""
    if _Only.instance is None:
        _Only.instance = Theme()
    return _Only.instance
