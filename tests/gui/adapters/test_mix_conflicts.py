"""Pairs of adapters: compared one after the other, the worst first, in words and not by color alone."""

from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from desktop_app.adapters.catalog import add_adapter
from desktop_app.adapters.conflict import Conflict, Harmony
from desktop_app.adapters.lora import Lora, Pair
from desktop_app.adapters.lora_file import write_lora
from desktop_app.gui.adapters.mix_conflicts import UNFOLDED
from desktop_app.gui.adapters.pair_row import _LOOKS, PairRow
from desktop_app.storage.records import StackEntry

LAYERS = 30


@pytest.fixture
def conflicts(panel):
    return panel.conflicts


@pytest.fixture
def show(qtbot, conflicts):
    """Show entries and wait for the rows."""

    def show(*entries):
        conflicts.show_entries(entries)
        n_pairs = len(entries) * (len(entries) - 1) // 2
        qtbot.waitUntil(lambda: len(conflicts.rows) == n_pairs)
        return [(row.word.text(), row.sentence.text()) for row in conflicts.rows]

    return show


@pytest.fixture
def write(qtbot, ask, adapters, tmp_path):
    """Put an adapter into the library that is like another in some layers, or the opposite of it (sign -1)."""
    own = np.random.default_rng(1)
    shared = [(own.standard_normal((2, 16)), own.standard_normal((16, 2))) for _ in range(LAYERS)]

    def write(name, n_layers, sign=1):
        chance = np.random.default_rng(len(name))
        pairs = {}
        for layer, (a, b) in enumerate(shared):
            if layer >= n_layers:
                a, b = chance.standard_normal((2, 16)), chance.standard_normal((16, 2))
            pairs[f"blk.{layer}.attn_q.weight"] = Pair(a.astype(np.float32), (sign * b).astype(np.float32))
        path = tmp_path / f"{name}.gguf"
        write_lora(path, Lora("llama", pairs, {"general.name": name}))
        adapter = ask(lambda r: add_adapter(r.adapters, path))
        with qtbot.waitSignal(adapters.changed):
            adapters.refresh()
        return StackEntry(adapter.sha256, name)

    return write


def test_of_each_pair_it_is_said_how_they_get_along_the_worst_first(show, write):
    found = show(write("base", LAYERS), write("against", LAYERS, -1), write("else", 0), write("alike!", 25))
    words = [word for word, _ in found]
    assert words == ["Pulls against", "Pulls against", "Overlaps", "Fits", "Fits", "Fits"]
    assert found[0][1] == (
        "“base” and “against” pull in opposite directions in 30 of 30 layers and may undo part of each other."
    )


def test_the_rest_is_folded_away(qtbot, show, conflicts, write):
    show(*(write(name, 0) for name in ("a", "bb", "ccc", "dddd")))
    assert [row.isVisible() for row in conflicts.rows] == [True] * UNFOLDED + [False] * 3
    assert conflicts.fold_button.text().strip() == "Show all 6 pairs"
    conflicts.fold_button.click()
    assert all(row.isVisible() for row in conflicts.rows)
    conflicts.fold_button.click()
    assert [row.isVisible() for row in conflicts.rows].count(True) == UNFOLDED


def test_layer_by_layer_it_is_told_in_the_tooltip(show, conflicts, write):
    show(write("base", LAYERS), write("against", 3, -1))
    details = conflicts.rows[0].toolTip()
    assert "Opposite directions in layer 1 (\u22121.00), 2 (\u22121.00), 3 (\u22121.00)" in details
    assert "in the other layers" in details
    assert conflicts.rows[0].accessibleDescription() == details
    show(write("base", LAYERS), write("opposite", LAYERS, -1))
    assert "and 18 more" in conflicts.rows[0].toolTip()
    assert "in the other layers" not in conflicts.rows[0].toolTip()


def test_scales_change_nothing_and_another_adapter_does(qtbot, show, conflicts, write):
    first, second, third = (write(name, 0) for name in ("a", "bb", "ccc"))
    show(first, second)
    (row,) = conflicts.rows
    conflicts.show_entries((replace(first, scale=0.25), second))
    assert conflicts.rows == (row,)
    show(first, third)
    assert conflicts.rows != (row,)
    conflicts.show_entries((first,))
    assert conflicts.rows == ()
    assert not conflicts.isVisible()


def test_while_they_are_compared_it_is_said_how_far_it_is(qtbot, conflicts, adapters, pair, put, monkeypatch):
    waiting = []
    monkeypatch.setattr(adapters, "conflict", lambda *what: waiting.append(what))
    third = put("Haiku", seed=3)
    conflicts.show_entries((*pair, third))
    assert (conflicts.progress.text(), conflicts.rows) == ("Comparing pair 1 of 3", ())
    done = waiting[0][2]
    conflicts.show_entries(pair)  # what comes for the earlier ones is not shown
    done(Conflict(0.0, {0: 0.0}, 1), "They fit.")
    assert conflicts.progress.text() == "Comparing pair 1 of 1"
    assert len(waiting) == 2
    waiting[1][2](Conflict(0.0, {0: 0.0}, 1), "They fit.")
    assert [row.sentence.text() for row in conflicts.rows] == ["They fit."]
    assert not conflicts.progress.isVisible()


def test_one_whose_file_is_gone_is_said_to_be_not_compared(qtbot, show, pair, adapters):
    Path(adapters.find(pair[1].sha256).path).unlink()
    ((word, sentence),) = show(*pair)
    assert word == "Not compared"
    assert "not there any more" in sentence


def test_every_word_has_a_look_of_its_own():
    assert {harmony.value for harmony in Harmony} == set(_LOOKS)
    assert len({name for name, _ in _LOOKS.values()}) == len(_LOOKS)


def test_a_row_is_read_out_as_a_whole(show, conflicts, pair):
    show(*pair)
    row = conflicts.rows[0]
    assert isinstance(row, PairRow)
    assert row.accessibleName().startswith("Fits: “Letters” and “Tone”")
