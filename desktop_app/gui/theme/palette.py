"""The tokens as Qt's palette, so that everything Qt paints by itself has our colors too."""

from PySide6.QtGui import QColor, QPalette

from desktop_app.gui.theme.tokens import Tokens

_ROLES = {
    QPalette.ColorRole.Window: "base",
    QPalette.ColorRole.WindowText: "text",
    QPalette.ColorRole.Base: "surface",
    QPalette.ColorRole.AlternateBase: "sunken",
    QPalette.ColorRole.ToolTipBase: "text",
    QPalette.ColorRole.ToolTipText: "base",
    QPalette.ColorRole.PlaceholderText: "faint",
    QPalette.ColorRole.Text: "text",
    QPalette.ColorRole.Button: "surface",
    QPalette.ColorRole.ButtonText: "text",
    QPalette.ColorRole.BrightText: "danger",
    QPalette.ColorRole.Light: "surface",
    QPalette.ColorRole.Midlight: "hover",
    QPalette.ColorRole.Mid: "handle",
    QPalette.ColorRole.Dark: "faint",
    QPalette.ColorRole.Shadow: "line",
    QPalette.ColorRole.Highlight: "accent",
    QPalette.ColorRole.HighlightedText: "on_accent",
    QPalette.ColorRole.Accent: "accent",
    QPalette.ColorRole.Link: "accent",
    QPalette.ColorRole.LinkVisited: "accent",
}
_TEXT_ROLES = (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText)


def palette(tokens: Tokens) -> QPalette:
    """Return the palette of a theme."""
    result = QPalette()
    for role, token in _ROLES.items():
        result.setColor(role, QColor(getattr(tokens, token)))
    for role in _TEXT_ROLES:
        result.setColor(QPalette.ColorGroup.Disabled, role, QColor(tokens.faint))
    result.setColor(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Highlight, QColor(tokens.handle))
    result.setColor(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Accent, QColor(tokens.handle))
    return result
