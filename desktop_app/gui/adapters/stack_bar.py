"""The stack on the message box: what acts on the next answer, and how strongly."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

from msgspec.structs import replace
from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtWidgets import QMenu, QToolButton

from desktop_app.adapters.stack import MAX_ADAPTERS, acting
from desktop_app.gui.adapters.hue_dot import dot_icon
from desktop_app.gui.adapters.stack_chip import StackChip
from desktop_app.gui.theme import icon, scale
from desktop_app.gui.widgets.flow_row import FlowRow
from desktop_app.storage.records import Adapter, Preset, Stack, StackEntry


@dataclass(frozen=True)
class Shelf:
    """What a stack can be made of.

    Attributes:
        troubles: Why an adapter cannot act on the model in use, by its hash.
    """

    adapters: tuple[Adapter, ...] = ()
    troubles: Mapping[str, str] = field(default_factory=dict)
    presets: tuple[Preset, ...] = ()

    def trouble(self, entry: StackEntry) -> str:
        """Return why an entry of a stack cannot act, or an empty text."""
        if all(adapter.sha256 != entry.sha256 for adapter in self.adapters):
            return "This adapter is not in the library any more."
        return self.troubles.get(entry.sha256, "")


class StackBar(FlowRow):
    """Chips in the order of the stack, and buttons to add, to compare and to mix.

    Signals:
        changed(tuple): The person has made another stack.
        adapters_wanted(): The page of adapters.
        compare_wanted(tuple): The next answer is to be written under this stack as well.
    """

    changed = Signal(tuple)
    adapters_wanted = Signal()
    compare_wanted = Signal(tuple)

    def __init__(self) -> None:
        super().__init__(scale.SPACE_4)
        self.setAccessibleName(self.tr("Stack: the adapters that act on the next answer"))
        self._shelf = Shelf()
        self.stack: Stack = ()
        self.chips: list[StackChip] = []
        self.add = self._button("plus", self.tr("Add adapter"))
        self.add.setToolTip(self.tr("An adapter is something a model has learned; add one to let it act on answers"))
        self.add.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.add.setMenu(QMenu(self.add))
        self.add.menu().setToolTipsVisible(True)
        self.add.menu().aboutToShow.connect(self._fill_add)
        self.compare = self._button("columns-3", self.tr("Compare"))
        self.compare.setToolTip(self.tr("Have a message answered under this stack and under another one, side by side"))
        self.compare.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.compare.setMenu(QMenu(self.compare))
        self.compare.menu().aboutToShow.connect(self._fill_compare)
        self.mix = self._button("sliders-horizontal", self.tr("Mix"))
        self.mix.setToolTip(self.tr("How these get along, finding good scales, presets, making one of several"))
        self.mix.setCheckable(True)
        self._show_chips()

    # ------------------------------------------------------------ for the page

    def show_stack(self, stack: Stack) -> None:
        """Show a stack without a word of it."""
        if stack != self.stack:
            self.stack = stack
            self._show_chips()

    def show_shelf(self, shelf: Shelf) -> None:
        """Take over what there is to choose from."""
        if shelf != self._shelf:
            self._shelf = shelf
            self._show_chips()

    # ------------------------------------------------------------ the chips

    def _show_chips(self) -> None:
        for chip in self.chips:
            chip.hide()
            chip.deleteLater()
        self.chips = [self._chip(entry) for entry in self.stack]
        self.compare.setVisible(bool(self.stack))
        self.mix.setVisible(bool(self.stack))
        self.add.setEnabled(len(self.stack) < MAX_ADAPTERS)
        self.add.setText("" if self.stack else self.tr("Add adapter"))
        with_words = Qt.ToolButtonStyle.ToolButtonTextBesideIcon
        self.add.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly if self.stack else with_words)
        shown = [self.add, self.compare, self.mix] if self.stack else [self.add]
        self.set_widgets([*self.chips, *shown])

    def _chip(self, entry: StackEntry) -> StackChip:
        chip = StackChip(entry, self._shelf.trouble(entry))
        chip.changed.connect(lambda _entry: self._take_over())
        chip.removed.connect(lambda: self._set(tuple(each for each in self.stack if each is not chip.entry)))
        chip.move_wanted.connect(lambda step: self._move(chip, self.chips.index(chip) + step))
        chip.dragged.connect(partial(self._drag, chip))
        return chip

    def _take_over(self) -> None:
        """The chips already look as the person has left them."""
        self.stack = tuple(chip.entry for chip in self.chips)
        self.changed.emit(self.stack)

    def _set(self, stack: Stack) -> None:
        self.show_stack(stack)
        self.changed.emit(self.stack)

    def _move(self, chip: StackChip, place: int) -> None:
        """Let a chip be at another place; the chips themselves stay, for one of them may be in the person's hand."""
        place = min(max(place, 0), len(self.chips) - 1)
        if self.chips.index(chip) != place:
            self.chips.remove(chip)
            self.chips.insert(place, chip)
            self.set_widgets([*self.chips, self.add, self.compare, self.mix])
            self._take_over()

    def _drag(self, chip: StackChip, place: QPoint) -> None:
        here = self.mapFromGlobal(place)
        for number, other in enumerate(self.chips):
            if other is not chip and other.geometry().contains(here):
                self._move(chip, number)
                return

    # ------------------------------------------------------------ the menus

    def _fill_add(self) -> None:
        menu = self.add.menu()
        menu.clear()
        here = {entry.sha256 for entry in self.stack}
        for adapter in self._shelf.adapters:
            if adapter.sha256 in here:
                continue
            trouble = self._shelf.troubles.get(adapter.sha256, "")
            action = menu.addAction(dot_icon(adapter.sha256), adapter.name.replace("&", "&&"))
            action.setEnabled(not trouble)
            action.setToolTip(trouble)
            action.triggered.connect(partial(self._add, adapter))
        if self._shelf.presets:
            menu.addSection(self.tr("Presets"))
            for preset in self._shelf.presets:
                action = menu.addAction(icon("layers", "muted"), preset.name.replace("&", "&&"))
                action.triggered.connect(partial(self._set, preset.stack))
        menu.addSeparator()
        menu.addAction(self.tr("More adapters")).triggered.connect(self.adapters_wanted)

    def _add(self, adapter: Adapter) -> None:
        self._set((*self.stack, StackEntry(adapter.sha256, adapter.name, adapter.default_scale)))

    def _fill_compare(self) -> None:
        menu = self.compare.menu()
        menu.clear()
        others: list[tuple[str, Stack]] = [(self.tr("The model without adapters"), ())]
        if len(acting(self.stack)) > 1:
            for entry in acting(self.stack):
                without = tuple(each for each in self.stack if each is not entry)
                others.append((self.tr("Without {name}").format(name=entry.name), without))
                others.append((self.tr("Only {name}").format(name=entry.name), (replace(entry, is_on=True),)))
        others += [(preset.name, preset.stack) for preset in self._shelf.presets if preset.stack != self.stack]
        for words, stack in others:
            menu.addAction(words.replace("&", "&&")).triggered.connect(partial(self.compare_wanted.emit, stack))

    def _button(self, icon_name: str, words: str) -> QToolButton:
        button = QToolButton(self)
        button.setIcon(icon(icon_name, "muted"))
        button.setIconSize(QSize(*scale.ICON_WITH_WORDS))
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setText(words)
        button.setAccessibleName(words)
        button.setProperty("role", "small")
        button.setFixedHeight(scale.TOUCH_HEIGHT)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button
