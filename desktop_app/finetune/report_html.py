"""The report as a page that reads like a letter: the verdict first, then what it rests on.

It is one file that needs nothing else and loads nothing, and what a person has written is shown as they wrote it,
from left to right or from right to left.
"""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import datetime
from html import escape
from pathlib import Path

from desktop_app.errors import UserError
from desktop_app.finetune.measures import Answered, Change, Overlap
from desktop_app.finetune.report import (
    CONVERSATION,
    Report,
    held_out_words,
    interval_words,
    memorised_words,
    sentences,
    verdict,
)
from desktop_app.finetune.report_curve import curve_svg
from desktop_app.finetune.report_figures import figures
from desktop_app.finetune.run_folder import Progress
from desktop_app.finetune.whole_files import replace_file
from desktop_app.finetune.words import count
from desktop_app.paths import bundled
from desktop_app.trainer.contract import Run

_Row = Iterable[str]


def report_html(report: Report, progress: Progress, run: Run) -> str:
    """Return the page.

    Args:
        report: Of a run that was proved.
        progress: Of the same run.
        run: What was to be done.
    """
    parts = [
        _tag("h1", _own(report.run)),
        _tag("p", f"A report on what {_own(report.model)} has learned.", "muted"),
        _tag("p", escape(verdict(report)), f"verdict {report.outcome.value.replace(' ', '-')}"),
        *(_tag("p", escape(sentence)) for sentence in _letter(report)),
        *_warning(report.memorised),
        _numbers(report),
        *_curve(progress),
        *_answers(report.answers),
        _identity(report, progress, run),
    ]
    style = bundled("report.css").read_text(encoding="utf-8")
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(report.run)}</title>\n<style>\n{style}</style></head>\n<body>\n"
        + "\n".join(parts)
        + "\n</body></html>\n"
    )


def write_page(path: Path, page: str) -> None:
    """Write a page, whole or not at all.

    Raises:
        UserError: If it cannot be written.
    """
    try:
        replace_file(path.absolute(), page.encode())
    except OSError as error:
        raise UserError(
            f"The report could not be written to {path}.", "Choose another place, or free some space on the disk."
        ) from error


# ------------------------------------------------------------ its parts


def _letter(report: Report) -> Iterator[str]:
    for sentence in sentences(report):
        if report.memorised is None or sentence != memorised_words(report.memorised) or not report.memorised.is_long:
            yield sentence
    yield "Style, format and vocabulary are learned well; facts are better looked up in the documents themselves."


def _warning(overlap: Overlap | None) -> Iterator[str]:
    if overlap is not None and overlap.is_long:
        words = _tag("strong", escape(memorised_words(overlap)))
        yield _tag("div", words + _tag("blockquote", escape(overlap.text), is_own=True), "warning")


def _numbers(report: Report) -> str:
    rows = [*_change("Loss on what was held out", report.held_out, report.unit)]
    for name, change, unit in report.parts:
        rows += _change(f"Of this, on {name}", change, unit)
    rows += _change("Dislike of what was liked", report.preferred, CONVERSATION)
    rows += _change("Loss on what earlier runs held out", report.kept, report.unit)
    effect = report.effect
    rows.append(
        ("Loss on a general text", f"{effect.nll:.3f}", f"{effect.other_nll:.3f}", count(effect.tokens, "token"))
    )
    if report.speed:
        rows.append(("Tokens a second", f"{report.speed.before:,.1f}", f"{report.speed.after:,.1f}", ""))
    head = ("", "without", "with", "measured on")
    return _tag("h2", "In numbers") + _table(rows, head, numbers=(1, 2))


def _change(words: str, change: Change | None, unit: str) -> Iterator[tuple[str, str, str, str]]:
    if change is not None:
        where = f"{held_out_words(change, unit)}; {interval_words(change)}"
        yield words, f"{change.before:.3f}", f"{change.after:.3f}", where


def _curve(progress: Progress) -> Iterator[str]:
    if drawing := curve_svg(progress.losses, progress.held_out):
        yield _tag("h2", "How it learned") + drawing


def _answers(answers: Iterable[Answered]) -> Iterator[str]:
    for number, each in enumerate(answers):
        if not number:
            yield _tag("h2", "What it says") + _tag(
                "p", "It has not learned from any of these. The answers are what each thinks likeliest.", "muted"
            )
        columns = [("Yours", each.wanted)] if each.wanted else []
        columns += [("Without", each.base), ("With", each.adapter)]
        head = "".join(_tag("th", title) for title, _ in columns)
        cells = "".join(_tag("td", escape(text), is_own=True) for _, text in columns)
        asked = f"{each.question} …" if each.is_continued else each.question
        yield _tag("h3", escape(asked), is_own=True) + _tag("table", _tag("tr", head) + _tag("tr", cells), "answers")


def _identity(report: Report, progress: Progress, run: Run) -> str:
    about, exported = run.about, progress.exported
    rows = [(title.capitalize(), text) for title, text in figures(report)]
    rows.append(("Recipe", ", ".join(f"{name} {_plain(value)}" for name, value in asdict(run.recipe).items())))
    rows += [("Model file", f"{part.name}, SHA-256 {part.sha256}") for part in run.base.parts]
    rows += [("Document", f"{each['name']}, SHA-256 {each['sha256']}") for each in about.get("documents", ())]
    rows += [("Note", note) for note in about.get("notes", ())]
    if exported:
        rows.append(("Adapter", f"SHA-256 {exported['sha256']}"))
    if progress.proved:
        rows.append(("Measured", datetime.fromtimestamp(progress.proved["time"]).strftime("%Y-%m-%d %H:%M")))
    return _tag("h2", "How it was made") + _table(rows, kind="identity")


def _plain(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, tuple) else str(value)


# ------------------------------------------------------------ HTML


def _table(rows: Iterable[_Row], head: _Row = (), numbers: tuple[int, ...] = (), kind: str = "") -> str:
    def row(cells: _Row, is_head: bool = False) -> str:
        told = [
            _tag(
                "th" if is_head or not place else "td", escape(cell), "number" if place in numbers else "", is_own=True
            )
            for place, cell in enumerate(cells)
        ]
        return _tag("tr", "".join(told))

    return _tag("table", (row(head, is_head=True) if head else "") + "".join(map(row, rows)), kind)


def _own(text: str) -> str:
    """Return what somebody wrote, in the direction it is written in."""
    return _tag("bdi", escape(text))


def _tag(name: str, content: str, kind: str = "", is_own: bool = False) -> str:
    """Return an element.

    Args:
        name: Of the element.
        content: As HTML.
        kind: Its class.
        is_own: Its content is the person's, in the direction it is written in.
    """
    attributes = (f' class="{kind}"' if kind else "") + (' dir="auto"' if is_own else "")
    return f"<{name}{attributes}>{content}</{name}>"
