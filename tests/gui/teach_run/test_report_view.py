"""The report is a letter: the verdict first; only a gain is offered to be used; all of it can be saved."""

from pathlib import Path

import pytest
from pypdf import PdfReader
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

from desktop_app.finetune.measures import Change, Speed
from desktop_app.finetune.report import SECTION, verdict
from desktop_app.gui.finetune.report_numbers import measured_of
from desktop_app.trainer.reading import Reading
from tests.gui.teach_run.conftest import NAME, nameless, reached_by_tab
from tests.support import taught_runs

MINUS = "\u2212"


@pytest.fixture
def taught(desk, run):
    """Have the course been taught, with this change of what was held out."""

    def teach(held_out=taught_runs.GAIN, name=NAME, is_here=True, names=None, **facts):
        adapter = desk.add_adapter(name, seed=len(name)) if is_here else None
        folder = taught_runs.prepare(desk.folder.runs, name, Path(desk.model.path))
        taught_runs.finish(taught_runs.train(folder, 40))
        report = taught_runs.report_on(folder, held_out, **facts)
        taught_runs.export(folder, adapter.sha256 if adapter else "ab" * 32)
        desk.have_runs(*(names or [name]))
        return report, adapter

    return teach


def click(qtbot, button):
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_the_verdict_comes_first_and_the_run_gives_way_to_it(run, taught):
    report, _ = taught()
    assert run.report.verdict.text() == verdict(report)
    assert run.report.isVisible()
    assert run.run.isHidden()
    assert run.summary() == verdict(report).rstrip(".")


def test_a_gain_is_used_by_one_click(qtbot, run, taught):
    _, adapter = taught()
    assert run.report.try_button.isHidden()
    with qtbot.waitSignal(run.chat_wanted) as wanted:
        click(qtbot, run.report.use_button)
    assert wanted.args == [adapter]


@pytest.mark.parametrize("held_out", [taught_runs.NOTHING, taught_runs.HARM, taught_runs.FEW, None])
def test_what_is_no_gain_is_not_switched_on_but_can_be_tried(qtbot, run, taught, held_out):
    _, adapter = taught(held_out)
    assert "stays switched off" in run.report.verdict.text()
    assert run.report.use_button.isHidden()
    with qtbot.waitSignal(run.chat_wanted) as wanted:
        click(qtbot, run.report.try_button)
    assert wanted.args == [adapter]


def test_an_adapter_that_was_removed_cannot_be_used(run, taught):
    taught(is_here=False)
    assert run.report.lost.words.text() == "The adapter is no longer in the library."
    assert run.report.use_button.isHidden()
    assert run.report.adapter_button.isHidden()


def test_the_adapter_can_be_shown_and_more_be_taught(qtbot, run, taught):
    _, adapter = taught()
    with qtbot.waitSignal(run.adapter_wanted) as wanted:
        click(qtbot, run.report.adapter_button)
    assert wanted.args == [adapter]
    with qtbot.waitSignal(run.more_wanted):
        click(qtbot, run.report.more_button)


# ------------------------------------------------------------ what it rests on


def test_the_numbers_are_told_with_how_sure_they_are(run, taught):
    taught()
    held_out, general, speed = run.report.numbers.rows
    assert (held_out.before, held_out.now) == ("3.112", "2.846")
    assert held_out.change == f"{MINUS}0.301 to {MINUS}0.231"
    assert held_out.note == "14 documents"
    assert general.note == "A little of everything else was forgotten"
    assert speed.change == f"{MINUS}6 %"


@pytest.mark.parametrize(
    ("nll", "divergence", "words"),
    [(2.913, 0.001, "the same as without it"), (2.92, 0.2, "Nothing to speak of"), (3.2, 0.2, "Much of everything")],
)
def test_what_was_forgotten_is_told(taught, nll, divergence, words):
    report, _ = taught(effect=Reading(746, 2.913, nll, divergence, 0.9))
    assert words in measured_of(report)[1].note


def test_too_little_to_measure_says_how_much_is_needed(run, taught):
    taught(taught_runs.FEW)
    assert run.report.numbers.rows[0].note == "4 documents, 10 are needed to be sure"


def test_what_earlier_versions_had_learned_is_told(run, taught):
    taught(kept=Change(2.9, 2.91, -0.01, 0.02, 12, 20))
    assert run.report.numbers.rows[1].name == "Loss on what earlier versions held out"


def test_what_only_learned_which_words_occur_is_told_what_to_bring(run, taught):
    taught(beyond_words=Change(-0.4, -0.4, -0.1, 0.1, 12, 12))
    assert run.report.numbers.rows[1].note == f"With the same words in random order it changed by {MINUS}0.400"
    assert "no measurable gain" in run.report.verdict.text()
    assert "whole texts that belong together" in run.report.meaning.text()
    assert not run.report.use_button.isVisible()


def test_what_was_measured_on_few_documents_is_said_to_be_of_these(run, taught):
    report, _ = taught(Change(3.1, 2.7, -0.47, -0.33, 17, 17, 1), unit=SECTION)
    assert "better at parts of your documents that it has not seen" in run.report.verdict.text()
    [held_out, *_] = measured_of(report)
    assert held_out.note == "17 sections of 1 document; this says nothing about other documents"


