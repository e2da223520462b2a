"""Who tries a program: somebody without any rights, without a network, and with hardly an environment.

That person's name, and everything around it, has the letters and spaces that native code stumbles over first.
"""

import os
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from desktop_app.errors import UserError
from desktop_app.paths import DataFolder
from installers.trial.checking import need, need_root
from installers.trial.debian_root import DebianRoot
from installers.trial.trial import Trial

Done = subprocess.CompletedProcess[str]

NAME = "Jürgen Müller – 日本"  # noqa: RUF001
_USER_ID = "64999"  # nobody's
_DATA = Path(".local", "share", "Moatless")
# All that a program may count on. It is told where it finds others where it has to start some.
_ENVIRONMENT = {"LANG": "C.UTF-8", "PATH": ""}
_HANG_GUARD_S = 3600
_PIECE = 4096
_MOST_CHARS = 1_000  # of what a program said before it failed
QUESTION = b"[y/N] "


@dataclass(frozen=True)
class Person:
    """Somebody with a home.

    Attributes:
        home: As this computer sees it.
        variables: Of the person's environment.
        before: The words that make a command the person's.
    """

    home: Path
    before: tuple[str, ...]
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def data(self) -> DataFolder:
        """Where the program keeps what is the person's, unless it is told otherwise."""
        return DataFolder(self.home / _DATA)

    def command(self, *words: str | Path) -> list[str]:
        """Return the command that runs `words` as this person."""
        return [*self.before, *map(str, words)]

    def run(self, *words: str | Path, **variables: str) -> Done:
        """Run a command while nobody is there, and return how it ended and what it said.

        Args:
            words: The command; a program by its full path.
            variables: Of the environment, beside the person's own.
        """
        return subprocess.run(
            self.command(*words),
            env={**self.variables, **variables},
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_HANG_GUARD_S,
            check=False,
        )

    def asked(self, *words: str | Path, answer: str, **variables: str) -> Done:
        """Run a command at a terminal, as `run`, where each question gets this answer."""
        command = self.command("/usr/bin/script", "-qec", shlex.join(map(str, words)), "/dev/null")
        said, answered = b"", 0
        with subprocess.Popen(
            command,
            env={**self.variables, **variables},
            cwd="/",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            while piece := process.stdout.read(_PIECE):
                said += piece
                # Not before: apt throws away what was typed until then.
                while answered < said.count(QUESTION):
                    process.stdin.write(f"{answer}\n".encode())
                    answered += 1
        return Done(command, process.returncode, said.decode("utf-8", "replace"), "")

    def told(self, *words: str | Path, **variables: str) -> str:
        """Return what a command prints that does what it should.

        Raises:
            UserError: If it does not.
        """
        return must(self.run(*words, **variables), words).stdout

    def owns(self, *paths: Path) -> None:
        """Give the person files and folders, with what is in them."""
        status = self.home.stat()
        for path in paths:
            for each in (path, *path.rglob("*")):
                os.chown(each, status.st_uid, status.st_gid, follow_symlinks=False)


def must(done: Done, words: Sequence[str | Path]) -> Done:
    """Return how a command ended, if that is well.

    Raises:
        UserError: With what it said.
    """
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip())[-_MOST_CHARS:]
        raise UserError(f"“{' '.join(map(str, words))}” has ended with status {done.returncode}: {said}")
    return done


def newcomer(trial: Trial, name: str) -> Person:
    """Return somebody on this computer whose home is empty."""
    need_root()
    need("unshare", "setpriv")
    home = trial.scratch / NAME / name
    home.mkdir(parents=True)
    os.chown(home, int(_USER_ID), int(_USER_ID))
    rights = (f"--reuid={_USER_ID}", f"--regid={_USER_ID}", "--clear-groups", "--no-new-privs")
    before = (_full_path("unshare"), "--net", "--", _full_path("setpriv"), *rights, "--")
    return Person(home, before, {**_ENVIRONMENT, "HOME": str(home)})


def inhabitant(root: DebianRoot, name: str) -> Person:
    """Return somebody new in a Debian, who has a home with a name like that."""
    home = Path("/home", f"{NAME} {name}")
    words = ("useradd", "--create-home", "--home-dir", str(home), "--shell", "/bin/bash", name)
    done = root.run(*words)
    if done.returncode:
        raise UserError(f"There could be no {name} in the clean Debian: {done.stdout.strip()}")
    before = tuple(root.command(user=name))
    own = {**_ENVIRONMENT, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(home), "USER": name}
    return Person(root.folder / home.relative_to("/"), (_full_path(before[0]), *before[1:]), own)


def _full_path(program: str) -> str:
    return shutil.which(program) or program
