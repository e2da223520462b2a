"""The page about one model: what is known, checking and renewing it, its defaults, and the ways to be rid of it."""

import datetime
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel

from desktop_app.adapters.catalog import add_adapter
from desktop_app.engine.messages import Effect
from desktop_app.gui.library.fact_grid import readable_day
from desktop_app.gui.library.labels import readable_count
from desktop_app.gui.theme import theme
from desktop_app.library.catalog import add_model
from desktop_app.settings import options
from tests.gui.library_pages.steps_local import TEMPLATE, nameless, said
from tests.gui.pages.steps import answer_questions_with
from tests.support.gguf_files import Shape, llama_model, lora_adapter, split_model

DAY_S = 86_400
EFFECT = Effect(tokens=746, mean_nll=2.5, other_nll=2.25, nll_error=0.01, kl=0.2, agreement=0.75)


def words(page):
    return " ".join(label.text() for label in page.findChildren(QLabel) if label.isVisible()).replace("\u200b", "")


def chat_with(desk, model, n_chats):
    """Store conversations with a model."""

    def write(repositories):
        for _ in range(n_chats):
            repositories.chats.set_model(repositories.chats.create().id, model.id)

    desk.ask(write)


def measure_on(desk, model, folder, n_adapters):
    """Put adapters into the library that were measured on a model, and one more that is gone again."""

    def write(repositories):
        for number in range(n_adapters):
            path = lora_adapter(seed=number + 1).write(folder / f"{number}.gguf")
            adapter = add_adapter(repositories.adapters, path)
            repositories.adapters.set_proof(adapter.sha256, model.sha256, EFFECT)
        repositories.adapters.set_proof("00" * 32, model.sha256, EFFECT)

    desk.ask(write)


# ------------------------------------------------------------ what is known


def test_the_page_says_what_is_known(desk, show, tmp_path):
    model = desk.add(tmp_path / "Small-Q8_0.gguf", general__license="mit")
    page = show(model)
    assert page.name.text() == model.name
    assert page.badge.isVisible()
    assert page.needs.text().startswith("Needs about ")
    assert said(page) == {
        "Architecture": "llama",
        "Parameters": f"{model.n_params:,}",
        "Quantization": "F32",
        "Trained context": "128 tokens",
        "Speed here": "Not measured yet",
        "Chat template": "{%- for message in messages %}",
        "License": "mit",
        "Where from": "Added from its place",
        "File": str(tmp_path / "Small-Q8_0.gguf"),
        "Size on disk": "70 kB",
        "SHA-256": model.sha256,
        "Added": "Today",
        "Last used": "Not yet",
        "Last verified": "Not yet",
    }
    assert not page.facts.repo_button.isVisible()


def test_what_changes_meanwhile_is_shown(qtbot, desk, show, tmp_path):
    model = desk.add(tmp_path / "a.gguf")
    other = desk.add(tmp_path / "b.gguf")
    page = show(model)
    desk.ask(lambda r: r.models.touch_used(model.id))
    desk.ask(lambda r: r.models.set_speed(model.sha256, 12.4))
    desk.refresh()
    assert said(page)["Last used"] == "Today"
    assert said(page)["Speed here"] == "12 tokens/s"
    desk.ask(lambda r: r.models._database.change("UPDATE models SET tokens_per_s = 0 WHERE id = ?", (other.id,)))
    desk.refresh()
    page.open(desk.now(other))
    assert said(page)["Speed here"] == "About 12 tokens/s, judged by other models"


def test_the_chat_template_can_be_read(qtbot, desk, show, tmp_path):
    page = show(desk.add(tmp_path / "a.gguf"))
    view = page.facts.template_view
    assert not view.isVisible()
    page.facts.template_button.click()
    assert view.isVisible()
    assert view.isReadOnly()
    assert view.toPlainText() == TEMPLATE
    assert page.facts.template_button.accessibleName() == "Hide the chat template"
    page.facts.template_button.click()
    assert not view.isVisible()


