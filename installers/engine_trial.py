"""The smallest thing that really computes: `python installers/engine_trial.py MODEL`, with the environment's Python.

It is a process of its own because a build that does not fit this computer ends whoever runs it. The Python that sets
up reads this file as well, before anything is installed; hence the imports inside.
"""

import sys

DOES_NOT_LOAD = 3


def main(model: str) -> int:
    """Read a few tokens and write two; return the exit status."""
    try:
        from desktop_app.engine.llama.backend import LlamaBackend
    except (OSError, RuntimeError) as error:  # the system could not load llama.cpp's libraries
        print(error, file=sys.stderr)
        return DOES_NOT_LOAD
    from desktop_app.engine.choices import LoadSettings, SamplerSettings
    from desktop_app.engine.messages import ChatMessage, Event, Finished, Generate, Load

    backend = LlamaBackend()
    backend.load(Load(1, model, LoadSettings(n_ctx=512)), lambda _: None, bool)
    prompt = (ChatMessage("user", "Name the days of the week."),)
    backend.begin(Generate(2, prompt, SamplerSettings(temperature=0, max_tokens=2)), bool)
    said: list[Event] = []
    while backend.busy:
        said += backend.step()
    backend.close()
    if isinstance(said[-1], Finished):
        return 0
    print(said[-1], file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
