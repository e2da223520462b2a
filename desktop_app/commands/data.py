"""`moatless data` and `moatless remove-data`: what is kept on this computer, and being rid of it."""

import argparse
from collections.abc import Callable, Sequence

from desktop_app.commands.asking import can_ask, is_sure, is_yes
from desktop_app.commands.output import print_line
from desktop_app.errors import UserError
from desktop_app.kept_data.in_use import check_unused
from desktop_app.kept_data.parts import WORDS, Part, kept_on_disk
from desktop_app.kept_data.removal import remove_parts
from desktop_app.library.memory import readable_size
from desktop_app.network.token import HubToken, Kept
from desktop_app.paths import DataFolder
from desktop_app.storage.database import DamagedDatabase

ALL = "all"

_DAMAGED = "The database is damaged and cannot be read, so nothing can be taken out of it"
_IN_DATABASE = "conversations, the lists of models and adapters, stacks with a name, and the queue of downloads"


def data(options: argparse.Namespace, folder: DataFolder) -> None:
    """Print what is kept, where, and how large it is."""
    found = kept_on_disk(folder)
    has_token = _has(HubToken())
    if options.json:
        for kept in found:
            paths = [str(path) for path in kept.paths]
            print_line({"part": kept.part, "is_there": kept.is_there, "bytes": kept.size_bytes, "paths": paths})
        print_line({"part": Part.TOKEN, "is_there": has_token})
        return
    print(folder.root)
    for kept in found:
        size = readable_size(kept.size_bytes) if kept.is_there else "nothing"
        print(f"{kept.part:9} {size:>9}  {WORDS[kept.part]}")
        for link in kept.links:
            print(f"{'':21}{link} leads elsewhere, which does not count")
    print(f"{Part.TOKEN:9} {'kept' if has_token else 'nothing':>9}  {WORDS[Part.TOKEN]}")


def remove_data(options: argparse.Namespace, folder: DataFolder) -> None:
    """Delete what is named, or ask for each part that is there.

    Raises:
        UserError: If nobody says what to delete, something works with the folder, or something cannot be deleted.
    """
    wanted = _wanted(options.parts)
    if not wanted and options.yes:
        raise UserError("It was not said what to delete.", f"Name it: {', '.join((*Part, ALL))}")
    if not wanted and not can_ask():
        raise UserError(
            "Nothing was deleted, because nobody is here to be asked what to delete.",
            "Name it, such as: moatless remove-data chats --yes",
        )
    check_unused(folder)
    token = HubToken()
    has_token = (not wanted or Part.TOKEN in wanted) and _has(token)
    there = [each for each in kept_on_disk(folder) if each.is_there and each.part in (wanted or Part)]
    questions = {each.part: f"Delete {WORDS[each.part]} ({readable_size(each.size_bytes)})?" for each in there}
    questions |= {Part.TOKEN: f"Delete {WORDS[Part.TOKEN]}?"} if has_token else {}
    ask = is_sure if wanted else is_yes

    def agrees(question: str) -> bool:
        return options.yes or ask(question)

    chosen = _remove(folder, [part for part, question in questions.items() if agrees(question)], token, agrees)
    for part in chosen:
        print(f"Deleted {WORDS[part]}.")
    for link in (link for each in there if each.part in chosen for link in each.links):
        print(f"{link} was a link; what it led to stays.")
    if not chosen:
        print("Nothing was deleted." if questions else "There is nothing to be deleted.")


def _remove(
    folder: DataFolder, chosen: Sequence[Part], token: HubToken, agrees: Callable[[str], bool]
) -> Sequence[Part]:
    """Delete parts, and return which went: not the chats, where that takes more with it than was agreed to."""
    try:
        remove_parts(folder, chosen, token)
    except DamagedDatabase:
        is_to_go = Part.CHATS in chosen and agrees(f"{_DAMAGED}. Delete the whole file: {_IN_DATABASE}?")
        chosen = [part for part in chosen if part != Part.CHATS or is_to_go]
        remove_parts(folder, chosen, token, despite_damage=True)
        if is_to_go:
            print(f"{_DAMAGED}. The whole file was deleted: {_IN_DATABASE}.")
        else:
            print(f"{_DAMAGED}. It stays as it is, with {_IN_DATABASE}; to be rid of it: moatless remove-data chats")
    return chosen


def _wanted(names: Sequence[str]) -> set[Part]:
    return set(Part) if ALL in names else {Part(name) for name in names}


def _has(token: HubToken) -> bool:
    return token.kept() == Kept.KEYCHAIN
