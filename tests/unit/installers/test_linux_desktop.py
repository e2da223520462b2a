"""What a Linux desktop and its software centre read about the program, and what is new in it."""

import datetime
from xml.etree import ElementTree

import pytest

from desktop_app import __version__
from desktop_app.errors import UserError
from desktop_app.product import HOMEPAGE, IDENTIFIER, SUMMARY
from installers.linux.changes import build_time, releases
from installers.linux.desktop_files import ICON_SIZES, desktop_entry, metainfo, write_share
from tests.support.frozen_folder import write_pngs

CHANGES = """\
# What is new

## 1.2.0 (2026-11-28)

A sentence that goes on
in the next line.

- The first,
  in two lines.
- The second.

## 1.1.0 (2026-10-01)

- The only one.
"""


def test_what_is_new_begins_with_this_version():
    newest = releases()[0]
    assert newest.version == __version__
    assert newest.items


def test_releases_are_newest_first():
    dates = [release.date for release in releases()]
    assert dates == sorted(dates, reverse=True)


def test_a_version_has_its_date_a_summary_and_a_list():
    newest, older = releases(CHANGES)
    assert (newest.version, newest.date) == ("1.2.0", datetime.date(2026, 11, 28))
    assert newest.summary == "A sentence that goes on in the next line."
    assert newest.items == ("The first, in two lines.", "The second.")
    assert (older.summary, older.items) == ("", ("The only one.",))


@pytest.mark.parametrize("text", ["", "# What is new\n", "## 1.2 (2026-11-28)\n", "## 1.2.0\n", "## 1.2.0 (soon)\n"])
def test_a_section_without_version_and_date_is_refused(text):
    with pytest.raises(UserError, match=r"docs/changes\.md"):
        releases(text)


def test_packages_are_of_the_day_of_the_version_or_as_the_build_asks(monkeypatch):
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    midnight = datetime.datetime.combine(releases()[0].date, datetime.time(), datetime.UTC)
    assert build_time() == midnight.timestamp()
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    assert build_time() == 86400


def test_the_menu_entry_starts_the_program_and_has_its_icon():
    heading, *lines = desktop_entry().splitlines()
    entry = dict(line.split("=", 1) for line in lines)
    assert heading == "[Desktop Entry]"
    assert (entry["Type"], entry["Name"], entry["Exec"]) == ("Application", "Moatless", "moatless")
    assert (entry["Icon"], entry["Comment"]) == (IDENTIFIER, SUMMARY)
    assert all(entry[key].endswith(";") for key in ("Categories", "Keywords"))


def test_the_description_is_whole():
    root = ElementTree.fromstring(metainfo())
    assert root.attrib == {"type": "desktop-application"}
    assert root.findtext("id") == IDENTIFIER
    assert root.findtext("summary") == SUMMARY
    assert (root.findtext("metadata_license"), root.findtext("project_license")) == ("CC0-1.0", "MIT")
    assert root.findtext("launchable") == f"{IDENTIFIER}.desktop"
    assert root.find("content_rating").attrib == {"type": "oars-1.1"}
    assert root.findtext("developer/name")
    assert root.findtext("description/p")
    assert [url.text for url in root.findall("url")] == [HOMEPAGE, f"{HOMEPAGE}/issues", HOMEPAGE]
    assert root.find("screenshots") is None  # none has an address


def test_the_description_tells_what_each_version_brought():
    told = ElementTree.fromstring(metainfo()).findall("releases/release")
    assert [(release.get("version"), release.get("date")) for release in told] == [
        (release.version, release.date.isoformat()) for release in releases()
    ]
    assert [item.text for item in told[0].findall("description/ul/li")] == list(releases()[0].items)


def test_everything_lies_where_a_desktop_looks_for_it(tmp_path):
    write_pngs(tmp_path / "icons", ICON_SIZES)
    share = tmp_path / "share"
    write_share(share, tmp_path / "icons")
    theme = share / "icons" / "hicolor"
    assert (share / "applications" / f"{IDENTIFIER}.desktop").read_text("utf-8") == desktop_entry()
    assert (share / "metainfo" / f"{IDENTIFIER}.metainfo.xml").read_text("utf-8") == metainfo()
    assert (theme / "scalable" / "apps" / f"{IDENTIFIER}.svg").read_text("utf-8").startswith("<svg")
    assert (theme / "48x48" / "apps" / f"{IDENTIFIER}.png").read_text() == "a picture of 48 pixels"
