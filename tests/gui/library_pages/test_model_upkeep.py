"""On the page about one model: whether its files are still right, and whether there is a newer version."""

import time

import pytest

from desktop_app.jobs import model_care
from desktop_app.settings import options
from tests.gui.library_pages.steps_local import damage, said
from tests.support.gguf_files import Shape, llama_model

# ------------------------------------------------------------ verifying


def test_verifying_an_unchanged_model_is_noted(qtbot, desk, show, tmp_path):
    page = show(desk.add(tmp_path / "a.gguf"))
    with qtbot.waitSignal(desk.library.changed), qtbot.waitSignal(desk.care.told) as told:
        page.upkeep.verify_button.click()
    assert told.args[0].startswith("a is unchanged")
    assert said(page)["Last verified"] == "Today"
    assert page.upkeep.damage.text() == ""
    assert page.upkeep.verify_button.isEnabled()


def test_a_changed_file_is_told_of_until_it_is_sound_again(qtbot, desk, page, show, tmp_path):
    model = desk.add(tmp_path / "a.gguf")
    other = desk.add(tmp_path / "b.gguf")
    damage(model)
    show(model)
    with qtbot.waitSignal(desk.care.damaged):
        page.upkeep.verify_button.click()
    assert "“a.gguf” is not what it was" in page.upkeep.damage.text()
    assert not page.upkeep.again_button.isVisible()
    show(other)
    assert not page.upkeep.damage.isVisible()
    show(model)
    assert page.upkeep.damage.isVisible()
    damage(model)  # back again
    with qtbot.waitSignal(desk.library.changed):
        page.upkeep.verify_button.click()
    assert not page.upkeep.damage.isVisible()


def test_a_damaged_model_of_the_hub_can_be_downloaded_again(qtbot, desk, page, show):
    desk.preferences.set(options.OFFLINE, True)  # it only waits
    model = desk.add_from_hub()
    damage(model)
    show(model)
    with qtbot.waitSignal(desk.care.damaged):
        page.upkeep.verify_button.click()
    with qtbot.waitSignal(desk.queue.changed):
        page.upkeep.again_button.click()
    (download,) = desk.queue.items
    assert (download.repo, download.revision, download.files) == (model.repo, model.revision, model.files)
    assert page.upkeep.again_button.text() == "Being downloaded"
    assert not page.upkeep.again_button.isEnabled()
    page.download_again(model)
    assert len(desk.ask(lambda r: r.downloads.list_downloads())) == 1


def test_a_model_that_came_anew_is_not_called_damaged_any_more(qtbot, desk, page, show):
    model = desk.add_from_hub()
    damage(model)
    show(model)
    with qtbot.waitSignal(desk.care.damaged):
        page.upkeep.verify_button.click()
    assert page.upkeep.damage.isVisible()
    desk.add_from_hub()  # in the same place, and checked
    assert not page.upkeep.damage.isVisible()


def test_verifying_shows_how_far_it_is_and_can_be_stopped(qtbot, desk, page, show, tmp_path, monkeypatch):
    def slow(model, progress, should_stop):
        while not should_stop():
            progress(0.25)
            time.sleep(0.01)

    monkeypatch.setattr(model_care, "verify", slow)
    show(desk.add(tmp_path / "a.gguf"))
    assert not page.upkeep.bar.isVisible()
    page.upkeep.verify_button.click()
    qtbot.waitUntil(lambda: page.upkeep.progress.text().startswith("25% read"))
    assert page.upkeep.bar.value() == page.upkeep.bar.maximum() // 4
    assert not page.upkeep.verify_button.isEnabled()
    page.upkeep.stop_button.click()
    qtbot.waitUntil(page.upkeep.verify_button.isEnabled)
    assert not page.upkeep.bar.isVisible()
    assert said(page)["Last verified"] == "Not yet"


# ------------------------------------------------------------ updates


@pytest.fixture
def online(hub, monkeypatch):
    """The Hub of the test's own, for what is made after this."""
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    return hub


def test_the_newest_version_is_known_to_be_it(qtbot, online, desk, page, show):
    content = llama_model().to_bytes()
    online.add_repo("owner/Tiny-GGUF", {"Tiny-Q8_0.gguf": content})
    show(desk.add_from_hub(content=content))
    page.upkeep.update_button.click()
    assert not page.upkeep.update_button.isEnabled()
    qtbot.waitUntil(lambda: page.upkeep.news.text() == "This is the newest version.")
    assert page.upkeep.update_button.isEnabled()
    assert not page.upkeep.renew_button.isVisible()


def test_a_newer_version_can_be_downloaded(qtbot, online, desk, page, show):
    online.add_repo("owner/Tiny-GGUF", {"Tiny-Q8_0.gguf": llama_model(Shape(n_ctx_train=256)).to_bytes()})
    model = desk.add_from_hub()
    show(model)
    page.upkeep.update_button.click()
    qtbot.waitUntil(page.upkeep.renew_button.isVisible)
    assert page.upkeep.news.text() == "A newer version is there."
    with qtbot.waitSignal(desk.queue.finished):
        page.upkeep.renew_button.click()
    desk.refresh()
    assert said(page)["Trained context"] == "256 tokens"
    assert desk.now(model).revision != model.revision


def test_what_the_hub_does_not_say_is_told(qtbot, online, desk, page, show):
    show(desk.add_from_hub())
    page.upkeep.update_button.click()
    qtbot.waitUntil(page.upkeep.update_button.isEnabled)
    assert "owner/Tiny-GGUF" in page.upkeep.news.text()


def test_an_answer_for_another_model_is_not_shown(qtbot, online, desk, page, show, tmp_path):
    online.add_repo("owner/Tiny-GGUF", {"Tiny-Q8_0.gguf": llama_model().to_bytes()})
    asked = []
    desk.care.look_for_update = lambda model, on_done, on_error: asked.append(on_done)
    show(desk.add_from_hub())
    page.upkeep.update_button.click()
    show(desk.add(tmp_path / "b.gguf"))
    asked[0](None)
    assert page.upkeep.news.text() == ""


def test_offline_nothing_is_looked_for_and_the_page_says_why(desk, page, show, tmp_path):
    show(desk.add_from_hub())
    desk.preferences.set(options.OFFLINE, True)
    assert not page.upkeep.update_button.isEnabled()
    assert page.upkeep.offline.isVisible()
    desk.preferences.set(options.OFFLINE, False)
    assert page.upkeep.update_button.isEnabled()
    assert not page.upkeep.offline.isVisible()
    show(desk.add(tmp_path / "listed.gguf"))
    assert not page.upkeep.update_button.isVisible()
