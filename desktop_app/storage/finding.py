"""Which entry of a library a person means, who gives its path or what they call it."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from desktop_app.errors import UserError


class Entry(Protocol):
    """What can be found. `name` need not be the only one of its kind, `path` is."""

    @property
    def name(self) -> str: ...

    @property
    def path(self) -> str: ...


_T = TypeVar("_T", bound=Entry)


@dataclass(frozen=True)
class Words:
    """What the entries are called, one and several, what helps to tell them apart by name, and where they are."""

    one: str
    several: str
    tell_apart: str
    place: str = "in the library"


MODEL_WORDS = Words(
    "model",
    "models",
    "Give more of the name, the quantization behind it as in NAME:Q4_K_M, or the path of the file.",
)
ADAPTER_WORDS = Words("adapter", "adapters", "Give more of the name, or the path of the file.")


def find_one(entries: Sequence[_T], wanted: str, words: Words, variant: Callable[[_T], str] = lambda _entry: "") -> _T:
    """Return the entry with this path, name or NAME:VARIANT, or the only one whose name begins like this.

    Raises:
        UserError: If there is none or more than one.
    """
    path = os.path.expanduser(wanted)  # noqa: PTH111  a home that is not there is refused by pathlib's
    paths = {wanted, os.path.abspath(path), os.path.realpath(path)}  # noqa: PTH100
    name = wanted.casefold()
    for matching in (
        [entry for entry in entries if entry.path in paths],
        [entry for entry in entries if f"{entry.name}:{variant(entry)}".casefold() == name],
        [entry for entry in entries if entry.name.casefold() == name],
        [entry for entry in entries if name and entry.name.casefold().startswith(name)],
    ):
        if len(matching) == 1:
            return matching[0]
        if matching:
            raise UserError(
                f"“{wanted}” could be any of these {words.several}: {_candidates(matching)}.", words.tell_apart
            )
    if not entries:
        raise UserError(f"There is no {words.one} “{wanted}”; the library has no {words.several}.", "Add one first.")
    raise UserError(
        f"There is no {words.one} “{wanted}” {words.place}.",
        f"These are there: {', '.join(entry.name for entry in entries)}.",
    )


def _candidates(entries: Sequence[Entry]) -> str:
    names = [entry.name for entry in entries]
    return ", ".join(
        entry.name if names.count(entry.name) == 1 else f"{entry.name} ({entry.path})" for entry in entries
    )
