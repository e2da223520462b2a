"""What this process is: window, command line, engine or reader. Decided before anything heavy is imported."""

import sys
from pathlib import Path

# Without them Qt 6.11 and NumPy 2.4 end the process, before they could say why.
_INSTRUCTIONS = {"popcnt", "sse4_1", "sse4_2", "ssse3"}


def main(arguments: list[str] | None = None) -> int:
    """Run as what the arguments say and return the exit status."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if sys.platform == "linux" and lacks_instructions(Path("/proc/cpuinfo")):
        print(
            "This computer's processor is too old for Moatless, which needs one with SSE4.2, as they have been since"
            " about 2011. Use a newer computer.",
            file=sys.stderr,
        )
        return 1
    if arguments[:1] == ["--engine"]:
        from desktop_app.engine.worker import run_engine

        run_engine(*arguments[1:])
    if arguments[:1] == ["--reader"]:
        from desktop_app.finetune.reading.worker import run_reader

        run_reader()
    from desktop_app.cli import run

    return run(arguments)


def lacks_instructions(facts: Path) -> bool:
    """Whether what Linux says of the processor rules this program out; Windows 11 and macOS run on none so old."""
    try:
        with facts.open(encoding="utf-8", errors="replace") as file:
            flags = next((set(line.split()) for line in file if line.startswith("flags")), _INSTRUCTIONS)
    except OSError:
        return False
    return not flags >= _INSTRUCTIONS


if __name__ == "__main__":
    sys.exit(main())
