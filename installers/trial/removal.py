"""The Debian package is removed: the program as a whole, and what people have stored only if they say so."""

from pathlib import Path

from desktop_app.errors import UserError
from installers.trial.debian import HOME, clean_debian, in_root, install, package
from installers.trial.debian_root import DebianRoot
from installers.trial.people import Done, Person, inhabitant
from installers.trial.trial import Trial

# One line for each question, and more of them than there are questions.
NO, YES = "\n" * 12, "y\n" * 12
_SETTINGS = '{"theme": "dark"}'
_ASKING = ("env", "-u", "DEBIAN_FRONTEND")


def removal(trial: Trial) -> str:
    """Removing the package leaves nothing of the program, and asks on a terminal about what was stored; default no."""
    root = trial.shared(clean_debian)
    person = inhabitant(root, "leaver")
    try:
        for answers, stays in ((None, True), (NO, True), (YES, False)):
            install(root, package(trial))
            store_something(person)
            done = remove(root, person, answers)
            check_gone(root)
            check_data(person, done, is_asked=answers is not None, stays=stays)
    finally:
        install(root, package(trial))  # as the other checks expect it
    return "nothing is left; without a terminal and without a yes, what was stored stays"


def remove(root: DebianRoot, person: Person, answers: str | None) -> Done:
    """Have apt remove the package as somebody with sudo does, at a terminal if there are answers."""
    files = [Path(line) for line in in_root(root, "dpkg-query", "--listfiles", "moatless").splitlines()]
    name = person.variables["USER"]
    words = f"SUDO_USER={name} apt-get remove --yes moatless"
    if answers is None:
        done = root_person(root).run("sh", "-c", words)
    else:
        done = root_person(root).run("script", "-qec", f"{' '.join(_ASKING)} {words}", "/dev/null", answers=answers)
    left = [str(path) for path in files if _is_file(root.folder / path.relative_to("/"))]
    if done.returncode or left:
        raise UserError(f"Of the program is left: {', '.join(left[:5])}. What apt said: {done.stdout[-1500:]}")
    return done


def root_person(root: DebianRoot) -> Person:
    """Return root in that Debian."""
    before = tuple(root.command())
    path = "/usr/sbin:/usr/bin:/sbin:/bin"
    return Person(
        root.folder / "root",
        before,
        {"PATH": path, "HOME": "/root", "LANG": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"},
    )


def check_gone(root: DebianRoot) -> None:
    """Raise UserError if there is anything where the program was."""
    if (root.folder / HOME).exists():
        raise UserError(f"/{HOME} is still there.")


def check_data(person: Person, done: Done, *, is_asked: bool, stays: bool) -> None:
    """Compare what is left of a person's data, and whether there was a question about it, with what is promised.

    Raises:
        UserError: If that is something else.
    """
    if ("[y/N]" in done.stdout) != is_asked:
        raise UserError(f"{'Nobody was' if is_asked else 'Somebody was'} asked: {done.stdout[-1500:]}")
    if person.data.settings.exists() != stays:
        raise UserError(f"What was stored {'is gone' if stays else 'is still there'}: {done.stdout[-1500:]}")


def store_something(person: Person) -> None:
    """Let the person have something that a removal may ask about."""
    person.data.create()
    person.data.settings.write_text(_SETTINGS, "utf-8")
    person.owns(person.home / ".local")


def _is_file(path: Path) -> bool:
    return path.is_symlink() or path.is_file()
