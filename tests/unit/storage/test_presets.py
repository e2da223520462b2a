"""A stack can be kept under a name, one stack for each name."""

import pytest

from desktop_app.errors import UserError
from desktop_app.storage.presets import Presets
from desktop_app.storage.records import Preset, StackEntry

PIRATE, HAIKU = StackEntry("ab" * 32, "pirate", 0.5), StackEntry("cd" * 32, "haiku 俳句", 1.5, is_on=False)


@pytest.fixture
def presets(database):
    return Presets(database)


def test_a_stack_is_kept_under_its_name_in_its_order(presets):
    kept = presets.save("Sea poems", (HAIKU, PIRATE))
    assert presets.list_presets() == (kept,)
    assert kept == Preset(kept.id, "Sea poems", (HAIKU, PIRATE))


def test_the_same_name_takes_the_place_of_what_was_kept_before(presets):
    first = presets.save("Sea poems", (HAIKU, PIRATE))
    assert presets.save("Sea poems", (PIRATE,)) == Preset(first.id, "Sea poems", (PIRATE,))
    assert len(presets.list_presets()) == 1


def test_they_are_listed_by_name(presets):
    for name in ("letters", "Answers", "work"):
        presets.save(name, (PIRATE,))
    assert [preset.name for preset in presets.list_presets()] == ["Answers", "letters", "work"]


def test_a_preset_is_renamed_but_not_over_another_one(presets):
    sea, work = presets.save("Sea", (HAIKU,)), presets.save("Work", (PIRATE,))
    presets.rename(sea.id, "Sea poems")
    presets.rename(sea.id, "Sea poems")
    with pytest.raises(UserError, match="another preset called “Work”"):
        presets.rename(sea.id, "Work")
    assert presets.list_presets() == (Preset(sea.id, "Sea poems", (HAIKU,)), work)


def test_a_deleted_preset_is_gone(presets):
    presets.delete(presets.save("Sea", ()).id)
    assert presets.list_presets() == ()
