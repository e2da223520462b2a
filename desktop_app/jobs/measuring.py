"""Finding out unasked how fast a model learns here, while somebody looks at the plan to teach it.

Nobody has to know that this can be measured. It is done only while nothing else is computed, gives way at once to an
answer or a training, and is done once: what did not come to an end by itself is left to the person's wish.
"""

from collections.abc import Hashable

from PySide6.QtCore import QObject

from desktop_app.jobs.chat_watch import ChatWatch
from desktop_app.jobs.course_task import CourseTask
from desktop_app.jobs.training import Training


class Measuring(QObject):
    """Lives in the GUI thread."""

    def __init__(self, task: CourseTask, training: Training, chat: ChatWatch, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._task = task
        self._training = training
        self._chat = chat
        self._wish: Hashable = None
        self._is_anew = False
        self._begun: Hashable = None  # is being measured
        self._done: set[Hashable] = set()  # not to be begun once more
        task.ended.connect(self._on_ended)
        training.changed.connect(self._follow)
        chat.changed.connect(self._follow)

    @property
    def is_waiting(self) -> bool:
        """Whether it will be measured as soon as nothing else is computed."""
        return self._is_wanted and self._begun is None

    def wish(self, plan: Hashable, is_anew: bool = False) -> None:
        """Measure as soon as possible, for as long as this plan of the open course is wished for; None wishes nothing.

        Args:
            plan: Tells it from others.
            is_anew: Leave what the course has taught before.
        """
        self._wish, self._is_anew = plan, is_anew
        self._follow()

    def stop(self) -> None:
        """End it because the person wants so, and leave it at that."""
        self._done.add(self._wish)
        self._begun = None
        self._task.stop()

    @property
    def _is_wanted(self) -> bool:
        return self._wish is not None and self._wish not in self._done

    def _follow(self) -> None:
        is_calm = not (self._chat.is_busy or self._training.is_busy)
        if self._begun is not None and (self._begun != self._wish or not is_calm):
            self._begun = None
            self._task.give_up_estimating()
        elif self._is_wanted and self._begun is None and is_calm and self._task.is_free:
            self._begun = self._wish  # before it begins, for it may end at once
            self._task.estimate(self._is_anew, is_asked=False)

    def _on_ended(self) -> None:
        if self._begun is not None:  # by itself, or because the person went on
            self._done.add(self._begun)
            self._begun = None
        self._follow()
