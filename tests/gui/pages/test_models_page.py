"""The Models page says before loading what a model needs, and the Settings page what it can run on."""

import pytest

from desktop_app.engine.choices import SamplerSettings
from desktop_app.engine.messages import Device, Load
from desktop_app.gui.library.library_page import FIND, HERE
from desktop_app.gui.main_window import SETTINGS
from desktop_app.gui.settings.fields import make_field
from desktop_app.jobs.arrivals import MODEL
from desktop_app.jobs.engine_process import EngineProcess
from desktop_app.library.outlook import Fit, Outlook
from desktop_app.settings import options
from desktop_app.storage.records import ModelDefaults
from tests.support.hub import LoopbackHub

REPO = "someone/Tiny-GGUF"


def card(app):
    return next(iter(app.models.local_page.cards))


def show(app, outlook):
    model = card(app).model
    app.library._outlooks = type(app.library._outlooks)({model.id: outlook})
    app.library.looked.emit()


def test_a_card_says_how_the_model_would_run_here(qtbot, app):
    app = app()
    app.window.show_page("models")
    qtbot.waitUntil(lambda: card(app).needs.isVisible())
    assert card(app).needs.text().startswith("Needs about ")
    assert card(app).badge.text() in {fit.value for fit in Fit}


def test_what_is_new_is_said_on_the_same_card(app):
    app = app()
    app.window.show_page("models")
    same = card(app)
    show(app, Outlook(Fit.TOO_LARGE, "It needs more."))
    assert (same.badge.text(), same.needs.text()) == ("Too large", "It needs more.")
    show(app, Outlook(None, "It is damaged."))
    assert not same.badge.isVisible()
    assert same.needs.text() == "It is damaged."
    show(app, None)
    assert not same.needs.isVisible()
    assert card(app) is same
    assert same.chat_button.isEnabled()


def test_the_settings_say_what_models_run_on(app):
    """They are made when somebody first comes to them, and follow the engine from there."""
    app = app()
    app.engine.devices = (
        Device("CPU", "A processor", "cpu", free_bytes=1, total_bytes=1),
        Device("GPU0", "", "gpu", free_bytes=8_000_000_000),
        Device("BLAS", "A library", "accelerator"),
    )
    app.window.show_page(SETTINGS)
    words = app.settings_view.settings.section_help[options.MODEL]
    assert words.text().endswith(
        "Models run on: A processor, GPU0 (graphics processor, 8.0 GB free), A library (accelerator)."
    )
    app.engine.devices = ()
    app.engine.state_changed.emit(app.engine.state)
    assert words.text() == options.SECTION_HELP[options.MODEL]


def test_a_number_says_what_its_lowest_value_means_and_what_it_counts(qtbot):
    layers = make_field(options.GPU_LAYERS, -1, lambda _: None)
    minutes = make_field(options.IDLE_MINUTES, 30, lambda _: None)
    size = make_field(options.TEXT_SIZE, -2, lambda _: None)
    for field in (layers, minutes, size):
        qtbot.addWidget(field)
    assert (layers.text(), minutes.text(), size.text()) == ("Automatic", "30 min", "-2")
    minutes.setValue(0)
    assert minutes.text() == "Never"


@pytest.fixture
def sent_loads(monkeypatch):
    """What engines are told to load from now on."""
    loads = []
    write = EngineProcess.write

    def noted(process, command):
        if isinstance(command, Load):
            loads.append(command)
        write(process, command)

    monkeypatch.setattr(EngineProcess, "write", noted)
    return loads


@pytest.fixture
def hub(monkeypatch, starter_model):
    with LoopbackHub() as hub:
        hub.add_repo(REPO, {"Tiny.Q4_1.gguf": starter_model}, gguf={"total": 134_515_008, "architecture": "llama"})
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        yield hub


