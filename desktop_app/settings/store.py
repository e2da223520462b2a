"""The user's choices as they are now, and the file they are kept in."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from desktop_app.engine.choices import LoadSettings, SamplerSettings
from desktop_app.settings import options
from desktop_app.settings.json_file import read_json, write_json
from desktop_app.settings.option import Option, T


class Settings:
    """The value of every option. Immutable, so that any thread may read or save it: `settings[options.THEME]`."""

    def __init__(self, values: Mapping[str, Any] = MappingProxyType({})) -> None:
        """Take values by key, as the file has them. What an option cannot accept is left to its default.

        What belongs to no option, such as one of a newer version of the program, is kept for saving.
        """
        self._values = dict(values)

    def __getitem__(self, option: Option[T]) -> T:
        value = option.accepted(self._values.get(option.key))
        return option.default if value is None else value

    def changed(self, option: Option[T], value: T) -> "Settings":
        """Return the settings with another value for one option.

        Raises:
            ValueError: If the option cannot have this value; a field must not offer it.
        """
        accepted = option.accepted(value)
        if accepted is None:
            raise ValueError(f"{option.key} cannot be {value!r}")
        return Settings({**self._values, option.key: accepted})

    def sampler(self) -> SamplerSettings:
        """Return what a new conversation starts with."""
        return SamplerSettings(
            temperature=self[options.TEMPERATURE],
            top_k=self[options.TOP_K],
            top_p=self[options.TOP_P],
            min_p=self[options.MIN_P],
            repeat_penalty=self[options.REPEAT_PENALTY],
            max_tokens=self[options.MAX_TOKENS],
        )

    def load_settings(self) -> LoadSettings:
        """Return how models are to be loaded."""
        return LoadSettings(
            n_ctx=self[options.CONTEXT_LENGTH],
            n_threads=self[options.THREADS],
            n_gpu_layers=self[options.GPU_LAYERS],
            kv_type=self[options.KV_TYPE],
            flash_attention=self[options.FLASH_ATTENTION],
            speculate=self[options.SPECULATE],
        )

    def as_json(self) -> dict[str, Any]:
        return {
            **self._values,
            **{option.key: self[option] for option in options.OPTIONS if option.key in self._values},
        }


def load_settings(path: Path) -> tuple[Settings, str]:
    """Return the settings in the file and a note for the person, which is empty if all is well.

    This never fails: with no file, or a damaged one (which is moved aside), everything has its default.
    """
    values, note = read_json(path)
    return Settings(values), note


def save_settings(path: Path, settings: Settings) -> None:
    """Write the file. What is not in it keeps following the defaults of the program.

    Raises:
        UserError: If it cannot be written; the old file is then still there, whole.
    """
    write_json(path, settings.as_json())
