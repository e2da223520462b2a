"""Log-probabilities before training: kept as far as they are, also when several processes share the work."""

import numpy as np
import pytest

from desktop_app.trainer.contract import REFERENCE
from desktop_app.trainer.material import read_material
from desktop_app.trainer.ranks import Ranks
from desktop_app.trainer.references import References
from desktop_app.trainer.turns import Turns
from desktop_app.trainer.wishes import Wishes
from tests.support.fake_trainee import at_pass, events, loader, make_run, random_texts, train, with_recipe


def kept(folder, rank, size):
    """Return what one of several processes begins with."""
    material = read_material(folder)
    turns = Turns(Ranks(rank, size), Wishes(folder))
    examples = [*material.train, *material.held_out]
    references = References(folder / REFERENCE, material.identity, examples, material.run.recipe, turns)
    return references.is_complete, np.array([lesson.reference for lesson in references.lessons()])


@pytest.fixture
def folder(tmp_path):
    return make_run(tmp_path / "run", random_texts(6, 0, "pair"), recipe=with_recipe(loss="dpo"))


def test_what_is_kept_in_part_is_counted_once(folder):
    # The first pass reads the probe.
    assert not train(folder, loader(at_pass(3, (folder / "pause").touch, with_gradient=False)))
    assert events(folder, "paused")[0]["step"] == 0
    is_complete, alone = kept(folder, 0, 1)
    assert not is_complete
    assert alone.any()
    assert not alone.all()
    assert np.array_equal(kept(folder, 0, 2)[1] + kept(folder, 1, 2)[1], alone)


def test_what_is_complete_is_known_to_all(folder):
    train(folder)
    for rank in (0, 1):
        is_complete, values = kept(folder, rank, 2)
        assert is_complete
        assert np.array_equal(values, kept(folder, 0, 1)[1])
        assert (values < 0).all()


def test_nothing_is_needed_for_texts(tmp_path):
    folder = make_run(tmp_path / "run", random_texts(4))
    train(folder)
    assert not (folder / REFERENCE).exists()
