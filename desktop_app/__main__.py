"""What this process is: window, command line, engine or reader. Decided before anything heavy is imported."""

import sys


def main(arguments: list[str] | None = None) -> int:
    """Run as what the arguments say and return the exit status."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments[:1] == ["--engine"]:
        from desktop_app.engine.worker import run_engine

        run_engine(*arguments[1:])
    if arguments[:1] == ["--reader"]:
        from desktop_app.finetune.reading.worker import run_reader

        run_reader()
    from desktop_app.cli import run

    return run(arguments)


if __name__ == "__main__":
    sys.exit(main())