def test_a_model_without_a_template_says_so(desk, show, tmp_path):
    page = show(desk.add_from_hub(content=llama_model().to_bytes()))
    assert said(page)["Chat template"] == "None; a plain one is used"
    assert not page.facts.template_button.isVisible()


def test_a_template_without_end_is_cut(desk, show, tmp_path):
    page = show(
        desk.add_from_hub(content=llama_model().with_metadata(tokenizer__chat_template="x" * 300_000).to_bytes())
    )
    assert len(page.facts.template_view.toPlainText()) < 110_000
    assert page.facts.template_view.toPlainText().endswith("… and so on")


def test_a_model_of_the_hub_leads_to_its_repository(desk, show, monkeypatch):
    opened = []
    monkeypatch.setattr("PySide6.QtGui.QDesktopServices.openUrl", lambda url: opened.append(url.toString()))
    asked = answer_questions_with(monkeypatch, "Stay here", "Open in the browser")
    page = show(desk.add_from_hub())
    assert said(page)["Where from"] == "owner/Tiny-GGUF"
    page.facts.repo_button.click()
    page.facts.repo_button.click()
    address = f"{desk.connection.door.endpoint}/owner/Tiny-GGUF"
    assert [details for _, details in asked] == [address, address]
    assert opened == [address]


def test_file_and_hash_can_be_taken_along(qtbot, desk, show, tmp_path, monkeypatch):
    opened = []
    monkeypatch.setattr("PySide6.QtGui.QDesktopServices.openUrl", lambda url: opened.append(url.toLocalFile()))
    model = desk.add(tmp_path / "a.gguf")
    page = show(model)
    page.facts.folder_button.click()
    assert opened == [str(tmp_path)]
    page.facts.copy_button.click()
    assert QGuiApplication.clipboard().text() == model.sha256
    assert page.facts.copy_button.accessibleName() == "Copied"
    page.hide()
    page.show()
    assert page.facts.copy_button.accessibleName() == "Copy the SHA-256"


def test_all_files_of_a_model_are_named(desk, show, tmp_path):
    first, *_ = split_model(llama_model(), tmp_path, "big", 3)
    model = desk.ask(lambda r: add_model(r.models, first))
    desk.refresh()
    page = show(model)
    assert said(page)["Size on disk"].endswith(" in 3 files")
    assert said(page)["Other files"] == "big-00002-of-00003.gguf, big-00003-of-00003.gguf"
    assert page.delete_button.text() == "Delete the files"


def test_a_file_whose_header_cannot_be_read_says_so(qtbot, desk, show, tmp_path):
    model = desk.add(tmp_path / "a.gguf")
    Path(model.path).write_bytes(b"GGUF")
    desk.refresh()
    page = show(model)
    assert "a.gguf" in page.needs.text()
    assert "Chat template" not in said(page)


@pytest.mark.parametrize(
    ("age_days", "words"), [(0, "Today"), (1, "Yesterday"), (3, "3 days ago"), (29, "29 days ago"), (-1, "Today")]
)
def test_days_are_said_as_people_say_them(age_days, words):
    noon = datetime.datetime(2026, 7, 15, 12)
    assert readable_day(noon.timestamp() - age_days * DAY_S, noon.date()) == words


def test_a_day_long_ago_is_a_date():
    noon = datetime.datetime(2026, 7, 15, 12)
    assert readable_day(noon.timestamp() - 60 * DAY_S, noon.date()) == "16 May 2026"
    assert readable_day(None, noon.date()) == "Not yet"


@pytest.mark.parametrize(
    ("number", "words"),
    [(8_190_000_000, "8.2 billion"), (134_515_008, "135 million"), (999_900_000, "1.0 billion"), (9_408, "9,408")],
)
def test_parameters_are_counted_as_people_say_them(number, words):
    assert readable_count(number) == words


# ------------------------------------------------------------ back, and chat


