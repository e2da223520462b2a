"""How fast training went is remembered by what it depends on, and what is damaged or unknown is no loss."""

from dataclasses import replace

import msgspec
import pytest

from desktop_app.engine.messages import ChatMessage
from desktop_app.finetune.course import Course, CourseExample
from desktop_app.finetune.expert import learned_of
from desktop_app.finetune.goals import GIVEN, PASSAGE
from desktop_app.finetune.paces import PACES, Pace, pace_for, read_paces, remember_pace, size_of, text_size
from desktop_app.library.inspect import file_sha256
from desktop_app.trainer.contract import FAST, LIKELIHOOD, PACKED, PAIR, Recipe
from tests.support.gguf_files import Shape, llama_model
from tests.support.run_folders import STARTED, make_run, step, tell

RECIPE = Recipe()
PACE = Pace("a" * 64, "cpu", "float32", FAST, LIKELIHOOD, RECIPE.rank, RECIPE.length, "Letters", 400.0, 1.0)
TOLD = ("started", {**STARTED, "tokens": 1000})


def pace(**changes):
    return msgspec.structs.replace(PACE, **changes)


@pytest.fixture
def trained(tmp_path):
    """Return a function that makes a run folder in which something was trained."""
    model = tmp_path / "model.gguf"
    llama_model(Shape()).write(model)

    def trained(name, *events, about=None, **changes):
        about = {"course": "Letters", "size": 4000} if about is None else about
        run = make_run(tmp_path / name, model, about=about, **changes)
        tell(run, *events)
        return run

    return trained


def test_a_run_is_remembered_by_all_that_its_pace_depends_on(trained, tmp_path):
    remember_pace(tmp_path, trained("run", TOLD, step(1), step(2), step(3), ("leaner", {"mode": PACKED})))
    (found,) = read_paces(tmp_path)
    known = (found.model_sha256, found.device, found.precision, found.mode, found.course)
    assert known == (file_sha256(tmp_path / "model.gguf"), "cpu", "float32", PACKED, "Letters")
    assert found.is_of(RECIPE, PACKED)
    assert not found.is_of(RECIPE, FAST)
    assert not found.is_of(replace(RECIPE, rank=RECIPE.rank + 1), PACKED)


def test_a_pace_is_how_much_text_went_through_in_a_second(trained, tmp_path):
    remember_pace(tmp_path, trained("run", TOLD, step(1, tokens=100, seconds=50.0), step(2), step(3)))
    # After the first step, which is slower, 50 tokens a second, and four characters a token.
    assert read_paces(tmp_path)[0].text_per_s == pytest.approx(200.0)


def test_only_the_last_of_a_kind_is_remembered(trained, tmp_path):
    remember_pace(tmp_path, trained("first", TOLD, step(1), step(2, seconds=9.0)))
    remember_pace(tmp_path, trained("second", TOLD, step(1), step(2, seconds=2.0)))
    remember_pace(tmp_path, trained("other", TOLD, step(1), recipe=Recipe(rank=8)))
    assert [(each.rank, each.text_per_s) for each in read_paces(tmp_path)] == [(16, 200.0), (8, 200.0)]


@pytest.mark.parametrize("events", [(), (TOLD,), (("started", STARTED), step(1))], ids=["nothing", "no step", "old"])
def test_what_tells_no_pace_is_no_loss(trained, tmp_path, events):
    remember_pace(tmp_path, trained("run", *events))
    remember_pace(tmp_path, tmp_path / "nowhere")
    assert read_paces(tmp_path) == ()


def test_a_run_that_was_prepared_by_an_older_version_tells_no_pace(trained, tmp_path):
    remember_pace(tmp_path, trained("run", TOLD, step(1), about={}))
    assert read_paces(tmp_path) == ()


def test_what_is_damaged_is_forgotten_and_written_anew(trained, tmp_path):
    (tmp_path / PACES).write_bytes(b"{]\n{}\n")
    assert read_paces(tmp_path) == ()
    remember_pace(tmp_path, trained("run", TOLD, step(1)))
    assert len(read_paces(tmp_path)) == 1


# ------------------------------------------------------------ which one tells best


def test_without_any_there_is_none():
    assert pace_for((), "Letters", RECIPE, FAST) is None


def test_the_way_of_using_memory_counts_most_then_the_recipe_then_the_texts_then_the_time():
    worst = pace(mode=PACKED, time=9.0)
    other_recipe = pace(rank=64, time=8.0)
    other_texts = pace(course="Mails", time=7.0)
    earlier = pace(time=1.0)
    best = pace(time=2.0)
    known = [worst, other_recipe, other_texts, earlier, best]
    for wanted in (best, earlier, other_texts, other_recipe, worst):
        assert pace_for(known, "Letters", RECIPE, FAST) == wanted
        known.remove(wanted)


def test_what_was_measured_before_the_computer_had_another_device_counts_no_more():
    known = [pace(time=1.0), pace(device="NVIDIA A10", rank=64, time=2.0)]
    assert pace_for(known, "Letters", RECIPE, FAST) == known[1]


# ------------------------------------------------------------ how much text


def test_a_plan_knows_how_much_text_its_run_will_have():
    rows = [
        CourseExample("1", GIVEN, "", "1", ("An answer",), (ChatMessage("user", "A question"),)),
        CourseExample("2", GIVEN, "", "2", ("good", "bad"), (ChatMessage("user", "Which?"),), kind=PAIR),
        CourseExample("3", PASSAGE, "d", "d", ("A passage of a text.",)),
    ]
    assert learned_of(Course("Letters"), rows).size == size_of([row.piece() for row in rows]) == text_size(58, 2)


def test_what_the_model_reads_beside_the_texts_is_counted():
    assert text_size(100, 0) < text_size(100, 1) < text_size(100, 0, n_replay=1)
