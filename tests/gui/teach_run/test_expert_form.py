"""Every expert value is one click away, with what the preset has, and leads back there."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox

from desktop_app.finetune.expert import EXPERT_OPTIONS, Matter, with_values
from desktop_app.gui.finetune.expert_form import ExpertForm

MATTER = Matter(240, n_ctx_train=2048)


@pytest.fixture
def form(qtbot):
    form = ExpertForm()
    qtbot.addWidget(form)
    form.resize(700, 800)
    show(form)
    form.show()
    return form


def show(form, preset="balanced", **values):
    form.show_choices(with_values(preset, values), values, MATTER)


def test_each_value_has_a_field_with_what_the_preset_has(form):
    assert list(form.rows) == [option.key for option in EXPERT_OPTIONS]
    assert form.rows["rank"].field.value() == 16
    assert form.rows["learning_rate"].field.text() == "0.000200"
    assert form.rows["steps"].field.text() == "No limit"
    assert all(row.reset_button.isHidden() for row in form.rows.values())


def test_a_choice_is_told_and_leads_back(qtbot, form):
    with qtbot.waitSignal(form.changed) as told:
        form.rows["rank"].field.setValue(32)
    assert told.args == [{"rank": 32}]
    show(form, rank=32)
    reset = form.rows["rank"].reset_button
    assert reset.text() == "Back to 16"
    assert form.rows["alpha"].field.value() == 64
    with qtbot.waitSignal(form.changed) as told:
        qtbot.mouseClick(reset, Qt.MouseButton.LeftButton)
    assert told.args == [{}]


def test_choosing_what_the_preset_has_is_no_choice(qtbot, form):
    show(form, rank=32)
    with qtbot.waitSignal(form.changed) as told:
        form.rows["rank"].field.setValue(16)
    assert told.args == [{}]


def test_a_field_that_is_used_stays(form):
    field = form.rows["rank"].field
    field.setFocus()
    field.stepUp()
    show(form, rank=17)
    assert form.rows["rank"].field is field


def test_kinds_of_weights_are_told_as_the_recipe_has_them(qtbot, form):
    box = form.rows["targets"].field
    with qtbot.waitSignal(form.changed) as told:
        box.setCurrentIndex(box.findText("Attention only"))
    assert told.args == [{"targets": ("attn_q", "attn_k", "attn_v", "attn_output")}]


def test_what_was_chosen_on_the_command_line_is_shown(form):
    show(form, targets=("attn_q", "attn_v"))
    box = form.rows["targets"].field
    assert isinstance(box, QComboBox)
    assert box.currentText() == "attn_q, attn_v"


def test_the_longest_example_is_as_long_as_the_model_can_read(form):
    assert form.rows["length"].field.maximum() == 2048


def test_another_preset_shows_its_values(form):
    show(form, "thorough")
    assert form.rows["rank"].field.value() == 32
    assert form.rows["length"].field.value() == 1024
