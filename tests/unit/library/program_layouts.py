"""Lays out small models as other programs keep theirs."""

import json
import os

from desktop_app.library import program_folders
from desktop_app.library.elsewhere import find_elsewhere
from tests.support.gguf_files import llama_model

CONTENT = llama_model().to_bytes()
SHA256, OTHER_SHA256 = "0a" * 32, "1b" * 32
LIBRARY = "registry.ollama.ai/library"


def new_home(tmp_path, monkeypatch):
    """Return an empty folder of a person; the computer that runs the tests may have an Ollama of its own."""
    monkeypatch.setattr(program_folders, "OLLAMA_SERVICES", (str(tmp_path / "service"),))
    home = tmp_path / "Zoë 家"
    home.mkdir()
    return home


def put(path, content=CONTENT):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


def found(home, platform="linux", **environment):
    """Return program and name of each model that is found."""
    return [
        (model.program, model.name)
        for model in find_elsewhere(home, {name: str(value) for name, value in environment.items()}, platform)
    ]


def ollama(models, name, digest=SHA256, manifest=None, license=None):
    """Lay out a model as Ollama does."""
    blob = put(models / "blobs" / f"sha256-{digest}")
    layers = [{"mediaType": "application/vnd.ollama.image.model", "digest": f"sha256:{digest}", "size": len(CONTENT)}]
    if license is not None:
        put(models / "blobs" / f"sha256-{OTHER_SHA256}", license.encode())
        layers.append({"mediaType": "application/vnd.ollama.image.license", "digest": f"sha256:{OTHER_SHA256}"})
    put(models / "manifests" / name, {"schemaVersion": 2, "layers": layers} if manifest is None else manifest)
    return blob


def hub(cache, repository, files, commit="c0ffee", blob=SHA256):
    """Lay out a snapshot as the Hugging Face cache does."""
    folder = cache / f"models--{repository.replace('/', '--')}"
    put(folder / "blobs" / blob)
    put(folder / "refs/main", commit.encode())
    for file in files:
        link = folder / "snapshots" / commit / file
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(os.path.relpath(folder / "blobs" / blob, link.parent))
    return folder / "snapshots" / commit
