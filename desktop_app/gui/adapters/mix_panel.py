"""All that can be done with the stack of the open chat, at the right of it."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout

from desktop_app.adapters.stack import acting
from desktop_app.gui.adapters.mix_conflicts import MixConflicts
from desktop_app.gui.adapters.mix_making import MixMaking
from desktop_app.gui.adapters.mix_merging import MixMerging
from desktop_app.gui.adapters.mix_presets import MixPresets
from desktop_app.gui.adapters.mix_trial import MixTrial
from desktop_app.gui.library.labels import plain_label
from desktop_app.gui.theme import scale
from desktop_app.jobs.adapter_library import AdapterLibrary
from desktop_app.jobs.merging import Merging
from desktop_app.jobs.mixing import Mixing
from desktop_app.jobs.presets import PresetList
from desktop_app.storage.records import Model, Stack

WIDTH = 320


class MixPanel(QScrollArea):
    """Puts the sections together; they look at a stack only while the panel is on the screen.

    Signals:
        stack_wanted(tuple): Use this stack.
        undo_offered(str, Callable): What was done, and how to undo it.
        told(str): Something is done that the person may not be looking at, in a sentence.
    """

    stack_wanted = Signal(tuple)
    undo_offered = Signal(str, object)
    told = Signal(str)

    def __init__(self, mixing: Mixing, merging: Merging, presets: PresetList, library: AdapterLibrary) -> None:
        super().__init__()
        self.setFixedWidth(WIDTH)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName(self.tr("What can be done with the stack"))
        self._stack: Stack = ()
        self._model: Model | None = None
        self.conflicts = MixConflicts(library)
        self.trial = MixTrial(mixing)
        self.making = MixMaking(mixing, library)
        self.merging = MixMerging(merging)
        self.presets = MixPresets(presets)
        self.nothing = plain_label(wraps=True)
        self._lay_out()
        self.making.use_wanted.connect(self._use)
        self.presets.use_wanted.connect(self._use)
        self.making.told.connect(self.told)
        self.merging.told.connect(self.told)
        self.trial.stack_wanted.connect(self.stack_wanted)
        self.presets.undo_offered.connect(self.undo_offered)
        library.changed.connect(self._show)

    def show_stack(self, stack: Stack, model: Model | None) -> None:
        """Take over the stack of the open chat and the model that it is for."""
        self._stack, self._model = stack, model
        self.trial.show_stack(stack, model)  # what is being measured for another one has to end in any case
        self._show()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show()

    def _show(self) -> None:
        if not self.isVisible():
            return
        entries = acting(self._stack)
        self.nothing.setText(
            self.tr("No adapter acts on this chat. Switch one on, or add one, beside the message box.")
            if not entries
            else self.tr("Choose a model to try these adapters on.")
        )
        self.nothing.setVisible(not entries or self._model is None)
        self.conflicts.show_entries(entries)
        self.making.show_stack(self._stack, self._model)
        self.merging.show_stack(self._stack, self._model)
        self.presets.show_stack(self._stack)

    def _use(self, stack: Stack, words: str) -> None:
        before = self._stack

        def undo() -> None:
            if self._stack == stack:  # else another chat is open, or the person has gone on
                self.stack_wanted.emit(before)

        self.stack_wanted.emit(stack)
        self.undo_offered.emit(words, undo)

    def _lay_out(self) -> None:
        form = QFrame()
        form.setProperty("panel", "sunken")
        column = QVBoxLayout(form)
        column.setContentsMargins(scale.SPACE_16, scale.SPACE_16, scale.SPACE_16, scale.SPACE_16)
        column.setSpacing(scale.SPACE_24)
        title = plain_label(self.tr("Mix"), "section")
        intro = plain_label(
            self.tr("The stack is what the model has learned and uses in this chat: adapters, each at a scale."),
            "small",
            wraps=True,
        )
        head = QVBoxLayout()
        head.setSpacing(scale.SPACE_4)
        head.addWidget(title)
        head.addWidget(intro)
        column.addLayout(head)
        sections = (self.nothing, self.conflicts, self.trial, self.making, self.merging, self.presets)
        for section in sections:
            column.addWidget(section)
        column.addStretch(1)
        self.setWidget(form)
