"""The training environment in the window: how it stands, what setting it up would mean, and the work on it."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from desktop_app.errors import UserError
from desktop_app.finetune.environment.accelerator import Suggestion
from desktop_app.finetune.environment.install import install, remove, repair
from desktop_app.finetune.environment.installation import Means
from desktop_app.finetune.environment.installation import Step as Told
from desktop_app.finetune.environment.lock import Lock
from desktop_app.finetune.environment.outlook import Outlook, Packaged, look
from desktop_app.finetune.environment.place import Place, Record
from desktop_app.finetune.environment.plan import Plan
from desktop_app.finetune.environment.status import USABLE, State
from desktop_app.finetune.environment.uv import Supply
from desktop_app.finetune.trainer_process import check_environment
from desktop_app.jobs.background import Background
from desktop_app.jobs.mixing import Step
from desktop_app.jobs.preferences import Preferences
from desktop_app.library.transfer import Stopped
from desktop_app.network.door import Door, Stop
from desktop_app.paths import DataFolder
from desktop_app.settings import options
from desktop_app.settings.option import Option

Work = Callable[[Place, Lock, Means, Stop, Callable[[Told], None]], Record]


class TrainingEnvironment(QObject):
    """Lives in the GUI thread. One thing at a time is done to it.

    Args:
        packaged: What `this_program` returns. In a source checkout nothing can be installed, only be missing.

    Attributes:
        state: How it stands; None until that is known.
        record: What is known of the one in use.
        plan: What setting it up would mean; None where nothing is to be set up, or cannot be.
        accelerators: What there is to choose from, as the names in `lock.ACCELERATORS`.
        step: What is being done to it now; `can_cancel`, whether that can be ended.
        trouble: What went wrong last, or why nothing can be set up.

    Signals:
        changed(): One of these is different, besides `step` while that goes on.
        progressed(Step): The work goes on.
        failed(UserError): It ended without what was wanted; `changed` comes before.
    """

    changed = Signal()
    progressed = Signal(Step)
    failed = Signal(UserError)
    _told = Signal(object)

    def __init__(
        self,
        background: Background,
        folder: DataFolder,
        preferences: Preferences,
        door: Door,
        packaged: Packaged | None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._background = background
        self._folder = folder
        self._place = Place(folder.training)
        self._preferences = preferences
        self._door = door
        self._packaged = packaged
        self._suggestion: Suggestion | None = None
        self._n_looks = 0
        self._accelerator = ""  # that the person has chosen
        self._stop: Stop | None = None
        self._is_usable = False  # as long as nothing damages or removes it
        self.state: State | None = None
        self.record: Record | None = None
        self.plan: Plan | None = None
        self.accelerators: tuple[str, ...] = ()
        self.step: Step | None = None
        self.can_cancel = False
        self.trouble: UserError | None = None
        self._told.connect(self._on_told)
        preferences.changed.connect(self._on_preference)
        if packaged is None:
            self._check_own_python()
        else:
            self.look()

    @property
    def is_ready(self) -> bool:
        """Whether training can begin."""
        return self._is_usable

    @property
    def is_busy(self) -> bool:
        return self._stop is not None

    @property
    def is_packaged(self) -> bool:
        return self._packaged is not None

    def look(self) -> None:
        """Find out how it stands, unless something is being done to it."""
        if self._packaged is not None and not self.is_busy:
            self._n_looks += 1
            work = partial(look, self._place, self._folder.runs, self._packaged, self._supply())
            looked = partial(self._on_looked, self._n_looks)
            self._background.run(partial(work, self._suggestion, self._accelerator), looked)

    def choose(self, accelerator: str) -> None:
        """Plan for another kind of processor."""
        self._accelerator = accelerator
        self.look()

    # ------------------------------------------------------------ work

    def install(self) -> None:
        """Set it up as planned, also in the place of an older one."""
        self._begin(install, Step("Looking the packages up"))

    def repair(self) -> None:
        """Set it up in the place of a damaged one."""
        self._begin(repair, Step("Removing what is damaged"))

    def remove(self) -> None:
        """Remove everything that belongs to it."""
        if self._packaged is not None and not self.is_busy:
            self._is_usable = False
            self._start(lambda: remove(self._place, self._folder.runs), Step("Removing the training environment"))

    def cancel(self) -> None:
        """End what is being done. What was downloaded is kept, and an environment in use stays."""
        if self._stop is not None:
            self._stop.set()

    def close(self) -> None:
        """End what is being done; for the end of the program."""
        self.cancel()

    def _begin(self, work: Work, step: Step) -> None:
        if self._packaged is None or self.plan is None or self.is_busy:
            return
        try:
            means = self._packaged.means(self._supply(), self._door, self._folder.runs)
        except UserError as error:
            self._on_failed(error)
            return
        stop, lock = Stop(), self.plan.lock
        self._start(lambda: work(self._place, lock, means, stop, self._told.emit), step, stop)

    def _start(self, work: Callable[[], object], step: Step, stop: Stop | None = None) -> None:
        def until_stopped() -> None:
            try:
                work()
            except Stopped:
                return

        self._stop, self.can_cancel = stop or Stop(), stop is not None
        self.trouble = None
        self.step = step
        self.changed.emit()
        self.progressed.emit(step)
        self._background.run_long(until_stopped, lambda _done: self._on_ended(), self._on_failed)

    def _supply(self) -> Supply:
        folder = self._preferences[options.TRAINING_FOLDER]
        return Supply(self._preferences[options.TRAINING_INDEX], Path(folder) if folder else None)

    def _on_told(self, told: Told) -> None:
        if self.is_busy:
            self.step = Step(told.words, told.fraction, told.seconds_left)
            if told.state != self.state:
                self.state = told.state
                self.changed.emit()
            self.progressed.emit(self.step)

    def _on_ended(self) -> None:
        self._stop = self.step = None
        self.look()

    def _on_failed(self, error: UserError) -> None:
        self._stop = self.step = None
        self.trouble = error
        self.look()
        self.changed.emit()
        self.failed.emit(error)

    # ------------------------------------------------------------ how it stands

    def _on_looked(self, this_look: int, found: Outlook) -> None:
        if self.is_busy or this_look != self._n_looks:  # a later one may be there already, and knows better
            return
        self._suggestion = found.suggestion
        self.state, self.record = found.status.state, found.status.record
        self.plan, self.accelerators = found.plan, found.accelerators
        self._is_usable = self.state in USABLE
        self.trouble = found.trouble or (None if self.state == State.READY else self.trouble)
        self.changed.emit()

    def _on_preference(self, option: Option[object]) -> None:
        if option in (options.TRAINING_INDEX, options.TRAINING_FOLDER):
            self.look()

    def _check_own_python(self) -> None:
        try:
            check_environment(self._folder.training)
            self.state, self._is_usable = State.READY, True
        except UserError as error:
            self.state, self.trouble = State.ABSENT, error
