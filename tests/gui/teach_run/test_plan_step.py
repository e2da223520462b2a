"""The plan says before it begins what it takes, offers what can be, and begins with one click."""

from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import Qt

from desktop_app.errors import UserError
from desktop_app.finetune.environment.status import State
from desktop_app.finetune.training_needs import MemoryFit, MemoryPlan
from desktop_app.gui.finetune.plan_needs import NOT_MEASURED
from desktop_app.jobs.course_task import Kind
from desktop_app.jobs.mixing import Step
from tests.gui.teach_run.conftest import ESTIMATE, NAME, nameless, reached_by_tab
from tests.support import taught_runs


def renew(step):
    step.show_course()
    return step


def test_what_it_takes_is_told_before_it_begins(plan):
    assert plan.needs.memory.words.text().startswith("Fits. It takes about ")
    assert "while it lasts" in plan.needs.disk.words.text()
    assert plan.needs.time.words.text() == NOT_MEASURED
    assert plan.start_button.isEnabled()


def test_one_measurement_tells_the_time_of_all_presets(desk, plan):
    desk.task.estimates = {"balanced": ESTIMATE}
    desk.task.estimated.emit(ESTIMATE)
    times = {preset: card.time.text() for preset, card in plan.presets.cards.items()}
    assert times == {"quick": "About 6 minutes", "balanced": "About 12 minutes", "thorough": "About 18 minutes"}
    assert plan.needs.time.words.text() == "About 12 minutes, as measured on this computer."
    assert plan.needs.measure_button.isHidden()
    assert plan.summary() == "Tiny, Balanced, about 12 minutes"


def test_the_time_of_another_preset_can_be_measured_itself(desk, plan):
    desk.task.estimates = {"balanced": ESTIMATE}
    desk.courses.set_plan("thorough", {})
    assert plan.needs.time.words.text() == "About 18 minutes, from what was measured for another preset."
    assert plan.needs.measure_button.isVisible()


def test_measuring_can_be_stopped(qtbot, desk, plan):
    qtbot.mouseClick(plan.needs.measure_button, Qt.MouseButton.LeftButton)
    assert desk.task.asked == [("estimate", False)]
    assert plan.needs.step.isVisible()
    assert plan.needs.measure_button.isHidden()
    qtbot.mouseClick(plan.needs.step.stop, Qt.MouseButton.LeftButton)
    assert desk.task.asked[-1] == "stop"
    assert plan.needs.step.isHidden()
    assert plan.needs.measure_button.isVisible()


def test_one_click_begins_and_goes_on_to_the_run(qtbot, desk, plan):
    with qtbot.waitSignal(plan.done):
        qtbot.mouseClick(plan.start_button, Qt.MouseButton.LeftButton)
    assert desk.task.asked == [("prepare", False)]


def test_a_card_chooses_its_preset_by_mouse_and_keyboard(qtbot, desk, plan):
    qtbot.mouseClick(plan.presets.cards["quick"], Qt.MouseButton.LeftButton)
    assert desk.courses.course.preset == "quick"
    qtbot.keyClick(plan.presets.cards["thorough"], Qt.Key.Key_Space)
    assert desk.courses.course.preset == "thorough"
    assert plan.presets.cards["thorough"].accessibleName() == "Thorough, chosen"
    assert plan.presets.cards["quick"].accessibleName() == "Quick"


# ------------------------------------------------------------ what stands against it


def test_a_model_that_cannot_be_trained_is_shown_with_the_reason(qtbot, desk, plan):
    desk.add_model("Long", llama__rope__scaling__type="yarn")
    qtbot.waitUntil(lambda: "YaRN" in plan.models.others.text())
    items = plan.models.box.model()
    enabled = {items.item(row).text().split(" ")[0]: items.item(row).isEnabled() for row in range(items.rowCount())}
    assert enabled == {"Tiny": True, "Long": False}


def test_a_course_without_a_model_takes_the_one_that_can_be_trained(qtbot, desk, plan):
    desk.courses._change(lambda content: type(content)(_without_model(content.course), content.rows))
    qtbot.waitUntil(lambda: desk.courses.course.model_path == desk.model.path)


def _without_model(course):
    return msgspec.structs.replace(course, model_path="", model_sha256="")


def test_without_examples_there_is_nothing_to_begin_with(desk, plan):
    desk.courses.leave_out_rows({row.id for row in desk.courses.rows})
    assert not plan.start_button.isEnabled()
    assert "nothing to learn yet" in plan.next.text()


