"""What was measured of an adapter, as a table: without it, with it, and how sure the difference is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from desktop_app.finetune.measures import LEAST_GROUPS, Change
from desktop_app.finetune.report import CONVERSATION, MUCH_FORGOTTEN, SAYS_NOTHING, Report, held_out_words, lacking
from desktop_app.gui.library.labels import plain_label
from desktop_app.gui.theme import scale
from desktop_app.trainer.contract import LARGEST_NLL_DIFFERENCE

_NAME, _BEFORE, _NOW, _CHANGE = range(4)
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop
_MINUS = "\u2212"
LOWER_IS_BETTER = "The loss says how much a text surprises the model, in nats a token: lower is better."


@dataclass(frozen=True)
class Measured:
    """A line of the table; without and with are empty where only a change was measured."""

    name: str
    note: str
    before: str
    now: str
    change: str = ""


def measured_of(report: Report) -> list[Measured]:
    """Return what was measured, the most important first."""
    return [*_changes(report), *_beyond_words(report), _general(report), *_speed(report)]


def _changes(report: Report) -> Iterator[Measured]:
    changes = (
        ("Loss on what was held out", report.held_out, report.unit),
        *((f"Of this, on {name}", change, unit) for name, change, unit in report.parts),
        ("Doubt of what you like", report.preferred, CONVERSATION),
        ("Loss on what earlier versions held out", report.kept, report.unit),
    )
    for name, change, unit in changes:
        if change is not None:
            note = _measured_on(change, unit)
            difference = _interval(change) if change.is_enough else _signed(change.after - change.before)
            yield Measured(name, note, f"{change.before:.3f}", f"{change.after:.3f}", difference)


def _measured_on(change: Change, unit: str) -> str:
    words = held_out_words(change, unit)
    if lacks := lacking(change):
        return f"{words}; too few have answers marked as {lacks} to be sure"
    if not change.is_enough:
        return f"{words}, {LEAST_GROUPS} are needed to be sure"
    return f"{words}; {SAYS_NOTHING}" if change.is_of_these_documents else words


def _beyond_words(report: Report) -> Iterator[Measured]:
    change = report.beyond_words
    if change is not None and change.is_enough:
        note = f"With the same words in random order it changed by {_signed(change.before)}"
        yield Measured("What of this is more than which words occur", note, "", "", _interval(change))


def _general(report: Report) -> Measured:
    effect, lost = report.effect, report.effect.nll_difference
    if not report.has_general_effect:
        note = "Nothing was forgotten: it is the same as without it"
    elif lost < LARGEST_NLL_DIFFERENCE:
        note = "Nothing to speak of was forgotten"
    else:
        note = f"{'Much' if lost > MUCH_FORGOTTEN else 'A little'} of everything else was forgotten"
    return Measured("Loss on a general text", note, f"{effect.nll:.3f}", f"{effect.other_nll:.3f}", _signed(lost))


def _speed(report: Report) -> Iterator[Measured]:
    if report.speed is not None:
        before, after = report.speed.before, report.speed.after
        percent = round(100 * (after / before - 1)) if before else 0
        change = f"{'+' if percent > 0 else _MINUS * (percent < 0)}{abs(percent)} %"
        yield Measured("Tokens a second", "One answer at a time", f"{before:,.1f}", f"{after:,.1f}", change)


def _interval(change: Change) -> str:
    return f"{_signed(change.low)} to {_signed(change.high)}"


def _signed(number: float) -> str:
    return f"{number:+z.3f}".replace("-", _MINUS)


class ReportNumbers(QWidget):
    """Attributes:
    rows: What is shown.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("What was measured")
        self.rows: tuple[Measured, ...] = ()
        self._lines: list[tuple[QLabel, ...]] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(scale.SPACE_16)
        self._grid.setVerticalSpacing(0)
        self._grid.setColumnStretch(_NAME, 1)
        for column, words in ((_BEFORE, "Without"), (_NOW, "With"), (_CHANGE, "Change")):
            self._grid.addWidget(_number(words, "small"), 0, column)

    def show_report(self, report: Report) -> None:
        """Show what was measured."""
        self.rows = tuple(measured_of(report))
        while len(self._lines) < len(self.rows):
            self._add_line()
        for number, line in enumerate(self._lines):
            row = self.rows[number] if number < len(self.rows) else None
            self._show_line(line, row)

    def _add_line(self) -> None:
        top = self._grid.rowCount()
        name, note = plain_label(wraps=True), plain_label(role="small", wraps=True)
        name.setContentsMargins(0, scale.SPACE_8, 0, 0)
        self._grid.addWidget(name, top, _NAME)
        self._grid.addWidget(note, top + 1, _NAME)
        numbers = [_number(), _number(), _number()]
        for column, label in zip((_BEFORE, _NOW, _CHANGE), numbers, strict=True):
            label.setContentsMargins(0, scale.SPACE_8, 0, 0)
            self._grid.addWidget(label, top, column)
        self._lines.append((name, note, *numbers))

    def _show_line(self, line: Sequence[QLabel], row: Measured | None) -> None:
        texts = (row.name, row.note, row.before, row.now, row.change) if row else ("",) * len(line)
        for label, text in zip(line, texts, strict=True):
            label.setText(text)
            label.setVisible(row is not None)
        if row is not None:
            pair = f"without {row.before}, with {row.now}, " if row.before else ""
            line[0].setAccessibleName(f"{row.name}: {pair}change {row.change}")


def _number(text: str = "", role: str = "") -> QLabel:
    label = plain_label(text, role)
    label.setAlignment(_RIGHT)
    font = QFont()
    font.setFeature(QFont.Tag("tnum"), 1)
    label.setFont(font)
    return label
