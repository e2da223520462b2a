"""The transcript on its own: messages in, pictures and wishes out; no engine, no database."""

import pytest
from PySide6.QtCore import QObject

from desktop_app.engine.messages import AnswerFacts
from desktop_app.gui.chat import message_page
from desktop_app.gui.chat.transcript import Transcript
from desktop_app.gui.theme import theme
from desktop_app.storage.records import Message, MessageState, Role

FACTS = AnswerFacts(
    prompt_tokens=412,
    reused_tokens=380,
    answer_tokens=318,
    omitted_messages=0,
    prefill_s=0.4,
    decode_s=7.1,
    time_to_first_token_s=0.52,
    finish_reason="stop",
    seed=4242,
)


@pytest.fixture(autouse=True)
def look(qapp):
    theme().apply(qapp, "light")


@pytest.fixture
def run_now():
    """What stands for the background: the work is done at once."""
    return lambda work, on_done: on_done(work())


@pytest.fixture
def message():
    def make(number, role=Role.ASSISTANT, text="Text", state=MessageState.DONE, **more):
        values = {"id": number, "conversation_id": 1, "parent_id": number - 1 or None, "created_at": 0.0}
        return Message(role=Role(role), content=text, state=MessageState(state), **{**values, **more})

    return make


@pytest.fixture
def conversation(message):
    """Return the messages of a conversation: odd ones are questions, even ones answers of some height."""

    def make(count, first=1):
        answer = "Some **prose** that wraps, as answers do, over a few lines of the column.\n\n- one\n- two\n\n" * 3
        return tuple(
            message(n, Role.USER, f"Question {n}") if n % 2 else message(n, Role.ASSISTANT, f"Answer {n}. {answer}")
            for n in range(first, first + count)
        )

    return make


@pytest.fixture
def transcript(qtbot, run_now, monkeypatch):
    monkeypatch.setattr(message_page, "_PAUSE_MS", 0)  # nobody needs to type meanwhile
    view = Transcript(run_now)
    qtbot.addWidget(view)
    view.resize(900, 600)
    view.show()
    qtbot.waitExposed(view)
    return view


@pytest.fixture
def settled(qtbot):
    """Wait until a transcript has made all the widgets it wants."""

    def wait(view):
        qtbot.waitUntil(lambda: not view.is_busy)

    return wait


class Heard(QObject):
    """Collects what a signal said."""

    def __init__(self, signal):
        super().__init__()
        self.said = []
        signal.connect(lambda *values: self.said.append(values))


@pytest.fixture
def heard():
    return lambda signal: Heard(signal).said
