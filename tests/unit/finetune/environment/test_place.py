"""The folder of the training environment: whatever ended a change in the middle, the next look puts it right."""

from pathlib import Path

import pytest

from desktop_app.errors import UserError
from desktop_app.finetune.environment.place import Place, Record, folder_bytes, python_in, read_record, write_record
from desktop_app.finetune.environment.status import State, read_status
from desktop_app.finetune.trainer_process import check_environment


def record(packages=None, created_at=1.0):
    return Record("linux-cpu", "a" * 64, "cpu", "3.11.18", "cpu", 5, 7, created_at, packages or {"torch": "2.13.0"})


def fill(environment: Path, content="print()", **changes):
    """Write an environment with one package, as an installation leaves it."""
    packages = environment / "lib" / "python3.11" / "site-packages"
    info = packages / "torch-2.13.0.dist-info"
    info.mkdir(parents=True)
    python_in(environment).parent.mkdir(parents=True)
    python_in(environment).write_text("")
    (packages / "torch.py").write_text(content)
    (packages / "torch.pyc").write_text("")
    (info / "RECORD").write_text(f'torch.py,sha256=x,{len(content)}\ntorch.pyc,sha256=x,99\n"RECORD",,\n')
    write_record(environment, record(**changes))
    return environment


@pytest.fixture
def place(tmp_path):
    place = Place(tmp_path / "training")
    place.root.mkdir()
    return place


def look(place, may_swap=True):
    return read_status(place, {}, is_training=not may_swap)


def names(place):
    return {each.name for each in place.root.iterdir()} - {"lock"}


def test_without_a_folder_there_is_none_and_looking_makes_none(tmp_path):
    place = Place(tmp_path / "training")
    assert look(place).state == State.ABSENT
    assert not place.root.exists()


def test_an_environment_that_has_not_proved_to_work_is_removed(place):
    fill(place.new_environment() / "half").parent.joinpath("environment.json").unlink(missing_ok=True)
    place.new_trial()
    place.new_mirror()
    assert look(place).state == State.ABSENT
    assert names(place) == set()


def test_a_new_one_that_is_ready_takes_its_place_after_a_kill(place):
    fill(place.environment)
    fill(place.new_environment(), created_at=2.0)
    found = look(place)
    assert found.record == record(created_at=2.0)
    assert names(place) == {"environment"}


def test_a_new_one_waits_as_long_as_a_run_needs_the_old_one(place):
    fill(place.environment)
    fill(place.new_environment(), created_at=2.0)
    assert look(place, may_swap=False).record == record()
    assert look(place).record == record(created_at=2.0)


def test_a_kill_between_the_two_renames_loses_neither(place):
    fill(place.environment).rename(place.root / "old")
    new = fill(place.new_environment(), created_at=2.0)
    assert look(place, may_swap=False).record == record(created_at=2.0)
    assert not new.exists()
    place.environment.rename(place.root / "old")
    assert look(place).record == record(created_at=2.0)
    assert names(place) == {"environment"}


def test_an_old_one_that_was_left_behind_goes(place):
    fill(place.environment)
    fill(place.root / "old")
    look(place)
    assert names(place) == {"environment"}


def test_where_the_new_one_cannot_be_put_in_place_the_old_one_stays(place):
    fill(place.environment)
    with pytest.raises(OSError, match="gone"):
        place.swap(place.root / "gone")
    assert read_record(place.environment) == record()


@pytest.mark.parametrize(
    "damage",
    [
        lambda environment: next(environment.glob("lib/*/*/torch.py")).unlink(),
        lambda environment: next(environment.glob("lib/*/*/torch.py")).write_text("x"),
        lambda environment: next(environment.glob("lib/*/*/*/RECORD")).unlink(),
        lambda environment: next(environment.glob("lib/*/*/*/RECORD")).write_text(""),
        lambda environment: python_in(environment).unlink(),
        lambda environment: environment.joinpath("environment.json").write_text("{"),
        lambda environment: environment.joinpath("environment.json").unlink(),
        lambda environment: write_record(environment, record({"torch": "2.13.0", "numpy": "2.4.6"})),
    ],
)
def test_whatever_is_missing_or_torn_makes_it_broken_and_nothing_is_trained_with_it(place, damage):
    fill(place.environment)
    assert look(place).state == State.OUTDATED  # no lock is known here
    assert check_environment(place.root, place.root) == python_in(place.environment)
    damage(place.environment)
    assert look(place).state == State.BROKEN
    with pytest.raises(UserError, match="Training needs the training environment") as caught:
        check_environment(place.root, place.root)
    assert "Teach" in caught.value.hint
    assert "Install or Repair" in caught.value.hint


def test_a_file_with_two_names_counts_once(tmp_path):
    (tmp_path / "a").write_bytes(b"x" * 100)
    (tmp_path / "b").hardlink_to(tmp_path / "a")
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "d").write_bytes(b"y" * 10)
    assert folder_bytes(tmp_path) == 110
    assert folder_bytes(tmp_path / "gone") == 0
