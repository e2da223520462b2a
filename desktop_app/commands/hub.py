"""`moatless models search` and `moatless models download`: the commands that need the network."""

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from desktop_app.commands.library import open_database, open_models
from desktop_app.commands.output import print_line
from desktop_app.errors import UserError
from desktop_app.library import browse
from desktop_app.library.catalog import add_downloaded
from desktop_app.library.download import run_download
from desktop_app.library.hardware import FreeMemory, free_memory_bytes
from desktop_app.library.memory import readable_size
from desktop_app.library.offers import find_offers, recommended
from desktop_app.library.pace import Pace
from desktop_app.library.places import target_paths
from desktop_app.library.prospects import Machine, measured_models
from desktop_app.library.sources import HubSource
from desktop_app.network.door import Door, Stop, purpose
from desktop_app.network.hub import Hub
from desktop_app.network.journal import Journal
from desktop_app.network.token import HubToken
from desktop_app.paths import DataFolder
from desktop_app.settings import options as settings_options
from desktop_app.settings.store import load_settings
from desktop_app.storage.downloads import Downloads
from desktop_app.storage.models import Models
from desktop_app.storage.records import Download, Model

TELL_EVERY_S = 0.5


def search(options: argparse.Namespace, folder: DataFolder) -> None:
    """Print what the Hub has, with what each model would mean here."""
    with open_hub(options, folder) as hub:
        found = browse.search(hub, options.query, "downloads", options.limit, _machine(folder))
    for each in found:
        model, prospect = each.model, each.prospect
        fit = prospect.outlook.fit if prospect else None
        if options.json:
            facts = msgspec.to_builtins(model)
            print_line({**facts, "fit": fit.value if fit else None})
        else:
            size = f"{model.n_params / 1e9:.1f}B" if model.n_params else ""
            gated = "terms" if model.is_gated else ""
            words = fit.value if fit else ""
            print(
                f"{model.id:56}  {size:>7}  {model.license:16.16}  {model.downloads:>11,}  {gated:5}  {words}".rstrip()
            )
    if not found and not options.json:
        print("Nothing was found.")


def download(options: argparse.Namespace, folder: DataFolder) -> None:
    """Download a model and print it; what was begun before goes on where it was."""
    repo_id, wanted = _split(options.wanted)
    with open_hub(options, folder) as hub, open_database(folder) as database:
        queue = Downloads(database)
        if wanted:
            repo, offer = browse.choose_offer(hub, repo_id, wanted)
        else:
            repo = hub.repo(repo_id)
            best = recommended(find_offers(repo.files), _machine(folder).largest_model_bytes)
            if best is None:
                raise UserError(f"“{repo_id}” has no whole model in the GGUF format.", "Choose another repository.")
            offer = best
        item = queue.add(
            name=offer.name,
            files=offer.remote_files(),
            repo=repo.model.id,
            revision=repo.revision,
            license=repo.model.license,
        )
        model = _run(item, hub, folder, Models(database), options.json)
        queue.remove(item.id)
    if options.json:
        print_line(msgspec.to_builtins(model))
    else:
        print(f"{model.name} is here and was checked. It is in {model.path}")


def _run(item: Download, hub: Hub, folder: DataFolder, models: Models, as_json: bool) -> Model:
    teller = _Teller(item, as_json)
    with purpose(f"Download {item.name} from {item.repo}"):
        hashes = run_download(item, folder.models, HubSource(hub, item.repo, item.revision), teller.tell, Stop())
    teller.end()
    return add_downloaded(models, item, target_paths(folder.models, item), hashes)


class _Teller:
    """Says now and then how far a download is: a line that is written over for people, lines of JSON for programs."""

    def __init__(self, item: Download, as_json: bool) -> None:
        self._item = item
        self._as_json = as_json
        self._told_at = 0.0
        self._pace = Pace(time.monotonic)

    def tell(self, done: int) -> None:
        now = time.monotonic()
        if now - self._told_at < TELL_EVERY_S:
            return
        self._told_at = now
        self._pace.note(done)
        total = self._item.size_bytes
        if self._as_json:
            print_line({"done_bytes": done, "total_bytes": total, "bytes_per_s": round(self._pace.bytes_per_s)})
        elif sys.stderr.isatty():
            text = f"{readable_size(done)} of {readable_size(total)}, {self._pace.bytes_per_s / 1e6:.1f} MB/s"
            print(f"\r{text:60}", end="", file=sys.stderr, flush=True)

    def end(self) -> None:
        if not self._as_json and sys.stderr.isatty():
            print(file=sys.stderr)


def _split(wanted: str) -> tuple[str, str]:
    """Split REPO[/FILE]: a repository is owner/name."""
    owner, _, rest = wanted.strip("/").partition("/")
    name, _, file = rest.partition("/")
    if not owner or not name:
        raise UserError(f"“{wanted}” is not the name of a repository.", "It looks like owner/name or owner/name/file.")
    return f"{owner}/{name}", file


@contextmanager
def open_hub(options: argparse.Namespace, folder: DataFolder) -> Iterator[Hub]:
    """Open the way to the Hub, unless the person wants no connection."""
    folder.create()
    settings, _ = load_settings(folder.settings)
    is_open = not (options.offline or settings[settings_options.OFFLINE])
    door = Door(Journal(folder.connections), is_open)
    try:
        yield Hub(door, HubToken().get())
    finally:
        door.close()


def _machine(folder: DataFolder) -> Machine:
    settings, _ = load_settings(folder.settings)
    with open_models(folder) as models:
        measured = measured_models(models.list_models())
    return Machine(settings.load_settings(), FreeMemory(free_memory_bytes()), measured)
