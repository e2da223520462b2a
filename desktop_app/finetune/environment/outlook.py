"""How the training environment stands and what setting it up would mean here, for the window and for commands."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from desktop_app.child_environment import program_folder
from desktop_app.errors import UserError
from desktop_app.finetune.environment.accelerator import Gpu, Suggestion, find_gpu, suggest
from desktop_app.finetune.environment.installation import Means, Verify, is_training
from desktop_app.finetune.environment.lock import offered, this_computer
from desktop_app.finetune.environment.place import Place
from desktop_app.finetune.environment.plan import Plan, make_plan
from desktop_app.finetune.environment.status import State, Status, read_status
from desktop_app.finetune.environment.uv import Supply, find_uv
from desktop_app.finetune.environment.verify import try_training
from desktop_app.network.door import Door
from desktop_app.paths import bundled

CHOSEN = "As you have chosen."


@dataclass(frozen=True)
class Packaged:
    """What makes a packaged program one.

    Attributes:
        program: Where it has its libraries, and uv.
        locks: Where it has the lists of what is to be installed.
        computer: Which of them are for this kind.
        ask_gpu: Finds out whether there is one of NVIDIA.
        verify: Proves that an environment works.
    """

    program: Path
    locks: Path
    computer: str
    ask_gpu: Callable[[], Gpu | None] = find_gpu
    verify: Verify = try_training

    def means(self, supply: Supply, door: Door, runs: Path) -> Means:
        """Return what an installation works with.

        Raises:
            UserError: If uv is not there.
        """
        return Means(find_uv(self.program), self.program, supply, door, runs, self.verify)


def this_program() -> Packaged | None:
    """Return what this program is; None in a source checkout, whose own Python trains."""
    program = program_folder()
    return Packaged(program, bundled("training"), this_computer()) if program else None


@dataclass(frozen=True)
class Outlook:
    """What was found.

    Attributes:
        accelerators: What there is to choose from, as the names in `lock.ACCELERATORS`.
        plan: What setting it up would mean; None where it is ready, and where nothing can be set up.
        trouble: Why nothing can be.
    """

    status: Status
    suggestion: Suggestion | None = None
    accelerators: tuple[str, ...] = ()
    plan: Plan | None = None
    trouble: UserError | None = None


def look(
    place: Place,
    runs: Path,
    here: Packaged,
    supply: Supply,
    suggestion: Suggestion | None = None,
    accelerator: str = "",
) -> Outlook:
    """Find out how it stands.

    Args:
        place: Its folder.
        runs: Where runs are.
        here: This program.
        supply: Where packages would come from.
        suggestion: What was found before, so that the driver of a GPU is asked only once.
        accelerator: What the person has chosen, or nothing.
    """
    try:
        locks = offered(here.locks, here.computer)
    except UserError as error:
        return Outlook(read_status(place, {}, is_training(runs)), trouble=error)
    suggestion = suggestion or suggest(locks, here.ask_gpu)
    status = read_status(place, locks, is_training(runs))
    record = status.record
    chosen = next(
        each for each in (accelerator, record.accelerator if record else "", suggestion.accelerator) if each in locks
    )
    reason = suggestion.sentence if chosen == suggestion.accelerator else CHOSEN
    plan = None if status.state == State.READY else make_plan(place, locks[chosen], supply, reason)
    return Outlook(status, suggestion, tuple(locks), plan)
