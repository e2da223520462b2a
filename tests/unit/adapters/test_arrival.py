"""What a download has brought is checked and, where need be, converted before it comes into the library."""

import pytest

from desktop_app.adapters.arrival import forget_conversion, forget_originals, look_at_downloaded
from desktop_app.adapters.catalog import add_downloaded_adapter
from desktop_app.adapters.open_lora import open_lora
from desktop_app.errors import TryAgain, UserError
from desktop_app.library.gguf import read_header
from desktop_app.network.door import Gated
from desktop_app.network.hub import Hub
from desktop_app.storage.adapters import Adapters
from desktop_app.storage.database import Database
from desktop_app.storage.records import Download, DownloadState, RemoteFile
from tests.support.gguf_files import Shape, llama_model, lora_adapter
from tests.support.peft_files import BASE, CONFIG, WEIGHTS, base_config, peft_adapter

REVISION = "0123456789" * 4
HASHES = ("ab" * 32, "cd" * 32)


@pytest.fixture
def adapters(tmp_path):
    database = Database.open(tmp_path / "moatless.db")
    yield Adapters(database)
    database.close()


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "adapters" / "owner" / "haiku"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def model(tmp_path):
    return llama_model().write(tmp_path / "tiny.gguf")


@pytest.fixture
def look(folder, door):
    """Put files where a download puts them, and look at what has come."""

    def look(files, model=None):
        for name, data in files.items():
            (folder / name).write_bytes(data)
        paths = [folder / name for name in files]
        download = a_download(*files)
        return download, paths, look_at_downloaded(download, paths, HASHES, model, lambda: Hub(door))

    return look


def a_download(*names):
    files = tuple(RemoteFile(name, 1) for name in names)
    waiting = DownloadState.WAITING
    return Download(1, "haiku", "owner/haiku", REVISION, "mit", files, waiting, "", 0.0, kind="adapter")


def test_a_gguf_file_is_taken_as_it_is(look, folder):
    _, paths, found = look({"haiku.gguf": lora_adapter().to_bytes()})
    assert (found.path, found.sha256) == (paths[0], HASHES[0])


def test_what_is_no_adapter_after_all_is_refused(look):
    with pytest.raises(UserError, match="is a model"):
        look({"haiku.gguf": llama_model().to_bytes()})


def test_peft_is_converted_for_the_model_that_it_was_looked_for(hub, look, folder, model):
    _, _, found = look(peft_adapter(), model)
    assert found.path == folder / "haiku-0123456.gguf"
    assert open_lora(found.path, read_header(model)).pairs
    assert hub.requests == []


def test_without_that_model_the_hub_is_asked_for_its_configuration_only(hub, look, model):
    hub.add_repo(BASE, {"config.json": base_config(), "model.safetensors": b"x" * 1000})
    download, paths, found = look(peft_adapter(), model.with_name("gone.gguf"))
    converted = found.path.read_bytes()
    assert [request.path.rpartition("/")[2] for request in hub.requests] == ["config.json"]
    assert look_at_downloaded(download, paths, HASHES, model, lambda: None).path.read_bytes() == converted


@pytest.mark.parametrize(
    ("about", "kind"), [({"gated": "manual"}, Gated), ({"files": {}}, UserError), ({"faults": [503]}, TryAgain)]
)
def test_a_configuration_that_cannot_be_had_is_told(hub, look, folder, about, kind):
    hub.faults.statuses = about.get("faults", [])
    hub.add_repo(BASE, about.get("files", {"config.json": base_config()}), gated=about.get("gated", False))
    with pytest.raises(kind):
        look(peft_adapter())
    assert sorted(path.name for path in folder.iterdir()) == [CONFIG, WEIGHTS]


def test_who_says_no_model_needs_one_that_is_here(look, model):
    files = peft_adapter(base_model_name_or_path="/home/me/models/tiny")
    with pytest.raises(UserError, match="does not say which model of the Hub"):
        look(files)
    assert look(files, model)[2].facts.base_repo == ""


@pytest.fixture
def other_model(tmp_path):
    """Of another shape."""
    return llama_model(Shape(n_head=32, n_embd=64)).write(tmp_path / "other.gguf")


def test_a_model_of_another_shape_is_told(look, other_model):
    with pytest.raises(UserError, match="other layers or heads"):
        look(peft_adapter(), other_model)


def test_looked_for_again_for_a_model_that_it_does_not_fit_the_one_in_the_library_stays(
    adapters, look, folder, model, other_model
):
    download, paths, found = look(peft_adapter(), model)
    before = add_downloaded_adapter(adapters, download, found, HASHES)
    with pytest.raises(UserError, match="other layers or heads"):
        look(peft_adapter(), other_model)
    assert open_lora(found.path).pairs
    download, paths, again = look(peft_adapter(), model)
    assert add_downloaded_adapter(adapters, download, again, HASHES) == before
    forget_originals(download, paths)
    assert list(folder.iterdir()) == [found.path]


def test_once_it_is_in_the_library_the_originals_go(adapters, look, folder, model):
    download, paths, found = look(peft_adapter(), model)
    add_downloaded_adapter(adapters, download, found, HASHES)
    forget_originals(download, paths)
    forget_originals(download, paths)
    assert list(folder.iterdir()) == [found.path]
    gguf, paths, _ = look({"haiku.gguf": lora_adapter().to_bytes()})
    forget_originals(gguf, paths)
    assert paths[0].exists()


def test_what_was_converted_in_vain_goes_unless_the_library_has_it(adapters, look, model):
    download, _, found = look(peft_adapter(), model)
    forget_conversion(adapters, download, found)
    assert not found.path.exists()
    download, _, found = look(peft_adapter(), model)
    add_downloaded_adapter(adapters, download, found, HASHES)
    forget_conversion(adapters, download, found)
    assert found.path.exists()
    gguf, _, there = look({"haiku.gguf": lora_adapter().to_bytes()})
    forget_conversion(adapters, gguf, there)
    assert there.path.exists()
