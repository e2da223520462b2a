"""The Models page says before loading what a model needs, and the Settings page what it can run on."""

from desktop_app.engine.messages import Device
from desktop_app.gui.settings.fields import make_field
from desktop_app.library.outlook import Fit, Outlook
from desktop_app.settings import options


def card(app):
    return next(iter(app.models.cards))


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
    app = app()
    words = app.settings.section_help[options.MODEL]
    app.settings.set_devices(
        [
            Device("CPU", "A processor", "cpu", free_bytes=1, total_bytes=1),
            Device("GPU0", "", "gpu", free_bytes=8_000_000_000),
            Device("BLAS", "A library", "accelerator"),
        ]
    )
    assert words.text().endswith(
        "Models run on: A processor, GPU0 (graphics processor, 8.0 GB free), A library (accelerator)."
    )
    app.settings.set_devices([])
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
