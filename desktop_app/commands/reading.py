"""An engine that reads texts for commands: the model is loaded with as little room for chatting as can be."""

from dataclasses import replace
from pathlib import Path

from desktop_app.engine.client import EngineClient
from desktop_app.engine.messages import Compare, Compared, Effect, Load, Loaded, Stack
from desktop_app.paths import DataFolder
from desktop_app.settings.store import load_settings

N_CTX = 512  # texts are read in contexts of their own


def load_to_read(engine: EngineClient, folder: DataFolder, model: Path, n_ctx: int = N_CTX) -> None:
    """Load a model.

    Args:
        engine: Is to have it.
        folder: Has the settings.
        model: Its first file.
        n_ctx: For what it is to write besides.

    Raises:
        UserError: If it cannot be loaded.
    """
    settings, _ = load_settings(folder.settings)
    chosen = replace(settings.load_settings(), n_ctx=n_ctx, speculate=False)
    engine.ask(Load(engine.next_request(), str(model), chosen), Loaded)


def compare(engine: EngineClient, text: str, stack: Stack, other: Stack, other_model: Path | None = None) -> Effect:
    """Return how the second way of reading a text differs from the first; see `messages.Compare`.

    Raises:
        UserError: If the text cannot be read so.
    """
    command = Compare(engine.next_request(), text, stack, other, str(other_model or ""))
    return engine.ask(command, Compared).effect
