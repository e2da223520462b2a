"""The training environment on the pages that need it: what would come, the way to have it, and how far that is."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from desktop_app.errors import UserError
from desktop_app.finetune.environment.plan import Plan
from desktop_app.finetune.environment.status import State
from desktop_app.finetune.environment.words import ELSEWHERE, OFFERS, TITLE, ready_words
from desktop_app.gui.adapters.standing_words import Told
from desktop_app.gui.adapters.step_row import StepRow
from desktop_app.gui.adapters.told_line import ToldLine
from desktop_app.gui.finetune.environment_facts import EnvironmentFacts
from desktop_app.gui.library.button_row import ButtonRow
from desktop_app.gui.library.labels import announce, plain_label
from desktop_app.gui.theme import scale
from desktop_app.gui.widgets.kept_focus import kept_focus
from desktop_app.gui.widgets.mark import Mark
from desktop_app.gui.widgets.question import ask
from desktop_app.jobs.environment import TrainingEnvironment
from desktop_app.library.memory import readable_size
from desktop_app.library.transfer import SPARE_BYTES

BUSY = "You can go on with other things meanwhile, or close Moatless: what was downloaded is kept."


class EnvironmentPanel(QWidget):
    """Takes no room where there is nothing to say: before it is known how things stand, and in a checkout that trains.

    Attributes:
        card: What is shown while something is missing; `ready`, the line after that.
    """

    def __init__(self, environment: TrainingEnvironment) -> None:
        super().__init__()
        self._environment = environment
        self.setAccessibleName(TITLE)
        self.words = plain_label(wraps=True)
        self.facts = EnvironmentFacts()
        self.told = ToldLine()
        self.step = StepRow("Stop setting the training environment up")
        self.meanwhile = plain_label(BUSY, "small", wraps=True)
        self.do_button = QPushButton()
        self.do_button.setProperty("kind", "primary")
        self.remove_button = QPushButton("Remove")
        self.remove_button.setAccessibleName("Remove the training environment")
        self.ready_words = plain_label(role="small", wraps=True)
        self.ready_button = QPushButton("Remove")
        self.ready_button.setAccessibleName("Remove the training environment")
        self.ready_button.setProperty("kind", "quiet")
        self._lay_out()
        self.facts.accelerator_chosen.connect(environment.choose)
        self.step.stop_wanted.connect(environment.cancel)
        self.do_button.clicked.connect(self._do)
        for button in (self.remove_button, self.ready_button):
            button.clicked.connect(self._remove)
        environment.changed.connect(self._show)
        environment.progressed.connect(self.step.show_step)
        environment.failed.connect(self._announce)
        self._show()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._environment.look()  # files may be gone, or room on the disk

    # ------------------------------------------------------------ how it stands

    def _show(self) -> None:
        environment = self._environment
        state, is_busy = environment.state, environment.is_busy
        is_ready = state == State.READY and not is_busy
        self.ready.setVisible(is_ready and environment.is_packaged)
        if is_ready:
            self._show_ready()
        self.card.setVisible(state is not None and not is_ready)
        if self.card.isHidden():
            return
        words, do = OFFERS.get(state or State.ABSENT, (ELSEWHERE, ""))
        plan = environment.plan
        can_do = bool(do) and plan is not None and not is_busy
        self.words.setText(words if plan or not environment.is_packaged else "")
        self.words.setVisible(not is_busy and environment.is_packaged and bool(self.words.text()))
        self.facts.setVisible(can_do)
        if plan is not None and can_do:
            self.facts.show_plan(plan, environment.accelerators)
        self._show_trouble(environment.trouble, plan if can_do else None)
        self._show_work(is_busy, do if can_do else "", state)

    def _show_trouble(self, trouble: UserError | None, plan: Plan | None) -> None:
        if trouble is not None:
            self.told.tell(Told("circle-alert", "danger", str(trouble)))
        elif plan is not None and not plan.has_room:
            self.told.tell(
                Told(
                    "triangle-alert",
                    "warn",
                    f"While it is set up it needs {readable_size(plan.needed_bytes + SPARE_BYTES)}, and this disk has "
                    f"{readable_size(plan.free_bytes)} free. Free some space first.",
                )
            )
        else:
            self.told.tell(Told())

    def _show_work(self, is_busy: bool, do: str, state: State | None) -> None:
        if is_busy and self._environment.step is not None:
            self.step.show_step(self._environment.step)
        self.meanwhile.setVisible(is_busy and self._environment.can_cancel)
        self.do_button.setText(do)
        with kept_focus(self, self.step.stop, self.do_button, self.remove_button):
            self.step.setVisible(is_busy)
            self.step.stop.setVisible(self._environment.can_cancel)
            self.do_button.setVisible(bool(do))
            self.remove_button.setVisible(bool(do) and state != State.ABSENT)
            self.buttons.setVisible(bool(do))

    def _show_ready(self) -> None:
        if (record := self._environment.record) is not None:
            self.ready_words.setText(ready_words(record))

    def _announce(self, error: UserError) -> None:
        announce(self, str(error))

    # ------------------------------------------------------------ what can be done

    def _do(self) -> None:
        if self._environment.state == State.BROKEN:
            self._environment.repair()
        else:
            self._environment.install()

    def _remove(self) -> None:
        question = "Remove the training environment?"
        details = "To teach a model again, it has to be downloaded again. Your courses, runs and adapters stay."
        if ask(self, question, details, "Remove it", "Keep it"):
            self._environment.remove()

    def _lay_out(self) -> None:
        self.buttons = ButtonRow(self.do_button, self.remove_button)
        self.card = QFrame()
        self.card.setProperty("panel", "card")
        inside = QVBoxLayout(self.card)
        inside.setContentsMargins(scale.SPACE_16, scale.SPACE_16, scale.SPACE_16, scale.SPACE_16)
        inside.setSpacing(scale.SPACE_8)
        inside.addWidget(plain_label(TITLE, "section"))
        for part in (self.words, self.facts, self.told, self.step, self.meanwhile, self.buttons):
            inside.addWidget(part)
        self.ready = QWidget()
        line = QHBoxLayout(self.ready)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(scale.SPACE_8)
        line.addWidget(Mark("check", "good"), 0, Qt.AlignmentFlag.AlignVCenter)
        line.addWidget(self.ready_words, 1)
        line.addWidget(self.ready_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.card)
        column.addWidget(self.ready)
