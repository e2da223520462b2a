"""Looking for models on the Hub, with what each of them would mean here."""

import pytest

from desktop_app.engine.choices import LoadSettings
from desktop_app.errors import TryAgain, UserError
from desktop_app.library.browse import choose_offer, look, search
from desktop_app.library.hardware import FreeMemory
from desktop_app.library.outlook import Fit
from desktop_app.library.prospects import Machine
from desktop_app.library.speed import Measured
from desktop_app.network.hub import Hub
from tests.support.gguf_files import GgufFile, Shape, llama_model
from tests.support.hub import Generated

GB = 10**9
MACHINE = Machine(LoadSettings(), FreeMemory(8 * GB), (Measured(GB, 30.0),))
TINY = "small/Tiny-GGUF"
SMALL = llama_model(Shape(n_layer=2))
LARGE = llama_model(Shape(n_layer=4))


@pytest.fixture
def asking(door):
    return Hub(door)


def add(hub, files=None, repo=TINY, **about):
    usual = {"tiny-Q4_K_M.gguf": SMALL.to_bytes(), "tiny-F16.gguf": LARGE.to_bytes()}
    return hub.add_repo(repo, usual if files is None else files, **about)


# ------------------------------------------------------------ searching


def test_each_result_says_what_it_would_mean_here(hub, asking):
    add(hub, gguf={"total": GB, "architecture": "llama", "context_length": 8192}, downloads=9)
    add(hub, repo="big/Tiny-70B", gguf={"total": 70 * GB, "architecture": "llama"}, downloads=5)
    add(hub, repo="who/Tiny", downloads=1)
    small, large, unknown = search(asking, "tiny", "downloads", 30, MACHINE)
    assert (small.prospect.outlook.fit, large.prospect.outlook.fit) == (Fit.WELL, Fit.TOO_LARGE)
    assert small.prospect.tokens_per_s > large.prospect.tokens_per_s > 0
    assert unknown.prospect is None


@pytest.mark.parametrize(
    ("architecture", "can_chat"), [("llama", True), ("qwen3moe", True), ("bert", False), ("flux", False), (None, True)]
)
def test_what_does_not_run_here_is_known_as_far_as_the_hub_says(hub, asking, architecture, can_chat):
    add(hub, gguf={"total": GB, "architecture": architecture})
    (found,) = search(asking, "tiny", "downloads", 30, MACHINE)
    assert found.can_chat == can_chat


def test_numbers_that_cannot_be_do_not_spoil_the_other_results(hub, asking):
    add(hub, repo="odd/Tiny", gguf={"total": 10**30, "context_length": 10**30})
    add(hub, gguf={"total": GB})
    assert len(search(asking, "tiny", "downloads", 30, MACHINE)) == 2


# ------------------------------------------------------------ one repository


def test_a_repository_shows_its_offers_with_what_to_expect_and_one_to_take(hub, asking):
    repo = add(hub, card="# About it <img src='http://x/y.png'>", license="mit")
    found = look(asking, TINY, MACHINE)
    assert [(offer.quant_type, prospect.outlook.fit) for offer, prospect in found.offers] == [
        ("Q4_K_M", Fit.WELL),
        ("F16", Fit.WELL),
    ]
    assert found.recommended == found.offers[0][0]
    assert found.repo.revision == repo.sha
    assert (found.gate, found.note) == (None, "")
    assert "About it" in found.card
    assert "http://x" not in found.card


def test_no_more_than_the_beginning_of_one_file_is_fetched(hub, asking):
    add(hub, {"m-Q4_0.gguf": SMALL.to_bytes() + bytes(5_000_000), "m-Q8_0.gguf": Generated(9_000_000)})
    look(asking, TINY, MACHINE)
    assert hub.bytes_sent < 300_000


def test_a_gated_repository_says_what_to_do_and_is_told_of_by_its_size(hub, asking):
    add(hub, gated="manual", gguf={"total": GB})
    found = look(asking, TINY, MACHINE)
    assert found.gate.page == f"https://huggingface.co/{TINY}"
    assert len(found.offers) == 2
    assert all(prospect.outlook.fit for _, prospect in found.offers)


