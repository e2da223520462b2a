"""What a person sees of the training environment: first what would come, then how far it is, then hardly anything."""

import importlib.util
import sys

import pytest

from desktop_app.errors import UserError
from desktop_app.finetune.environment import plan
from desktop_app.finetune.environment.lock import offered
from desktop_app.finetune.environment.outlook import this_program
from desktop_app.finetune.environment.words import license_words
from desktop_app.gui.finetune import environment_panel
from desktop_app.gui.finetune.environment_facts import DISK, DOWNLOAD, LICENSES, ON, SOURCE
from desktop_app.gui.finetune.environment_panel import EnvironmentPanel
from desktop_app.jobs.environment import TrainingEnvironment
from desktop_app.paths import DataFolder, bundled
from tests.support.training_environments import PACKAGE

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the uv of these tests is a shell script")


@pytest.fixture
def show(qtbot):
    """Show the panel of an environment."""

    def show(environment):
        panel = EnvironmentPanel(environment)
        qtbot.addWidget(panel)
        panel.resize(700, 500)
        panel.show()
        return panel

    return show


def shown(*parts):
    return [part.isVisible() for part in parts]


def test_what_would_come_is_told_before_anything_is_downloaded(make, small, show):
    panel = show(make())
    values = {name: label.text() for name, label in panel.facts.values.items()}
    assert values[ON] == "The processor of this computer."
    assert values[DOWNLOAD] == "About 30 MB"
    assert values[DISK].startswith("About 120 MB, in ")
    assert values[SOURCE] == "Your folder of packages, without any connection"
    assert values[LICENSES] == "Open source: MIT."
    assert "can be removed at any time" in panel.words.text()
    assert panel.do_button.text() == "Install"
    assert shown(panel.facts.choice, panel.remove_button, panel.step, panel.ready) == [False] * 4


def test_every_package_can_be_seen_with_its_license(make, small, show):
    panel = show(make())
    assert panel.facts.fold.button.text() == "Python, 1 package and their licenses"
    panel.facts.fold.button.click()
    rows = [label.text().replace("\u200b", "") for label in panel.facts.package_labels]
    python = small.lock.python
    assert rows[:3] == [f"Python {python}", "PSF-2.0, in cpython-tiny.tar.gz", "30 MB"]
    assert rows[3:] == [f"{PACKAGE} 1.0", "MIT", "1 kB"]
    panel.facts.fold.button.click()
    assert panel.facts.package_labels == []


def test_installing_shows_how_far_it_is_and_then_a_line_is_left(qtbot, make, small, show):
    environment = make()
    panel = show(environment)
    arrived, _ = small.hold_up("pip install")
    panel.do_button.setFocus()
    panel.do_button.click()
    assert shown(panel.step, panel.meanwhile, panel.do_button, panel.facts) == [True, True, False, False]
    assert arrived.read_text()
    panel.step.stop.click()
    qtbot.waitUntil(lambda: panel.do_button.isVisible() and not environment.is_busy, timeout=60_000)
    assert shown(panel.step, panel.told) == [False, False]
    small.hold_up("")
    panel.do_button.click()
    qtbot.waitUntil(panel.ready.isVisible, timeout=60_000)
    assert not panel.card.isVisible()
    assert panel.ready_words.text().startswith("Training environment: PyTorch")
    assert "trains on the processor" in panel.ready_words.text()


def test_what_went_wrong_stands_above_the_button(qtbot, make, small, show):
    small.answers = [UserError("It does not work here.", "Try another computer.")]
    environment = make()
    panel = show(environment)
    panel.do_button.click()
    qtbot.waitUntil(panel.told.isVisible, timeout=60_000)
    assert panel.told.words.text() == "It does not work here. Try another computer."
    qtbot.waitUntil(panel.do_button.isVisible)
    assert panel.do_button.text() == "Install"


def test_too_little_room_is_told_before(qtbot, make, show, monkeypatch):
    monkeypatch.setattr(plan, "_free_bytes", lambda _place: 600_000_000)
    panel = show(make())
    qtbot.waitUntil(panel.told.isVisible)
    assert panel.told.words.text().endswith("needs 650 MB, and this disk has 600 MB free. Free some space first.")


def test_a_damaged_one_is_repaired(qtbot, make, install, small, show):
    environment = make()
    install(environment)
    next(small.place.environment.glob(f"lib/python3*/site-packages/{PACKAGE}.py")).unlink()
    panel = show(environment)  # which looks at it
    qtbot.waitUntil(panel.do_button.isVisible)
    assert (panel.do_button.text(), panel.remove_button.isVisible()) == ("Repair", True)
    panel.do_button.click()
    qtbot.waitUntil(panel.ready.isVisible, timeout=60_000)


def test_an_older_one_is_updated_and_can_be_used_until_then(qtbot, make, install, small, show):
    environment = make()
    install(environment)
    small.lock.requirements.write_text(f"# another list\n{small.lock.requirements.read_text()}")
    panel = show(environment)
    qtbot.waitUntil(panel.do_button.isVisible)
    assert panel.do_button.text() == "Update"
    assert "still work" in panel.words.text()


def test_it_is_removed_after_a_question(qtbot, make, install, small, show, monkeypatch):
    answers, asked = [False, True], []
    monkeypatch.setattr(environment_panel, "ask", lambda *words: asked.append(words) or answers.pop(0))
    environment = make()
    install(environment)
    panel = show(environment)
    panel.ready_button.click()
    assert not environment.is_busy
    panel.ready_button.click()
    assert environment.is_busy
    assert not panel.step.stop.isVisible()
    qtbot.waitUntil(lambda: panel.do_button.isVisible() and not environment.is_busy)
    assert panel.do_button.text() == "Install"
    assert len(asked) == 2


def test_another_kind_of_processor_can_be_chosen(qtbot, make, small, show):
    small.write_lock(accelerator="cuda", least_driver="580", least_compute="7.5")
    environment = make()
    panel = show(environment)
    assert panel.facts.values[ON].text() == "No GPU of NVIDIA was found."
    choice = panel.facts.choice
    assert [choice.itemText(row) for row in range(choice.count())] == ["Processor", "GPU of NVIDIA"]
    choice.setCurrentIndex(1)
    choice.activated.emit(1)
    qtbot.waitUntil(lambda: panel.facts.values[ON].text() == "As you have chosen.")
    assert environment.plan.lock.accelerator == "cuda"


def test_a_computer_without_torch_is_told_and_offered_nothing(make, small, show):
    for path in small.locks.iterdir():
        path.unlink()
    panel = show(make())
    assert "there is not for this kind of computer" in panel.told.words.text()
    assert shown(panel.words, panel.facts, panel.do_button) == [False] * 3


def test_in_a_checkout_it_says_something_only_if_something_is_missing(
    small, preferences, background, show, monkeypatch
):
    def panel():
        folder = DataFolder(small.root / "data")
        return show(TrainingEnvironment(background, folder, preferences, small.door, this_program()))

    fine = panel()
    assert shown(fine.card, fine.ready) == [False, False]
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "torch" else real(name))
    missing = panel()
    assert "Training needs torch" in missing.told.words.text()
    assert shown(missing.card, missing.do_button, missing.facts, missing.words) == [True, False, False, False]


def test_terms_that_are_not_open_are_said_to_be_so():
    locks = offered(bundled("training"), "linux-x86_64")
    assert license_words(locks["cpu"]) == "Open source: BSD, MIT, Apache and PSF."
    assert "NVIDIA" in license_words(locks["cuda"])
