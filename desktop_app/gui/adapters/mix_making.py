"""Making one adapter of those in the stack."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox

from desktop_app.adapters.stack import acting
from desktop_app.errors import UserError
from desktop_app.gui.adapters.mix_section import MixSection
from desktop_app.gui.adapters.name_field import NameField
from desktop_app.gui.adapters.news_label import NewsLabel
from desktop_app.gui.adapters.step_row import StepRow
from desktop_app.gui.library.labels import plain_label
from desktop_app.gui.settings.fields import keep_wheel_away
from desktop_app.gui.theme import scale
from desktop_app.jobs.adapter_library import AdapterLibrary
from desktop_app.jobs.mixing import Flattened, Mixing
from desktop_app.storage.records import Model, Stack, StackEntry

RANKS = (8, 16, 32, 64)


class MixMaking(MixSection):
    """Hidden while fewer than two adapters act.

    Signals:
        use_wanted(tuple, str): Use this stack; and what to say about it.
        told(str): Something is done that the person may not be looking at.
    """

    use_wanted = Signal(tuple, str)
    told = Signal(str)

    def __init__(self, mixing: Mixing, library: AdapterLibrary) -> None:
        super().__init__(
            self.tr("Make one adapter of them"), self.tr("One file that does what these do together at their scales.")
        )
        self._mixing = mixing
        self._library = library
        self._entries: Stack = ()
        self._model: Model | None = None
        self._asked: Stack = ()  # what the last one was made of
        self._made: StackEntry | None = None
        self.name = NameField(self.tr("Name of the new adapter"))
        self.rank = QComboBox()
        self.rank.setAccessibleName(self.tr("Rank of the new adapter"))
        self.rank.setFixedHeight(scale.CONTROL_HEIGHT)
        keep_wheel_away(self.rank)
        self.news = NewsLabel()
        self.step = StepRow(self.tr("Stop making the adapter"))
        rank_help = self.tr("The rank is its size. A smaller one than the exact one leaves out what matters least.")
        for part in (self.name, self.rank, plain_label(rank_help, "small", wraps=True)):
            self.column.addWidget(part)
        self.make = self.add_button(self.tr("Make one adapter"))
        self.column.addWidget(self.step)
        self.column.addWidget(self.news)
        self.use = self.add_button(self.tr("Use it in place of these"))
        self.use.hide()
        self.make.clicked.connect(self._begin)
        self.use.clicked.connect(self._use)
        self.name.entered.connect(self._begin)
        self.name.edited.connect(self._show_state)
        self.step.stop_wanted.connect(mixing.stop_flattening)
        mixing.making.connect(self.step.show_step)
        mixing.flattened.connect(self._show_made)
        mixing.not_flattened.connect(self._show_error)
        mixing.making_ended.connect(self._show_state)

    def show_stack(self, stack: Stack, model: Model | None) -> None:
        """Take over which adapters are meant."""
        if acting(stack) != self._entries:
            self._forget_made()
        self._entries, self._model = acting(stack), model
        self.setVisible(len(self._entries) > 1 and model is not None)
        self.name.suggest(" + ".join(entry.name for entry in self._entries))
        self._fill_ranks()
        self._show_state()

    def _fill_ranks(self) -> None:
        """Offer the exact rank and what is smaller; the choice stays as far as it can."""
        found = (self._library.find(entry.sha256) for entry in self._entries)
        exact = sum(adapter.max_rank for adapter in found if adapter is not None)
        chosen = self.rank.currentData()
        self.rank.clear()
        self.rank.addItem(self.tr("Exact, rank {rank}").format(rank=exact), None)
        for rank in RANKS:
            if rank < exact:
                self.rank.addItem(self.tr("Rank {rank}").format(rank=rank), rank)
        self.rank.setCurrentIndex(max(0, self.rank.findData(chosen)) if chosen else 0)

    def _begin(self) -> None:
        if self._model is not None and self.name.text() and not self._mixing.is_making:
            self._forget_made()
            self._asked = self._entries
            self._mixing.flatten(self._asked, self._model, self.name.text(), self.rank.currentData())
            self._show_state()

    def _forget_made(self) -> None:
        """What was made is something else than what is asked for now."""
        self._made = None
        self.use.hide()
        self.news.say("")

    def _use(self) -> None:
        if self._made is not None:
            words = self.tr("The stack is now “{name}” alone.").format(name=self._made.name)
            self.use_wanted.emit((self._made,), words)

    def _show_state(self) -> None:
        is_busy = self._mixing.is_making
        self.make.setVisible(not is_busy)
        self.make.setEnabled(bool(self.name.text()))
        self.step.setVisible(is_busy)

    def _show_made(self, flattened: Flattened) -> None:
        adapter = flattened.adapter
        self._made = StackEntry(adapter.sha256, adapter.name)
        sentence = self.tr("“{name}” is made and has the rank {rank}.").format(name=adapter.name, rank=flattened.rank)
        if flattened.energy < 1:
            kept = self.tr("It keeps {energy} of what the stack changes.").format(energy=_percent(flattened.energy))
            sentence = f"{sentence} {kept}"
        self.news.say(sentence)
        self.use.setVisible(self._asked == self._entries)  # else "these" are others
        if not self.isVisible():
            self.told.emit(sentence)

    def _show_error(self, error: UserError) -> None:
        self.news.say(str(error), "danger")
        if not self.isVisible():
            self.told.emit(str(error))


def _percent(share: float) -> str:
    """Return a share so that only the whole is called 100 %."""
    return f"{min(share, 0.999):.1%}"
