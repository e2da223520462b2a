"""Where other programs keep the models they have downloaded.

| program | folder | moved by |
| --- | --- | --- |
| Ollama | ~/.ollama/models | `OLLAMA_MODELS`; its window keeps the choice in {local}/Ollama/db.sqlite |
| - as a service of Linux | /usr/share/ollama/.ollama/models | the service's settings, which are not read |
| - on Arch, as a Snap | /var/lib/ollama, /var/snap/ollama/common/models | |
| Hugging Face cache | ~/.cache/huggingface/hub | `HF_HUB_CACHE`, `HF_HOME`, `XDG_CACHE_HOME` |
| - older | | `HUGGINGFACE_HUB_CACHE` |
| LM Studio | ~/.lmstudio/models | `downloadsFolder` in ~/.lmstudio/settings.json |
| - older | ~/.cache/lm-studio/models | the same in {config}/LM Studio/settings.json |
| - moved altogether | | ~/.lmstudio-home-pointer names what stands for ~/.lmstudio |
| Jan | {data}/Jan/data/llamacpp/models | `JAN_DATA_FOLDER`; `data_folder` in {data}/Jan/settings.json |
| - older | {config}/Jan/data/models, ~/jan/models | the same in {data}/jan.ai.app, {config}/Jan |
| GPT4All | {local}/nomic.ai/GPT4All | `modelPath` in {config}/nomic.ai/GPT4All.ini |
| - on macOS | | the same in ~/.config/gpt4all.io/GPT4All.ini |
| - its Python package | ~/.cache/gpt4all | |
| llama.cpp | {cache}/llama.cpp | `LLAMA_CACHE` |
| - newer | the Hugging Face cache | `LLAMA_CACHE`, then laid out like that cache |

| | Linux | macOS | Windows |
| --- | --- | --- | --- |
| {data} | `XDG_DATA_HOME`, ~/.local/share | ~/Library/Application Support | `APPDATA` |
| {local} | as {data} | as {data} | `LOCALAPPDATA` |
| {config} | `XDG_CONFIG_HOME`, ~/.config | as {data} | `APPDATA` |
| {cache} | `XDG_CACHE_HOME`, ~/.cache | ~/Library/Caches | `LOCALAPPDATA` |

Jan and GPT4All as a Flatpak have their {data} in ~/.var/app. The usual folder is looked into even if it was moved:
older models may have stayed there, and what is set for this process need not be set for the other program.

Sources: ollama/ollama `envconfig/config.go`, `app/store/store.go` and `docs/faq.mdx`; huggingface_hub `constants.py`;
lmstudio-ai/lms `src/modelsFolder.ts` and, before it, `src/subcommands/importCmd.ts`; lmstudio-ai/lmstudio.js
`findLMStudioHome.ts`; janhq/jan `src-tauri/src/core/app/commands.rs` and `data-folder.mdx`; nomic-ai/gpt4all
`mysettings.cpp`, `main.cpp` and issue 3485; ggml-org/llama.cpp `common/common.cpp` and `common/hf-cache.cpp`.
"""

import json
import os
import re
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

OLLAMA_SERVICES = ("/usr/share/ollama/.ollama/models", "/var/lib/ollama", "/var/snap/ollama/common/models")

_MAX_TEXT_BYTES = 1 << 20  # settings and manifests have kilobytes


@dataclass(frozen=True)
class Surroundings:
    """Whose models are looked for, and on what kind of system (`sys.platform`)."""

    home: Path
    environment: Mapping[str, str]
    platform: str

    @property
    def data(self) -> Path:
        return self._system("XDG_DATA_HOME", ".local/share", "Library/Application Support", "APPDATA", "Roaming")

    @property
    def local(self) -> Path:
        return self._system("XDG_DATA_HOME", ".local/share", "Library/Application Support", "LOCALAPPDATA", "Local")

    @property
    def config(self) -> Path:
        return self._system("XDG_CONFIG_HOME", ".config", "Library/Application Support", "APPDATA", "Roaming")

    @property
    def cache(self) -> Path:
        return self._system("XDG_CACHE_HOME", ".cache", "Library/Caches", "LOCALAPPDATA", "Local")

    def named_by(self, variable: str) -> list[Path]:
        """Return the folder that a variable of the environment names, if it does."""
        return self.place(self.environment.get(variable))

    def place(self, text: Any) -> list[Path]:
        """Return the folder that a setting names. One that depends on where a program was started is not known."""
        if not isinstance(text, str):
            return []
        text = text.strip().strip("\"'")
        if re.match(r"~($|[/\\])", text):
            text = f"{self.home}/{text[2:]}"
        path = path_named(text, Path())
        return [path] if path is not None and path.is_absolute() else []

    def _system(self, linux_variable: str, linux: str, mac: str, windows_variable: str, windows: str) -> Path:
        if self.platform == "darwin":
            return self.home / mac
        if self.platform == "win32":
            return next(iter(self.named_by(windows_variable)), self.home / "AppData" / windows)
        return next(iter(self.named_by(linux_variable)), self.home / linux)


