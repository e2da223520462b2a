"""On the page about one model: what new chats with it start with."""

from desktop_app.engine.choices import SamplerSettings
from desktop_app.settings import options
from desktop_app.storage.records import ModelDefaults

# ------------------------------------------------------------ defaults


def test_without_own_values_a_model_is_like_the_settings(desk, page, show, tmp_path):
    show(desk.add(tmp_path / "a.gguf"))
    form = page.defaults
    assert not form.prompt_box.isChecked()
    assert not form.sampler_box.isChecked()
    assert form.fields["context_length"].text() == "Like the settings"
    assert not form.fields["system_prompt"].isVisible()
    assert not form.fields["temperature"].isVisible()


def test_own_values_begin_with_those_of_the_settings_and_are_shown_again(qtbot, desk, page, show, tmp_path):
    desk.preferences.set(options.SYSTEM_PROMPT, "Be brief.")
    desk.preferences.set(options.TOP_K, 7)
    model = desk.add(tmp_path / "a.gguf")
    show(model)
    form = page.defaults
    form.prompt_box.click()
    form.sampler_box.click()
    assert form.fields["system_prompt"].toPlainText() == "Be brief."
    form.fields["system_prompt"].setPlainText("Be kind.")
    form.fields["temperature"].setValue(0.2)
    with qtbot.waitSignal(desk.library.changed):
        form.fields["context_length"].setValue(16_384)
    sampler = SamplerSettings(temperature=0.2, top_k=7)
    assert desk.now(model).defaults == ModelDefaults(system_prompt="Be kind.", sampler=sampler, n_ctx=16_384)
    show(desk.add(tmp_path / "b.gguf"))
    assert not form.prompt_box.isChecked()
    show(desk.now(model))
    assert form.prompt_box.isChecked()
    assert form.fields["system_prompt"].toPlainText() == "Be kind."
    assert form.fields["temperature"].value() == 0.2
    assert form.fields["context_length"].value() == 16_384


def test_own_values_can_be_given_up(qtbot, desk, page, show, tmp_path):
    model = desk.add(tmp_path / "a.gguf")
    stored = ModelDefaults(system_prompt="", sampler=SamplerSettings(stop=("END",)), n_ctx=1024)
    desk.ask(lambda r: r.models.set_defaults(model.id, stored))
    desk.refresh()
    show(desk.now(model))
    form = page.defaults
    assert form.prompt_box.isChecked()  # an empty one of its own
    with qtbot.waitSignal(desk.library.changed):
        form.fields["top_k"].setValue(3)
    assert desk.now(model).defaults.sampler == SamplerSettings(top_k=3, stop=("END",))
    form.prompt_box.click()
    form.sampler_box.click()
    with qtbot.waitSignal(desk.library.changed):
        form.fields["context_length"].setValue(0)
    assert desk.now(model).defaults == ModelDefaults()


def test_what_was_typed_last_is_stored_when_the_page_is_left(qtbot, desk, page, show, tmp_path):
    model = desk.add(tmp_path / "a.gguf")
    show(model)
    stored = []
    page.defaults.changed.connect(lambda _model, defaults: stored.append(defaults.system_prompt))
    page.defaults.prompt_box.click()
    for text in ("B", "Be", "Be k"):
        page.defaults.fields["system_prompt"].setPlainText(text)
    with qtbot.waitSignal(desk.library.changed):
        page.hide()
    assert stored == ["Be k"]
    assert desk.now(model).defaults.system_prompt == "Be k"


def test_what_was_chosen_last_is_stored_when_another_model_is_opened(qtbot, desk, page, show, tmp_path):
    first, second = desk.add(tmp_path / "a.gguf"), desk.add(tmp_path / "b.gguf")
    show(first)
    page.defaults.fields["context_length"].setValue(2048)
    with qtbot.waitSignal(desk.library.changed):
        page.open(second)
    assert desk.now(first).defaults.n_ctx == 2048
    assert page.defaults.defaults == desk.now(second).defaults == ModelDefaults()


def test_typing_goes_on_while_the_library_changes(qtbot, desk, page, show, tmp_path):
    show(desk.add(tmp_path / "a.gguf"))
    page.defaults.prompt_box.click()
    edit = page.defaults.fields["system_prompt"]
    edit.setPlainText("Be")
    with qtbot.waitSignal(desk.library.changed):
        page.defaults.store()
    assert page.defaults.fields["system_prompt"] is edit
    assert edit.isVisible()
