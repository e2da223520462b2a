"""What tests of the engine process do again and again: have answers written and look at what came."""

from desktop_app.engine.messages import Finished, Generate, Piece


def collected(events):
    """Return {request: (text, facts)} of the answers that these events have ended."""
    texts, ended = {}, {}
    for event in events:
        if isinstance(event, Piece):
            texts[event.request] = texts.get(event.request, "") + event.text
        elif isinstance(event, Finished):
            ended[event.request] = (texts.get(event.request, ""), event.facts)
    return ended


def answer(engine, messages, sampler, **options):
    """Have a conversation answered; return (text, facts)."""
    command = Generate(engine.next_request(), messages, sampler, **options)
    return collected(engine.events(command))[command.request]
