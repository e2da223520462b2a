"""The archive for every distribution: installed, installed again and removed by somebody who has no rights at all."""

import tarfile
from pathlib import Path

from desktop_app.errors import UserError
from installers.linux.tarball import SUFFIX
from installers.packaging.places import file_name
from installers.trial.checking import NotTried, need
from installers.trial.people import Person, newcomer
from installers.trial.removal import ANSWERS, check_data, store_something
from installers.trial.report import in_words, read_report
from installers.trial.trial import Trial

_PROGRAM = Path(".local", "opt", "moatless")
_COMMAND = Path(".local", "bin", "moatless")
_TOOLS = "/usr/bin:/bin"  # a script for the shell needs some


def archive(trial: Trial) -> str:
    """The archive is installed and removed without root; a newer one over it keeps what was stored.

    The program starts by the link on the search path. Removing it asks on a terminal about what was stored; default no.
    """
    need("script")
    built = trial.dist / file_name("tarball")
    if not built.exists():
        raise NotTried("The archive is not built yet: python installers/build.py tarball")
    person = newcomer(trial, "without root")
    unpacked = person.home / "Downloads"
    with tarfile.open(built) as packed:
        packed.extractall(unpacked, filter="tar")
    person.owns(unpacked)
    script = unpacked / built.name.removesuffix(SUFFIX) / "install"
    before = set(_files(person))
    person.told(script, PATH=_TOOLS)
    found = read_report(person.run(person.home / _COMMAND, "selftest"))
    store_something(person)
    (person.home / _PROGRAM / "left_over").write_text("")
    person.told(script, PATH=_TOOLS)
    if (person.home / _PROGRAM / "left_over").exists():
        raise UserError("Installing again has left a file of the program that was there before.")
    for answer, stays in ANSWERS:
        person.told(script, PATH=_TOOLS)
        _uninstall(person, answer, stays=stays)
        if left := _files(person) - before:
            raise UserError(f"Of the program is left: {', '.join(sorted(left)[:5])}.")
    return f"{built.stat().st_size / 1e6:.0f} MB; {in_words(found)}"


def _uninstall(person: Person, answer: str | None, *, stays: bool) -> None:
    if not person.data.settings.exists():
        raise UserError("Installing again has lost what was stored.")
    script = person.home / _PROGRAM / "uninstall"
    tools = {"PATH": _TOOLS, "SHELL": "/bin/sh"}
    done = person.run(script, **tools) if answer is None else person.asked(script, answer=answer, **tools)
    check_data(person, done, is_asked=answer is not None, stays=stays)


def _files(person: Person) -> set[str]:
    """Return all files of a home but those in which the program stores what is the person's."""
    data = person.data.root
    return {
        str(path.relative_to(person.home))
        for path in person.home.rglob("*")
        if (path.is_symlink() or path.is_file()) and not path.is_relative_to(data)
    }
