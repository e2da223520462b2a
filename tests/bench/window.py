"""The whole window, driven from inside, in a process of its own: `python -m tests.bench.window TASK DATA_DIR`.

A task prints its findings as JSON, one object a line. The rows in `rows/window.py` start it and read them.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEventLoop, Qt, QTimer
from PySide6.QtWidgets import QApplication

from desktop_app.app import App
from desktop_app.engine.echo import PACE_VARIABLE
from desktop_app.gui.workspace import Workspace
from desktop_app.jobs.engine import EngineState
from desktop_app.paths import DataFolder
from desktop_app.settings import options
from desktop_app.storage.chats import Chats
from desktop_app.storage.database import Database
from tests.bench.sampling import greedy
from tests.bench.streaming_probe import conversation, mixed_answer

SPEED_PROMPT = "Tell a long story about an island and the ferry that goes there."
SPEED_TOKENS = 400
ECHO_PACE_MS = 2  # a word each time: faster than any model here
LONG_CONVERSATION = 10_000
SCROLL_STEPS = 200
_BEAT_MS = 1
_QUIET_MS = 500  # without work for so long, the window has done what it was asked to do
_PATIENCE_S = 120


def say(**findings: object) -> None:
    print(json.dumps(findings), flush=True)


def wait_for(condition: Callable[[], object]) -> None:
    """Run the event loop until a condition holds, looked at each millisecond."""
    loop, timer = QEventLoop(), QTimer()
    end = time.monotonic() + _PATIENCE_S

    def look() -> None:
        if condition():
            loop.quit()
        elif time.monotonic() > end:
            raise TimeoutError

    timer.timeout.connect(look)
    timer.start(_BEAT_MS)
    loop.exec()
    timer.stop()


def run_for(milliseconds: int) -> None:
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


class Heart:
    """Beats each millisecond in the event loop and notes by how much each beat comes late, in milliseconds."""

    def __init__(self) -> None:
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._pauses: list[float] = []
        self._last = 0.0

    def __enter__(self) -> "Heart":
        self._last = time.perf_counter()
        self._timer.start(_BEAT_MS)
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.stop()

    def _beat(self) -> None:
        now = time.perf_counter()
        self._pauses.append(max(0.0, (now - self._last) * 1000 - _BEAT_MS))
        self._last = now

    def findings(self) -> dict[str, float]:
        ordered = sorted(self._pauses)
        return {"p99_ms": ordered[int(len(ordered) * 0.99)], "longest_ms": ordered[-1], "beats": len(ordered)}


# ------------------------------------------------------------ tasks


def stream(work: Workspace) -> None:
    """Stream a long answer of every kind of Markdown; the echo engine says what it is told."""
    wait_for(lambda: work.session.model is not None and work.engine.state == EngineState.READY)
    work.session.send(mixed_answer())
    wait_for(lambda: any(answer.text for answer in work.session.answers))
    (answer,) = work.session.answers
    loop = QEventLoop()
    answer.ended.connect(loop.quit)
    with Heart() as heart:
        loop.exec()
    say(characters=len(answer.text), **heart.findings())


def open_long(work: Workspace) -> None:
    """Open a long conversation several times, then scroll up in it."""
    short_id, long_id = (conversation_id for conversation_id in range(1, 3))
    wait_for(lambda: work.chat.list.isVisible() and work.engine.state == EngineState.READY)
    for _ in range(6):
        _open(work, short_id)
        before = time.thread_time()
        _open(work, long_id)
        say(work_s=time.thread_time() - before)
    bar = work.chat.transcript.verticalScrollBar()
    with Heart() as heart:
        for _ in range(SCROLL_STEPS):
            bar.setValue(bar.value() - work.chat.transcript.height() // 3)
            run_for(16)
    say(**heart.findings())


def _open(work: Workspace, conversation_id: int) -> None:
    opened: list[bool] = []
    connection = work.session.opened.connect(lambda: opened.append(True))
    work.session.open(conversation_id)
    while not opened:
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
    work.session.opened.disconnect(connection)
    run_for(_QUIET_MS)


def speed(work: Workspace) -> None:
    """For each line on stdin, have the starter model write and tell how fast the text came in."""
    wait_for(lambda: work.session.model is not None and work.engine.state == EngineState.READY)
    say(ready=True)
    for _ in sys.stdin:
        work.session.start_new()
        work.session.set_options("", greedy(SPEED_TOKENS))
        times: list[float] = []
        work.session.send(SPEED_PROMPT)
        wait_for(lambda: work.session.answers)
        (answer,) = work.session.answers
        loop = QEventLoop()
        answer.grew.connect(lambda _text, times=times: times.append(time.perf_counter()))
        answer.ended.connect(loop.quit)
        loop.exec()
        facts = answer.message.facts
        assert facts is not None
        say(tokens_per_s=(facts.answer_tokens - 1) / (times[-1] - times[0]), tokens=facts.answer_tokens)


def first_token(work: Workspace) -> None:
    """Send a message as soon as the window can take one, and say when the first text is there."""
    wait_for(lambda: work.session.model is not None)
    work.session.send("Hello. Who are you?")
    wait_for(lambda: any(answer.text for answer in work.session.answers))
    say(first_token=True)


TASKS = {"stream": stream, "open": open_long, "speed": speed, "first-token": first_token}


def store_conversations(folder: DataFolder) -> None:
    """Store a short conversation and then a very long one."""
    folder.create()
    database = Database.open(folder.database)
    chats = Chats(database)
    with database.transaction():
        for count in (2, LONG_CONVERSATION):
            stored, parent = chats.create(), None
            for message in conversation(count):
                parent = chats.add_message(stored.id, parent, message.role, message.content).id
    database.close()


def _fail(*raised: Any) -> None:
    """End at once: whoever waits for findings would wait for ever."""
    sys.__excepthook__(*raised)
    os._exit(1)


def main(task: str, data_dir: str) -> None:
    """Run one task in a window."""
    folder = DataFolder(Path(data_dir))
    folder.create()
    if task == "stream":
        os.environ[PACE_VARIABLE] = str(ECHO_PACE_MS)
    elif task == "open":
        store_conversations(folder)
    with App(folder, backend="echo" if task in ("stream", "open") else "llama") as app:
        sys.excepthook = _fail
        app.preferences.set(options.SUGGEST_TITLES, False)
        app.preferences.set(options.CONTEXT_LENGTH, 32_768 if task == "stream" else 4096)
        app.start()
        wait_for(lambda: app.workspace is not None)
        assert app.workspace is not None
        TASKS[task](app.workspace)


if __name__ == "__main__":
    main(*sys.argv[1:])
