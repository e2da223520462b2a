"""The data folder is made, and whether it can be written to is found out before anything is in it."""

import stat
import sys
from pathlib import Path

import pytest

from desktop_app.paths import DataFolder


def test_two_that_start_at_once_do_not_get_into_each_others_way(tmp_path, monkeypatch):
    folder, write = DataFolder(tmp_path / "data"), Path.write_bytes

    def write_before_another_looks(path, data):
        monkeypatch.undo()
        write(path, data)
        folder.create()

    monkeypatch.setattr(Path, "write_bytes", write_before_another_looks)
    folder.create()
    assert folder.models.is_dir()
    assert [path for path in folder.root.iterdir() if path.is_file()] == []


@pytest.mark.skipif(sys.platform == "win32", reason="the person's own folders are nobody else's there")
def test_nobody_else_may_look_into_it(data_folder):
    assert {stat.S_IMODE(path.stat().st_mode) for path in (data_folder.root, data_folder.courses)} == {0o700}
