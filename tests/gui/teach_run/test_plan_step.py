"""The plan says before it begins what it takes, offers what can be, and begins with one click."""

from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import Qt

from desktop_app.errors import UserError
from desktop_app.finetune.environment.status import State
from desktop_app.finetune.training_needs import MemoryFit, MemoryPlan
from desktop_app.jobs.course_task import Kind
from desktop_app.jobs.mixing import Step
from tests.gui.teach_run.conftest import NAME, nameless, reached_by_tab, show_plan
from tests.support import taught_runs


def renew(step):
    step.show_course()
    return step


def test_what_it_takes_is_told_before_it_begins(plan):
    assert plan.needs.memory.words.text().startswith("Fits. It takes about ")
    assert "while it lasts" in plan.needs.disk.words.text()
    assert plan.needs.time.words.text().startswith("About ")
    assert plan.start_button.isEnabled()


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


# ------------------------------------------------------------ how long it takes


def ended_with(qtbot, desk, plan, minutes, preset="balanced"):
    """Have the measuring found out that training by this preset takes so long."""
    size, epochs = plan.prospects.matter.size, plan.prospects.recipes[preset].epochs
    desk.remember(preset, size * epochs / (60 * minutes))
    desk.task.end()
    qtbot.waitUntil(lambda: bool(plan.prospects.seconds))


def test_how_fast_the_model_learns_here_is_found_out_unasked(qtbot, desk, unmeasured):
    needs = unmeasured.needs
    qtbot.waitUntil(needs.step.isVisible)
    assert desk.task.asked == [("estimate", False)]
    assert needs.time.words.text() == "Measuring how fast this computer learns…"
    assert needs.measure_button.isHidden()
    assert unmeasured.start_button.isEnabled()
    ended_with(qtbot, desk, unmeasured, minutes=12)
    assert needs.time.words.text() == "About 12 minutes, as measured on this computer."
    assert needs.step.isHidden()
    assert needs.measure_button.isHidden()
    assert unmeasured.summary() == "Tiny, Balanced, about 12 minutes"


def test_what_was_measured_once_tells_the_time_of_other_presets_and_examples_at_once(qtbot, desk, unmeasured):
    qtbot.waitUntil(unmeasured.needs.step.isVisible)
    ended_with(qtbot, desk, unmeasured, minutes=12)
    times = {preset: card.time.text() for preset, card in unmeasured.presets.cards.items()}
    assert times == {"quick": "About 9 minutes", "balanced": "About 12 minutes", "thorough": "About 15 minutes"}
    desk.courses.set_plan("thorough", {})
    assert unmeasured.needs.time.words.text() == "About 15 minutes, from what was measured for another plan."
    desk.courses.set_plan("balanced", {})
    desk.courses.leave_out_rows({row.id for row in desk.courses.rows[20:]})
    assert unmeasured.needs.time.words.text() == "About 6 minutes, as measured on this computer."
    assert desk.task.asked == [("estimate", False)]


def test_what_an_earlier_run_has_shown_tells_the_time_without_measuring(desk, plan):
    assert plan.needs.time.words.text().endswith(", from what was measured for another plan.")
    assert plan.needs.measure_button.isHidden()
    assert desk.task.asked == []


def test_whoever_stops_the_measuring_can_begin_it_again(qtbot, desk, unmeasured):
    qtbot.waitUntil(unmeasured.needs.step.isVisible)
    qtbot.mouseClick(unmeasured.needs.step.stop, Qt.MouseButton.LeftButton)
    renew(unmeasured)
    assert unmeasured.needs.time.words.text() == "Not measured yet."
    qtbot.mouseClick(unmeasured.needs.measure_button, Qt.MouseButton.LeftButton)
    assert desk.task.asked == [("estimate", False), "stop", ("estimate", True)]
    assert unmeasured.needs.step.isVisible()
    assert unmeasured.needs.measure_button.isHidden()


def test_the_measuring_ends_with_the_look_at_the_plan_and_begins_with_the_next_one(qtbot, desk, unmeasured):
    qtbot.waitUntil(unmeasured.needs.step.isVisible)
    unmeasured.hide()
    assert desk.task.is_free
    renew(unmeasured)
    assert desk.task.asked == [("estimate", False), "give up"]
    unmeasured.show()
    qtbot.waitUntil(unmeasured.needs.step.isVisible)


def test_while_an_answer_is_written_it_is_said_that_the_measuring_waits(qtbot, desk, unmeasured):
    qtbot.waitUntil(unmeasured.needs.step.isVisible)
    desk.chat.answer(True)
    assert desk.task.is_free
    assert unmeasured.needs.time.words.text() == "It is measured as soon as this computer has nothing else to do."
    assert unmeasured.needs.measure_button.isHidden()
    desk.chat.answer(False)
    assert unmeasured.needs.time.words.text() == "Measuring how fast this computer learns…"


def test_whoever_begins_does_not_wait_for_the_measuring(qtbot, desk, unmeasured):
    qtbot.waitUntil(unmeasured.needs.step.isVisible)
    unmeasured.done.connect(unmeasured.hide)  # as the page does, which goes on to the run
    qtbot.mouseClick(unmeasured.start_button, Qt.MouseButton.LeftButton)
    assert desk.task.asked == [("estimate", False), "give up", ("prepare", False)]


@pytest.mark.parametrize("state", [State.ABSENT, State.BROKEN])
def test_where_training_cannot_run_nothing_is_measured(desk, unmeasured, state):
    desk.set_environment(state, UserError("PyTorch is missing.", "Install it."))
    desk.task.asked.clear()
    renew(unmeasured)
    assert desk.task.asked == []
    assert unmeasured.needs.measure_button.isHidden()


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


def test_what_does_not_fit_cannot_begin_and_is_not_measured(qtbot, desk, monkeypatch):
    too_large = MemoryPlan(MemoryFit.TOO_LARGE, "lean", "Training this model takes 90 GB of memory.")
    monkeypatch.setattr("desktop_app.gui.finetune.plan_prospects.plan_memory", lambda *_: too_large)
    plan = show_plan(qtbot, desk)
    assert plan.needs.memory.words.text() == "Does not fit. Training this model takes 90 GB of memory."
    assert not plan.start_button.isEnabled()
    assert plan.needs.measure_button.isHidden()
    assert desk.task.asked == []


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


def test_everything_has_a_name_and_is_reached_by_tab(qtbot, desk, unmeasured):
    plan = unmeasured
    qtbot.waitUntil(plan.needs.step.isVisible)
    assert plan.needs.step.stop in reached_by_tab(plan)
    plan.needs.step.stop.click()
    plan.fold.button.setChecked(True)
    assert nameless(plan) == []
    visited = reached_by_tab(plan)
    wanted = [plan.models.box, *plan.presets.cards.values(), plan.needs.measure_button, plan.fold.button]
    assert [widget for widget in visited if widget in [*wanted, plan.start_button]] == [*wanted, plan.start_button]


def test_a_long_name_does_not_make_the_page_wider(desk, plan):
    desk.add_model("W" * 150)
    assert plan.minimumSizeHint().width() < 500
