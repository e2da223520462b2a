"""The AppImage: the folder it is made of, and the tools of others, which are known by their hash."""

import hashlib
import sys

import pytest

from desktop_app.errors import UserError
from desktop_app.product import IDENTIFIER
from installers.linux import appdir, appimage_tools, staging
from installers.packaging.places import file_name
from tests.support.frozen_folder import make_frozen_folder, write_pngs

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="made of scripts and links as Unix has them")

TOOL = """\
#!/bin/sh
echo "$@" > "$(dirname "$0")/called.txt"
env > "$(dirname "$0")/environment.txt"
for last; do :; done
echo image > "$last"
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(staging, "write_pngs", write_pngs)
    monkeypatch.delenv(appimage_tools.VARIABLE, raising=False)
    return make_frozen_folder(tmp_path / "folder" / "moatless")


@pytest.fixture
def published(tmp_path, monkeypatch):
    """Both tools as they are downloaded, and known by their hash."""
    folder = tmp_path / "published"
    folder.mkdir()
    files = {"tool-{machine}": TOOL, "runtime-{machine}": "a runtime"}
    pinned = {}
    for name, text in files.items():
        path = folder / name.format(machine="x86_64")
        path.write_text(text)
        pinned[folder.as_uri() + "/" + name] = hashlib.sha256(path.read_bytes()).hexdigest()
    monkeypatch.setattr(appimage_tools, "PINNED", {"x86_64": pinned})
    return folder


@pytest.fixture
def tools(published, tmp_path, monkeypatch):
    appimage_tools.fetch(tmp_path / "tools", "x86_64")
    monkeypatch.setenv(appimage_tools.VARIABLE, str(tmp_path / "tools"))
    monkeypatch.setattr(appimage_tools.platform, "machine", lambda: "x86_64")
    return tmp_path / "tools"


def test_the_folder_starts_the_program_itself(folder, tmp_path):
    made = appdir.make_appdir(folder, tmp_path)
    # A link and no script: nothing on the way to the program changes its environment.
    assert (made / "AppRun").readlink().as_posix() == "usr/lib/moatless/moatless"
    assert (made / "usr/bin/moatless").resolve() == (made / "AppRun").resolve()


def test_the_folder_has_menu_entry_and_icon_at_its_top(folder, tmp_path):
    made = appdir.make_appdir(folder, tmp_path)
    assert "Exec=moatless" in (made / f"{IDENTIFIER}.desktop").read_text("utf-8").splitlines()
    assert (made / f"{IDENTIFIER}.svg").read_text("utf-8").startswith("<svg")
    assert (made / ".DirIcon").read_text() == "a picture of 256 pixels"
    assert (made / "usr/share/metainfo" / f"{IDENTIFIER}.metainfo.xml").exists()


def test_nothing_in_the_folder_leads_out_of_it(folder, tmp_path):
    made = appdir.make_appdir(folder, tmp_path)
    links = [path for path in made.rglob("*") if path.is_symlink()]
    assert links
    assert all(not path.readlink().is_absolute() and path.resolve().is_relative_to(made) for path in links)
    assert all(path.exists() for path in links)


def test_without_the_tools_there_is_the_folder_and_it_says_what_is_missing(folder, tmp_path, capsys):
    assert appdir.build(folder, tmp_path / "dist") == tmp_path / "Moatless.AppDir"
    said = capsys.readouterr().out
    assert "appimagetool" in said
    assert appimage_tools.VARIABLE in said


def test_the_tool_makes_it_of_the_folder_and_the_known_runtime(folder, tmp_path, tools):
    made = appdir.build(folder, tmp_path / "dist")
    assert made == tmp_path / "dist" / file_name("appimage")
    assert made.read_text() == "image\n"
    assert made.stat().st_mode & 0o111
    called = (tools / "called.txt").read_text().split()
    assert called[:3] == ["--no-appstream", "--runtime-file", str(tools / "runtime")]
    assert called[3] == str(tmp_path / "Moatless.AppDir")
    assert "APPIMAGE_EXTRACT_AND_RUN=1" in (tools / "environment.txt").read_text().splitlines()


@pytest.mark.parametrize("name", ["tool", "runtime"])
def test_another_tool_than_the_known_one_is_not_started(folder, tmp_path, tools, name):
    tools.joinpath(name).write_text("#!/bin/sh\n")
    with pytest.raises(UserError, match=f"{name} is missing or is not the one"):
        appdir.build(folder, tmp_path / "dist")
    assert not (tools / "called.txt").exists()


def test_another_file_than_the_known_one_is_thrown_away(published, tmp_path):
    published.joinpath("runtime-x86_64").write_text("something else")
    with pytest.raises(UserError, match="is not the file this project knows"):
        appimage_tools.fetch(tmp_path / "tools", "x86_64")
    assert [path.name for path in (tmp_path / "tools").iterdir()] == ["tool"]


def test_what_cannot_be_downloaded_is_told(published, tmp_path):
    published.joinpath("tool-x86_64").unlink()
    with pytest.raises(UserError, match="could not be downloaded"):
        appimage_tools.fetch(tmp_path / "tools", "x86_64")


def test_a_processor_without_known_tools_is_told(tmp_path):
    with pytest.raises(UserError, match="on riscv64"):
        appimage_tools.fetch(tmp_path, "riscv64")


def test_each_tool_is_known_in_one_version():
    for machine, pinned in appimage_tools.PINNED.items():
        assert len(pinned) == 2, machine
        for address, digest in pinned.items():
            assert len(bytes.fromhex(digest)) == 32
            assert address.startswith("https://")
            assert "continuous" not in address
