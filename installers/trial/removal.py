"""The Debian package is removed: the program as a whole, and what people have stored only if they say so."""

from pathlib import Path

from desktop_app.errors import UserError
from installers.trial.debian import HOME, clean_debian, in_root, install, package
from installers.trial.debian_root import DebianRoot
from installers.trial.people import QUESTION, Done, Person, inhabitant
from installers.trial.trial import Trial

# What is typed, and whether what was stored is there afterwards. None: nobody is there to be asked.
ANSWERS = ((None, True), ("", True), ("y", False))
_SETTINGS = '{"theme": "dark"}'


def removal(trial: Trial) -> str:
    """Removing the package leaves nothing of the program, and asks on a terminal about what was stored; default no."""
    root = trial.shared(clean_debian)
    person = inhabitant(root, "leaver")
    try:
        for answer, stays in ANSWERS:
            install(root, package(trial))
            store_something(person)
            done = remove(root, person, answer)
            check_data(person, done, is_asked=answer is not None, stays=stays)
    finally:
        install(root, package(trial))  # as the other checks expect it
    return "nothing is left; without a terminal and without a yes, what was stored stays"


def remove(root: DebianRoot, person: Person, answer: str | None) -> Done:
    """Have apt remove the package, as somebody does who may use sudo.

    Args:
        root: Of the system.
        person: Who does.
        answer: To each question, if this is at a terminal.

    Raises:
        UserError: If something of the program is left.
    """
    files = [Path(line) for line in in_root(root, "dpkg-query", "--listfiles", "moatless").splitlines()]
    by_sudo = Person(
        root.folder / "root",
        tuple(root.command()),
        {**person.variables, "HOME": "/root", "SUDO_USER": person.variables["USER"]},
    )
    words = ("apt-get", "remove", "--yes", "moatless")
    done = by_sudo.run(*words) if answer is None else by_sudo.asked(*words, answer=answer)
    left = [str(path) for path in files if _is_file(root.folder / path.relative_to("/"))]
    left += [f"/{HOME}"] if (root.folder / HOME).exists() else []
    if done.returncode or left:
        raise UserError(f"Of the program is left: {', '.join(left[:5])}. What apt said: {done.stdout[-1500:]}")
    return done


def check_data(person: Person, done: Done, *, is_asked: bool, stays: bool) -> None:
    """Compare what is left of a person's data, and whether there was a question about it, with what is promised.

    Raises:
        UserError: If that is something else.
    """
    if (QUESTION.decode() in done.stdout) != is_asked:
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
