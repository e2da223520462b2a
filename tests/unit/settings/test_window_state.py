"""The window opens as it was left, and never fails because of how it was left."""

import pytest

from desktop_app.settings.window_state import WindowState, load_window_state, save_window_state


def test_the_state_is_there_the_next_time(tmp_path):
    state = WindowState(geometry="AAAA", page="chat", conversation_id=7, draft="Dear “Zoë”,\n")
    save_window_state(tmp_path / "window.json", state)
    assert load_window_state(tmp_path / "window.json") == state


@pytest.mark.parametrize("content", ["", "[]", '{"list_width": "wide"}', '{"conversation_id": 1.5}', '{"draft": 1}'])
def test_a_state_that_cannot_be_understood_is_the_standard_one(tmp_path, content):
    path = tmp_path / "window.json"
    path.write_text(content)
    assert load_window_state(path) == WindowState()


def test_without_a_file_the_state_is_the_standard_one(tmp_path):
    assert load_window_state(tmp_path / "window.json") == WindowState()


def test_a_state_of_another_version_is_understood_as_far_as_can_be(tmp_path):
    path = tmp_path / "window.json"
    path.write_text('{"geometry": "AAAA", "of_a_newer_version": 1}')
    assert load_window_state(path) == WindowState(geometry="AAAA")
