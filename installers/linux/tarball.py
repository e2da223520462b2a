"""Makes the archive for every other distribution: unpack and start, or install for one person.

The same tree gives the same bytes: sorted, owned by root, and of the time of the version.
"""

import gzip
import shutil
import tarfile
from pathlib import Path

from desktop_app.product import IDENTIFIER
from installers.linux.changes import build_time
from installers.linux.staging import copy_program, fresh, set_permissions, write_share
from installers.packaging.places import file_name

SUFFIX = ".tar.gz"
_SCRIPTS = Path(__file__).with_name("archive")


def build(folder: Path, dist: Path) -> Path:
    """Make the archive out of the frozen folder; everything in it is below one folder of its name."""
    name = file_name("tarball")
    work = fresh(dist.parent / "tarball")
    tree = work / name.removesuffix(SUFFIX)
    copy_program(folder, tree)
    write_share(tree / "share", dist.parent / "icons")
    for script in _SCRIPTS.iterdir():
        _write_script(script, tree / script.name)
    set_permissions(tree)
    dist.mkdir(parents=True, exist_ok=True)
    target = dist / name
    _pack(tree, target)
    shutil.rmtree(work)
    return target


def _write_script(source: Path, target: Path) -> None:
    target.write_text(source.read_text("utf-8").replace("@IDENTIFIER@", IDENTIFIER), "utf-8", newline="\n")
    target.chmod(0o755)


def _pack(tree: Path, target: Path) -> None:
    part = target.with_name(f"{target.name}.part")
    with (
        part.open("wb") as file,
        # Neither a name nor a time in the header of what is compressed.
        gzip.GzipFile("", "wb", fileobj=file, mtime=0) as packed,
        tarfile.open(mode="w", fileobj=packed, format=tarfile.PAX_FORMAT) as archive,
    ):
        for path in (tree, *sorted(tree.rglob("*"))):
            archive.add(path, str(path.relative_to(tree.parent)), recursive=False, filter=_plain)
    part.replace(target)


def _plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = "root"
    entry.mtime = build_time()
    return entry
