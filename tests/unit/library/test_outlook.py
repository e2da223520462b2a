"""What a model will need is said in a sentence before it is loaded."""

import pytest

from desktop_app.engine.choices import LoadSettings
from desktop_app.library import outlook, starter
from desktop_app.library.fit import plan_load
from desktop_app.library.gguf import read_header
from desktop_app.library.hardware import FreeMemory
from desktop_app.library.outlook import Fit, Outlook, look_ahead
from tests.support.gguf_files import Shape, llama_model

PATH = starter.starter_path()
PLENTY = FreeMemory(8_000_000_000)


def needed(settings, free):
    return plan_load(read_header(PATH), settings, free).memory


def test_there_is_room():
    megabytes = round(needed(LoadSettings(), PLENTY).ram / 1_000_000)
    sentence = f"Needs about {megabytes} MB of memory for a context of 8,192 tokens."
    assert look_ahead(PATH, LoadSettings(), PLENTY) == Outlook(Fit.WELL, sentence)


def test_there_is_just_room_and_what_that_costs():
    found = look_ahead(PATH, LoadSettings(n_ctx=4096), FreeMemory(300_000_000))
    assert found.fit == Fit.TIGHT
    assert found.sentence.endswith("So that it fits into the 300 MB that are free, the KV cache is kept in 8 bits.")


def test_there_is_no_room_and_what_would_fit():
    found = look_ahead(PATH, LoadSettings(n_ctx=32_768), FreeMemory(400_000_000))
    assert found.fit == Fit.TOO_LARGE
    assert found.sentence.startswith("Needs about ")
    assert "Choose a context length of at most " in found.sentence


def test_what_lies_on_the_gpu_is_said_apart():
    found = look_ahead(PATH, LoadSettings(), FreeMemory(8_000_000_000, 8_000_000_000, is_shared=False))
    memory = needed(LoadSettings(), FreeMemory(8_000_000_000, 8_000_000_000, is_shared=False))
    ram, vram = round(memory.ram / 1_000_000), round(memory.vram / 1_000_000)
    assert found.sentence == (
        f"Needs about {ram} MB of memory and {vram} MB on the graphics processor for a context of 8,192 tokens."
    )


def test_where_the_gpu_takes_its_memory_from_ram_all_of_it_counts():
    shared = FreeMemory(500_000_000, 500_000_000, is_shared=True)
    found = look_ahead(PATH, LoadSettings(), shared)
    assert found.sentence.startswith(
        f"Needs about {round(needed(LoadSettings(), shared).total / 1_000_000)} MB of memory"
    )
    assert "graphics" not in found.sentence
    assert found.fit == look_ahead(PATH, LoadSettings(), FreeMemory(500_000_000, 0, is_shared=False)).fit == Fit.TIGHT


def test_a_model_that_guesses_ahead_is_counted_unless_it_may_not(tmp_path):
    small = llama_model(Shape()).write(tmp_path / "small.gguf")
    with_it, without = (
        look_ahead(PATH, LoadSettings(draft_path=str(small), speculate=speculate), PLENTY)
        for speculate in (True, False)
    )
    assert with_it != without == look_ahead(PATH, LoadSettings(), PLENTY)


@pytest.mark.parametrize("content", [None, b"GGUF", b"nothing"])
def test_a_file_in_trouble_says_so(tmp_path, content):
    path = tmp_path / "model.gguf"
    if content is not None:
        path.write_bytes(content)
    found = look_ahead(path, LoadSettings(), PLENTY)
    assert found.fit is None
    assert str(path.name) in found.sentence
    assert found.sentence.endswith(".")


def test_a_header_is_read_once_as_long_as_the_file_stays(tmp_path, monkeypatch):
    read = []
    monkeypatch.setattr(outlook, "read_header", lambda path: read.append(path) or read_header(path))
    path = llama_model(Shape()).write(tmp_path / "model.gguf")
    for _ in range(2):
        look_ahead(path, LoadSettings(), PLENTY)
    assert read == [path]
    llama_model(Shape(n_layer=2)).write(path)
    look_ahead(path, LoadSettings(), PLENTY)
    assert read == [path, path]
