"""The curve shows how a run goes, says it in words too, and tells of the step that is pointed at."""

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtWidgets import QApplication

from desktop_app.finetune.run_folder import Progress
from desktop_app.gui.finetune.curve import Curve
from desktop_app.gui.finetune.curve_values import CurveValues
from desktop_app.gui.theme import theme
from desktop_app.gui.theme.tokens import DARK, LIGHT, hue

SHA256 = "00000003" + "0" * 56


def values(n=60, n_steps=120):
    progress = Progress(
        losses={step: 3.0 - step / 100 + 0.1 * (-1) ** step for step in range(1, n + 1)},
        held_out={0: 3.1, 20: 2.9, 40: 2.7, 60: 2.8},
        started={"steps": n_steps},
    )
    return CurveValues.of(progress)


@pytest.fixture
def curve(qtbot, background):
    theme().apply(QApplication.instance(), "light")
    curve = Curve(lambda work, done: background.run(work, done))
    qtbot.addWidget(curve)
    curve.resize(600, 300)
    curve.show_values(values())
    curve.show()
    qtbot.waitUntil(lambda: curve.plot is not None and curve.plot.isVisible())
    return curve


# ------------------------------------------------------------ the values


def test_noise_is_smoothed_away():
    found = values()
    jumps = [abs(after - before) for before, after in zip(found.smoothed, found.smoothed[1:], strict=False)]
    assert max(jumps[5:]) < 0.06
    assert found.smoothed[0] == pytest.approx(found.losses[0])


def test_the_axis_is_as_long_as_the_run_and_ends_where_it_ended():
    assert values().n_steps == 120
    ended = Progress(losses={1: 1.0, 2: 0.9}, started={"steps": 120}, finished={"reason": "early"})
    assert CurveValues.of(ended).n_steps == 2


def test_the_best_step_is_one_that_was_trained():
    assert values().best_step == 40
    assert CurveValues.of(Progress(held_out={0: 1.0})).best_step is None


def test_one_loss_far_away_does_not_make_the_others_a_flat_line():
    losses = dict.fromkeys(range(1, 101), 2.0) | {50: 90.0}
    low, high = CurveValues.of(Progress(losses=losses)).heights
    assert (low, high) == (pytest.approx(2.0), pytest.approx(10.8, abs=4))


def test_nothing_is_said_in_words_before_there_is_anything():
    assert CurveValues().description() == "There are no values yet."
    assert CurveValues().is_empty
    assert CurveValues().heights is None


# ------------------------------------------------------------ the plot


def test_it_draws_what_it_was_given(curve):
    steps, losses = curve.plot.held_out.getData()
    assert list(steps) == [0, 20, 40, 60]
    assert list(losses) == [3.1, 2.9, 2.7, 2.8]
    assert len(curve.plot.training.getData()[0]) == 60


@pytest.mark.parametrize("n_steps", [1, 2, 3, 5])
def test_only_whole_steps_are_written_below_it(curve, n_steps):
    curve.show_values(values(n=1, n_steps=n_steps))
    axis = curve.plot.getAxis("bottom")
    ticks = [at for _, level in axis.tickValues(*axis.range, 500) for at in level]
    assert ticks
    assert all(at == round(at) for at in ticks)


def test_a_screen_reader_gets_the_curve_in_words(curve):
    told = curve.plot.accessibleDescription()
    assert "Over 60 steps, the training loss went from 2.89 to" in told
    assert "On what was held out, it was lowest after step 40, with 2.70." in told
    assert curve.plot.accessibleName() == "Loss by step"


def test_pointing_tells_of_the_nearest_step(qtbot, curve):
    at = curve.plot.mapFromScene(curve.plot.getViewBox().mapViewToScene(QPointF(40.2, 2.8)))
    qtbot.mouseMove(curve.plot.viewport(), QPoint(at.x(), at.y()))
    qtbot.waitUntil(lambda: curve.readout.text() == "Step 40: training 2.700, held out 2.700")


def test_the_arrow_keys_go_from_step_to_step(qtbot, curve):
    qtbot.keyClick(curve.plot, Qt.Key.Key_Left)
    assert curve.readout.text().startswith("Step 60: ")
    qtbot.keyClick(curve.plot, Qt.Key.Key_Left)
    assert curve.readout.text().startswith("Step 59: ")
    qtbot.keyClick(curve.plot, Qt.Key.Key_Right)
    qtbot.keyClick(curve.plot, Qt.Key.Key_Right)
    assert curve.readout.text().startswith("Step 60: ")


def test_it_has_the_color_of_its_adapter_in_light_and_dark(qtbot, curve):
    def color():
        return curve.plot.held_out.opts["pen"].color().name().upper()

    assert color() == LIGHT.accent.upper()
    curve.show_values(values(), SHA256)
    assert color() == getattr(LIGHT, hue(SHA256)).upper()
    theme().apply(QApplication.instance(), "dark")
    assert color() == getattr(DARK, hue(SHA256)).upper()
    theme().apply(QApplication.instance(), "light")


def test_what_comes_before_the_plot_is_there_is_shown_by_it(qtbot, background):
    curve = Curve(lambda work, done: background.run(work, done))
    qtbot.addWidget(curve)
    curve.show()
    curve.show_values(values(20))
    qtbot.waitUntil(lambda: curve.plot is not None and curve.plot.isVisible())
    assert len(curve.plot.training.getData()[0]) == 20


def test_thousands_of_steps_are_shown(curve):
    curve.show_values(values(5000, 5000))
    assert len(curve.plot.training.getData()[0]) == 5000
    assert curve.plot.getViewBox().viewRange()[0][1] >= 5000


def test_a_run_without_anything_held_out_has_no_line_for_it(curve):
    curve.show_values(CurveValues.of(Progress(losses={1: 2.0, 2: 1.9})))
    held_out, training = curve.keys
    assert held_out.isHidden()
    assert training.isVisible()
