"""The report as a PDF, on white paper: the same letter as on the screen. Takes longer than a window may stand still."""

from pathlib import Path

from desktop_app.errors import UserError
from desktop_app.finetune.measures import Answered
from desktop_app.finetune.report import Outcome, Report, sentences, verdict
from desktop_app.finetune.report_curve import curve_svg
from desktop_app.finetune.run_folder import Progress
from desktop_app.finetune.whole_files import replace_file
from desktop_app.gui.finetune.pdf_pages import BODY, HEADING, SMALL, TITLE, Cell, PdfPages
from desktop_app.gui.finetune.report_numbers import LOWER_IS_BETTER, measured_of
from desktop_app.gui.finetune.report_words import made_lines, meaning, warning
from desktop_app.gui.theme.tokens import LIGHT
from desktop_app.trainer.contract import Run

_VERDICTS = {Outcome.GAIN: "good", Outcome.HARM: "danger"}
_CURVE_STYLE = f"""<style>
text {{ fill: {LIGHT.muted}; font-size: 12px; font-family: sans-serif; }}
polyline {{ fill: none; stroke-width: 2; }}
.grid {{ stroke: {LIGHT.line}; }} .training {{ stroke: {LIGHT.muted}; }} .held-out {{ stroke: {LIGHT.accent}; }}
circle {{ fill: {LIGHT.accent}; }}
</style>"""


def write_pdf(path: Path, report: Report, progress: Progress, run: Run) -> None:
    """Write the report of a run, whole or not at all.

    Args:
        path: Of the file.
        report: Of a run that was proved.
        progress: Of the same run.
        run: What was to be done.

    Raises:
        UserError: If it cannot be written.
    """
    try:
        replace_file(path.absolute(), report_pdf(report, progress, run))
    except OSError as error:
        raise UserError(
            f"The report could not be written to {path}.", "Choose another place, or free some space on the disk."
        ) from error


def report_pdf(report: Report, progress: Progress, run: Run) -> bytes:
    """Return the report as the bytes of a PDF; arguments as of `write_pdf`."""
    pages = PdfPages(report.run)
    pages.add(Cell(report.run, points=TITLE, is_bold=True))
    pages.add(Cell(f"A report on what {report.model} has learned.", token="muted"))
    pages.add_space(BODY)
    pages.add(Cell(verdict(report), points=HEADING, token=_VERDICTS.get(report.outcome, "text")))
    for sentence in (meaning(report), *sentences(report)):
        pages.add_space(SMALL / 2)
        pages.add(Cell(sentence))
    if repeated := warning(report.memorised):
        pages.add_space(SMALL / 2)
        pages.add(Cell(f"“{repeated}”", points=SMALL, token="warn"))
    _add_numbers(pages, report)
    if drawing := curve_svg(progress.losses, progress.held_out):
        _add_heading(pages, "How it learned")
        pages.add_drawing(drawing.replace("</title>", f"</title>{_CURVE_STYLE}", 1))
    if report.answers:
        _add_heading(pages, "What it says")
        for answered in report.answers:
            _add_answers(pages, answered)
    _add_heading(pages, "How it was made")
    for name, value in made_lines(report, run, progress.exported.get("sha256", "")):
        pages.add(Cell(name, 0.25, SMALL, "muted"), Cell(value, 0.75, SMALL))
    return pages.finish()


def _add_heading(pages: PdfPages, words: str) -> None:
    pages.keep_together(8 * BODY)
    pages.add_space(1.5 * BODY)
    pages.add(Cell(words, points=HEADING, is_bold=True))
    pages.add_space(SMALL / 2)


def _add_numbers(pages: PdfPages, report: Report) -> None:
    _add_heading(pages, "What was measured")
    titles = ("Without", "With", "Change")
    shares = (0.14, 0.14, 0.24)
    heads = (Cell(title, share, SMALL, "muted", is_right=True) for title, share in zip(titles, shares, strict=True))
    pages.add(Cell("", 0.48), *heads)
    for row in measured_of(report):
        numbers = (row.before, row.now, row.change)
        pages.add_space(SMALL / 3)
        cells = (Cell(number, share, is_right=True) for number, share in zip(numbers, shares, strict=True))
        pages.add(Cell(row.name, 0.48), *cells)
        pages.add(Cell(row.note, points=SMALL, token="muted"))
    pages.add_space(SMALL / 2)
    pages.add(Cell(LOWER_IS_BETTER, points=SMALL, token="muted"))


def _add_answers(pages: PdfPages, answered: Answered) -> None:
    columns = [("Without", answered.base), ("With", answered.adapter)]
    columns += [("As you wrote it", answered.wanted)] if answered.wanted else []
    share = 1 / len(columns)
    pages.keep_together(8 * BODY)
    pages.add_space(SMALL)
    pages.add(Cell(f"{answered.question} …" if answered.is_continued else answered.question, is_bold=True))
    pages.add(*(Cell(title, share, SMALL, "muted") for title, _ in columns))
    pages.add(*(Cell(text.strip(), share) for _, text in columns))
