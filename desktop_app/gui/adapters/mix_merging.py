"""Merging the stack into a new model."""

from PySide6.QtCore import Signal

from desktop_app.adapters.stack import acting
from desktop_app.errors import UserError
from desktop_app.gui.adapters.mix_section import MixSection
from desktop_app.gui.adapters.name_field import NameField
from desktop_app.gui.adapters.news_label import NewsLabel, breakable
from desktop_app.gui.adapters.step_row import StepRow
from desktop_app.jobs.merging import MergedModel, Merging
from desktop_app.library.memory import readable_size
from desktop_app.storage.records import Model, Stack


class MixMerging(MixSection):
    """Hidden while no adapter acts.

    Signals:
        told(str): Something is done that the person may not be looking at.
    """

    told = Signal(str)

    def __init__(self, merging: Merging) -> None:
        super().__init__(self.tr("Merge into a new model"))
        self._merging = merging
        self._entries: Stack = ()
        self._model: Model | None = None
        self.name = NameField(self.tr("Name of the new model"))
        self.news = NewsLabel()
        self.step = StepRow(self.tr("Stop merging"))
        self.column.addWidget(self.name)
        self.merge = self.add_button(self.tr("Merge into a new model"))
        self.column.addWidget(self.step)
        self.column.addWidget(self.news)
        self.merge.clicked.connect(self._begin)
        self.name.entered.connect(self._begin)
        self.name.edited.connect(self._show_state)
        self.step.stop_wanted.connect(merging.stop)
        merging.progressed.connect(self.step.show_step)
        merging.merged.connect(self._show_merged)
        merging.failed.connect(self._show_error)
        merging.ended.connect(self._show_state)

    def show_stack(self, stack: Stack, model: Model | None) -> None:
        """Take over what is to be merged."""
        self._entries, self._model = acting(stack), model
        self.setVisible(bool(self._entries) and model is not None)
        if model is not None:
            self.name.suggest(" + ".join((model.name, *(entry.name for entry in self._entries))))
            self.help.setText(
                self.tr(
                    "A copy of {model} with this stack in its weights. It takes {size} of the disk. "
                    "What rounding loses of it is measured afterwards."
                ).format(model=breakable(model.name), size=readable_size(model.size_bytes))
            )
        self._show_state()

    def _begin(self) -> None:
        if self._model is not None and self.name.text() and not self._merging.is_merging:
            self.news.say("")
            self._merging.merge(self._entries, self._model, self.name.text())
            self._show_state()

    def _show_state(self) -> None:
        is_busy = self._merging.is_merging
        self.merge.setVisible(not is_busy)
        self.merge.setEnabled(bool(self.name.text()))
        self.step.setVisible(is_busy)

    def _show_merged(self, merged: MergedModel) -> None:
        made = self.tr("“{name}” is among your models.").format(name=merged.model.name)
        self.news.say(f"{made} {merged.sentence}")
        self.told.emit(self.tr("The model “{name}” is made.").format(name=merged.model.name))

    def _show_error(self, error: UserError) -> None:
        self.news.say(str(error), "danger")
        if not self.isVisible():
            self.told.emit(str(error))
