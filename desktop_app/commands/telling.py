"""How commands say how a run goes: a line that is written over for people, every event as a line for programs."""

import sys
from pathlib import Path

from desktop_app.commands.output import print_line
from desktop_app.finetune import events
from desktop_app.finetune.words import readable_time

PROGRESS, COURSE = "progress", "course"

_WIDTH = 72  # of the line that is written over


class Teller:
    """Tells people on stderr, and programs on stdout."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json
        self._is_line_open = False
        self._last_progress: tuple[str, float | None] | None = None

    def event(self, event: events.Event) -> None:
        """Tell what has happened in a run."""
        if self.as_json:
            print_line(event)
            return
        match event:
            case {"event": events.STEP}:
                self._over(_step_words(event))
            case {"event": events.EVALUATED, "step": step, "loss": loss}:
                self.line(f"After {step} steps the loss on what was held out is {loss:.4f}.")
            case {"event": events.LEANER, "mode": mode, "reason": reason}:
                self.line(f"{reason} It goes on in the {mode} mode, which takes less.")
            case {"event": events.DAMAGED | events.UNSAVED, "sentence": sentence}:
                self.line(sentence)

    def line(self, text: str) -> None:
        """Tell something in a sentence, to people only."""
        if not self.as_json:
            self.end()
            print(text, file=sys.stderr, flush=True)

    def doing(self, sentence: str) -> None:
        """Tell what is begun with now."""
        if self.as_json:
            print_line({"event": PROGRESS, "words": sentence.rstrip("."), "fraction": None, "seconds_left": None})
        self.line(sentence)

    def progress(self, words: str, fraction: float | None, seconds_left: float | None) -> None:
        """Tell how far something is, as often as it comes; programs are told of what is seen on a screen."""
        seen = (words, round(fraction, 3) if fraction is not None else None)
        if seen == self._last_progress:
            return
        self._last_progress = seen
        if self.as_json:
            told = {"words": words, "fraction": seen[1], "seconds_left": seconds_left}
            print_line({"event": PROGRESS, **told})
            return
        left = f", {readable_time(seconds_left)} left" if seconds_left is not None else ""
        self._over(words + (f", {fraction:.0%}" if fraction is not None else "") + left)

    def course(self, name: str, path: Path) -> None:
        """Tell programs that the folder of a course has changed."""
        if self.as_json:
            print_line({"event": COURSE, "name": name, "path": str(path)})

    def fraction(self, words: str, fraction: float) -> None:
        """Tell how much of something is done, to people only."""
        if not self.as_json:
            self._over(f"{words}, {fraction:.0%}")

    def end(self) -> None:
        """Leave the line that is written over."""
        if self._is_line_open:
            print(file=sys.stderr)
        self._is_line_open = False

    def _over(self, text: str) -> None:
        if sys.stderr.isatty():
            print(f"\r{text:{_WIDTH}}", end="", file=sys.stderr, flush=True)
            self._is_line_open = True


def _step_words(event: events.Event) -> str:
    left = event["seconds_left"]
    time = f", {readable_time(left)} left" if left is not None else ""
    return f"Step {event['step']} of {event['steps']}, loss {event['loss']:.4f}{time}"
