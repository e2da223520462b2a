"""A data folder has one window; one that is closing is waited for."""

import threading
import time

import pytest

from desktop_app import app
from desktop_app.jobs.single_instance import SingleInstance
from desktop_app.paths import DataFolder


@pytest.fixture
def start(qapp, tmp_path):
    """Start the program once more, as far as its single window is concerned."""
    started = []

    def start():
        started.append(SingleInstance(tmp_path / "window.lock"))
        return started[-1]

    yield start
    for each in started:
        each.close()


@pytest.fixture
def first(start):
    first = start()
    assert first.claim()
    first.listen()
    return first


def test_a_second_start_calls_the_first_window_and_ends(qtbot, first, start, tmp_path):
    with qtbot.waitSignal(first.raise_requested):
        assert app._settle_with_other(start(), DataFolder(tmp_path)) == 0


def test_a_start_while_the_window_closes_waits_for_that_and_opens(first, start, tmp_path, monkeypatch):
    first.stop_listening()
    second = start()
    raise_other = second.raise_other

    def raise_other_and_go_on_closing():
        was_raised = raise_other()
        threading.Thread(target=first.close).start()
        return was_raised

    monkeypatch.setattr(second, "raise_other", raise_other_and_go_on_closing)
    assert app._settle_with_other(second, DataFolder(tmp_path)) is None
    assert not first.claim()


def test_a_window_that_neither_answers_nor_ends_is_a_sentence(first, start, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(app, "OTHER_CLOSES_S", 1)
    first.stop_listening()
    before = time.monotonic()
    assert app._settle_with_other(start(), DataFolder(tmp_path)) == 1
    assert time.monotonic() - before > app.OTHER_CLOSES_S / 2  # it was given its time
    assert "does not answer" in capsys.readouterr().err
