"""A stack of real adapters on disk, and engines without a model that say what a model would."""

import math
import shutil
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer

from desktop_app.adapters.catalog import add_adapter
from desktop_app.engine.choices import LoadSettings
from desktop_app.engine.messages import Effect, Merged, Scored
from desktop_app.errors import UserError
from desktop_app.gui.adapters.mix_panel import MixPanel
from desktop_app.gui.theme import theme
from desktop_app.jobs.adapter_library import AdapterLibrary
from desktop_app.jobs.engine import Engine
from desktop_app.jobs.engine_process import EngineProcess
from desktop_app.jobs.merging import Merging
from desktop_app.jobs.mixing import Mixing
from desktop_app.jobs.model_library import ModelLibrary
from desktop_app.jobs.presets import PresetList
from desktop_app.library.catalog import add_model
from desktop_app.storage.records import StackEntry
from tests.support.gguf_files import llama_model, lora_adapter

TEXT = "The miller's daughter counts the sacks by lamplight. " * 10


@pytest.fixture
def tiny(ask, tmp_path):
    """A model in the library that the adapters fit."""
    return ask(lambda r: add_model(r.models, llama_model().write(tmp_path / "tiny.gguf"), sha256="7" * 64))


@pytest.fixture
def adapters(store, background, data_folder):
    return AdapterLibrary(store, background, data_folder.adapters)


@pytest.fixture
def put(qtbot, ask, adapters, tmp_path):
    """Put an adapter into the library; return its entry of a stack."""

    def put(name, scale=1.0, **about):
        file = lora_adapter(**about).with_metadata(general__name=name).write(tmp_path / f"{name.replace('/', '')}.gguf")
        adapter = ask(lambda r: add_adapter(r.adapters, file))
        with qtbot.waitSignal(adapters.changed):
            adapters.refresh()
        return StackEntry(adapter.sha256, adapter.name, scale)

    return put


@pytest.fixture
def pair(put):
    """A stack of two."""
    return (put("Letters", 0.75, seed=1), put("Tone", 0.5, seed=2, rank=6))


class Scoring:
    """Answers for the engine what a model makes of a text.

    Attributes:
        asked: The stacks it was asked for, as scales by the name of the file.
        loss: Gives the loss for such scales.
        answer: What comes in place of losses: an error, or None.
        waits: No answer comes while it is True.
        n_tokens: Of the text.
    """

    def __init__(self, engine):
        self.asked = []
        self.stopped = []
        self.loss = lambda scales: 2.5 + sum((scale - 1) ** 2 / 10 for scale in scales.values())
        self.answer = None
        self.waits = False
        self.n_tokens = 80
        self._engine = engine
        self._held = []

    def score(self, text, stack, on_done, on_error):
        scales = {Path(each.path).name.partition(".")[0]: each.scale for each in stack}
        self.asked.append(scales)
        number = len(self.asked)
        if self.answer is not None:
            QTimer.singleShot(0, self._engine, lambda: on_error(self.answer))
        else:
            self._held.append(lambda: on_done(scored(self.loss(scales), number, self.n_tokens)))
            if not self.waits:
                QTimer.singleShot(0, self._engine, self.go_on)
        return number

    def go_on(self):
        """Give the answers that are waited for."""
        held, self._held = self._held, []
        for answer in held:
            answer()


def scored(loss, seed=0, n_tokens=80):
    logprobs = tuple(-loss + math.sin(token) + 0.01 * math.sin(token * (seed + 2)) for token in range(n_tokens))
    return Scored(1, -sum(logprobs) / n_tokens, logprobs)


@pytest.fixture
def scoring(engine, monkeypatch):
    scoring = Scoring(engine)
    monkeypatch.setattr(engine, "score", scoring.score)
    monkeypatch.setattr(engine, "stop", scoring.stopped.append)
    return scoring


@pytest.fixture
def mixing(store, background, engine, adapters, data_folder):
    mixing = Mixing(store, background, engine, adapters, lambda _model: LoadSettings(), data_folder.adapters)
    yield mixing
    mixing.close()


class Second:
    """The engine that merges: a copy is what it makes.

    Attributes:
        merged: What it was asked to merge: (model, stack, out).
        compared: What it was asked to compare: (stack, other stack, other model).
        effects: What comes of that, in order.
        fraction: How far it comes before it waits; 1 is to the end.
        answer, trouble_when_comparing: The error that comes in place of a model, or of an effect; or None.
    """

    def __init__(self, monkeypatch):
        self.engine = Engine("echo")
        self.merged, self.compared, self.stopped = [], [], []
        self.effects = [
            Effect(512, 2.5, 2.25, 0.02, kl=0.2, agreement=0.71),
            Effect(512, 2.25, 2.25, 0.004, kl=0.003, agreement=0.96),
        ]
        self.fraction = 1.0
        self.answer = None
        self.trouble_when_comparing = None
        self.waits_when_comparing = False
        for name in ("merge", "compare", "stop"):
            monkeypatch.setattr(self.engine, name, getattr(self, name))

    def later(self, do, *arguments):
        QTimer.singleShot(0, self.engine, lambda: do(*arguments))

    def merge(self, model, stack, out, on_done, on_error, on_progress):
        self.merged.append((model, stack, out))
        self._stop = on_error
        self.later(on_progress, min(0.5, self.fraction))
        if self.answer is not None:
            self.later(on_error, self.answer)
        elif self.fraction == 1.0:
            Path(out).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(model, out)
            self.later(on_done, Merged(1, 7, Path(out).stat().st_size))
        return 1

    def compare(self, _text, stack, other_stack, on_done, on_error, other_model=""):
        self.compared.append((stack, other_stack, other_model))
        self._stop = on_error
        if self.waits_when_comparing:
            return 2
        if self.trouble_when_comparing is not None:
            self.later(on_error, self.trouble_when_comparing)
        else:
            self.later(on_done, self.effects[len(self.compared) - 1])
        return 2

    def stop(self, request):
        self.stopped.append(request)
        self.later(self._stop, UserError("Stopped."))


@pytest.fixture
def second(qapp, monkeypatch):
    return Second(monkeypatch)


@pytest.fixture
def sent(monkeypatch):
    """A list of the commands that engines are given from now on."""
    sent = []
    write = EngineProcess.write
    monkeypatch.setattr(
        EngineProcess, "write", lambda process, command: (sent.append(command), write(process, command))
    )
    return sent


@pytest.fixture
def models(store, background):
    library = ModelLibrary(store, background)
    yield library
    library.close()


@pytest.fixture
def merging(store, background, second, adapters, models, data_folder):
    def load_settings(_model):
        return LoadSettings(draft_path="draft.gguf")

    merging = Merging(store, background, lambda: second.engine, adapters, models, load_settings, data_folder.models)
    yield merging
    merging.close()


@pytest.fixture
def presets(qtbot, store):
    presets = PresetList(store)
    with qtbot.waitSignal(presets.changed):
        presets.refresh()
    return presets


@pytest.fixture
def panel(qtbot, qapp, mixing, merging, presets, adapters, scoring):
    theme().apply(qapp, "light")
    panel = MixPanel(mixing, merging, presets, adapters)
    qtbot.addWidget(panel)
    panel.resize(panel.width(), 900)
    panel.show()
    qtbot.waitExposed(panel)
    return panel


@pytest.fixture
def text_file(tmp_path):
    path = tmp_path / "letters.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path
