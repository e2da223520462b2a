"""What a check is: a function that says in its docstring what is promised, and returns in a few words what it found.

It raises `UserError` if the promise is broken, and `NotTried` where this machine cannot tell.
"""

import os
import shutil
import textwrap
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from desktop_app.errors import UserError
from installers.trial.trial import Trial

Check = Callable[[Trial], str]

_WORDS_WIDTH = 100
_MOST_CHARS = 2_000  # of what a program said before it failed

# Program: the package of Debian and Ubuntu that has it.
_PACKAGES = {
    "Xvfb": "xvfb",
    "appstreamcli": "appstream",
    "debootstrap": "debootstrap",
    "desktop-file-validate": "desktop-file-utils",
    "dpkg-deb": "dpkg",
    "script": "bsdutils",
    "setpriv": "util-linux",
    "unshare": "util-linux",
    "xdotool": "xdotool",
}


class Outcome(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    NOT_TRIED = "not tried"


class NotTried(Exception):
    """A check that cannot be made on this machine; the sentence says why."""


@dataclass(frozen=True)
class Result:
    """What came of a check, in words."""

    name: str
    outcome: Outcome
    words: str


def make(name: str, check: Check, trial: Trial) -> Result:
    """Make a check; whatever happens to it is its result."""
    try:
        return Result(name, Outcome.PASSED, check(trial))
    except NotTried as reason:
        return Result(name, Outcome.NOT_TRIED, str(reason))
    except UserError as error:
        return Result(name, Outcome.FAILED, str(error)[:_MOST_CHARS])
    except Exception as error:  # the other checks are still worth making
        traceback.print_exc()
        return Result(name, Outcome.FAILED, f"the check itself broke: {error!r}"[:_MOST_CHARS])


def need_root() -> None:
    """Say so unless this process may become another person and keep the network from a program.

    Raises:
        NotTried: If it may not.
    """
    if os.geteuid():
        raise NotTried("Only root can try this: sudo make test-installer")


def need(*tools: str) -> None:
    """Say which programs have to be installed here first.

    Raises:
        NotTried: With their packages.
    """
    packages = sorted({_PACKAGES[tool] for tool in tools if shutil.which(tool) is None})
    if packages:
        raise NotTried(f"Install what this is tried with: sudo apt install {' '.join(packages)}")


def exit_status(results: Iterable[Result]) -> int:
    """Return 0 if nothing has failed, and something was tried."""
    outcomes = [result.outcome for result in results]
    return int(Outcome.FAILED in outcomes or Outcome.PASSED not in outcomes)


def table(results: Iterable[Result]) -> str:
    """Return a line or more a check: its name, what came of it, and in which words."""
    results = list(results)
    names = max(len(result.name) for result in results)
    outcomes = max(len(outcome) for outcome in Outcome)
    margin = " " * (names + outcomes + 4)
    lines = []
    for result in results:
        first, *rest = [
            line for said in result.words.splitlines() for line in textwrap.wrap(said, _WORDS_WIDTH) or [""]
        ] or [""]
        lines.append(f"{result.name:{names}}  {result.outcome:{outcomes}}  {first}".rstrip())
        lines += [f"{margin}{line}".rstrip() for line in rest]
    counts = {outcome: sum(result.outcome == outcome for result in results) for outcome in Outcome}
    return "\n".join([*lines, "", ", ".join(f"{count} {outcome}" for outcome, count in counts.items())])
