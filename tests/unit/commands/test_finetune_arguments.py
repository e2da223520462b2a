"""What is written behind `moatless finetune` becomes what is to be trained; the preset chooses what is left out."""

from dataclasses import fields

import pytest

from desktop_app.cli import _parser
from desktop_app.commands.course_models import course_model
from desktop_app.commands.preparing import planned
from desktop_app.commands.training import model_of, word_for
from desktop_app.errors import UserError
from desktop_app.finetune.course import Course
from desktop_app.finetune.course_folder import CourseFolder
from desktop_app.finetune.course_reading import bring_up_to_date
from desktop_app.finetune.recipe import Choices
from desktop_app.library.catalog import add_model
from desktop_app.library.inspect import file_sha256
from desktop_app.storage.database import Database
from desktop_app.storage.models import Models
from desktop_app.trainer.contract import Base, Part
from tests.support.course_parts import course_folder, prose, read
from tests.support.gguf_files import Shape, llama_model, lora_adapter

SHAPE = Shape(n_ctx_train=1024)


@pytest.fixture
def model(tmp_path):
    return llama_model(SHAPE).write(tmp_path / "tiny.gguf")


@pytest.fixture
def documents(tmp_path):
    paths = [tmp_path / "one.txt", tmp_path / "two.md"]
    for path in paths:
        path.write_text(f"All that {path.stem} says.")
    return paths


@pytest.fixture
def parsed(model, documents):
    """Return what the parser makes of some arguments behind those that are always needed."""

    def parse(action, *more):
        needed = ["--model", str(model), "--documents", *map(str, documents)]
        name = ["--name", "tide"] if action == "start" else []
        return _parser().parse_args(["finetune", action, *needed, *name, *map(str, more)])

    return parse


def plan_of(options, data_folder):
    with planned(options, data_folder) as plan:
        return plan


@pytest.mark.parametrize("action", ["start", "estimate"])
def test_every_choice_can_be_made_and_none_has_to_be(parsed, data_folder, documents, action):
    options = parsed(action)
    assert {each.name for each in fields(Choices)} <= vars(options).keys()
    plan = plan_of(options, data_folder)
    assert plan.choices == Choices()
    assert plan.order.documents == documents
    assert (plan.stack, plan.parent) == ((), None)


def test_what_is_chosen_is_what_is_trained(parsed, data_folder):
    options = parsed(
        "start",
        *("--preset", "quick", "--loss", "likelihood", "--rank", 3, "--alpha", 7, "--targets", "attn_q,ffn_up"),
        *("--epochs", 9, "--learning-rate", "1e-3", "--length", 99, "--batch", 5, "--replay", 0, "--seed", 4),
        *("--mode", "lean", "--steps", 11),
    )
    chosen = Choices(
        *("quick", "likelihood", 3, 7.0, ("attn_q", "ffn_up"), 9, 1e-3, 99, 5, 0.0),
        seed=4,
        mode="lean",
        steps=11,
    )
    assert plan_of(options, data_folder).choices == chosen


def test_documents_may_be_named_at_several_places(parsed, tmp_path):
    options = parsed("start", "--documents", tmp_path / "three.txt")
    assert [path.name for path in options.documents] == ["one.txt", "two.md", "three.txt"]


def test_adapters_lie_under_the_new_one_or_are_trained_further(parsed, data_folder, tmp_path):
    below, parent = (lora_adapter(SHAPE, seed=n).write(tmp_path / f"{n}.gguf") for n in (1, 2))
    plan = plan_of(parsed("start", "--adapter", f"{below}:0.5", "--continue", parent), data_folder)
    [layer] = plan.stack
    assert (layer.sha256, layer.scale) == (file_sha256(below), 0.5)
    assert plan.parent.sha256 == file_sha256(parent)


def test_a_hash_that_the_library_knows_is_not_computed_again(parsed, data_folder, model):
    database = Database.open(data_folder.database)
    models = Models(database)
    models.set_sha256(add_model(models, model).id, "ab" * 32)
    database.close()
    assert plan_of(parsed("start"), data_folder).order.model_sha256 == ("ab" * 32,)
    llama_model(Shape(n_ctx_train=1024, n_layer=2)).write(model)
    assert plan_of(parsed("start"), data_folder).order.model_sha256 == ()


# ------------------------------------------------------------ of a course


