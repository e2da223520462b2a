"""A Hugging Face Hub on the loopback interface, for everything that searches and downloads.

It speaks real HTTP to the real client, so that tests and benchmarks meet what they would meet on the network, offline
and with every fault at will: `HfApi(endpoint=hub.url)`. Large files come from a second port, another origin, as they
come from a CDN. What the hub says lies here; how it is sent, and what can go wrong, in hub_server.py.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import unquote, urlencode

from tests.support.hub_content import MIB, Blob, Content, Generated
from tests.support.hub_server import Answer, Asked, Book, Faults, Request, Server

__all__ = ["MIB", "Content", "Faults", "Generated", "LoopbackHub", "Repo", "Request"]

PAGE = 1000  # entries on one page of results, where no limit is asked for
MIN_LARGE = 10  # bytes; a smaller file is not large whatever it is called
SIGNATURE = "signed"  # without it the CDN gives nothing

LISTED = ("likes", "downloads", "private", "tags", "createdAt")  # where nothing else is asked for
LISTED_IN_FULL = (*LISTED, "author", "sha", "lastModified", "gated", "siblings")
EXPANDABLE = {*LISTED_IN_FULL, "cardData", "disabled", "gguf", "trendingScore"}
SORTS = {"createdAt", "downloads", "lastModified", "likes", "trendingScore"}
MODELS_PARAMETERS = {"author", "cardData", "cursor", "expand", "filter", "full", "gated", "limit", "search", "sort"}

NOT_FOUND = Answer(b"Not Found", 404)
BAD_TOKEN = "Invalid credentials in Authorization header"
NO_TOKEN = "Invalid username or password."


@dataclass(frozen=True)
class Commit:
    sha: str
    files: Mapping[str, Blob]


@dataclass
class Repo:
    """A repository; `accepted` are the tokens of those who may have its files although it is gated."""

    id: str
    license: str | None = "apache-2.0"
    downloads: int = 0
    likes: int = 0
    gated: Literal["auto", "manual", False] = False
    tags: tuple[str, ...] = ("gguf",)
    gguf: dict[str, Any] | None = None
    card: str = "# markdown"
    last_modified: str = "2026-01-02T03:04:05.000Z"
    base_model: str | None = None
    relation: Literal["quantized", "finetune", "adapter", "merge"] = "quantized"
    accepted: set[str] = field(default_factory=set)
    commits: list[Commit] = field(default_factory=list)

    @property
    def sha(self) -> str:
        """The commit that is `main` now."""
        return self.commits[-1].sha

    @property
    def card_data(self) -> dict[str, Any]:
        data = {"license": self.license, "base_model": self.base_model, "tags": list(self.tags)}
        return {key: value for key, value in data.items() if value}

    @property
    def all_tags(self) -> list[str]:
        tags = [*self.tags]
        if self.license:
            tags.append(f"license:{self.license}")
        if self.base_model:
            tags += [f"base_model:{self.base_model}", f"base_model:{self.relation}:{self.base_model}"]
        return tags

    def commit(self, revision: str) -> Commit | None:
        if revision == "main":
            return self.commits[-1]
        return next((commit for commit in self.commits if commit.sha == revision), None)

    def add_commit(self, files: Mapping[str, Blob]) -> None:
        name = f"{self.id} {len(self.commits)}"
        self.commits.append(Commit(hashlib.sha1(name.encode()).hexdigest(), files))

    def readme(self) -> bytes:
        """The model card as it lies in the repository, with what is known of the model on top."""
        # JSON is YAML too.
        lines = [f"{key}: {json.dumps(value)}\n" for key, value in self.card_data.items()]
        return f"---\n{''.join(lines)}---\n{self.card}".encode()


class LoopbackHub:
    """The hub. `faults` may be changed at any time, also while a file is being sent; `tokens` are valid tokens."""

    def __init__(self) -> None:
        self.repos: dict[str, Repo] = {}
        self.tokens: set[str] = set()
        self._book = Book()
        self._servers: list[Server] = []
        self._hub_port = self._cdn_port = 0
        self._on_cdn: dict[str, Blob] = {}

    def __enter__(self) -> "LoopbackHub":
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def start(self) -> None:
        """Listen, on the same ports as before if there was a before."""
        hub = Server(self._hub_port, "hub", self._answer, self._book)
        self._servers.append(hub)
        cdn = Server(self._cdn_port, "cdn", self._answer_of_cdn, self._book)
        self._servers.append(cdn)
        self._hub_port, self._cdn_port = hub.port, cdn.port

    def stop(self) -> None:
        """Cut all connections and listen no more. What has been added stays."""
        while self._servers:
            self._servers.pop().stop()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._hub_port}"

    @property
    def cdn_url(self) -> str:
        return f"http://127.0.0.1:{self._cdn_port}"

    @property
    def faults(self) -> Faults:
        return self._book.faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        self._book.faults = faults

    @property
    def requests(self) -> list[Request]:
        """All requests up to now; clear it at will."""
        return self._book.requests

    @property
    def bytes_sent(self) -> int:
        """Bytes of files handed to sockets up to now. While a file is being sent it is up to a MiB ahead."""
        return self._book.bytes_sent

    def add_repo(self, id: str, files: Mapping[str, Content], **about: Any) -> Repo:
        """Add a repository, or a commit to one that is there; `about` takes the fields of Repo."""
        repo = Repo(id, **about)
        if known := self.repos.get(id):
            repo.commits, repo.accepted = known.commits, known.accepted
        blobs = {path: Blob(content) for path, content in files.items()}
        repo.add_commit({"README.md": Blob(repo.readme()), **blobs})
        self.repos[id] = repo
        return repo

    def change_file(self, repo_id: str, path: str, content: Content) -> None:
        """Add a commit with one file changed or added."""
        repo = self.repos[repo_id]
        repo.add_commit({**repo.commits[-1].files, path: Blob(content)})

    # ------------------------------------------------------------ what is answered

    def _answer(self, asked: Asked) -> Answer:
        if asked.path.startswith("/api/") and self.faults.raw_api_body is not None:
            body = self.faults.raw_api_body
            return Answer(body, headers={"Content-Type": "text/html" if body.startswith(b"<") else "application/json"})
        if asked.token is not None and not self._is_known(asked.token):
            return _refusal(401, BAD_TOKEN)
        if asked.path == "/api/whoami-v2":
            if asked.token is None:
                return _refusal(401, NO_TOKEN)
            return _json({"type": "user", "name": "tester", "auth": {"accessToken": {"role": "read"}}})
        if asked.path == "/api/models":
            return self._models(asked)
        if match := re.fullmatch(r"/api/models/([^/]+/[^/]+)(?:/revision/([^/]+))?", asked.path):
            return self._model(asked, unquote(match[1]), unquote(match[2] or "main"))
        if match := re.fullmatch(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", asked.path):
            return self._file(asked, *map(unquote, match.groups()))
        return NOT_FOUND

    def _answer_of_cdn(self, asked: Asked) -> Answer:
        name = asked.path.removeprefix("/cdn/")
        if asked.query.get("signature") != [SIGNATURE]:
            return Answer(b"AccessDenied", 403)
        if name not in self._on_cdn:
            return NOT_FOUND
        return Answer(self._on_cdn[name], headers={"ETag": f'"{name}"', "Content-Type": "application/octet-stream"})

    def _models(self, asked: Asked) -> Answer:
        query = asked.query
        expand, sort = query.get("expand", []), query.get("sort", [])
        # Better than a test that passes because a filter is ignored.
        unknown = (query.keys() - MODELS_PARAMETERS) | (set(expand) - EXPANDABLE) | (set(sort) - SORTS)
        if unknown:
            return _unknown(unknown)
        if not expand:
            expand = [*(LISTED_IN_FULL if _is_true(query, "full") else LISTED)]
            expand += ["cardData"] if _is_true(query, "cardData") else []
        if self.faults.n_results is not None:
            return self._crowd(self.faults.n_results, expand)
        found = [repo for repo in self.repos.values() if _matches(repo, query)]
        about = [self._about(repo, repo.commits[-1]) for repo in found]
        if sort:
            about.sort(key=lambda item: item[sort[0]], reverse=True)
        start, limit = int(query.get("cursor", ["0"])[0]), min(PAGE, int(query.get("limit", [PAGE])[0]))
        page, headers = about[start : start + limit], {}
        if start + limit < len(about):
            following = urlencode({**query, "cursor": [start + limit]}, doseq=True)
            headers["Link"] = f'<{self.url}/api/models?{following}>; rel="next"'
        return _json([_expanded(item, expand) for item in page], headers=headers)

    def _crowd(self, n_results: int, expand: list[str]) -> Answer:
        repo = Repo("crowd/model-NUMBER-GGUF", gguf={"total": 7_000_000_000, "architecture": "llama"})
        repo.add_commit({"model-NUMBER.Q4_K_M.gguf": Blob(b"GGUF")})
        entry = json.dumps(_expanded(self._about(repo, repo.commits[-1]), expand))
        entries = ",".join(entry.replace("NUMBER", str(n)) for n in range(n_results))
        return _json(f"[{entries}]".encode())

    def _model(self, asked: Asked, repo_id: str, revision: str) -> Answer:
        repo = self.repos.get(repo_id)
        if repo is None:
            return _no_repo(asked)
        commit = repo.commit(revision)
        if commit is None:
            return _refusal(404, f"Invalid rev id: {revision!a}", "RevisionNotFound")
        about = self._about(repo, commit, with_sizes=_is_true(asked.query, "blobs"))
        expand = asked.query.get("expand", [])
        if unknown := set(expand) - EXPANDABLE:
            return _unknown(unknown)
        return _json(_expanded(about, expand) if expand else about)

    def _file(self, asked: Asked, repo_id: str, revision: str, path: str) -> Answer:
        repo = self.repos.get(repo_id)
        if repo is None:
            return _no_repo(asked)
        if repo.gated and asked.token not in repo.accepted:
            return _gated(asked, repo)
        commit = repo.commit(revision)
        if commit is None:
            return _refusal(404, f"Invalid rev id: {revision!a}", "RevisionNotFound")
        headers = {"X-Repo-Commit": commit.sha}
        blob = self._files(commit).get(path)
        if blob is None:
            return _refusal(404, "Entry not found", "EntryNotFound", headers)
        if not _is_large(path, blob):
            return Answer(blob, headers={**headers, "ETag": f'"{blob.git_id}"', "Content-Type": "text/plain"})
        sha256, size = self._claims(blob)
        self._on_cdn[sha256] = blob
        headers["X-Linked-Size"] = str(size)
        headers["X-Linked-ETag"] = headers["ETag"] = f'"{sha256}"'
        headers["Location"] = f"{self.cdn_url}/cdn/{sha256}?signature={SIGNATURE}"
        return Answer(b"Found. Redirecting.", 302, headers)

    # ------------------------------------------------------------ what is known

    def _is_known(self, token: str) -> bool:
        return token in self.tokens or any(token in repo.accepted for repo in self.repos.values())

    def _files(self, commit: Commit) -> dict[str, Blob]:
        extra = {name: Blob(b"GGUF" + name.encode(errors="surrogatepass")) for name in self.faults.extra_siblings}
        return {**commit.files, **extra}

    def _claims(self, blob: Blob) -> tuple[str, int]:
        """Return the SHA-256 and the size that the hub names for a large file."""
        sha256 = blob.sha256
        if self.faults.wrong_sha256:
            sha256 = hashlib.sha256(sha256.encode()).hexdigest()
        return sha256, blob.size + self.faults.lie_about_size

    def _about(self, repo: Repo, commit: Commit, with_sizes: bool = False) -> dict[str, Any]:
        return {
            "id": repo.id,
            "author": repo.id.partition("/")[0],
            "sha": commit.sha,
            "createdAt": repo.last_modified,
            "lastModified": repo.last_modified,
            "private": False,
            "disabled": False,
            "gated": repo.gated,
            "downloads": repo.downloads,
            "likes": repo.likes,
            "trendingScore": repo.likes,
            "tags": repo.all_tags,
            "cardData": repo.card_data,
            "siblings": [self._sibling(path, blob, with_sizes) for path, blob in self._files(commit).items()],
            **({"gguf": repo.gguf} if repo.gguf else {}),
        }

    def _sibling(self, path: str, blob: Blob, with_sizes: bool) -> dict[str, Any]:
        if not with_sizes:
            return {"rfilename": path}
        if not _is_large(path, blob):
            return {"rfilename": path, "size": blob.size, "blobId": blob.git_id}
        sha256, size = self._claims(blob)
        # What git itself has of such a file is this text.
        pointer = Blob(f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha256}\nsize {size}\n".encode())
        lfs = {"sha256": sha256, "size": size, "pointerSize": pointer.size}
        return {"rfilename": path, "size": size, "blobId": pointer.git_id, "lfs": lfs}


def _is_large(path: str, blob: Blob) -> bool:
    return path.endswith((".gguf", ".safetensors")) and blob.size > MIN_LARGE


def _is_true(query: Mapping[str, list[str]], name: str) -> bool:
    return query.get(name, [""])[0].lower() in ("true", "1")


def _matches(repo: Repo, query: Mapping[str, list[str]]) -> bool:
    searched, author = query.get("search", [""])[0], query.get("author", [None])[0]
    return (
        searched.lower() in repo.id.lower()
        and author in (None, repo.id.partition("/")[0])
        and set(query.get("filter", ())) <= set(repo.all_tags)
        and ("gated" not in query or _is_true(query, "gated") == bool(repo.gated))
    )


def _expanded(about: dict[str, Any], expand: list[str]) -> dict[str, Any]:
    return {name: about[name] for name in ("id", *expand) if name in about}


def _json(data: Any, status: int = 200, headers: Mapping[str, str] = {}) -> Answer:
    body = data if isinstance(data, bytes) else json.dumps(data).encode()
    return Answer(body, status, {"Content-Type": "application/json; charset=utf-8", **headers})


def _unknown(names: set[str]) -> Answer:
    return _refusal(400, f"The loopback hub does not know {', '.join(map(ascii, sorted(names)))}")


def _refusal(status: int, message: str, code: str | None = None, headers: Mapping[str, str] = {}) -> Answer:
    codes = {"X-Error-Code": code} if code else {}
    return _json({"error": message}, status, {"X-Error-Message": message, **codes, **headers})


def _no_repo(asked: Asked) -> Answer:
    """A stranger is not told whether there is such a repository."""
    if asked.token is None:
        return _refusal(401, NO_TOKEN, "RepoNotFound")
    return _refusal(404, "Repository not found", "RepoNotFound")


def _gated(asked: Asked, repo: Repo) -> Answer:
    restricted = f"Access to model {repo.id} is restricted"
    if asked.token is None:
        message = f"{restricted}. You must have access to it and be authenticated to access it. Please log in."
        return _refusal(401, message, "GatedRepo")
    return _refusal(403, f"{restricted} and you are not in the authorized list.", "GatedRepo")
