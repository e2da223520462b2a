"""What the Hub says about models, as plain data; nothing of it is believed where it matters (names, sizes, hashes)."""

from dataclasses import dataclass


@dataclass(frozen=True)
class HubFile:
    """A file of a repository. `sha256` is empty for small files, which are kept in another way."""

    path: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True)
class HubModel:
    """A repository of the Hub, as a search finds it.

    Attributes:
        id: owner/name.
        updated_at: Unix time in seconds; 0 if it is not known.
        is_gated: Its terms must be accepted before it can be downloaded.
        n_params, n_ctx_train: 0 if the Hub does not know.
        architecture: As in GGUF files, or empty.
        file_names: All files, also those that are no models.
        tags: Everything else that is said of it, such as base_model:quantized:owner/name.
    """

    id: str
    downloads: int
    likes: int
    updated_at: float
    is_gated: bool
    license: str
    n_params: int
    architecture: str
    n_ctx_train: int
    file_names: tuple[str, ...]
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class HubRepo:
    """A repository as it is at one commit (`revision`), with the sizes and hashes of its files."""

    model: HubModel
    revision: str
    files: tuple[HubFile, ...]
