"""Models that other programs have already downloaded, to be opened where they lie.

How each program keeps them (`program_folders` says where), and what it calls them:

| program | what is there | name |
| --- | --- | --- |
| Ollama | blobs/sha256-<hash> and manifests/<host>/<owner>/<model>/<tag>, JSON that names the blob | llama3.2:3b |
| Hugging Face cache | models--<owner>--<name>/snapshots/<commit>/*.gguf, links to ../../blobs/<SHA-256> | owner/name |
| LM Studio | <publisher>/<model>/*.gguf | publisher/model |
| Jan | llamacpp/models/<id>/model.yml, which names file and SHA-256; older: models/**/*.gguf | as in model.yml |
| GPT4All | *.gguf | the file's |
| llama.cpp | *.gguf; newer: as in the Hugging Face cache | the file's; owner/name |

Nothing is written or sent anywhere. What is damaged or may not be read is passed over.
"""

import os
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from desktop_app.library import program_folders
from desktop_app.library.file_errors import shown_text
from desktop_app.library.folder_scan import ModelFile, Search, gguf_size, model_at, models_among, shown
from desktop_app.library.program_folders import Surroundings, path_named, read_json, read_text

OLLAMA, HUGGING_FACE, LM_STUDIO = "Ollama", "Hugging Face cache", "LM Studio"
JAN, GPT4ALL, LLAMA_CPP = "Jan", "GPT4All", "llama.cpp"

_SHA256 = re.compile(r"[0-9a-f]{64}")
_OLLAMA_HOSTS = ("registry.ollama.ai", "ollama.com")  # the ones it leaves out of names
_OLLAMA_MODEL = "application/vnd.ollama.image.model"
_OLLAMA_LICENSE = "application/vnd.ollama.image.license"


@dataclass(frozen=True)
class FoundModel:
    """A model that another program has.

    Attributes:
        path: The file to open; of a model in several files, the first.
        program: Whose it is, by the name people know.
        name: What that program calls it.
        size_bytes: Of all parts.
        sha256: Of the file at `path`, if the program has written it down; else empty.
        license: If the program has written it down; else empty.
    """

    path: Path
    program: str
    name: str
    size_bytes: int
    sha256: str = ""
    license: str = ""


def find_elsewhere(
    home: Path | None = None, environment: Mapping[str, str] | None = None, platform: str = sys.platform
) -> tuple[FoundModel, ...]:
    """Return the models of other programs, by program and name.

    A file that several programs share counts once, for the one that keeps the best records. Whether a model can be used
    here is not looked at.

    Args:
        home: The person's own folder; None for that of whoever runs this.
        environment: Variables that may have moved folders; None for those of this process.
        platform: As `sys.platform`.
    """
    environment = os.environ if environment is None else environment
    where = Surroundings((home or Path.home()).absolute(), environment, platform)
    found: dict[str, FoundModel] = {}
    for folders, read in _PROGRAMS:
        for folder in dict.fromkeys(folders(where)):
            for model in read(folder):
                found.setdefault(os.path.realpath(model.path), model)
    return tuple(
        sorted(found.values(), key=lambda model: (model.program.casefold(), model.name.casefold(), model.path))
    )


def _read_ollama(folder: Path) -> Iterator[FoundModel]:
    manifests = folder / "manifests"
    # One file often has two tags; the other one says more than "latest".
    for path in sorted(Search().files(manifests), key=lambda path: (path.name == "latest", path)):
        place = path.relative_to(manifests).parts
        if len(place) != 4:
            continue
        manifest = read_json(path)
        for digest in _digests(manifest, _OLLAMA_MODEL):
            blob = _blob(folder, digest)
            if size_bytes := gguf_size(blob):
                terms = read_text(_blob(folder, next(_digests(manifest, _OLLAMA_LICENSE), "")))
                yield FoundModel(blob, OLLAMA, _ollama_name(*place), size_bytes, digest, _first_line(terms))


def _blob(folder: Path, digest: str) -> Path:
    return folder / "blobs" / f"sha256-{digest}"


def _digests(manifest: dict[str, Any], media_type: str) -> Iterator[str]:
    """Yield the SHA-256 of what a manifest lists as one kind of thing."""
    layers = manifest.get("layers")
    for layer in layers if isinstance(layers, list) else ():
        if isinstance(layer, dict) and layer.get("mediaType") == media_type:
            digest = str(layer.get("digest")).removeprefix("sha256:")
            if _SHA256.fullmatch(digest):
                yield digest


def _ollama_name(host: str, owner: str, model: str, tag: str) -> str:
    """Return a name as `ollama list` shows it."""
    if host not in _OLLAMA_HOSTS:
        return shown(f"{host}/{owner}/{model}:{tag}")
    return shown(f"{model}:{tag}" if owner == "library" else f"{owner}/{model}:{tag}")


