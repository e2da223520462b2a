"""A clean Debian to install packages into: made by debootstrap, kept as an archive, entered by chroot.

Each command has its own processes, mounts and network, all of which end with it; without network there is not even a
way to the machine itself but the loopback that programs expect. Needs root, as chroot does.
"""

import shutil
import subprocess
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from desktop_app.errors import UserError

RELEASE = "bookworm"  # Debian 12, the oldest that Qt's libraries are for
_BARE = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
# Mounts end with the namespace that `unshare` makes. Devices are nodes that debootstrap has made.
_ENTER = """\
mount -t proc proc "$1/proc"
mount -t devpts devpts "$1/dev/pts" -o newinstance,ptmxmode=0666
mount -t tmpfs tmpfs "$1/dev/shm"
[ "$2" = network ] || ip link set lo up
shift 2
exec "$@"
"""


def make_root(archive: Path) -> Path:
    """Return the archive of a clean Debian, made with the network the first time.

    Raises:
        UserError: If debootstrap is missing, or cannot make it.
    """
    if archive.exists():
        return archive
    folder = archive.with_suffix(".folder")
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        result = subprocess.run(
            ["debootstrap", "--variant=minbase", RELEASE, str(folder)], capture_output=True, text=True, check=False
        )
    except FileNotFoundError as error:
        raise UserError(
            "A clean Debian cannot be made because there is no debootstrap.",
            "Install it with: sudo apt install debootstrap",
        ) from error
    if result.returncode:
        raise UserError(
            f"A clean Debian could not be made. The end of what debootstrap said: {result.stdout.strip()[-500:]}",
            "It has to be run as root, with a network.",
        )
    for path in folder.joinpath("var", "cache", "apt", "archives").glob("*.deb"):
        path.unlink()
    part = archive.with_suffix(".part")
    with tarfile.open(part, "w") as packed:
        packed.add(folder, ".")
    part.replace(archive)
    shutil.rmtree(folder)
    return archive


@dataclass(frozen=True)
class DebianRoot:
    """A Debian in a folder, to be changed and thrown away."""

    folder: Path

    @classmethod
    def unpack(cls, archive: Path, folder: Path) -> "DebianRoot":
        """Make a clean one in `folder`, in place of what is there."""
        shutil.rmtree(folder, ignore_errors=True)
        with tarfile.open(archive) as packed:
            # All of it as it was, devices too: the archive is one that `make_root` has made.
            packed.extractall(folder, filter="fully_trusted")
        # The names of the machine's own network; without it, nothing asks them.
        shutil.copyfile("/etc/resolv.conf", folder / "etc" / "resolv.conf")
        return cls(folder)

    def command(self, *words: str, user: str = "root", network: bool = False) -> list[str]:
        """Return the command that runs `words` inside, as somebody there."""
        namespaces = ["unshare", "--mount", "--pid", "--fork", "--kill-child", *([] if network else ["--net"])]
        inside = ["chroot", str(self.folder), "runuser", "-u", user, "--", *words]
        return [*namespaces, "sh", "-ec", _ENTER, "sh", str(self.folder), "network" if network else "none", *inside]

    def run(
        self, *words: str, user: str = "root", network: bool = False, variables: Mapping[str, str] | None = None
    ) -> "subprocess.CompletedProcess[str]":
        """Run a command inside with an environment of its own, and return how it ended and what it said.

        Args:
            words: The command.
            user: Who runs it.
            network: Whether it reaches the network, as apt has to.
            variables: Of its environment, beside a PATH, a language and that nobody can answer.
        """
        return subprocess.run(
            self.command(*words, user=user, network=network),
            env={**_BARE, "HOME": "/root", **(variables or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
