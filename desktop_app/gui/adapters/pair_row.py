"""How two adapters get along: a word, a sentence, and layer by layer in the tooltip."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop_app.gui.adapters.hue_dot import HueDot
from desktop_app.gui.adapters.news_label import breakable
from desktop_app.gui.library.labels import plain_label
from desktop_app.gui.theme import scale
from desktop_app.gui.widgets.mark import Mark
from desktop_app.storage.records import Adapter

if TYPE_CHECKING:  # NumPy takes its time to load, and the window starts without it
    from desktop_app.adapters.conflict import Conflict

_MOST_LAYERS = 12  # that are told one by one
_LOOKS = {"Fits": ("check", "good"), "Overlaps": ("layers", "warn"), "Pulls against": ("triangle-alert", "danger")}
_UNKNOWN = ("circle-alert", "muted")


class PairRow(QWidget):
    """Attributes:
    badness: What orders rows; those that could not be compared are the worst.
    """

    def __init__(self, first: Adapter, second: Adapter, sentence: str, conflict: "Conflict | None" = None) -> None:
        super().__init__()
        self.badness = conflict.badness if conflict else (len(_LOOKS), 0.0)
        word = conflict.harmony.value if conflict else self.tr("Not compared")
        icon_name, token = _LOOKS.get(word, _UNKNOWN)
        self.word = plain_label(word, token)
        self.sentence = plain_label(breakable(sentence), "small", wraps=True)
        details = _details(conflict) if conflict else ""
        self.setToolTip(details)
        self.setAccessibleName(f"{word}: {sentence}")
        self.setAccessibleDescription(details)
        head = QHBoxLayout()
        head.setSpacing(scale.SPACE_8)
        head.addWidget(Mark(icon_name, token))
        head.addWidget(self.word, 1)
        for adapter in (first, second):
            head.addWidget(HueDot(adapter.sha256))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(scale.SPACE_4)
        column.addLayout(head)
        column.addWidget(self.sentence)


def _details(conflict: "Conflict") -> str:
    """Return what is found in the layers where there is something to be said, and in the others together."""
    told = {*conflict.opposite_layers, *conflict.same_layers}
    others = [cosine for layer, cosine in conflict.by_layer.items() if layer not in told]
    lines = [f"Cosine of the changes over all layers: {_signed(conflict.cosine)}"]
    if conflict.opposite_layers:
        lines.append(f"Opposite directions in layer {_listed(conflict.opposite_layers, conflict.by_layer)}")
    if conflict.same_layers:
        lines.append(f"Same direction in layer {_listed(conflict.same_layers, conflict.by_layer)}")
    if others:
        which = "the other layers" if told else "every layer"
        lines.append(f"From {_signed(min(others))} to {_signed(max(others))} in {which}")
    return "\n".join(lines) if conflict.by_layer else ""


def _listed(layers: Iterable[int], by_layer: Mapping[int, float]) -> str:
    """Return layers, counted from 1, with their cosines, the strongest ones if there are many."""
    strongest = sorted(layers, key=lambda layer: -abs(by_layer[layer]))
    shown = ", ".join(f"{layer + 1} ({_signed(by_layer[layer])})" for layer in sorted(strongest[:_MOST_LAYERS]))
    left = len(strongest) - _MOST_LAYERS
    return f"{shown} and {left} more" if left > 0 else shown


def _signed(number: float) -> str:
    return f"{number:+.2f}".replace("-", "\u2212")
