"""What a run has come to, like a letter: the verdict first, then what it means, then what it rests on."""

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QFrame, QPushButton, QVBoxLayout, QWidget
from shiboken6 import isValid

from desktop_app.errors import UserError
from desktop_app.finetune.measures import Answered
from desktop_app.finetune.report import Report, memorised_words, verdict
from desktop_app.finetune.report_html import report_html, write_page
from desktop_app.finetune.run_folder import RunStatus
from desktop_app.gui.adapters.news_label import NewsLabel
from desktop_app.gui.adapters.standing_words import Told
from desktop_app.gui.adapters.told_line import ToldLine
from desktop_app.gui.finetune.answers_view import AnswersView, Pair
from desktop_app.gui.finetune.curve import Curve
from desktop_app.gui.finetune.curve_values import CurveValues
from desktop_app.gui.finetune.fold import Fold
from desktop_app.gui.finetune.report_numbers import LOWER_IS_BETTER, ReportNumbers
from desktop_app.gui.finetune.report_words import made_lines, meaning, warning
from desktop_app.gui.finetune.run_facts import RunFacts
from desktop_app.gui.library.button_row import ButtonRow
from desktop_app.gui.library.labels import plain_label
from desktop_app.gui.theme import scale
from desktop_app.jobs.background import Background
from desktop_app.storage.records import Adapter

USE, TRY = "Use in a new chat", "Try it anyway"
_CURVE_LINES = 12
_NOT_HERE = "The adapter is no longer in the library."
_HTML, _PDF = "Web page (*.html)", "PDF (*.pdf)"


