"""From bytes of single tokens to text that may be shown: whole characters only, and nothing behind a stop string."""

import codecs


class TextStream:
    """Turns token bytes into text.

    An unfinished character is held back until its last byte comes; text that may be the beginning of a stop string is
    held back until it is clear that it is not.
    """

    def __init__(self, stop: tuple[str, ...] = ()) -> None:
        self._stop = tuple(text for text in stop if text)
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._held = ""
        self.ended = False

    def feed(self, piece: bytes) -> str:
        """Take one token's bytes and return the text that can be shown now; sets `ended` at a stop string."""
        return self._release(self._decoder.decode(piece))

    def flush(self) -> str:
        """Return what was held back, at the end of the answer; of a character that is not whole nothing is left."""
        text, self._held = "" if self.ended else self._held, ""
        return text

    def _release(self, text: str) -> str:
        if self.ended:
            return ""
        self._held += text
        found = [at for stop in self._stop if (at := self._held.find(stop)) >= 0]
        if found:
            self.ended = True
            return self._held[: min(found)]
        keep = max((self._overlap(stop) for stop in self._stop), default=0)
        cut = len(self._held) - keep
        shown, self._held = self._held[:cut], self._held[cut:]
        return shown

    def _overlap(self, stop: str) -> int:
        """Return how many characters at the end of the held text are a beginning of `stop`."""
        longest = min(len(stop) - 1, len(self._held))
        return next((n for n in range(longest, 0, -1) if self._held.endswith(stop[:n])), 0)