def test_from_looking_for_a_model_to_chatting_with_it(qtbot, hub, app):
    app = app()
    app.window.show_page("models")
    page = app.models
    page.tabs.buttons[FIND].click()
    page.find_page.search.setText("tiny")
    qtbot.waitUntil(lambda: list(page.find_page.cards) == [REPO])
    page.open_repo(REPO)
    qtbot.waitUntil(lambda: bool(page.repo_page.offers.rows))
    with qtbot.waitSignal(app.queue.finished) as finished:
        page.repo_page.offers.rows[0].download_button.click()
    qtbot.waitUntil(lambda: finished.args[0].id in {model.id for model in app.library.models})
    assert not app.queue.items
    page.tabs.buttons[HERE].click()
    qtbot.waitUntil(lambda: len(page.local_page.cards) == 2)
    tiny = next(card for card in page.local_page.cards if card.model.repo == REPO)
    tiny.chat_button.click()
    qtbot.waitUntil(lambda: app.engine.model is not None and app.engine.model.path == tiny.model.path)
    assert app.window.page == "chat"


def test_the_starter_model_leads_to_better_ones(app):
    app = app()
    app.chat.welcome.better_button.click()
    assert app.window.page == "models"
    assert app.models.stack.currentWidget() is app.models.find_page
    assert app.models.tabs.buttons[FIND].isChecked()


def test_a_download_is_seen_everywhere_and_can_be_paused_and_canceled(qtbot, hub, app):
    hub.faults.throttle_bytes_per_s = 2_000_000
    app = app()
    app.window.show_page("models")
    app.models.open_repo(REPO)
    qtbot.waitUntil(lambda: bool(app.models.repo_page.offers.rows))
    app.models.repo_page.offers.rows[0].download_button.click()
    qtbot.waitUntil(lambda: (app.queue.overall(MODEL) or 0) > 0)
    (row,) = app.models.downloads.rows.values()
    assert app.models.downloads.isVisible()
    assert "of 98 MB" in row.status.text()
    row.switch_button.click()
    qtbot.waitUntil(lambda: "paused" in row.status.text())
    assert app.queue.overall(MODEL) is None
    row.cancel_button.click()
    qtbot.waitUntil(lambda: not app.models.downloads.rows)
    assert app.models.downloads.isHidden()


def test_the_offline_switch_is_the_same_on_both_pages(app):
    app = app()
    app.models.offline_box.click()
    assert not app.connection.is_open
    assert app.preferences[options.OFFLINE] is True
    field = app.settings_view.settings._fields[options.OFFLINE.key]
    assert field.isChecked()
    field.click()
    assert app.connection.is_open
    assert not app.models.offline_box.isChecked()


def test_every_connection_is_listed_for_the_person(qtbot, hub, app):
    app = app()
    app.settings_view.show_connections()
    page = app.settings_view.connections
    qtbot.waitUntil(lambda: "No connection" in page.summary.text())
    with qtbot.waitSignal(app.browser.searched):
        app.browser.search("tiny")
    app.settings_view.show_connections()
    qtbot.waitUntil(lambda: page.model.rowCount() == 1)
    row = [page.model.index(0, column).data() for column in range(4)]
    assert row[1:3] == ["127.0.0.1", "Search for “tiny”"]
    assert row[3].endswith("kB")


def test_a_models_own_defaults_are_what_new_chats_with_it_start_with(qtbot, app, sent_loads):
    app = app()
    own = ModelDefaults(system_prompt="Be brief.", sampler=SamplerSettings(temperature=0.1), n_ctx=1024)
    with qtbot.waitSignal(app.session.model_changed):
        app.care.set_defaults(app.library.models[0], own)
    assert app.session.conversation.system_prompt == "Be brief."  # nothing was said in it yet
    app.session.set_options("Be long.", SamplerSettings())
    app.chat.start_new()
    assert app.session.conversation.system_prompt == "Be brief."
    assert app.session.conversation.sampler.temperature == 0.1
    with qtbot.waitSignal(app.session.answered):
        app.session.send("Hello")
    assert sent_loads[-1].settings.n_ctx == 1024
