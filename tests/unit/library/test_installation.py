"""How this program was installed, and getting the package that fits: it is there whole and right, or not at all."""

import sys
from pathlib import Path

import msgspec
import pytest

from desktop_app.errors import TryAgain, UserError
from desktop_app.library.installation import (
    FLATPAK,
    SOURCE,
    Installation,
    fetch_package,
    kind_of,
    there,
    this_installation,
)
from desktop_app.library.transfer import Stopped, WrongContent
from desktop_app.network.door import Offline, Stop
from desktop_app.network.release import APPIMAGE, DEB, DMG, SETUP, TARBALL
from tests.support.release_server import CONTENT, HERE, LoopbackReleases
from tests.unit.library.transfers import Impatient, content

HOME = Path("/home/ada/.local/opt/moatless/_internal")


@pytest.fixture
def page():
    with LoopbackReleases() as page:
        yield page


@pytest.fixture
def package(page):
    return page.release().files[0]


@pytest.fixture
def downloads(tmp_path):
    return tmp_path / "Downloads"


def get(door, package, folder, stop=None, progress=lambda done: None):
    return fetch_package(door, package, folder, progress, stop or Impatient())


# ------------------------------------------------------------ how it was installed


@pytest.mark.parametrize(
    ("program", "system", "environment", "kind"),
    [
        (None, "linux", {}, SOURCE),
        (None, "win32", {}, SOURCE),
        (HOME, "linux", {}, TARBALL),
        (Path("/opt/moatless/_internal"), "linux", {}, DEB),
        (Path("/tmp/.mount_Moatle/usr/moatless/_internal"), "linux", {"APPDIR": "/tmp/.mount_Moatle"}, APPIMAGE),
        (Path("/opt/moatless/_internal"), "linux", {"APPDIR": "/tmp/.mount_Terminal"}, DEB),
        (Path("/app/moatless/_internal"), "linux", {"FLATPAK_ID": "io.github.moatless.Moatless"}, FLATPAK),
        (Path("/Applications/Moatless.app/Contents/Frameworks"), "darwin", {}, DMG),
        (Path("C:/Users/Ada/AppData/Local/Programs/Moatless/_internal"), "win32", {}, SETUP),
    ],
)
def test_where_the_program_lies_tells_how_it_was_installed(program, system, environment, kind):
    assert kind_of(program, system, environment) == kind


def test_this_is_a_source_checkout():
    here = this_installation()
    assert here.kind == SOURCE
    assert here.system == {"linux": "linux", "darwin": "macos", "win32": "windows"}[sys.platform]


def test_the_package_is_for_the_same_system_processor_and_way_of_installing(page):
    (package,) = page.release().files
    others = [{"system": "windows"}, {"machine": "aarch64"}, {"kind": DEB}]
    strange = [msgspec.structs.replace(package, **other) for other in others]
    release = page.release(files=(*strange, package))
    assert HERE.package(release) == package
    assert Installation("linux", "aarch64", TARBALL).package(release) == strange[1]
    assert Installation("linux", "x86_64", SOURCE).package(release) is None
    assert HERE.package(page.release(files=tuple(strange))) is None


@pytest.mark.parametrize("name", ["../../.bashrc", "/etc/passwd", "a\\b", "..", "", "con.exe", ".hidden"])
def test_a_package_with_a_name_that_leads_elsewhere_is_none(page, package, name):
    assert HERE.package(page.release(files=(msgspec.structs.replace(package, name=name),))) is None


# ------------------------------------------------------------ getting it


def test_a_package_comes_whole_into_the_downloads(door, page, package, downloads):
    told = []
    path = get(door, package, downloads, progress=told.append)
    assert path == downloads / package.name
    assert path.read_bytes() == content(CONTENT)
    assert told[-1] == package.size_bytes
    assert [each.name for each in downloads.iterdir()] == [package.name]


def test_a_package_that_is_here_already_is_not_fetched_again(door, page, package, downloads):
    get(door, package, downloads)
    page.requests.clear()
    assert get(door, package, downloads) == downloads / package.name
    assert page.requests == []


def test_what_is_here_of_it_is_not_fetched_again(door, page, package, downloads):
    stop = Stop()

    def after_a_megabyte(done):
        if done > 1_000_000:
            stop.set()

    with pytest.raises(Stopped):
        get(door, package, downloads, stop, after_a_megabyte)
    here = there(package, downloads)
    assert 0 < here < package.size_bytes
    page.requests.clear()
    assert get(door, package, downloads).read_bytes() == content(CONTENT)
    assert [request.range for request in page.requests] == [f"bytes={here}-"]


def test_what_the_network_cuts_off_goes_on(door, page, package, downloads):
    page.faults.drop_after = [700_000, 700_000]
    assert get(door, package, downloads).read_bytes() == content(CONTENT)


def test_a_package_that_is_not_what_was_signed_is_removed(door, page, package, downloads):
    page.faults.corrupt_at = 1_000_000
    with pytest.raises(WrongContent, match="not the file that was announced"):
        get(door, package, downloads)
    assert list(downloads.iterdir()) == []


def test_a_package_that_is_longer_than_what_was_signed_is_not_taken(door, page, package, downloads):
    shorter = msgspec.structs.replace(package, size_bytes=package.size_bytes - 1)
    with pytest.raises(WrongContent):
        get(door, shorter, downloads)
    assert list(downloads.iterdir()) == []


def test_a_package_that_is_shorter_than_what_was_signed_is_not_taken(door, page, package, downloads):
    longer = msgspec.structs.replace(package, size_bytes=package.size_bytes + 1)
    with pytest.raises(WrongContent, match="is not the file of 2,097,158 bytes"):
        get(door, longer, downloads)
    assert list(downloads.iterdir()) == []


def test_a_page_in_place_of_a_package_leaves_what_is_here_of_it(door, page, package, downloads):
    downloads.mkdir()
    part = downloads / f"{package.name}.part"
    part.write_bytes(content(CONTENT)[:2_000_000])
    page.faults.page = b"<html>Please log in to the network of this hotel.</html>"
    with pytest.raises(WrongContent, match="What came in place of"):
        get(door, package, downloads)
    page.faults.page = None
    page.requests.clear()
    assert get(door, package, downloads).read_bytes() == content(CONTENT)
    assert [request.range for request in page.requests] == ["bytes=2000000-"]


def test_a_package_that_the_disk_has_no_room_for_is_refused_before_anything_comes(door, page, package, downloads):
    huge = msgspec.structs.replace(package, size_bytes=1 << 60)
    with pytest.raises(UserError, match="the disk has"):
        get(door, huge, downloads)
    assert page.requests == []


def test_offline_no_package_is_fetched(door, page, package, downloads):
    door.set_open(False)
    with pytest.raises(Offline):
        get(door, package, downloads)
    assert page.requests == []


def test_a_page_that_cannot_be_reached_is_told_with_what_to_do(door, page, package, downloads):
    page.stop()
    with pytest.raises(TryAgain, match="The page with the releases cannot be reached") as told:
        get(door, package, downloads)
    assert told.value.hint == "It continues from there when you press Resume."
