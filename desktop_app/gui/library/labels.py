"""Labels, and words in them, that the pages of the library share. What comes from outside is shown as plain text."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from desktop_app.gui.theme import scale
from desktop_app.gui.widgets.elided_label import ElidedLabel
from desktop_app.library.outlook import Fit, Outlook
from desktop_app.library.prospects import Prospect
from desktop_app.library.speed import readable_speed

OFFLINE_WORDS = "Offline: nothing is looked up or downloaded."

_LONGEST_NAME = 200
_LONGEST_FACT = 32
_SEPARATOR = "\u00a0\u00a0·  "  # a line breaks behind the dot, and never within a fact
_FIT_ROLES = {Fit.WELL: "small", Fit.TIGHT: "warn", Fit.TOO_LARGE: "danger"}


def plain_label(text: str = "", role: str = "", wraps: bool = False) -> QLabel:
    """Return a label that never takes its text for HTML."""
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setProperty("role", role)
    label.setWordWrap(wraps)
    if wraps:
        label.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        label.setMinimumWidth(1)  # or a long word from the Hub would make the window wider
    return label


def section(title: str, help_text: str = "") -> QWidget:
    """Return the heading of a part of a page, with a sentence on what it is for."""
    heading = QWidget()
    column = QVBoxLayout(heading)
    column.setContentsMargins(0, scale.SPACE_24, 0, scale.SPACE_4)
    column.setSpacing(scale.SPACE_4)
    column.addWidget(plain_label(title, "section"))
    if help_text:
        column.addWidget(plain_label(help_text, "small", wraps=True))
    return heading


def name_label(text: str, role: str) -> ElidedLabel:
    """Return a label for one line that may be too long."""
    label = ElidedLabel(text)
    label.setProperty("role", role)
    return label


def set_role(label: QLabel, role: str) -> None:
    """Let a label look like another kind of text."""
    label.setProperty("role", role)
    label.style().polish(label)


def show_fit(badge: QLabel, outlook: Outlook | None) -> None:
    """Say in words and color how a model fits; a badge without anything to say is hidden."""
    fit = outlook.fit if outlook else None
    badge.setText(fit.value if fit else "")
    set_role(badge, _FIT_ROLES[fit] if fit else "small")
    badge.setVisible(fit is not None)


def prospect_words(prospect: Prospect | None) -> str:
    """Return what a model would need here and how fast it would write."""
    if prospect is None:
        return ""
    outlook = prospect.outlook
    if outlook.fit == Fit.TOO_LARGE:  # what to do about it is the same for all of them: choose another
        return outlook.sentence.partition(". ")[0].rstrip(".") + "."
    if prospect.tokens_per_s is None:
        return outlook.sentence
    return f"{outlook.sentence} Writes {readable_speed(prospect.tokens_per_s)}."


def printable(text: str, longest: int = _LONGEST_NAME) -> str:
    """Return a text without what would be invisible or change the order of letters, and not too long."""
    shown = "".join(character if character.isprintable() else "?" for character in text[:longest])
    return shown + "…" * (len(text) > longest)


def split_name(repo: str) -> tuple[str, str]:
    """Return owner and name of a repository, fit to be shown."""
    first, slash, rest = printable(repo).partition("/")
    return (first, rest) if slash else ("", first)


def listed(parts: Iterable[str]) -> str:
    """Return the facts that are known, as they stand beside each other."""
    return _SEPARATOR.join(printable(part, _LONGEST_FACT).replace(" ", "\u00a0") for part in parts if part)


def counted(number: int, thing: str) -> str:
    """Return a number with what is counted: 1 like, 52,300 downloads, 8.2 billion parameters; nothing for 0."""
    return f"{readable_count(number)} {thing}{'s' * (number != 1)}" if number > 0 else ""


def readable_count(number: int) -> str:
    """Return a number as people say it: 52,300, 1.2 million, 135 million, 8.2 billion."""
    if number >= 999_500_000:
        return f"{number / 1e9:,.1f} billion"
    if number >= 1_000_000:
        return f"{number / 1e6:.{1 if number < 9_950_000 else 0}f} million"
    return f"{number:,}"


def month(unix_time: float) -> str:
    """Return month and year; nothing where the time is not known."""
    if unix_time <= 0:
        return ""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=unix_time)).strftime("%B %Y")


def announce(widget: QWidget, words: str) -> None:
    """Let a screen reader say what has changed."""
    QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(widget, words))
