"""What went wrong, told from what uv and the trainer have written: the known causes, each in a sentence."""

import re
from pathlib import Path

from desktop_app.errors import UserError

_AGAIN = "Try again; what was downloaded is kept."

# By what is written where it happens. The first one that is found counts, so what says most comes first.
_UV = {
    r"No space left on device|os error 28\b|os error 112\b|not enough space on the disk|Disk quota exceeded": (
        "The disk is full, so the training environment could not be set up.",
        "Free some space, then try again; what was downloaded is kept.",
    ),
    r"[Hh]ash mismatch": (
        "A package is not the one that this version of Moatless was tested with: it is damaged, or was changed on its "
        "way. It was not installed.",
        "Try again; if it is refused again, use another network or package index.",
    ),
    r"invalid peer certificate|UnknownIssuer|certificate verify failed": (
        "The connection is looked into on its way by a program whose certificate this computer does not trust.",
        "In a company, ask for its certificate to be installed on this computer, or for the address of a package "
        "index to be set under Settings, Teaching.",
    ),
    r"[Pp]roxy|tunnel": (
        "The proxy of this network did not let the packages through.",
        "Check HTTPS_PROXY, or set the address of a package index under Settings, Teaching.",
    ),
    r"401 Unauthorized|403 Forbidden": (
        "The package index does not let this computer in.",
        "Check its address under Settings, Teaching.",
    ),
    r"No interpreter found|No download found for request": (
        "There is no Python here that the training environment can be made of.",
        "Put the archive of Python into the folder of packages; the list of what is needed names it.",
    ),
    r"not found in the (package registry|provided package locations)|[Nn]o solution found|no versions? of"
    r"|has no wheels|no wheels with a matching": (
        "A package that training needs is not where packages are looked for.",
        "Check the package index or the folder of packages under Settings, Teaching.",
    ),
    r"Access is denied|os error (5|32)\b|being used by another process|Permission denied": (
        "A file of the training environment could not be written. Often a virus scanner is still looking into it.",
        f"Wait a minute. {_AGAIN}",
    ),
    r"failed to lookup address|dns error|[Cc]onnection (refused|reset|closed)|error sending request|timed? ?out"
    r"|[Nn]etwork is unreachable|error decoding response body|request or response body error": (
        "The packages could not be downloaded because the connection failed.",
        "Connect to the internet, then try again; it goes on from here.",
    ),
}
_TRAINER = {
    r"driver on your system is too old|CUDA driver version is insufficient": (
        "The driver of the GPU is too old for PyTorch.",
        "Install a newer driver from NVIDIA, or choose the processor instead.",
    ),
    r"CUDA (error|out of memory)|no kernel image": (
        "PyTorch cannot compute on this GPU.",
        "Close programs that use it and try again, or choose the processor instead.",
    ),
    r"DLL load failed|WinError 1(26|27|14)": (
        "PyTorch could not be loaded: a library of Windows that it needs is missing.",
        "Install the “Visual C++ Redistributable” from Microsoft, then try again.",
    ),
    r"[Oo]ut of memory|MemoryError|bad_alloc|t allocate memory|not enough memory": (
        "The computer ran out of memory while the training environment was tried.",
        "Close other programs, then try again.",
    ),
}
_ASIDE = ("DEBUG ", "TRACE ")  # of uv, on what it does; nothing has failed there
_SIGILL, _SIGKILL = 4, 9  # Windows' signal module has no such names


class Damaged(UserError):
    """The environment does not work, for no reason that is known; making it anew from other files may help."""


def uv_trouble(said: str, log: Path, status: int = 1) -> UserError:
    """Return what to say about uv that has failed."""
    if (known := _known(_UV, said)) is not None:
        return known
    if status == -_SIGKILL:
        return UserError(
            "The system ended the program that sets the training environment up, most likely because memory ran out.",
            f"Close other programs. {_AGAIN}",
        )
    return UserError("The training environment could not be set up.", f"{_AGAIN} Why it failed may be told by {log}")


def trainer_trouble(said: str, log: Path, status: int) -> UserError:
    """Return what to say about an environment in which the trainer has died."""
    if (known := _known(_TRAINER, said)) is not None:
        return known
    if status == -_SIGKILL:
        return UserError(
            "The system ended the trainer while it was tried, most likely because memory ran out.",
            "Close other programs, then try again.",
        )
    if status == -_SIGILL:
        return UserError(
            "PyTorch needs instructions that the processor of this computer lacks, so training is not possible here.",
            "Prepare the run here and train it on another computer; the README says how.",
        )
    return Damaged("The training environment was set up, but it does not work.", f"{_AGAIN} Why may be told by {log}")


def gpu_not_used() -> UserError:
    """Return what to say where training would silently be slow."""
    return UserError(
        "PyTorch does not find the GPU, so training would be slow.",
        "Install a newer driver of its maker and try again, or choose the processor instead.",
    )


def no_space(needed: str, free: str, folder: Path) -> UserError:
    """Return what to say before anything is downloaded that would not fit."""
    return UserError(
        f"The training environment needs {needed} while it is set up, and the disk with {folder} has {free} free.",
        "Free some space, then try again.",
    )


def not_started() -> UserError:
    """Return what to say about a program that is damaged, or kept from starting."""
    return Damaged(
        "A program that the training environment needs could not be started.",
        "Check that no virus scanner holds it back, then try again.",
    )


def not_writable(folder: Path) -> UserError:
    """Return what to say where the folder cannot be changed."""
    return UserError(
        f"The training environment in {folder} cannot be changed.",
        "Close other programs that may use it, and check that the folder may be written to and the disk is not full.",
    )


def _known(causes: dict[str, tuple[str, str]], said: str) -> UserError | None:
    told = "\n".join(line for line in said.splitlines() if not line.startswith(_ASIDE))
    return next((UserError(*words) for pattern, words in causes.items() if re.search(pattern, told)), None)
