"""A part that is shown before it has a parent is a window for a moment: it flashes and takes the keyboard."""

import pytest
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication, QWidget

from desktop_app.gui.adapters.hued_table import HuedTable, Row
from desktop_app.gui.adapters.stack_chip import StackChip
from desktop_app.gui.library.found_card import FoundCard, Words
from desktop_app.gui.library.offer_row import OfferRow, OfferWords
from desktop_app.library.outlook import Fit, Outlook
from desktop_app.library.prospects import Prospect
from desktop_app.storage.records import StackEntry

OUTLOOK = Outlook(Fit.TIGHT, "Needs about 6 GB of memory.")


class Watch(QObject):
    """Notes what is shown as a window."""

    def __init__(self):
        super().__init__()
        self.shown = []

    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
            self.shown.append(watched)
        return False


def found_card():
    words = Words("o/m", "o", "m", ("4 billion parameters",), "It writes no answers.", "Does not run here")
    return FoundCard(words, Prospect(OUTLOOK, 5.0), can_download=True)


def found_card_that_runs():
    return FoundCard(Words("o/m", "o", "m", ("facts",), "A sentence."), Prospect(OUTLOOK, 5.0), can_download=True)


def offer_row():
    words = OfferWords(None, "Q4_K_M", "4 bits", "m.gguf", OUTLOOK.sentence, OUTLOOK, "Cannot be used")
    row = OfferRow(words, is_first=True)
    row.show_state("Downloading")
    return row


def stack_chip():
    return StackChip(StackEntry("a" * 64, "Letters", 0.8), trouble="It is for another model.")


def hued_table():
    table = HuedTable("Measured", "Loss", "Difference")
    table.show_rows([Row("Letters", "a" * 64, "1", "2"), Row("Without", "", "1", "2")])
    table.show_rows([Row("Without", "", "1", "2")])
    return table


@pytest.mark.parametrize("make", [found_card, found_card_that_runs, offer_row, stack_chip, hued_table])
def test_no_part_of_a_widget_is_ever_a_window(qtbot, make):
    watch = Watch()
    QApplication.instance().installEventFilter(watch)
    try:
        qtbot.addWidget(make())
    finally:
        QApplication.instance().removeEventFilter(watch)
    assert watch.shown == []
