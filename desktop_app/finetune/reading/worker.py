"""The reader process: takes the names of files from stdin and writes what they have to stdout.

It may be killed at any time, as it keeps nothing. It ends with its client: when stdin ends, or, where something in it
holds everything up, when it has used all the time that a file may take.
"""

import os
import queue
import signal
import sys
import threading
import traceback
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, NoReturn

import msgspec
import psutil

from desktop_app.errors import UserError, unexpected_error
from desktop_app.finetune.reading.messages import Answer, Question
from desktop_app.finetune.reading.reader import read_file

MEMORY_BYTES = 1_500_000_000  # more than when it starts; what a file of the largest size takes as a tree


def run_reader() -> NoReturn:
    """Serve one client until it is gone, and end the process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C in a terminal is for the client, which ends this process
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    sys.stdout = sys.stderr
    start_bytes = _memory_bytes()
    _limit_memory(start_bytes + MEMORY_BYTES)
    questions: queue.Queue[bytes] = queue.Queue()
    threading.Thread(target=_take, args=(sys.stdin.buffer, questions), name="questions", daemon=True).start()
    with suppress(OSError):  # the client is gone
        while True:
            answer = _answer(msgspec.json.decode(questions.get(), type=Question))
            if _memory_bytes() > start_bytes + MEMORY_BYTES / 3:
                answer = msgspec.structs.replace(answer, is_last=True)
            answers.write(msgspec.json.encode(answer) + b"\n")
            answers.flush()
    os._exit(0)


def _take(stdin: BinaryIO, questions: "queue.Queue[bytes]") -> None:
    for line in stdin:
        questions.put(line)
    os._exit(0)


def _answer(question: Question) -> Answer:
    _limit_time(question.limit_s)
    try:
        return Answer(read_file(Path(os.fsdecode(question.path)), question.is_strict))
    except UserError as error:
        return Answer(sentence=error.sentence, hint=error.hint, details=traceback.format_exc())
    except Exception:
        bug = unexpected_error()
        return Answer(sentence=bug.sentence, hint=bug.hint, details=traceback.format_exc())


def _memory_bytes() -> int:
    """Return what the limit of memory counts: all that is reserved, used or not."""
    return psutil.Process().memory_info().vms


def _limit_memory(limit_bytes: int) -> None:
    """Have the system refuse more memory than any document should take. Windows has no such limit."""
    if sys.platform == "win32":
        return
    import resource

    _, most = resource.getrlimit(resource.RLIMIT_AS)
    with suppress(OSError, ValueError):  # macOS refuses it
        resource.setrlimit(resource.RLIMIT_AS, (limit_bytes if most < 0 else min(limit_bytes, most), most))


def _limit_time(limit_s: float) -> None:
    """Have the system end this process if it works on for longer than any client that is still there would wait."""
    if sys.platform == "win32":
        return
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF)
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    wanted = int(used.ru_utime + used.ru_stime + 2 * limit_s) + 1
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CPU, (wanted if most < 0 else min(wanted, most), most))