def test_it_leads_back_and_to_a_chat(qtbot, desk, page, show, tmp_path):
    model = desk.add(tmp_path / "a.gguf")
    show(model)
    with qtbot.waitSignal(page.chat_wanted) as wanted:
        page.chat_button.click()
    assert wanted.args == [model]
    with qtbot.waitSignal(page.back_wanted):
        page.back_button.click()
    with qtbot.waitSignal(page.back_wanted):
        qtbot.keyClick(page, Qt.Key.Key_Escape)


def test_a_model_that_is_gone_leads_back_only_from_its_page(qtbot, desk, page, show, tmp_path):
    show(desk.add(tmp_path / "a.gguf"))
    page.hide()
    with qtbot.assertNotEmitted(page.back_wanted), qtbot.waitSignal(desk.library.looked):
        desk.library.remove(page.model)
    show(desk.add(tmp_path / "b.gguf"))
    page.show()
    with qtbot.waitSignal(page.back_wanted):
        desk.library.remove(page.model)


# ------------------------------------------------------------ deleting and removing


@pytest.mark.parametrize(
    ("n_chats", "n_adapters", "sentence"),
    [
        (0, 0, ""),
        (1, 0, " 1 chat was held with it; it stays and can go on with another model."),
        (3, 0, " 3 chats were held with it; they stay and can go on with another model."),
        (0, 1, " 1 adapter was measured on it; it stays and goes on acting on other models it is for."),
        (0, 2, " 2 adapters were measured on it; they stay and go on acting on other models they are for."),
    ],
)
def test_deleting_says_what_it_frees_and_who_used_it(
    qtbot, desk, page, show, tmp_path, monkeypatch, n_chats, n_adapters, sentence
):
    asked = answer_questions_with(monkeypatch, "Delete")
    model = desk.add_from_hub()
    chat_with(desk, model, n_chats)
    measure_on(desk, model, tmp_path, n_adapters)
    show(model)
    assert not page.remove_button.isVisible()
    with qtbot.waitSignal(page.back_wanted):
        page.delete_button.click()
    assert asked == [(f"Delete {model.name}?", f"This frees 70 kB.{sentence} Only another download can bring it back.")]
    assert not Path(model.path).exists()
    assert desk.library.models == ()
    assert len(desk.ask(lambda r: r.chats.list_conversations())) == n_chats


def test_what_the_person_keeps_is_kept(qtbot, desk, page, show, monkeypatch):
    asked = answer_questions_with(monkeypatch, "Keep it")
    model = desk.add_from_hub()
    show(model)
    page.delete_button.click()
    qtbot.waitUntil(lambda: bool(asked))
    desk.refresh()
    assert Path(model.path).exists()
    assert page.model == model


def test_a_model_that_is_only_listed_goes_without_its_file_or_with_it(qtbot, desk, page, show, monkeypatch, tmp_path):
    asked = answer_questions_with(monkeypatch, "Delete")
    model = desk.add(tmp_path / "a.gguf")
    show(model)
    with qtbot.waitSignal(page.back_wanted):
        page.remove_button.click()
    assert Path(model.path).exists()
    assert asked == []
    show(desk.add(tmp_path / "a.gguf"))
    assert page.delete_button.text() == "Delete the file"
    with qtbot.waitSignal(page.back_wanted):
        page.delete_button.click()
    assert asked[0][1].endswith("Nothing can bring the file back.")
    assert not Path(model.path).exists()


def test_the_starter_model_is_not_deleted(desk, page, show, tmp_path):
    show(desk.add(tmp_path / "a.gguf", "starter"))
    assert said(page)["Where from"] == "Came with Moatless"
    assert page.remove_button.isVisible()
    assert not page.delete_button.isVisible()
    assert "at the next start" in words(page)


# ------------------------------------------------------------ a missing file


