"""A program in the place of `moatless`, which does what a test wants: what is asked of it last of all is its script.

`python fake_command.py ... WORDS` looks for the script of these words in the file that SCRIPTS names: lines to be
printed, and at the end one of: a number (its exit status), "wait" (until it is interrupted, politely), "deaf" (until
it is killed).
"""

import json
import os
import signal
import sys
import threading
from pathlib import Path

SCRIPTS, CALLS = "FAKE_COMMAND_SCRIPTS", "FAKE_COMMAND_CALLS"


def main() -> int:
    arguments = sys.argv[1:]
    with Path(os.environ[CALLS]).open("a", encoding="utf-8") as calls:
        calls.write(json.dumps(arguments) + "\n")
    scripts = json.loads(Path(os.environ[SCRIPTS]).read_text("utf-8"))
    *lines, end = next(script for word, script in scripts.items() if word in arguments)
    if end == "deaf":
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    for line in lines:
        if isinstance(line, dict):
            print(json.dumps(line), flush=True)
        else:
            print(line, file=sys.stderr, flush=True)
    if isinstance(end, int):
        return end
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
