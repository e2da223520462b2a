"""The Flatpak manifest: what it installs, and how little it may do."""

import hashlib

import pytest
import yaml

from desktop_app import __version__
from desktop_app.product import HOMEPAGE, IDENTIFIER
from installers.linux import flatpak
from installers.packaging.places import file_name


@pytest.fixture
def manifest(tmp_path):
    for machine in flatpak.MACHINES:
        tmp_path.joinpath(file_name("tarball", machine=machine)).write_text(f"an archive for {machine}")
    return yaml.safe_load(flatpak.write_manifest(tmp_path).read_text("utf-8"))


def test_it_has_the_name_of_the_program(manifest):
    assert manifest["id"] == IDENTIFIER
    assert f"{IDENTIFIER}.yml" == flatpak.MANIFEST.name
    assert manifest["command"] == "moatless"


def test_it_installs_the_archives_of_this_release(manifest):
    sources = {source["only-arches"][0]: source for source in manifest["modules"][0]["sources"]}
    assert tuple(sources) == flatpak.MACHINES
    for machine, source in sources.items():
        name = file_name("tarball", machine=machine)
        assert source["url"] == f"{HOMEPAGE}/releases/download/v{__version__}/{name}"
        assert source["sha256"] == hashlib.sha256(f"an archive for {machine}".encode()).hexdigest()


def test_it_may_reach_no_folders_and_no_more_devices_than_the_graphics_card(manifest):
    assert set(manifest["finish-args"]) == {
        "--share=ipc",
        "--share=network",
        "--socket=wayland",
        "--socket=fallback-x11",
        "--device=dri",
        "--talk-name=org.freedesktop.secrets",
        "--talk-name=org.freedesktop.Notifications",
    }


def test_without_an_archive_there_is_none(manifest, tmp_path, capsys):
    tmp_path.joinpath(file_name("tarball", machine="aarch64")).unlink()
    tmp_path.joinpath(flatpak.MANIFEST.name).unlink()
    assert flatpak.main([str(tmp_path)]) == 1
    assert "linux-aarch64.tar.gz, which is not in" in capsys.readouterr().err
    assert not tmp_path.joinpath(flatpak.MANIFEST.name).exists()
