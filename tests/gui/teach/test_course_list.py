"""The list of what is taught: what a card says, and what is said where there is none."""

from PySide6.QtCore import Qt

from desktop_app.errors import UserError
from desktop_app.finetune import events
from desktop_app.finetune.goals import STYLE
from desktop_app.finetune.report import Outcome
from desktop_app.finetune.run_folder import Progress, RunState, RunStatus
from desktop_app.gui.finetune import course_list, course_words
from desktop_app.gui.finetune.course_words import run_told
from tests.gui.teach.conftest import document, nameless


def status(state, step=0, steps=0, sentence="", **facts):
    progress = Progress(losses={step: 1.0} if step else {}, started={"steps": steps} if steps else {}, **facts)
    return RunStatus(None, state, None, progress, sentence)


def plain(text):
    return text.replace("\u00a0", " ").replace("  ", " ")


def test_without_anything_taught_the_page_says_what_teaching_is_for_and_offers_it(teach):
    assert teach.list.first_button.isVisible()
    assert not teach.list.new_button.isVisible()
    for words in ("style, format, behavior and vocabulary", "facts: those are better looked up"):
        assert words in plain(course_list.EMPTY)
    teach.list.first_button.click()
    assert teach.currentWidget() is teach.page
    assert teach.page.is_new


def test_a_card_says_what_is_taught_from_what(qtbot, desk, teach, model):
    desk.course("Letters", STYLE, model_path=model.path, model_sha256=model.sha256)
    desk.courses.refresh()
    qtbot.waitUntil(lambda: bool(teach.list.cards))
    (card,) = teach.list.cards
    assert (card.name.text(), card.goal.text()) == ("Letters", "Write in my style")
    assert plain(card.facts.text()) == "Echo · 2 documents · 601 words · about 2 pages"
    assert card.state.words.text() == "Not trained yet"
    assert card.accessibleDescription().endswith("Not trained yet. Enter opens it.")
    assert not teach.list.first_button.isVisible()
    assert teach.list.new_button.isVisible()
    assert nameless(teach) == []


def test_a_card_opens_its_course_by_click_and_by_enter(qtbot, desk, teach):
    desk.course("Letters")
    desk.courses.refresh()
    for open_card in (
        lambda card: qtbot.mouseClick(card, Qt.MouseButton.LeftButton),
        lambda card: qtbot.keyClick(card, Qt.Key.Key_Return),
    ):
        qtbot.waitUntil(lambda: bool(teach.list.cards) and teach.list.cards[0].isVisible())
        open_card(teach.list.cards[0])
        qtbot.waitUntil(lambda: teach.currentWidget() is not teach.list)
        assert teach.page.title.text() == "Letters"
        teach.page.back_button.click()
        assert teach.currentWidget() is teach.list


def test_a_course_is_removed_and_comes_back(qtbot, desk, teach):
    desk.course("Letters")
    desk.courses.refresh()
    qtbot.waitUntil(lambda: bool(teach.list.cards))
    teach.list.cards[0].menu().actions()[-1].trigger()
    qtbot.waitUntil(lambda: not teach.list.cards and bool(desk.offered))
    assert teach.list.first_button.isVisible()
    words, undo = desk.offered[0]
    assert words == "“Letters” was removed."
    undo()
    qtbot.waitUntil(lambda: [card.course.name for card in teach.list.cards] == ["Letters"])


def test_a_damaged_course_is_told_and_the_others_are_there(qtbot, desk, teach):
    desk.course("Letters")
    (desk.course("Broken").path / "course.json").write_text("{", "utf-8")
    desk.courses.refresh()
    qtbot.waitUntil(lambda: bool(teach.list.cards))
    assert [card.course.name for card in teach.list.cards] == ["Letters"]
    assert "“Broken” is damaged" in teach.list.damaged.text()


def test_what_is_left_out_does_not_count(desk):
    documents = (document(0), document(1, is_left_out=True), document(2, trouble="It cannot be read.", n_words=0))
    folder = desk.course(documents=documents)
    assert plain(course_words.facts_words(folder.load(), "")) == "1 document · 300 words · about 1 page"


def test_the_state_of_the_last_run_is_told():
    told = {
        "Training, 40%, 2 min left": status(RunState.RUNNING, 4, 10, seconds_left=120.0),
        "Training": status(RunState.RUNNING),
        "Ready to be trained": status(RunState.PREPARED),
        "Paused at 40%": status(RunState.PAUSED, 4, 10),
        "Interrupted at 40%, and can go on from there": status(RunState.INTERRUPTED, 4, 10),
        "The disk is full.": status(RunState.FAILED, sentence="The disk is full."),
        "Trained": status(RunState.FINISHED, last=events.EXPORTED),
    }
    for words, each in told.items():
        assert run_told(each, None).words == words


def test_the_verdict_of_the_report_is_told(monkeypatch):
    class Report:
        outcome = Outcome.GAIN

    monkeypatch.setattr(course_words, "verdict", lambda _report: "It has learned.")
    told = run_told(status(RunState.FINISHED), Report())
    assert (told.words, told.token) == ("It has learned.", "good")


def test_what_went_wrong_with_a_course_that_is_not_open_is_told_in_the_list(desk, teach):
    desk.task.failed.emit(UserError("The disk is full.", "Free some space."))
    assert teach.list.news.text() == "The disk is full. Free some space."
