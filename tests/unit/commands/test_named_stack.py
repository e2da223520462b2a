"""What a person writes for an adapter and its scale is read as they meant it, also where paths have colons."""

import pytest

from desktop_app.commands.library import _with_scale


@pytest.mark.parametrize(
    ("text", "name", "scale"),
    [
        ("pirate", "pirate", 1.0),
        ("pirate:0.5", "pirate", 0.5),
        ("pirate:-1", "pirate", -1.0),
        ("a/b.gguf:2", "a/b.gguf", 2.0),
        (r"C:\adapters\a.gguf", r"C:\adapters\a.gguf", 1.0),
        (r"C:\adapters\a.gguf:0.25", r"C:\adapters\a.gguf", 0.25),
        ("C:/adapters/a.gguf", "C:/adapters/a.gguf", 1.0),
        ("house: style", "house: style", 1.0),
        ("house: style:1e-1", "house: style", 0.1),
        ("pirate:", "pirate:", 1.0),
    ],
)
def test_a_scale_stands_behind_the_last_colon(text, name, scale):
    assert _with_scale(text) == (name, scale)


def test_a_file_of_this_very_name_is_meant(tmp_path):
    path = tmp_path / "style:2"
    path.touch()
    assert _with_scale(str(path)) == (str(path), 1.0)
    assert _with_scale(f"{path}:0.5") == (str(path), 0.5)
