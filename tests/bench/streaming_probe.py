"""How long the window's event loop pauses: while a long answer streams in, and while a long conversation opens."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QElapsedTimer, QEventLoop, QObject, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from desktop_app.gui.chat.transcript import Transcript
from desktop_app.gui.theme import theme
from desktop_app.jobs.background import Background
from desktop_app.storage.records import Message, MessageState, Role

CHARACTERS = 48_000
PIECE = 4  # characters, about a token
PIECES_PER_S = 1_000
SIZE = (1280, 800)

_PARAGRAPH = (
    "Lisbon in May is **warm and dry**, usually between 17 and 24 degrees. Walk up from the river through the lanes, "
    "take `tram 28` early, and keep the [museums](https://example.org/museums) for the hot hours after lunch. "
)
_LIST = "".join(
    f"{n}. **Stop {n}:** a viewpoint, a café and ten minutes in the shade.\n   - Go early\n" for n in range(1, 7)
)
_TABLE = "| Place | Opens | Price |\n|:--|:--|--:|\n" + "| Monastery of Jerónimos | 9:30 | 18.00 € |\n" * 6
_CODE = "def entry(number: int, title: str) -> str:  # one event\n    escaped = title.replace(',', '\\\\,')\n" + (
    "    return f'UID:{number}@plan SUMMARY:{escaped}' if number % 2 else ''\n\n\n"
)


@dataclass(frozen=True)
class Gaps:
    """Times between two turns of a timer that asks for 1 ms, in milliseconds."""

    p50_ms: float
    p99_ms: float
    longest_ms: float
    seconds: float


@dataclass(frozen=True)
class Opening:
    """Processor time of the GUI thread for opening a conversation, in seconds.

    Attributes:
        until_usable_s: The page is filled and painted.
        until_near_s: What two screens of scrolling would show is there too, buttons included.
        total_s: All messages that were handed over are there; the pauses in between belong to other events.
        longest_turn_s: The longest turn of the event loop in all this.
    """

    until_usable_s: float
    until_near_s: float
    total_s: float
    longest_turn_s: float
    widgets: int


def mixed_answer(characters: int = CHARACTERS) -> str:
    """Return an answer of prose, lists, tables and code in a few languages."""
    section = (
        f"## A section\n\n{_PARAGRAPH * 2}\n\n{_LIST}\n{_PARAGRAPH}\n\n{_TABLE}\n> {_PARAGRAPH}\n\n"
        f'```python\n{_CODE * 4}```\n\n{_PARAGRAPH}\n\n```json\n{{"date": "2026-05-03", "price": 18.5}}\n```\n\n'
    )
    return (section * (characters // len(section) + 1))[:characters]


def code_answer(characters: int = CHARACTERS) -> str:
    """Return an answer that is one single block of code."""
    return ("```python\n" + _CODE * (characters // len(_CODE) + 1))[: characters - 4] + "\n```"


def measure_streaming(text: str, size: tuple[int, int] = SIZE) -> Gaps:
    """Stream a text into a visible transcript and watch the event loop. Needs a QApplication, and real time."""
    app = _application()
    theme().apply(app, "light")
    background = Background()
    transcript = Transcript(background.run)
    transcript.resize(*size)
    transcript.show()
    question = _message(1, None, Role.USER, "Tell me everything.", MessageState.DONE)
    answer = _message(2, 1, Role.ASSISTANT, "", MessageState.STREAMING)
    transcript.show_messages((question, answer), 2, 0)
    live = transcript.streaming_view(2, "")
    _run_for(300)
    stream = _Stream(text, live.append)
    gaps = stream.run()
    transcript.update_message(_message(2, 1, Role.ASSISTANT, text, MessageState.DONE))
    _run_for(300)
    _close(transcript)
    background.close()
    ordered = sorted(gaps)
    return Gaps(_at(ordered, 0.5), _at(ordered, 0.99), ordered[-1], stream.seconds)


def measure_opening(count: int = 10_000, tail: int = 60, size: tuple[int, int] = SIZE) -> Opening:
    """Open a conversation of so many messages, of which the newest `tail` are handed to the transcript."""
    app = _application()
    theme().apply(app, "light")
    background = Background()
    transcript = Transcript(background.run)
    transcript.resize(*size)
    transcript.show()
    transcript.show_messages((_message(1, None, Role.USER, "Before.", MessageState.DONE),), 1, 0)
    _run_for(300)
    messages = conversation(count)[-tail:]
    turns = _Turns()
    started = time.thread_time()
    transcript.show_messages(messages, count, count - tail)
    app.processEvents()  # paints it
    usable_s = time.thread_time() - started
    turns.run_until(lambda: not transcript.lacks_nearby)
    near_s = time.thread_time() - started
    turns.run_until(lambda: transcript.column.low == 0 and not transcript.is_busy)
    total_s = time.thread_time() - started
    widgets = len(transcript.column.built())
    _close(transcript)
    background.close()
    return Opening(usable_s, near_s, total_s, max(usable_s, turns.longest_s), widgets)


def conversation(count: int, characters: int = 750) -> tuple[Message, ...]:
    """Return messages of a long conversation, half of them answers with a list and code."""
    code = "```python\nfor number in range(10):\n    print(number)\n```\n"
    answer = f"{_PARAGRAPH}\n\n- one\n- two, with `code`\n- three\n\n{code}\n{_PARAGRAPH}"[:characters]
    messages = []
    for number in range(1, count + 1):
        is_answer = number % 2 == 0
        text = f"{number}. {answer}" if is_answer else f"Question {number}: what about the day after that one?"
        role = Role.ASSISTANT if is_answer else Role.USER
        messages.append(_message(number, number - 1 or None, role, text, MessageState.DONE))
    return tuple(messages)


class _Stream(QObject):
    """Gives a text away piece by piece, as fast as it is told, and notes each time the event loop comes round."""

    def __init__(self, text: str, take: Callable[[str], None]) -> None:
        super().__init__()
        self._text = text
        self._take = take
        self._given = 0
        self._clock = QElapsedTimer()
        self._last_ns = 0
        self._gaps_ms: list[float] = []
        self._loop = QEventLoop()
        self.seconds = 0.0

    def run(self) -> list[float]:
        timer = QTimer()
        timer.setTimerType(timer.timerType().PreciseTimer)
        timer.setInterval(1)
        timer.timeout.connect(self._turn)
        self._clock.start()
        timer.start()
        self._loop.exec()
        timer.stop()
        self.seconds = self._clock.nsecsElapsed() / 1e9
        return self._gaps_ms

    def _turn(self) -> None:
        now_ns = self._clock.nsecsElapsed()
        if self._last_ns:
            self._gaps_ms.append((now_ns - self._last_ns) / 1e6)
        self._last_ns = now_ns
        due = int(now_ns / 1e9 * PIECES_PER_S)
        while self._given < due and self._given * PIECE < len(self._text):
            self._take(self._text[self._given * PIECE : (self._given + 1) * PIECE])
            self._given += 1
        if self._given * PIECE >= len(self._text):
            self._loop.quit()


class _Turns:
    """Runs the event loop turn by turn and knows the longest one."""

    def __init__(self) -> None:
        self.longest_s = 0.0

    def run_until(self, is_done: Callable[[], bool], limit_s: float = 30.0) -> None:
        end = time.monotonic() + limit_s
        while not is_done() and time.monotonic() < end:
            started = time.thread_time()
            QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
            self.longest_s = max(self.longest_s, time.thread_time() - started)


def _application() -> QApplication:
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    return app


def _message(number: int, parent: int | None, role: Role, text: str, state: MessageState) -> Message:
    return Message(id=number, conversation_id=1, parent_id=parent, role=role, content=text, state=state, created_at=0.0)


def _run_for(milliseconds: int) -> None:
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def _close(window: QWidget) -> None:
    window.close()
    window.deleteLater()
    QApplication.processEvents()


def _at(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
