"""The engine as a process: what it says first, what it refuses, how it ends, and that nothing of it is left behind."""

import os
import signal
import subprocess

import psutil
import pytest

from desktop_app.engine.choices import LoadSettings, SamplerSettings
from desktop_app.engine.client import EngineClient
from desktop_app.engine.launch import crash_sentence, engine_command, engine_environment
from desktop_app.engine.messages import (
    PROTOCOL_VERSION,
    ChatMessage,
    Codec,
    Failed,
    Finished,
    Generate,
    Hello,
    Load,
    Loaded,
    Piece,
    Prefill,
    Progress,
    Quit,
)
from desktop_app.errors import UserError
from tests.support.gguf_files import llama_model

STORY = (ChatMessage("user", "Tell me a very long story about a fox."),)
LONG_PROMPT = (ChatMessage("user", "The fox went over the hill and looked at the river. " * 200),)


@pytest.fixture
def process():
    """A bare engine process, to be spoken to in lines."""
    engine = subprocess.Popen(
        engine_command("echo"), env=engine_environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    yield engine
    engine.kill()
    engine.stdin.close()
    engine.stdout.close()
    engine.wait()


def test_the_first_line_says_which_protocol_is_spoken(process):
    hello = Codec.event(process.stdout.readline())
    assert isinstance(hello, Hello)
    assert hello.protocol == PROTOCOL_VERSION


def test_it_ends_when_its_client_is_gone(process):
    process.stdout.readline()
    process.stdin.close()
    assert process.wait(10) == 0


def test_it_ends_when_told_to(process):
    process.stdin.write(Codec.encode(Quit()))
    process.stdin.flush()
    assert process.wait(10) == 0


def test_lines_that_are_not_of_the_protocol_are_passed_over(process):
    process.stdin.write(b'nonsense\n{"command": "dance"}\n{"command": "count", "request": 3, "messages": []}\n')
    process.stdin.flush()
    process.stdout.readline()
    assert isinstance(Codec.event(process.stdout.readline()), Failed)


def test_a_command_that_cannot_be_read_is_answered_if_it_has_a_number(process):
    process.stdin.write(b'{"command": "generate", "request": 3, "messages": [], "sampler": {"temperature": null}}\n')
    process.stdin.flush()
    process.stdout.readline()
    failed = Codec.event(process.stdout.readline())
    assert isinstance(failed, Failed)
    assert failed.request == 3


def test_ctrl_c_in_the_terminal_is_for_the_client(process):
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    process.stdin.write(Codec.encode(Quit()))
    process.stdin.flush()
    assert process.wait(10) == 0


def test_native_output_does_not_reach_the_protocol(starter_model):
    """Whatever llama.cpp prints while it loads, every line on stdout is an event."""
    with EngineClient() as engine:
        events = list(engine.events(Load(engine.next_request(), str(starter_model))))
    assert isinstance(events[-1], Loaded)
    assert all(isinstance(event, Progress) for event in events[:-1])


@pytest.mark.parametrize("phase", ["prefilling", "decoding"])
def test_it_ends_in_the_middle_of_work_when_its_client_is_killed(starter_model, phase):
    engine = EngineClient()
    child = psutil.Process(engine._process.pid)
    engine.ask(Load(engine.next_request(), str(starter_model)), Loaded)
    prompt = LONG_PROMPT if phase == "prefilling" else STORY
    awaited = Prefill if phase == "prefilling" else Piece
    for event in engine.events(Generate(engine.next_request(), prompt)):
        if isinstance(event, awaited):
            break
    engine._process.stdin.close()  # what the operating system does to a killed client's end of the pipe
    child.wait(10)
    engine._process.stdout.close()
    engine._process.wait()


def test_a_killed_engine_is_a_sentence_for_its_client(starter_model):
    with EngineClient() as engine:
        engine.ask(Load(engine.next_request(), str(starter_model)), Loaded)
        os.kill(engine._process.pid, signal.SIGKILL)
        with pytest.raises(UserError, match="memory ran out"):
            engine.ask(Generate(engine.next_request(), STORY), Finished)


def test_an_engine_that_is_dead_already_is_a_sentence_too():
    with EngineClient("echo") as engine:
        os.kill(engine.process_id, signal.SIGKILL)
        engine._process.wait()
        with pytest.raises(UserError, match="memory ran out"):
            engine.ask(Generate(engine.next_request(), STORY), Finished)


def test_what_ended_an_engine_is_said_in_words():
    assert "ran out of memory" in crash_sentence(6, "ggml: failed to allocate buffer")
    assert "processor" in crash_sentence(-signal.SIGILL)
    assert crash_sentence(11) == "The model stopped unexpectedly."


def test_foreign_libraries_are_not_handed_to_the_engine():
    environment = engine_environment({"LLAMA_CPP_LIB_PATH": "/x", "GGML_BACKEND_PATH": "/y", "HOME": "/z"})
    assert environment == {"HOME": "/z", "PYTHONUTF8": "1", "OPENBLAS_NUM_THREADS": "1"}


# ------------------------------------------------------------ models that are refused


def not_a_model(folder, starter):
    path = folder / "letter.gguf"
    path.write_text("Dear reader")
    return path


def truncated(folder, starter):
    path = folder / "cut.gguf"
    path.write_bytes(starter.read_bytes()[: starter.stat().st_size // 2])
    return path


def absurd_counts(folder, starter):
    path = folder / "absurd.gguf"
    data = bytearray(starter.read_bytes()[:4096])
    data[8:16] = (2**62).to_bytes(8, "little")
    path.write_bytes(data)
    return path


def unknown_architecture(folder, starter):
    path = folder / "unknown.gguf"
    llama_model().with_metadata(**{"general.architecture": "gargoyle9"}).write(path)
    return path


def missing(folder, starter):
    return folder / "nowhere.gguf"


def answers(engine):
    """Whether an engine has a model and goes on."""
    answered = engine.ask(Generate(engine.next_request(), STORY, SamplerSettings(max_tokens=2)), Finished)
    return answered.facts.answer_tokens > 0


@pytest.mark.parametrize("make", [not_a_model, truncated, absurd_counts, unknown_architecture, missing])
def test_a_bad_model_is_refused_with_a_sentence_and_the_one_before_stays(tmp_path, starter_model, engine, make):
    path = make(tmp_path, starter_model)
    with pytest.raises(UserError) as refused:
        engine.ask(Load(engine.next_request(), str(path)), Loaded)
    assert refused.value.sentence.endswith(".")
    assert refused.value.hint.endswith(".")
    assert answers(engine)


def test_a_model_too_large_for_the_memory_is_refused_with_the_numbers(starter_model, engine):
    with pytest.raises(UserError, match=r"GB"):
        engine.ask(Load(engine.next_request(), str(starter_model), LoadSettings(n_ctx=50_000_000)), Loaded)
    assert answers(engine)


def test_loading_can_be_stopped_and_the_model_before_stays(starter_model, engine):
    load = Load(engine.next_request(), str(starter_model), LoadSettings(n_ctx=512))
    engine.stop(load.request)  # overtakes the command, however short the loading is
    with pytest.raises(UserError, match="Stopped"):
        engine.ask(load, Loaded)
    assert answers(engine)


@pytest.mark.skipif(not hasattr(os, "getpgid"), reason="priorities and groups of processes are POSIX's")
def test_an_engine_that_is_behind_gives_way_to_all_others_and_is_not_for_ctrl_c():
    with EngineClient("echo", is_behind=True) as engine:
        process = psutil.Process(engine.process_id)
        assert process.nice() == 19
        assert os.getpgid(engine.process_id) != os.getpgid(0)
    assert not psutil.pid_exists(engine.process_id)
