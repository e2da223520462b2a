"""Making one adapter or a new model of the stack, in the panel."""

import pytest
from msgspec.structs import replace
from PySide6.QtCore import Qt

from desktop_app.adapters.making import make_adapter
from desktop_app.errors import UserError
from desktop_app.storage.records import StackEntry

HANG_GUARD_S = 60


@pytest.fixture
def making(panel, tiny, pair):
    panel.show_stack(pair, tiny)
    return panel.making


@pytest.fixture
def section(panel, tiny, pair):
    panel.show_stack(pair, tiny)
    return panel.merging


@pytest.fixture
def told(panel):
    told = []
    panel.told.connect(told.append)
    return told


def ranks(making):
    return [making.rank.itemText(number) for number in range(making.rank.count())]


def test_name_and_rank_have_values_that_will_do(making):
    assert making.name.text() == "Letters + Tone"
    assert ranks(making) == ["Exact, rank 10", "Rank 8"]


def test_a_name_that_was_written_stays_when_the_stack_changes(qtbot, panel, making, pair, put, tiny):
    panel.show_stack((pair[0], put("A/B", seed=3)), tiny)
    assert making.name.text() == "Letters + A-B"
    making.name.clear()
    assert not making.make.isEnabled()
    qtbot.keyClicks(making.name, "Mine")
    making.rank.setCurrentIndex(0)
    panel.show_stack(pair, tiny)
    assert making.name.text() == "Mine"


def test_a_chosen_rank_stays_as_long_as_there_is_one(panel, making, pair, put, tiny):
    making.rank.setCurrentIndex(1)
    panel.show_stack((replace(pair[0], scale=0.3), pair[1]), tiny)
    assert making.rank.currentText() == "Rank 8"
    panel.show_stack((pair[0], put("Small", seed=3, rank=2)), tiny)
    assert making.rank.currentText() == "Exact, rank 6"


def test_one_adapter_is_made_and_can_take_the_place_of_the_stack(qtbot, panel, making, mixing, told, tiny):
    wanted, offered = [], []
    panel.stack_wanted.connect(wanted.append)
    panel.undo_offered.connect(lambda words, undo: offered.append(words))
    with qtbot.waitSignal(mixing.flattened) as signal:
        qtbot.keyClick(making.name, Qt.Key.Key_Return)
        assert making.step.isVisible()
        assert not making.make.isVisible()
    adapter = signal.args[0].adapter
    assert making.news.text() == "“Letters + Tone” is made and has the rank 10."
    making.use.click()
    assert wanted == [(StackEntry(adapter.sha256, "Letters + Tone"),)]
    assert offered == ["The stack is now “Letters + Tone” alone."]
    panel.show_stack(wanted[0], tiny)
    assert not making.isVisible()
    assert told == []


def test_what_a_smaller_rank_keeps_is_said(qtbot, making, mixing):
    making.rank.setCurrentIndex(1)
    with qtbot.waitSignal(mixing.flattened):
        making.make.click()
    assert making.news.text().startswith("“Letters + Tone” is made and has the rank 8. It keeps 9")
    assert making.news.text().endswith("% of what the stack changes.")


def test_what_was_made_of_another_stack_is_not_offered(qtbot, panel, making, mixing, pair, tiny):
    with qtbot.waitSignal(mixing.flattened):
        making.make.click()
        panel.show_stack((replace(pair[0], scale=0.1), pair[1]), tiny)
    assert not making.use.isVisible()
    panel.show_stack(pair, tiny)
    assert making.news.text() == ""


def test_making_can_be_stopped(qtbot, monkeypatch, making, mixing, data_folder):
    def make_once_stopped(*arguments):
        assert mixing._making.wait(HANG_GUARD_S)  # it takes so little time that it could be over before
        return make_adapter(*arguments)

    monkeypatch.setattr("desktop_app.jobs.mixing.make_adapter", make_once_stopped)
    with qtbot.waitSignal(mixing.making_ended):
        making.make.click()
        making.step.stop.click()
    assert making.make.isVisible()
    assert making.news.text() == ""
    assert list(data_folder.adapters.iterdir()) == []


@pytest.mark.parametrize("is_open", [True, False])
def test_trouble_is_told_also_where_nobody_looks(qtbot, panel, making, mixing, told, is_open):
    panel.setVisible(is_open)
    mixing.not_flattened.emit(UserError("The disk is full.", "Free some space."))
    assert making.news.text() == "The disk is full. Free some space."
    assert told == ([] if is_open else ["The disk is full. Free some space."])


# ------------------------------------------------------------ merging


def test_it_is_said_what_merging_makes_and_takes(section):
    assert section.help.text().startswith(
        "A copy of tiny with this stack in its weights. It takes 70 kB of the disk. What rounding loses"
    )
    assert section.name.text() == "tiny + Letters + Tone"


def test_a_model_is_made_and_what_it_has_kept_is_said(qtbot, section, merging, told):
    with qtbot.waitSignal(merging.merged):
        section.merge.click()
        assert section.step.isVisible()
    assert section.news.text().startswith(
        "“tiny + Letters + Tone” is among your models. The merged model does what the stack does"
    )
    assert not section.step.isVisible()
    assert told == ["The model “tiny + Letters + Tone” is made."]


def test_merging_can_be_stopped(qtbot, section, merging, second):
    second.fraction = 0.3
    section.merge.click()
    qtbot.waitUntil(lambda: section.step.words.text().startswith("Writing the model, 30%"))
    with qtbot.waitSignal(merging.ended):
        section.step.stop.click()
    assert section.merge.isVisible()
    assert section.news.text() == ""


@pytest.mark.parametrize("is_open", [True, False])
def test_a_merging_that_fails_is_told(qtbot, panel, section, merging, second, told, is_open):
    second.answer = UserError("This model consists of several files.")
    with qtbot.waitSignal(merging.failed):
        section.merge.click()
        panel.setVisible(is_open)
    assert section.news.text() == "This model consists of several files."
    assert told == ([] if is_open else ["This model consists of several files."])