def test_what_does_not_fit_cannot_begin(desk, plan, monkeypatch):
    too_large = MemoryPlan(MemoryFit.TOO_LARGE, "lean", "Training this model takes 90 GB of memory.")
    monkeypatch.setattr("desktop_app.gui.finetune.plan_prospects.plan_memory", lambda *_: too_large)
    renew(plan)
    assert plan.needs.memory.words.text() == "Does not fit. Training this model takes 90 GB of memory."
    assert not plan.start_button.isEnabled()
    assert plan.needs.measure_button.isHidden()


def test_values_that_cannot_go_together_are_told_at_once(desk, plan):
    desk.courses.set_plan("balanced", {"loss": "dpo"})
    assert "no example has any" in plan.trouble.text()
    assert not plan.start_button.isEnabled()
    desk.courses.set_plan("balanced", {})
    assert plan.trouble.isHidden()
    assert plan.start_button.isEnabled()


@pytest.mark.parametrize("kind", [Kind.READING, Kind.WRITING])
def test_it_waits_for_what_is_still_being_done(desk, plan, kind):
    desk.task.begin(kind, Step("Reading"))
    renew(plan)
    assert not plan.start_button.isEnabled()
    desk.task.end()
    assert plan.start_button.isEnabled()


def test_where_training_cannot_run_the_way_to_have_it_is_in_the_place_of_the_button(desk, plan):
    desk.set_environment(State.ABSENT, UserError("PyTorch is missing.", "Install it."))
    assert plan.start_button.isHidden()
    assert plan.environment.isVisible()
    assert plan.environment.told.words.text() == "PyTorch is missing. Install it."
    desk.set_environment(State.READY)
    assert plan.start_button.isVisible()
    assert plan.environment.isHidden()


def test_a_failure_to_measure_is_told(desk, plan):
    desk.task.begin(Kind.ESTIMATING, Step("Trying"))
    desk.task.fail(UserError("The model could not be loaded.", "Close other programs."))
    assert plan.trouble.text() == "The model could not be loaded. Close other programs."


# ------------------------------------------------------------ teaching more


def taught(desk, plan, held_out=taught_runs.GAIN, n_new=5):
    """Have the course been taught, and so many examples been added since."""
    run = taught_runs.prepare(desk.folder.runs, NAME, Path(desk.model.path))
    taught_runs.finish(taught_runs.train(run))
    taught_runs.report_on(run, held_out)
    adapter = desk.add_adapter()
    taught_runs.export(run, adapter.sha256, Path(adapter.path))
    desk.learn_rows(NAME, n_new)
    desk.have_runs(NAME)


def test_a_course_that_was_taught_goes_on_from_there(qtbot, desk, plan):
    taught(desk, plan)
    qtbot.waitUntil(plan.refresh.isVisible)
    assert plan.refresh.told.text() == f"“{NAME}” was taught today. There are 5 new examples."
    assert plan.refresh.go_on.isChecked()
    qtbot.mouseClick(plan.start_button, Qt.MouseButton.LeftButton)
    assert desk.task.asked == [("prepare", False)]


def test_it_can_begin_from_scratch_instead(qtbot, desk, plan):
    taught(desk, plan)
    qtbot.waitUntil(plan.refresh.isVisible)
    plan.refresh.anew.click()
    qtbot.mouseClick(plan.start_button, Qt.MouseButton.LeftButton)
    assert desk.task.asked == [("prepare", True)]


def test_without_anything_new_only_beginning_from_scratch_makes_sense(qtbot, desk, plan):
    taught(desk, plan, n_new=0)
    qtbot.waitUntil(plan.refresh.isVisible)
    assert plan.next.text().startswith("Nothing is new.")
    assert not plan.start_button.isEnabled()
    plan.refresh.anew.click()
    assert plan.start_button.isEnabled()


def test_what_was_no_gain_is_not_gone_on_from(qtbot, desk, plan):
    taught(desk, plan, taught_runs.NOTHING)
    qtbot.waitUntil(lambda: plan._looked.continued is None and plan._look_key[3] != [])
    assert plan.refresh.isHidden()


# ------------------------------------------------------------ for everybody


def test_everything_has_a_name_and_is_reached_by_tab(plan):
    plan.fold.button.setChecked(True)
    assert nameless(plan) == []
    visited = reached_by_tab(plan)
    wanted = [plan.models.box, *plan.presets.cards.values(), plan.needs.measure_button, plan.fold.button]
    assert [widget for widget in visited if widget in [*wanted, plan.start_button]] == [*wanted, plan.start_button]


def test_a_long_name_does_not_make_the_page_wider(desk, plan):
    desk.add_model("W" * 150)
    assert plan.minimumSizeHint().width() < 500
