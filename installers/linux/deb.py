"""Makes the package for Debian, Ubuntu and what comes of them; apt installs it with all that it needs."""

import datetime
import email.utils
import gzip
import hashlib
import os
import shutil
import textwrap
from pathlib import Path

from desktop_app import __version__
from desktop_app.paths import APPLICATION_NAME
from desktop_app.product import HOMEPAGE, SUMMARY
from installers.linux.changes import Release, build_time, releases
from installers.linux.debian_words import copyright_file, extended_description
from installers.linux.dependencies import needs
from installers.linux.desktop_files import PROGRAM
from installers.linux.staging import copy_program, fresh, set_permissions, write_share
from installers.packaging.places import file_name
from installers.packaging.tools import run_tool

HOME = Path("opt", PROGRAM)
# Debian wants an address for mail here; the project has none, and this is where it can be reached.
MAINTAINER = f"The {APPLICATION_NAME} authors <{HOMEPAGE}/issues>"
# Debian 12 and Ubuntu 22.04 read it, the oldest that the program starts on. With xz, whose files are somewhat smaller,
# making it takes minutes and installing it long, most of that for the model, which neither makes smaller.
_COMPRESSION = ("-Zzstd", "-z9")
_SCRIPTS = Path(__file__).with_name("debian")


def build(folder: Path, dist: Path) -> Path:
    """Make the package out of the frozen folder.

    Raises:
        UserError: If the tool that makes it is missing or refuses, or the program wants what no package is known for.
    """
    tree = fresh(dist.parent / "deb")
    copy_program(folder, tree / HOME)
    link = tree / "usr" / "bin" / PROGRAM
    link.parent.mkdir(parents=True)
    link.symlink_to(Path("/", HOME, PROGRAM))
    write_share(tree / "usr" / "share", dist.parent / "icons")
    _write_documents(tree / "usr" / "share" / "doc" / PROGRAM)
    _write_control(tree, folder)
    set_permissions(tree)
    dist.mkdir(parents=True, exist_ok=True)
    target = dist / file_name("deb")
    part = target.with_name(f"{target.name}.part")
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(build_time())}
    run_tool("dpkg-deb", "--root-owner-group", *_COMPRESSION, "--build", tree, part, environment=environment)
    part.replace(target)
    shutil.rmtree(tree)
    return target


def _write_documents(folder: Path) -> None:
    folder.mkdir(parents=True)
    folder.joinpath("copyright").write_text(copyright_file(f"/{HOME}"), "utf-8")
    changelog = "\n".join(map(_changelog_entry, releases()))
    folder.joinpath("changelog.gz").write_bytes(gzip.compress(changelog.encode(), mtime=0))


def _changelog_entry(release: Release) -> str:
    wrapped = (
        textwrap.wrap(item, 78, initial_indent="  * ", subsequent_indent="    ")
        for item in release.items or (release.summary,)
    )
    items = "\n".join(line for lines in wrapped for line in lines)
    midnight = datetime.datetime.combine(release.date, datetime.time(), datetime.UTC)
    signed = f" -- {MAINTAINER}  {email.utils.format_datetime(midnight)}"
    return f"{PROGRAM} ({release.version}) stable; urgency=medium\n\n{items}\n\n{signed}\n"


def _write_control(tree: Path, folder: Path) -> None:
    files = sorted(path for path in tree.rglob("*") if path.is_file() and not path.is_symlink())
    sums = "".join(f"{_md5(path)}  {path.relative_to(tree)}\n" for path in files)
    control = tree / "DEBIAN"
    control.mkdir()
    control.joinpath("control").write_text(_control(tree, folder), "utf-8")
    control.joinpath("md5sums").write_text(sums, "utf-8")
    for script in _SCRIPTS.iterdir():
        shutil.copy(script, control)
        control.joinpath(script.name).chmod(0o755)


def _control(tree: Path, folder: Path) -> str:
    wanted = needs(folder)
    fields = {
        "Package": PROGRAM,
        "Version": __version__,
        "Architecture": run_tool("dpkg", "--print-architecture").strip(),
        "Maintainer": MAINTAINER,
        "Installed-Size": str(_installed_kib(tree)),
        "Depends": ", ".join(wanted.depends),
        "Recommends": ", ".join(wanted.recommends),
        "Suggests": ", ".join(wanted.suggests),
        "Section": "utils",
        "Priority": "optional",
        "Homepage": HOMEPAGE,
        "Description": f"{SUMMARY}\n{extended_description()}",
    }
    return "".join(f"{name}: {value}\n" for name, value in fields.items())


def _installed_kib(tree: Path) -> int:
    """Return the size as Debian counts it: every file begins a KiB of its own, and all else is one."""
    plain = [path.stat().st_size for path in tree.rglob("*") if path.is_file() and not path.is_symlink()]
    others = sum(1 for path in tree.rglob("*") if path.is_symlink() or path.is_dir())
    return sum((size + 1023) // 1024 for size in plain) + others


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest()
