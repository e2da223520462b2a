"""How the program looks: colors, sizes, fonts and icons, declared once and used by name."""

from desktop_app.gui.theme.icons import icon
from desktop_app.gui.theme.theme import Scheme, Theme, theme
from desktop_app.gui.theme.tokens import DARK, LIGHT, Tokens

__all__ = ["DARK", "LIGHT", "Scheme", "Theme", "Tokens", "icon", "theme"]
