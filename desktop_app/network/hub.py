"""The Hugging Face Hub as the library needs it: finding models, looking at one, and its files as streams of bytes."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, Literal

import httpx2
from huggingface_hub import HfApi, hf_hub_url
from huggingface_hub.errors import HfHubHTTPError, HFValidationError
from huggingface_hub.hf_api import ModelInfo
from huggingface_hub.utils._http import hf_raise_for_status

from desktop_app.errors import UserError
from desktop_app.network.client import hub_session, make_client, pieces_of
from desktop_app.network.door import Door, purpose
from desktop_app.network.incoming import WHOLE, Incoming, size_of, start_of
from desktop_app.network.records import HubFile, HubModel, HubRepo
from desktop_app.network.troubles import THE_HUB, sentence_for

Order = Literal["downloads", "likes", "last_modified", "trending_score"]
MAX_CARD_BYTES = 1_000_000

_EXPAND: Any = ["gguf", "downloads", "likes", "lastModified", "gated", "cardData", "siblings", "tags", "sha"]


class Hub:
    """Asks the Hub through the door. To be used off the window's thread; every method raises `UserError`.

    Args:
        token: Of the person, or empty. It is sent to the Hub alone.
    """

    def __init__(self, door: Door, token: str = "") -> None:
        self._door = door
        self._token = token
        self._api = HfApi(endpoint=door.endpoint, token=token or False)

    def search(
        self,
        words: str,
        order: Order = "downloads",
        limit: int = 30,
        tags: Sequence[str] = ("gguf",),
        why: str = "",
    ) -> tuple[HubModel, ...]:
        """Return what has all these tags and these words in its name; by default, models with GGUF files.

        `why` is how it is listed among the connections, if not as a search for models.
        """
        with self._asking("the search", why or (f"Search for “{words}”" if words else "Look for models")):
            found = self._api.list_models(filter=tags, search=words or None, sort=order, limit=limit, expand=_EXPAND)
            return tuple(_model(info) for info in islice(found, limit))

    def repo(self, repo: str, revision: str = "") -> HubRepo:
        """Return a repository with its files, as it is now or was at a commit."""
        with self._asking(f"the model “{repo}”", f"Look at {repo}", repo):
            info = self._api.model_info(repo, revision=revision or None, files_metadata=True)
            files = tuple(
                HubFile(each.rfilename, each.size or 0, each.lfs.sha256 if each.lfs else "")
                for each in info.siblings or ()
            )
            return HubRepo(_model(info), info.sha or "", files)

    def card(self, repo: str, revision: str) -> str:
        """Return the README of a repository, or an empty text; a very long one is cut."""
        try:
            return self.beginning(repo, revision, "README.md", MAX_CARD_BYTES).decode("utf-8", "replace")
        except UserError:
            return ""

    def beginning(self, repo: str, revision: str, path: str, n_bytes: int) -> bytes:
        """Return the first bytes of a file, fewer if it is shorter."""
        data = bytearray()
        with (
            purpose(f"Read the beginning of {path} of {repo}"),
            self.open(repo, revision, path, 0, n_bytes) as incoming,
        ):
            for piece in incoming.pieces:
                data += piece
                if len(data) >= n_bytes:
                    break
        return bytes(data[:n_bytes])

    @contextmanager
    def open(self, repo: str, revision: str, path: str, start: int, length: int | None = None) -> Iterator[Incoming]:
        """Begin to receive a file from an offset on, at most `length` bytes if the other side knows ranges."""
        what = f"the file “{path}” of {repo}"
        if {".", ".."} & set(path.split("/")):  # of an address, these are steps and no names
            raise UserError(f"The Hub cannot have {what}.", "Look the model up again and choose another file.")
        end = "" if length is None else str(start + length - 1)
        headers = {**WHOLE, "range": f"bytes={start}-{end}"}
        if self._token:
            headers["authorization"] = f"Bearer {self._token}"
        with make_client(self._door) as client:
            try:
                url = hf_hub_url(repo, path, revision=revision, endpoint=self._door.endpoint)
                with client.stream("GET", url, headers=headers) as response:
                    if response.status_code == 416:  # the file ends before that
                        yield Incoming(start, _announced_sha256(response), iter(()))
                        return
                    _check(response)
                    pieces = pieces_of(response, THE_HUB)
                    yield Incoming(start_of(response), _announced_sha256(response), pieces, size_of(response))
            except (HfHubHTTPError, HFValidationError, ValueError, httpx2.HTTPError, httpx2.InvalidURL) as error:
                raise sentence_for(error, what, repo, bool(self._token)) from error

    @contextmanager
    def _asking(self, what: str, why: str, repo: str = "") -> Iterator[None]:
        try:
            with purpose(why), hub_session(self._door):
                yield
        except UserError:
            raise
        except Exception as error:  # whatever an answer that makes no sense leads to inside the library
            raise sentence_for(error, what, repo, bool(self._token)) from error


def _check(response: httpx2.Response) -> None:
    if response.status_code >= 400:
        response.read()
    hf_raise_for_status(response)


def _announced_sha256(response: httpx2.Response) -> str:
    for hop in (*response.history, response):
        etag: str = hop.headers.get("x-linked-etag", "").strip('"')
        if len(etag) == 64:
            return etag
    return ""


def _model(info: ModelInfo) -> HubModel:
    gguf = info.gguf if isinstance(info.gguf, dict) else {}
    card = info.card_data
    license_name = card.get("license") if card else None
    return HubModel(
        id=info.id,
        downloads=info.downloads or 0,
        likes=info.likes or 0,
        updated_at=info.last_modified.timestamp() if info.last_modified else 0.0,
        is_gated=bool(info.gated),
        license=license_name if isinstance(license_name, str) else _license_of(info.tags or ()),
        n_params=_whole(gguf.get("total")),
        architecture=str(gguf.get("architecture") or ""),
        n_ctx_train=_whole(gguf.get("context_length")),
        file_names=tuple(each.rfilename for each in info.siblings or ()),
        tags=tuple(map(str, info.tags or ())),
    )


def _license_of(tags: Any) -> str:
    return next((str(tag).removeprefix("license:") for tag in tags if str(tag).startswith("license:")), "")


def _whole(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 0