@pytest.fixture
def lost(desk, show, tmp_path):
    """A model whose file was moved; the page shows it."""
    model = desk.add(tmp_path / "old" / "a.gguf")
    (tmp_path / "new").mkdir()
    Path(model.path).rename(tmp_path / "new" / "a.gguf")
    desk.refresh()
    show(model)
    return model


def test_a_missing_model_says_where_it_was(qtbot, desk, page, lost):
    assert page.missing_panel.isVisible()
    assert lost.path in words(page)
    assert not page.missing_panel.again_button.isVisible()
    for part in (page.chat_button, page.upkeep, page.delete_button, page.facts.folder_button, page.needs):
        assert not part.isVisible()
    with qtbot.waitSignal(page.back_wanted):
        page.missing_panel.forget_button.click()
    assert desk.library.models == ()


def test_a_file_that_was_moved_is_taken_again(qtbot, desk, page, lost, tmp_path, monkeypatch):
    monkeypatch.setattr(page, "ask_for_file", lambda _title: tmp_path / "new" / "a.gguf")
    with qtbot.waitSignal(desk.library.looked):
        page.missing_panel.find_button.click()
    assert not page.missing_panel.isVisible()
    assert said(page)["File"] == str(tmp_path / "new" / "a.gguf")
    assert page.chat_button.isVisible()
    qtbot.waitUntil(lambda: "Chat template" in said(page))


def test_a_file_that_is_back_in_its_place_is_looked_at_again(qtbot, desk, page, lost, tmp_path):
    assert "Chat template" not in said(page)
    (tmp_path / "new" / "a.gguf").rename(lost.path)
    desk.refresh()
    assert not page.missing_panel.isVisible()
    qtbot.waitUntil(lambda: "Chat template" in said(page))


def test_another_file_is_refused(qtbot, desk, page, lost, tmp_path, monkeypatch):
    other = llama_model(Shape(n_layer=2)).write(tmp_path / "other.gguf")
    monkeypatch.setattr(page, "ask_for_file", lambda _title: other)
    with qtbot.waitSignal(desk.care.refused) as refused:
        page.missing_panel.find_button.click()
    assert "is another model than a" in str(refused.args[0])
    assert page.missing_panel.isVisible()


def test_no_file_changes_nothing(qtbot, desk, page, lost, monkeypatch):
    monkeypatch.setattr("PySide6.QtWidgets.QFileDialog.getOpenFileName", lambda *_: ("", ""))
    page.missing_panel.find_button.click()
    desk.refresh()
    assert page.missing_panel.isVisible()


def test_a_lost_model_of_the_hub_can_be_downloaded_again(qtbot, desk, page, show):
    desk.preferences.set(options.OFFLINE, True)  # it only waits
    model = desk.add_from_hub()
    Path(model.path).unlink()
    desk.refresh()
    page.open(model)
    with qtbot.waitSignal(desk.queue.changed):
        page.missing_panel.again_button.click()
    assert desk.queue.items[0].repo == model.repo
    assert page.missing_panel.again_button.text() == "Being downloaded"


# ------------------------------------------------------------ for everybody


def test_everything_has_a_name(desk, page, show, tmp_path):
    show(desk.add_from_hub())
    page.defaults.prompt_box.click()
    page.defaults.sampler_box.click()
    assert nameless(page) == []


@pytest.mark.parametrize("step", [0, 6])
def test_long_texts_and_large_letters_do_not_make_the_page_wider(qapp, desk, page, show, tmp_path, step):
    theme().apply(qapp, "light", step)
    desk.preferences.set(options.OFFLINE, True)
    model = desk.add(tmp_path / ("folder" * 20) / f"{'<b>Long' * 20}.gguf", general__license="L" * 300)
    page.resize(564, 480)
    show(model)
    page.defaults.sampler_box.click()
    assert page.horizontalScrollBar().maximum() == 0
    assert page.name.text() == model.name
    assert not page.grab().isNull()
    Path(model.path).unlink()
    desk.refresh()
    assert page.horizontalScrollBar().maximum() == 0
    theme().apply(qapp, "light")
