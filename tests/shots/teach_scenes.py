"""The scenes of teaching: the starter model really learns twenty pages of 1653 while the pictures are taken."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from desktop_app.finetune.goals import STYLE
from desktop_app.gui.finetune.course_page import DOCUMENTS, EXAMPLES, GOAL, PLAN, RUN
from desktop_app.gui.main_window import TEACH
from desktop_app.settings import options
from tests.shots.waiting import wait, wait_for
from tests.support.angler import write_angler
from tests.support.teacher import Teacher

if TYPE_CHECKING:
    from tests.shots.__main__ import Photographer

_SAMPLED_AT = 3  # evaluations, so that the curve has a shape


class TeachScenes:
    """Takes them with a photographer, in both looks at once, because the model learns only once."""

    def __init__(self, photographer: "Photographer") -> None:
        self._photographer = photographer
        self._is_done = False

    def take(self) -> None:
        """Take all of them, from the empty page to the report."""
        if self._is_done:
            return
        self._is_done = True
        with tempfile.TemporaryDirectory(prefix="moatless-documents-") as scratch:
            self._teach(Path(scratch) / "Angler")

    def _teach(self, documents: Path) -> None:
        app = self._photographer.app
        teacher = Teacher(app, wait_for)
        write_angler(documents)
        self._take("teach-empty")
        teacher.drop([documents])
        self._take("teach-goal")
        teacher.choose_goal(STYLE)
        self._take("teach-documents")
        teacher.go_on_to_examples()
        teacher.click(teacher.steps.examples.writing.button)
        wait_for(lambda: bool(teacher.written))
        self._take("teach-writing")
        wait_for(teacher.is_idle)
        teacher.steps.examples.table.choose(teacher.written[0].id)
        self._take("teach-examples")
        teacher.go_on_to_plan()
        teacher.choose_preset("quick")
        teacher.wait_for_time()
        self._take("teach-plan")
        teacher.start()
        wait_for(lambda: len(teacher.runs[0].progress.held_out) >= _SAMPLED_AT)
        self._take("teach-run")
        teacher.wait_for_end()
        self._take("teach-report", lambda: self._show_step(RUN))
        for scene, step in (("goal", GOAL), ("documents", DOCUMENTS), ("examples", EXAMPLES), ("plan", PLAN)):
            self._take(f"teach-again-{scene}", lambda step=step: self._show_step(step))
        teacher.page.show_list()
        self._take("teach-list")
        app.window.show_page(TEACH)

    def _show_step(self, step: int) -> None:
        self._photographer.app.teaching.page.page.open_step(step)
        wait()
        self._photographer.app.toast.hide()  # which says what the report says

    def _take(self, scene: str, prepare=None) -> None:
        preferences = self._photographer.app.preferences
        before = preferences[options.THEME]
        for scheme in ("light", "dark"):
            preferences.set(options.THEME, scheme)
            self._photographer.take(scene, prepare)
        preferences.set(options.THEME, before)
