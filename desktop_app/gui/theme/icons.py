"""Outline icons in the theme's colors: drawn from SVG at the size and pixel density that is asked for.

An icon knows its token, not its color, so it is right again after a change of theme without anyone setting it anew.
"""

from functools import lru_cache

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QIconEngine, QPainter, QPixmap

from desktop_app.gui.theme.tokens import Tokens
from desktop_app.paths import bundled

_STROKE_PX = 1.5
_VIEW_BOX = 24  # side of the drawings


class _Ink:
    """The colors icons are drawn in now; set by the theme."""

    tokens: Tokens


def set_tokens(tokens: Tokens) -> None:
    _Ink.tokens = tokens


def icon(name: str, token: str = "text", on_token: str = "") -> QIcon:
    """Return the icon `assets/icons/<name>.svg`, drawn in the color of a token.

    Args:
        name: File name without ending.
        token: Name of a color in `Tokens`; disabled, it is drawn in `faint`.
        on_token: The color where the icon is checked (state On); the same if empty.
    """
    return QIcon(_Engine(name, token, on_token or token))


class _Engine(QIconEngine):
    def __init__(self, name: str, token: str, on_token: str) -> None:
        super().__init__()
        self._name = name
        self._token = token
        self._on_token = on_token

    def clone(self) -> QIconEngine:
        return _Engine(self._name, self._token, self._on_token)

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        ratio = painter.device().devicePixelRatio()
        color = self._color(mode, state)
        painter.drawPixmap(rect.topLeft(), _drawn(self._name, color, rect.width(), rect.height(), ratio))

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        return self.scaledPixmap(size, mode, state, 1.0)

    def scaledPixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State, scale: float) -> QPixmap:
        """Return the picture for a `size` in logical pixels on a screen of that scale."""
        return _drawn(self._name, self._color(mode, state), size.width(), size.height(), scale)

    def _color(self, mode: QIcon.Mode, state: QIcon.State) -> str:
        token = self._on_token if state == QIcon.State.On else self._token
        if mode == QIcon.Mode.Disabled:
            token = "faint"
        color: str = getattr(_Ink.tokens, token)
        return color


@lru_cache(maxsize=64)
def _source(name: str) -> str:
    return bundled("icons", f"{name}.svg").read_text(encoding="utf-8")


@lru_cache(maxsize=512)
def _drawn(name: str, color: str, width: int, height: int, ratio: float) -> QPixmap:
    """Return the icon in the middle of a picture of so many logical pixels."""
    from PySide6.QtSvg import QSvgRenderer  # a library of its own, loaded when the first icon is drawn

    side = min(width, height)
    stroke = _STROKE_PX * _VIEW_BOX / max(1, side)
    svg = _source(name).replace("currentColor", color).replace('stroke-width="2"', f'stroke-width="{stroke:.3f}"')
    picture = QPixmap(round(width * ratio), round(height * ratio))
    picture.fill(Qt.GlobalColor.transparent)
    picture.setDevicePixelRatio(ratio)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    QSvgRenderer(svg.encode()).render(painter, QRectF((width - side) / 2, (height - side) / 2, side, side))
    painter.end()
    return picture