@pytest.fixture
def course(data_folder, model):
    """A course with choices of its own, and enough to learn from."""
    folder = course_folder(
        data_folder.root,
        [read("a.txt", prose("ada", 60))],
        model_path=str(model),
        preset="thorough",
        choices={"rank": 3, "targets": ("attn_q", "ffn_up"), "what a later version has": 5},
    )
    bring_up_to_date(folder)
    return folder


def parsed_course(action, *more):
    return _parser().parse_args(["finetune", action, "--course", "Tea", *map(str, more)])


@pytest.mark.parametrize("action", ["start", "estimate"])
def test_a_course_brings_its_model_its_name_its_choices_and_what_is_learned(action, data_folder, course, model):
    plan = plan_of(parsed_course(action), data_folder)
    assert plan.choices == Choices("thorough", rank=3, targets=("attn_q", "ffn_up"))
    assert plan.order.model == model
    assert plan.order.name == {"start": "Tea", "estimate": "estimate"}[action]
    rows = course.examples()
    assert {each.text for each in plan.settled.parts.learned} == {row.answers[0] for row in rows if not row.is_held_out}


def test_what_is_said_behind_a_course_is_in_the_place_of_what_it_has(data_folder, course, tmp_path):
    other = llama_model(SHAPE).write(tmp_path / "other.gguf")
    more = ("--preset", "quick", "--rank", 5, "--model", other, "--name", "mine", "--epochs", 2)
    plan = plan_of(parsed_course("start", *more), data_folder)
    assert plan.choices == Choices("quick", rank=5, targets=("attn_q", "ffn_up"), epochs=2)
    assert (plan.order.model, plan.order.name) == (other, "mine")


def test_a_course_is_kept_as_it_is_while_a_run_is_made_of_it(data_folder, course):
    with planned(parsed_course("start"), data_folder):
        assert CourseFolder(course.path).is_held
    assert not CourseFolder(course.path).is_held


def test_a_course_knows_which_adapter_it_goes_on_with(data_folder, course, tmp_path):
    with pytest.raises(UserError, match="A course goes on with its own adapter"):
        plan_of(parsed_course("start", "--continue", tmp_path / "a.gguf"), data_folder)


def test_the_model_of_a_course_is_where_it_was_or_where_the_library_has_it(data_folder, model, tmp_path):
    known = Course("Tea", model_path=str(tmp_path / "gone.gguf"), model_sha256=file_sha256(model))
    with pytest.raises(UserError, match="is not where it was"):
        course_model(known, None, data_folder)
    assert course_model(known, str(model), data_folder) == model
    database = Database.open(data_folder.database)
    models = Models(database)
    models.set_sha256(add_model(models, model).id, file_sha256(model))
    database.close()
    assert course_model(known, None, data_folder) == model
    assert course_model(Course("Tea", model_path=str(model)), None, data_folder) == model


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--name", "tide", "--model", "m"), "say --course NAME, or --model M"),
        (("--course", "Tea", "--documents", "a.txt"), "say either --course or --documents"),
    ],
)
def test_a_course_and_documents_are_two_ways(arguments, said, data_folder, capsys):
    options = _parser().parse_args(["finetune", "start", *arguments])
    with pytest.raises(SystemExit) as caught:
        options.action(options, data_folder)
    assert caught.value.code == 2
    assert said in capsys.readouterr().err


# ------------------------------------------------------------ a run's model, and its name


def base(path, sha256="cd" * 32):
    return Base("Tiny", str(path), "llama", (Part(path.name, 1, sha256),))


def test_the_model_of_a_run_is_where_it_was_or_where_the_library_has_it(data_folder, model, tmp_path):
    run = data_folder.runs / "tide"
    assert model_of(run, base(model), None, data_folder) == model
    assert model_of(run, base(tmp_path / "gone.gguf"), str(model), data_folder) == model
    lost = base(tmp_path / "gone.gguf", file_sha256(model))
    with pytest.raises(UserError, match="neither where it was nor in the library") as caught:
        model_of(run, lost, None, data_folder)
    assert caught.value.hint.endswith("moatless finetune resume --model PATH tide")
    database = Database.open(data_folder.database)
    models = Models(database)
    models.set_sha256(add_model(models, model).id, file_sha256(model))
    database.close()
    assert model_of(run, lost, None, data_folder) == model


def test_a_run_is_called_so_that_the_shell_understands(data_folder, tmp_path):
    assert word_for(data_folder.runs / "tide", data_folder) == "tide"
    assert word_for(data_folder.runs / "tide 2", data_folder) == "'tide 2'"
    assert word_for(tmp_path / "tide", data_folder) == str(tmp_path / "tide")