NO_LAYERS = GgufFile((("general.architecture", "llama"), ("llama.context_length", 8192)))
ODD = {
    "a header without layers": NO_LAYERS.to_bytes(),
    "a web page": b"<html>Log in</html>" * 100,
    "nothing": b"GGUF",
    "too many layers": SMALL.with_metadata(llama__block_count=10**9).to_bytes(),
}


@pytest.mark.parametrize("content", ODD.values(), ids=ODD)
def test_a_file_that_cannot_be_understood_leaves_the_rest_and_a_note(hub, asking, content):
    add(hub, {"m-Q4_0.gguf": content, "m-Q8_0.gguf": Generated(9_000_000)}, gguf={"total": GB})
    found = look(asking, TINY, MACHINE)
    assert found.note.endswith(".")
    assert [offer.quant_type for offer, _ in found.offers] == ["Q4_0", "Q8_0"]


def test_a_model_that_does_not_run_here_is_told_of_before_the_download(hub, asking):
    new = SMALL.with_metadata(general__architecture="llama99", llama99__block_count=2)
    add(hub, {"tiny-Q4_K_M.gguf": new.to_bytes()})
    found = look(asking, TINY, MACHINE)
    assert "“llama99” is not one this version of Moatless can run" in found.note
    assert len(found.offers) == 1


def test_what_guesses_ahead_for_a_model_is_not_taken_for_it(hub, asking):
    guesses = SMALL.with_metadata(general__architecture="eagle3", eagle3__block_count=1).to_bytes()
    add(hub, {"eagle3-tiny-BF16.gguf": guesses, "draft-Q8_0.gguf": guesses, "tiny-F16.gguf": LARGE.to_bytes()})
    found = look(asking, TINY, MACHINE)
    assert [offer.name for offer, _ in found.offers] == ["draft-Q8_0", "tiny-F16"]
    assert found.note == ""


def test_a_cdn_in_trouble_leaves_the_rest_and_a_note(hub, asking):
    add(hub)
    hub.faults.statuses_path, hub.faults.statuses = "/cdn", [503]
    found = look(asking, TINY, MACHINE)
    assert "trouble of its own" in found.note
    assert len(found.offers) == 2


def test_a_repository_without_models_says_so(hub, asking):
    add(hub, {"model.safetensors": b"x" * 100})
    found = look(asking, TINY, MACHINE)
    assert found.note == "There is no whole model in the GGUF format here."
    assert (found.offers, found.recommended) == ((), None)


def test_a_repository_that_cannot_be_looked_at_is_trouble(hub, asking):
    with pytest.raises(UserError, match="has no model"):
        look(asking, "small/Gone", MACHINE)
    hub.stop()
    with pytest.raises(TryAgain):
        look(asking, TINY, MACHINE)


def test_harmful_names_are_no_offers(hub, asking):
    add(hub)
    hub.faults.extra_siblings = ["../../x.gguf", "/etc/x.gguf", "con.gguf", "a\u202egpj.gguf"]
    assert len(look(asking, TINY, MACHINE).offers) == 2


# ------------------------------------------------------------ known beforehand


@pytest.mark.parametrize("wanted", ["F16", "f16", "tiny-F16", "tiny-f16.gguf", "tiny-F16.gguf"])
def test_an_offer_is_found_by_quantization_or_file(hub, asking, wanted):
    add(hub)
    repo, offer = choose_offer(asking, TINY, wanted)
    assert (repo.model.id, offer.name) == (TINY, "tiny-F16")


def test_what_there_is_instead_is_told(hub, asking):
    add(hub)
    with pytest.raises(UserError, match="has no “Q8_0”") as told:
        choose_offer(asking, TINY, "Q8_0")
    assert told.value.hint == "It has these: Q4_K_M, F16."
    add(hub, {}, repo="no/models")
    with pytest.raises(UserError, match="has no whole model"):
        choose_offer(asking, "no/models", "Q8_0")
