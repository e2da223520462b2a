"""What Debian and Ubuntu know about the libraries that a frozen folder has from them: their packages and licenses."""

import filecmp
import platform
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

from desktop_app.errors import UserError
from desktop_app.licenses import Notice
from installers.packaging.tools import run_tool

_COMMON = Path("/usr/share/common-licenses")
_DOCS = Path("/usr/share/doc")
_COMMON_NAME = re.compile(r"/common-licenses/([A-Za-z]+(?:-\d+(?:\.\d+)*)?)")
_LICENSE = re.compile(r"^License:[ \t]*(\S.*)$", re.MULTILINE)
_FIELDS = "${Package}\n${source:Package}\n${source:Version}\n${Homepage}"


def packages_of(files: Iterable[Path]) -> dict[Path, str]:
    """Return which package each file is a copy of a file of; those of none are not in it."""
    by_name: dict[str, list[Path]] = {}
    for file in files:
        by_name.setdefault(file.name, []).append(file)
    return {
        file: package
        for package, original in _owners(by_name)
        for file in by_name.get(original.name, ())
        if original.is_file() and filecmp.cmp(original, file, shallow=False)
    }


def notices_of(packages: Iterable[str]) -> list[Notice]:
    """Return the notices of packages; those that were made of the same source, and say the same, are one.

    Raises:
        UserError: If a copyright file is not there.
    """
    alike: dict[tuple[str, str, str, str], list[str]] = {}
    for package in sorted(packages):
        fields = run_tool("dpkg-query", "--show", "--showformat", _FIELDS, package)
        name, source, version, home = fields.split("\n")
        alike.setdefault((source, version, home, _copyright(name)), []).append(name)
    return [
        Notice(source, version, _short(text), f"{_preface(source, version, names)}\n\n{text}", home)
        for (source, version, home, text), names in alike.items()
    ]


def common_texts(texts: Iterable[str]) -> list[Notice]:
    """Return the licenses that copyright files only name, because Debian has the text of each of them once."""
    named = {(_COMMON / name).resolve() for text in texts for name in _COMMON_NAME.findall(text)}
    return [
        Notice(f"Text of {path.name}", "", path.name, path.read_text("utf-8", errors="replace").strip("\n"), "")
        for path in named
        if path.is_file()
    ]


def _copyright(package: str) -> str:
    path = _DOCS / package / "copyright"
    try:
        return path.read_text("utf-8", errors="replace").strip("\n")
    except OSError as error:
        raise UserError(
            f"The license of the system's package {package} is not installed.",
            f"{path} is missing; some small systems leave it out. Install the package again with its documentation.",
        ) from error


def _preface(source: str, version: str, names: list[str]) -> str:
    system = platform.freedesktop_os_release()["PRETTY_NAME"]
    return (
        f"Libraries from {system}, package{'s' * (len(names) > 1)} {', '.join(names)}. They are files of their own and "
        f"may be exchanged like those of Qt. Their source is what {system} offers as {source} in version {version}.\n\n"
        f"What is said below to be in {_COMMON} is in this list as “Text of ...”."
    )


def _owners(names: Iterable[str]) -> Iterable[tuple[str, Path]]:
    """Give the packages and the paths of installed files with these names."""
    for line in _search([f"*/{name}" for name in names]).splitlines():
        package, separator, path = line.rpartition(": ")
        if separator and not package.startswith("diversion by"):
            yield package.split(", ")[0], Path(path)


def _search(patterns: list[str]) -> str:
    if not patterns:
        return ""
    try:
        answer = subprocess.run(
            ["dpkg-query", "--search", *patterns],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            check=False,  # it also fails if only some are found
        )
    except OSError as error:
        raise UserError(
            "This system cannot say which packages its libraries are from, because it has no dpkg.",
            "Build the packages for Linux on Debian or Ubuntu.",
        ) from error
    return answer.stdout


def _short(text: str) -> str:
    """Return the names of the licenses that a copyright file speaks of."""
    listed = _LICENSE.findall(text) or _COMMON_NAME.findall(text)
    return ", ".join(dict.fromkeys(name.strip() for name in listed)) or "see the text"