def _first_line(text: str) -> str:
    """Return the title of a license."""
    return shown_text(text.strip().partition("\n")[0].strip())


def _read_hugging_face(folder: Path, program: str = HUGGING_FACE) -> Iterator[FoundModel]:
    search = Search()
    for repository in search.folders(folder):
        kind, _, name = repository.name.partition("--")
        if kind == "models":
            snapshot, models = _newest_snapshot(search, repository)
            name = shown(name.replace("--", "/"))
            license = _license_on_card(read_text(snapshot / "README.md"))
            for model in models:
                full_name = name if len(models) == 1 else f"{name}/{model.title}"
                sha256 = _sha256_of_link(model.path)
                yield FoundModel(model.path, program, full_name, model.size_bytes, sha256, license)


def _newest_snapshot(search: Search, repository: Path) -> tuple[Path, list[ModelFile]]:
    """Return the newest state of a repository that has models, and these."""
    current = read_text(repository / "refs" / "main").strip()
    snapshots = search.folders(repository / "snapshots")
    for snapshot in sorted(snapshots, key=lambda path: (path.name == current, _changed_at(path)), reverse=True):
        if models := search.models(snapshot):
            return snapshot, models
    return repository, []


def _changed_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _sha256_of_link(path: Path) -> str:
    """Return what the link of a snapshot says about its file.

    Only the first link counts: blobs/<sha256> may itself be a link to a file named by another kind of hash, which looks
    the same.
    """
    try:
        target = path.readlink()
    except OSError:
        return ""
    return target.name if target.parent.name == "blobs" and _SHA256.fullmatch(target.name) else ""


def _license_on_card(card: str) -> str:
    """Return the license that the head of a model card names."""
    found = re.match(r"---\n(?:(?!---).*\n)*?license: *(.+)\n", card)
    return shown_text(found[1].strip(" \"'")) if found else ""


def _read_lm_studio(folder: Path) -> Iterator[FoundModel]:
    for name, model in _by_folder(folder, Search().models(folder)):
        yield FoundModel(model.path, LM_STUDIO, name, model.size_bytes)


def _by_folder(root: Path, models: list[ModelFile]) -> Iterator[tuple[str, ModelFile]]:
    """Yield names after the folders that models lie in, and after their files where one folder has several."""
    crowd = Counter(model.path.parent for model in models)
    for model in models:
        folder = model.path.parent
        if folder == root:
            yield model.title, model
        else:
            name = shown(folder.relative_to(root).as_posix())
            yield (name if crowd[folder] == 1 else f"{name}/{model.title}"), model


def _read_jan(folder: Path) -> Iterator[FoundModel]:
    for models in (folder / "llamacpp" / "models", folder / "models"):
        files = list(Search().files(models))
        for card in files:
            if card.name == "model.yml":
                yield from _on_card_of_jan(card, models, folder)
        for name, model in _by_folder(models, models_among(files)):
            yield FoundModel(model.path, JAN, name, model.size_bytes)


def _on_card_of_jan(card: Path, models: Path, folder: Path) -> Iterator[FoundModel]:
    """Yield the model that a model.yml is about; its file may be anywhere."""
    says = dict(re.findall(r"^(\w+): *(.*?) *$", read_text(card), re.MULTILINE))
    says = {key: re.sub(r"^(['\"])(.*)\1$", r"\2", value) for key, value in says.items()}
    path = path_named(says.get("model_path", ""), folder)
    if path and (model := model_at(path)):
        name = says.get("name") or shown(card.parent.relative_to(models).as_posix())
        sha256 = says.get("model_sha256", "")
        yield FoundModel(path, JAN, name, model.size_bytes, sha256 if _SHA256.fullmatch(sha256) else "")


def _read_gpt4all(folder: Path) -> Iterator[FoundModel]:
    for model in Search().models(folder):
        yield FoundModel(model.path, GPT4ALL, model.title, model.size_bytes)


def _read_llama_cpp(folder: Path) -> Iterator[FoundModel]:
    yield from _read_hugging_face(folder, LLAMA_CPP)
    for model in models_among(Path(entry.path) for entry in Search().entries(folder)):
        yield FoundModel(model.path, LLAMA_CPP, model.title, model.size_bytes)


# Those that write down checksums come first: a file that is linked into several of them keeps its checksum.
_PROGRAMS: tuple[tuple[Callable[[Surroundings], list[Path]], Callable[[Path], Iterator[FoundModel]]], ...] = (
    (program_folders.ollama_folders, _read_ollama),
    (program_folders.hugging_face_folders, _read_hugging_face),
    (program_folders.jan_folders, _read_jan),
    (program_folders.llama_cpp_folders, _read_llama_cpp),
    (program_folders.lm_studio_folders, _read_lm_studio),
    (program_folders.gpt4all_folders, _read_gpt4all),
)
