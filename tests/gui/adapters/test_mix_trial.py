"""Trying a stack on a text in the panel: choosing it, measuring, tuning, and taking what was found."""

from pathlib import Path

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog

from desktop_app.errors import UserError

MINUS = "\u2212"


@pytest.fixture
def trial(panel, tiny, pair):
    panel.show_stack(pair, tiny)
    return panel.trial


@pytest.fixture
def with_text(qtbot, trial, text_file):
    trial.read(text_file)
    qtbot.waitUntil(lambda: trial.choice.name.text() == "letters.txt")
    return trial


@pytest.fixture
def wanted(panel, tiny):
    """The stacks that are wanted, which the chat takes over."""
    wanted = []

    def take(stack):
        wanted.append(stack)
        panel.show_stack(stack, tiny)

    panel.stack_wanted.connect(take)
    return wanted


@pytest.fixture
def measured(qtbot, with_text, mixing):
    with qtbot.waitSignal(mixing.measured):
        with_text.measure.click()
    return with_text


@pytest.fixture
def tuned(qtbot, with_text, mixing, scoring):
    scoring.loss = lambda scales: 2 + abs(scales.get("Letters", 0) - 1.5) + scales.get("Tone", 0)
    with qtbot.waitSignal(mixing.tuned):
        with_text.tune.click()
    return with_text


# ------------------------------------------------------------ the text


def test_nothing_can_be_measured_before_there_is_a_text(trial):
    assert (trial.measure.isEnabled(), trial.tune.isEnabled()) == (False, False)
    assert trial.choice.name.text() == "Drop a text here"


def test_a_text_can_be_chosen(qtbot, trial, text_file, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(text_file), ""))
    trial.choice.button.click()
    qtbot.waitUntil(trial.measure.isEnabled)
    assert trial.choice.name.text() == "letters.txt"


def test_a_text_can_be_dropped(qtbot, trial, text_file):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(text_file))])
    arguments = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    enter = QDragEnterEvent(QPointF(5, 5).toPoint(), *arguments)
    trial.choice.dragEnterEvent(enter)
    assert enter.isAccepted()
    trial.choice.dropEvent(QDropEvent(QPointF(5, 5), *arguments))
    qtbot.waitUntil(trial.measure.isEnabled)


def test_what_is_no_text_is_refused_and_the_one_before_stays(qtbot, measured, tmp_path):
    measured.choice.chosen.emit(Path(tmp_path / "model.gguf"))
    qtbot.waitUntil(lambda: "is not a text file" in measured.news.text())
    assert measured.choice.name.text() == "letters.txt"


# ------------------------------------------------------------ measuring


def test_what_was_measured_is_a_table_with_a_verdict(measured, scoring):
    assert scoring.asked[-1] == {"Letters": 0.75, "Tone": 0.5}
    rows = [(row.name, row.first, row.second) for row in measured.table.rows]
    assert [name for name, *_ in rows] == ["Bare model", "Letters", "Tone", "All together"]
    assert rows[0][2] == ""
    assert all(second[0] in ("+", MINUS) for *_, second in rows[1:])
    assert "±" in measured.table.rows[1].details
    assert measured.table.isVisible()
    assert measured.news.text().startswith("On this text, ")
    assert not measured.step.isVisible()


def test_while_it_measures_it_says_what_and_can_be_stopped(qtbot, with_text, scoring):
    scoring.waits = True
    with_text.measure.click()
    qtbot.waitUntil(lambda: with_text.step.words.text() == "Reading without adapters")
    assert with_text.step.isVisible()
    assert not with_text.measure.isVisible()
    with_text.step.stop.click()
    assert scoring.stopped == [1]
    assert not with_text.step.isVisible()
    assert with_text.measure.isVisible()
    assert not with_text.table.isVisible()


def test_trouble_is_told_where_the_result_would_be(qtbot, with_text, scoring, mixing):
    scoring.answer = UserError("The model stopped.", "It starts again.")
    with qtbot.waitSignal(mixing.failed):
        with_text.measure.click()
    assert with_text.news.text() == "The model stopped. It starts again."
    assert with_text.measure.isVisible()


def test_after_a_change_of_scales_it_is_said_that_the_result_is_older(panel, measured, pair, tiny):
    assert not measured.stale.isVisible()
    panel.show_stack((replace(pair[0], scale=0.1), pair[1]), tiny)
    assert measured.stale.isVisible()
    panel.show_stack(pair, tiny)
    assert not measured.stale.isVisible()


def test_for_other_adapters_or_another_model_it_is_forgotten(qtbot, panel, measured, pair, tiny, put, scoring, mixing):
    for stack, model in (((pair[0], put("Haiku", seed=3)), tiny), (pair, replace(tiny, path="/other.gguf"))):
        scoring.waits = True
        panel.show_stack(pair, tiny)
        measured.tune.click()
        assert mixing.is_measuring
        panel.show_stack(stack, model)
        assert not mixing.is_measuring
        assert not measured.table.isVisible()
        assert measured.choice.name.text() == "letters.txt"


def test_it_goes_on_while_the_panel_is_hidden_and_ends_with_the_model(panel, with_text, pair, mixing, scoring):
    scoring.waits = True
    with_text.measure.click()
    panel.hide()
    assert mixing.is_measuring
    panel.show_stack(pair, None)
    assert not mixing.is_measuring


# ------------------------------------------------------------ tuning


def test_scales_that_were_found_can_be_used_and_left_again(tuned, wanted, pair):
    box = tuned.tuned
    assert [(row.name, row.first, row.second) for row in box.table.rows] == [
        ("Letters", "0.75", "1.50"),
        ("Tone", "0.50", "0.00"),
    ]
    assert box.verdict.text().startswith("This mix does better on this text, by ")
    assert box.use.text() == "Use these"
    box.use.click()
    assert wanted == [(replace(pair[0], scale=1.5), replace(pair[1], scale=0.0))]
    assert box.use.text() == "Use the earlier ones"
    assert box.isVisible()
    box.use.click()
    assert wanted[1] == pair
    assert box.use.text() == "Use these"


def test_what_is_off_stays_off(qtbot, panel, with_text, wanted, put, pair, tiny, mixing):
    off = replace(put("Haiku", seed=3), is_on=False)
    panel.show_stack((*pair, off), tiny)
    with qtbot.waitSignal(mixing.tuned):
        with_text.tune.click()
    with_text.tuned.use.click()
    assert wanted[0][2] == off
    assert len(with_text.tuned.table.rows) == 2


def test_where_nothing_better_is_found_there_is_nothing_to_use(qtbot, with_text, mixing, scoring):
    scoring.loss = lambda _scales: 2.5
    with qtbot.waitSignal(mixing.tuned):
        with_text.tune.click()
    box = with_text.tuned
    assert box.verdict.text() == "No mix that was tried does better on this text than what is set now."
    assert (box.use.isVisible(), box.table.isVisible()) == (False, False)