def test_passages_and_answers_have_rows_of_their_own(taught):
    report, _ = taught(passages=taught_runs.NOTHING, exchanges=taught_runs.FEW)
    assert [(row.name, row.note) for row in measured_of(report)[1:3]] == [
        ("Of this, on passages", "14 texts"),
        ("Of this, on answers", "4 conversations, 10 are needed to be sure"),
    ]


def test_marks_of_one_kind_are_told_what_to_mark(run, taught):
    report, _ = taught(None, preferred=Change(-60.0, -100.0, -41.0, -38.0, 12, 12, 12, lacks="good"))
    assert "Too few answers marked as good were held out" in run.report.verdict.text()
    assert "Mark answers of both kinds" in run.report.meaning.text()
    assert measured_of(report)[0].note == "12 conversations; too few have answers marked as good to be sure"


def test_what_it_repeats_is_warned_of_before_it_is_shared(run, taught):
    taught(memorised=taught_runs.LONG)
    assert run.report.memorised.isVisible()
    assert "31 words" in run.report.memorised.words.text()
    assert taught_runs.LONG.text in run.report.repeated.text()


def test_a_few_words_are_no_reason_for_a_warning(run, taught):
    taught()
    assert not run.report.memorised.isVisible()


def test_the_answers_stand_side_by_side(qtbot, run, taught):
    taught()
    answers = run.report.answers
    assert (answers.before.text.text(), answers.now.text.text()) == (taught_runs.BASE, taught_runs.NOW)
    click(qtbot, answers.back_button)
    assert answers.place.text() == "3 of 3"
    assert answers.question.text() == taught_runs.QUESTIONS[2][0]


def test_how_it_was_made_is_folded_away(run, taught):
    taught()
    assert run.report.recipe.isHidden() or not run.report.recipe.isVisible()
    run.report.fold.button.setChecked(True)
    facts = {name: label.text() for name, label in run.report.recipe.values.items()}
    assert facts["Rank"] == "16"
    assert facts["Learned from"] == "204 examples, 38,000 tokens"
    assert facts["Steps"].startswith("120, the best one 100")


def test_earlier_versions_stay_to_be_read(qtbot, run, taught):
    taught(taught_runs.NOTHING)
    assert run.versions.isHidden()
    taught(name="Letters 2", names=[NAME, "Letters 2"])
    run.versions.button.setChecked(True)
    words = [button.text() for button in run.versions.buttons]
    assert words == [
        "Version 2: Letters 2, today, a gain (shown)",
        "Version 1: Letters, today, no measurable gain",
    ]
    click(qtbot, run.versions.buttons[1])
    assert run.name == NAME
    assert "no measurable gain" in run.report.verdict.text()


# ------------------------------------------------------------ saving it


def test_it_is_saved_as_a_page(qtbot, run, taught, tmp_path, monkeypatch):
    report, _ = taught()
    path = tmp_path / "report.html"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), "Web page (*.html)"))
    click(qtbot, run.report.save_button)
    qtbot.waitUntil(lambda: run.report.news.text() != "")
    assert verdict(report) in path.read_text("utf-8")
    assert run.report.news.text().replace("\u200b", "") == f"The report was saved as {path}."


def test_it_is_saved_as_a_pdf(qtbot, run, taught, tmp_path, monkeypatch):
    report, _ = taught(memorised=taught_runs.LONG, speed=Speed(10.0, 9.0))
    path = tmp_path / "report"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), "PDF (*.pdf)"))
    click(qtbot, run.report.save_button)
    qtbot.waitUntil(lambda: run.report.news.text() != "")
    pages = PdfReader(tmp_path / "report.pdf").pages
    text = " ".join(" ".join(page.extract_text().split()) for page in pages)
    for words in (
        verdict(report),
        f"{MINUS}0.301 to {MINUS}0.231",
        "Say thank you, say no",
        taught_runs.LONG.text,
        "Learned from",
    ):
        assert words in text


def test_a_place_that_cannot_be_written_to_is_told(qtbot, run, taught, tmp_path):
    taught()
    (tmp_path / "file").write_text("")
    for is_pdf in (False, True):
        run.report.news.say("")
        run.report.save(tmp_path / "file" / "report.html", is_pdf)
        qtbot.waitUntil(lambda: run.report.news.text() != "")
        assert "could not be written" in run.report.news.text()
        assert run.report.save_button.isEnabled()


def test_everything_has_a_name_and_is_reached_by_tab(qtbot, run, taught):
    taught()
    qtbot.waitUntil(lambda: run.report.curve.plot is not None and run.report.curve.plot.isVisible())
    assert nameless(run) == []
    report = run.report
    wanted = [report.use_button, report.more_button, report.adapter_button, report.save_button]
    wanted += [report.answers.next_button, report.curve.plot, report.fold.button]
    assert [widget for widget in reached_by_tab(run) if widget in wanted] == wanted
