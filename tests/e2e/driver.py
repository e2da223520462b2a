"""The real program with somebody at the keyboard: types a message, sends it, and says on stdout what is seen.

    python -m tests.e2e.driver DATA_DIR MESSAGE [--quit]

Prints one JSON object a line: `{"shown": seconds}`, `{"engine": pid}`, `{"text": length so far}`, `{"state": ...}`.
Goes on until it is killed, or with `--quit` until a short answer is complete.
"""

import json
import sys
import time
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from desktop_app.app import App, make_qt_application
from desktop_app.engine.choices import SamplerSettings
from desktop_app.jobs.engine import EngineState
from desktop_app.paths import DataFolder

STARTED = time.monotonic()


def say(**facts):
    print(json.dumps({**facts, "at": time.monotonic()}), flush=True)


class Person:
    """Sends the message as soon as the window can take one, and watches."""

    def __init__(self, app, message, quits):
        self.app, self.message, self.quits = app, message, quits
        self.first = True
        session = app.session
        session.model_changed.connect(self.write)
        session.answering.connect(self.watch)
        session.changed.connect(self.ended)
        session.refused.connect(lambda error: say(refused=str(error)))
        app.engine.state_changed.connect(
            lambda state: say(engine=app.engine.process_id) if state == EngineState.READY else None
        )

    def write(self):
        if self.first:
            self.first = False
            # Likeliest tokens only: how long an answer becomes must not be left to chance.
            sampler = SamplerSettings(temperature=0, max_tokens=24) if self.quits else SamplerSettings(temperature=0)
            self.app.session.set_options("", sampler)
            edit = self.app.chat.composer.edit
            edit.setPlainText(self.message)
            QTest.mouseClick(self.app.chat.composer.button, Qt.MouseButton.LeftButton)

    def watch(self, answer):
        answer.grew.connect(lambda _text: say(text=len(answer.text)))

    def ended(self, message):
        say(state=message.state.value, content=message.content)
        if self.quits:
            QApplication.quit()


def main(arguments):
    qt = make_qt_application()
    with App(DataFolder(Path(arguments[0]))) as app:
        person = Person(app.assemble(), arguments[1], "--quit" in arguments)
        app.window.show()
        app.workspace.open()
        QTimer.singleShot(0, lambda: say(shown=time.monotonic() - STARTED))
        qt.exec()
        del person


if __name__ == "__main__":
    main(sys.argv[1:])