def ollama_folders(where: Surroundings) -> list[Path]:
    """Return folders with `manifests` and `blobs` in them."""
    chosen = _chosen_in_ollama(where.local / "Ollama" / "db.sqlite")
    services = OLLAMA_SERVICES if where.platform == "linux" else ()
    return [
        *where.named_by("OLLAMA_MODELS"),
        *where.place(chosen),
        where.home / ".ollama" / "models",
        *map(Path, services),
    ]


def hugging_face_folders(where: Surroundings) -> list[Path]:
    """Return folders with `models--owner--name` in them."""
    return [
        *where.named_by("HF_HUB_CACHE"),
        *where.named_by("HUGGINGFACE_HUB_CACHE"),
        *(home / "hub" for home in where.named_by("HF_HOME")),
        *(cache / "huggingface" / "hub" for cache in where.named_by("XDG_CACHE_HOME")),
        where.home / ".cache" / "huggingface" / "hub",
    ]


def lm_studio_folders(where: Surroundings) -> list[Path]:
    """Return folders with `publisher/model/file.gguf` in them."""
    homes = [
        *where.place(read_text(where.home / ".lmstudio-home-pointer")),
        where.home / ".lmstudio",
        where.home / ".cache" / "lm-studio",
    ]
    chosen: list[Path] = []
    for folder in (*homes, where.config / "LM Studio"):
        chosen += where.place(read_json(folder / "settings.json").get("downloadsFolder"))
    return [*chosen, *(home / "models" for home in homes)]


def jan_folders(where: Surroundings) -> list[Path]:
    """Return data folders of Jan, which have `llamacpp/models` or `models` in them."""
    chosen: list[Path] = []
    for folder in (where.data / "Jan", where.data / "jan.ai.app", where.config / "Jan"):
        chosen += where.place(read_json(folder / "settings.json").get("data_folder"))
    return [
        *where.named_by("JAN_DATA_FOLDER"),
        *chosen,
        where.data / "Jan" / "data",
        where.config / "Jan" / "data",
        where.home / "jan",
        where.home / ".var/app/ai.jan.Jan/data/Jan/data",
    ]


def gpt4all_folders(where: Surroundings) -> list[Path]:
    """Return folders with GGUF files in them."""
    settings = where.config / "nomic.ai"
    if where.platform == "darwin":  # Qt goes by the domain there, and keeps INI files where Linux has them
        settings = where.home / ".config" / "gpt4all.io"
    return [
        *where.place(_chosen_in_gpt4all(read_text(settings / "GPT4All.ini"))),
        where.local / "nomic.ai" / "GPT4All",
        where.home / ".cache" / "gpt4all",
        where.home / ".var/app/io.gpt4all.gpt4all/data/nomic.ai/GPT4All",
    ]


def llama_cpp_folders(where: Surroundings) -> list[Path]:
    """Return folders with GGUF files or with `models--owner--name` in them."""
    return [*where.named_by("LLAMA_CACHE"), where.cache / "llama.cpp"]


def read_text(path: Path) -> str:
    """Return what a small file says, or its first megabyte; nothing if it cannot be read."""
    try:
        if not path.is_file():
            return ""
        with path.open("rb") as file:
            text = file.read(_MAX_TEXT_BYTES).decode("utf-8-sig", errors="replace")
    except OSError:
        return ""
    return text.replace("\r\n", "\n")


def read_json(path: Path) -> dict[str, Any]:
    """Return the JSON object in a file; an empty one if it is damaged, something else or not there."""
    try:
        value = json.loads(read_text(path))
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def path_named(text: str, folder: Path) -> Path | None:
    """Return the path a text means, seen from a folder; None if no file can be called so."""
    try:
        os.fsencode(text)
    except UnicodeEncodeError:
        return None
    return folder / text if text and "\0" not in text else None


def _chosen_in_ollama(database: Path) -> Any:
    """Return the folder that was chosen in the settings of Ollama's window."""
    try:
        if not database.is_file():
            return None
        # Immutable: nothing is locked, and no file is made beside another program's.
        with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
            row = connection.execute("SELECT models FROM settings").fetchone()
    except (OSError, sqlite3.Error):
        return None
    return row[0] if row else None


def _chosen_in_gpt4all(settings: str) -> str | None:
    """Return the folder that was chosen in the settings of GPT4All, as Qt writes them."""
    general = re.search(r"^\[General\]$(.*?)(?=^\[|\Z)", settings, re.MULTILINE | re.DOTALL)
    found = general and re.search(r"^modelPaths?=(.*)$", general[1], re.MULTILINE)
    return re.sub(r"\\(.)", r"\1", found[1]) if found else None