class ReportView(QWidget):
    """Hidden as long as there is no report.

    Signals:
        chat_wanted(Adapter): Begin a conversation with it.
        adapter_wanted(Adapter): Show it among the adapters.
        more_wanted(): Teach more: back to the documents.
    """

    chat_wanted = Signal(Adapter)
    adapter_wanted = Signal(Adapter)
    more_wanted = Signal()

    def __init__(self, background: Background) -> None:
        super().__init__()
        self._background = background
        self._shown: tuple[RunStatus, Report] | None = None
        self._adapter: Adapter | None = None
        self._make_parts()
        self._lay_out()
        self._connect()
        self.hide()

    def show_report(self, status: RunStatus, report: Report | None, adapter: Adapter | None) -> None:
        """Show what a run has come to.

        Args:
            report: None as long as there is none.
            adapter: What came out of it, if the library has that.
        """
        is_other = self._shown is None or self._shown[0].name != status.name
        self._shown = (status, report) if report is not None else None
        self._adapter = adapter
        self.setVisible(report is not None)
        if report is None:
            return
        if is_other:
            self.news.say("")
        sha256 = status.progress.exported.get("sha256", "")
        self.verdict.setText(verdict(report))
        self.meaning.setText(meaning(report))
        self._show_actions(report, is_exported=bool(sha256))
        self._show_warning(report)
        self.numbers.show_report(report)
        self._answers_title.setVisible(bool(report.answers))
        self.answers.show_pairs([_pair(each) for each in report.answers], sha256)
        self.curve.show_values(CurveValues.of(status.progress), sha256)
        if status.run is not None:
            self.recipe.show_facts(dict(made_lines(report, status.run, sha256)))

    def _show_actions(self, report: Report, is_exported: bool) -> None:
        is_gain, is_here = report.is_gain, self._adapter is not None
        self.use_button.setVisible(is_gain and is_here)
        self.try_button.setVisible(not is_gain and is_here)
        self.adapter_button.setVisible(is_here)
        self.lost.tell(Told("circle-alert", "muted", _NOT_HERE if is_exported and not is_here else ""))

    def _show_warning(self, report: Report) -> None:
        text = warning(report.memorised)
        self._warning.setVisible(bool(text))
        if report.memorised is not None:
            self.memorised.tell(Told("triangle-alert", "warn", memorised_words(report.memorised)))
        self.repeated.setText(f"“{text}”")

    # ------------------------------------------------------------ saving it

    def _save(self) -> None:
        if self._shown is None:
            return
        name, kind = QFileDialog.getSaveFileName(
            self, "Save report", f"{self._shown[0].name}.html", f"{_HTML};;{_PDF}", _HTML
        )
        if name:
            self.save(Path(name), is_pdf=name.lower().endswith(".pdf") or kind == _PDF)

    def save(self, path: Path, is_pdf: bool) -> None:
        """Write the report into a file; one without an ending gets one."""
        if self._shown is None or self._shown[0].run is None:
            return
        status, report = self._shown
        run, progress = self._shown[0].run, status.progress
        path = path if path.suffix else path.with_suffix(".pdf" if is_pdf else ".html")

        def write() -> Path:
            if is_pdf:
                from desktop_app.gui.finetune.report_pdf import write_pdf  # it loads what draws SVG

                write_pdf(path, report, progress, run)
            else:
                write_page(path, report_html(report, progress, run))
            return path

        self.save_button.setEnabled(False)
        self._background.run(write, self._saved, self._not_saved)

    def _saved(self, path: Path) -> None:
        if isValid(self):
            self.save_button.setEnabled(True)
            self.news.say(f"The report was saved as {path}.")

    def _not_saved(self, error: UserError) -> None:
        if isValid(self):
            self.save_button.setEnabled(True)
            self.news.say(str(error), "danger")

    # ------------------------------------------------------------ the parts

    def _make_parts(self) -> None:
        self.verdict = plain_label(role="title", wraps=True)
        self.meaning = plain_label(wraps=True)
        self.use_button = QPushButton(USE)
        self.use_button.setProperty("kind", "primary")
        self.adapter_button = QPushButton("Show the adapter")
        self.more_button = QPushButton("Teach more")
        self.save_button = QPushButton("Save report")
        self.try_button = QPushButton(TRY)
        self.try_button.setProperty("kind", "quiet")
        self.lost = ToldLine("small")
        self.news = NewsLabel()
        self._warning = QFrame()
        self._warning.setProperty("panel", "card")
        self.memorised = ToldLine()
        self.repeated = plain_label(role="small", wraps=True)
        self.numbers = ReportNumbers()
        self._answers_title = plain_label("What it says", "heading")
        self.answers = AnswersView("Without it", "With it")
        self.curve = Curve(lambda work, done: self._background.run(work, done), _CURVE_LINES)
        self.recipe = RunFacts(wraps=True)
        self.recipe.setAccessibleName("How it was made")
        self.fold = Fold("How it was made")
        self.fold.body.addWidget(self.recipe)

    def _lay_out(self) -> None:
        warning = QVBoxLayout(self._warning)
        warning.setContentsMargins(scale.SPACE_12, scale.SPACE_12, scale.SPACE_12, scale.SPACE_12)
        warning.setSpacing(scale.SPACE_4)
        warning.addWidget(self.memorised)
        warning.addWidget(self.repeated)
        actions = (self.use_button, self.more_button, self.adapter_button, self.save_button, self.try_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(scale.SPACE_12)
        letter: tuple[QWidget, ...] = (
            self.verdict,
            self.meaning,
            self.lost,
            ButtonRow(*actions),
            self.news,
            self._warning,
        )
        for part in letter:
            column.addWidget(part)
        sections: tuple[tuple[QWidget, ...], ...] = (
            (
                plain_label("What was measured", "heading"),
                self.numbers,
                plain_label(LOWER_IS_BETTER, "small", wraps=True),
            ),
            (self._answers_title, self.answers),
            (plain_label("How it learned", "heading"), self.curve),
            (self.fold,),
        )
        for parts in sections:
            column.addSpacing(scale.SPACE_8)
            for part in parts:
                column.addWidget(part)

    def _connect(self) -> None:
        self.use_button.clicked.connect(self._on_chat)
        self.try_button.clicked.connect(self._on_chat)
        self.adapter_button.clicked.connect(self._on_adapter)
        self.more_button.clicked.connect(self.more_wanted)
        self.save_button.clicked.connect(self._save)

    def _on_chat(self) -> None:
        if self._adapter is not None:
            self.chat_wanted.emit(self._adapter)

    def _on_adapter(self) -> None:
        if self._adapter is not None:
            self.adapter_wanted.emit(self._adapter)


def _pair(answered: Answered) -> Pair:
    return Pair(answered.question, answered.base, answered.adapter, answered.wanted, answered.is_continued)
