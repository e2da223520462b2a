"""Looking for adapters on the Hub: what was made for a model is found, and what cannot be used is said before."""

import pytest

from desktop_app.adapters.browse import SECOND_HOPS, look, search
from desktop_app.adapters.offers import MOST, Kind, find_adapters
from desktop_app.errors import TryAgain, UserError
from desktop_app.network.hub import Hub
from desktop_app.network.records import HubFile
from tests.support.gguf_files import llama_model, lora_adapter
from tests.support.hub import Generated
from tests.support.peft_files import BASE, CONFIG, WEIGHTS, peft_adapter

N_PARAMS = 10**9
ADAPTER = lora_adapter().to_bytes()
GGUF = {"haiku-F16.gguf": ADAPTER}
PEFT = peft_adapter()
PICKLED = {CONFIG: PEFT[CONFIG], "adapter_model.bin": b"\x80\x02" * 100}


@pytest.fixture
def asking(door):
    return Hub(door)


@pytest.fixture
def find(asking):
    def find(*bases, words="", limit=30):
        found = search(asking, bases or (BASE,), words, limit, N_PARAMS)
        return [(each.repo, each.kind, each.refusal) for each in found]

    return find


@pytest.fixture
def seen(hub, asking):
    """Put one repository on the Hub and look at it."""

    def seen(files, architecture="llama", **about):
        hub.add_repo("a/haiku", files, **about)
        return look(asking, "a/haiku", architecture)

    return seen


def add(hub, repo, files, base=BASE, relation="adapter", **about):
    return hub.add_repo(repo, files, base_model=base, relation=relation, **about)


# ------------------------------------------------------------ searching


def test_adapters_of_a_model_are_found_in_both_formats(hub, find):
    add(hub, "a/haiku", PEFT, tags=("peft", "lora"), downloads=9)
    add(hub, "b/pirate", GGUF, downloads=5)
    add(hub, "c/both", {**PEFT, **GGUF}, downloads=1)
    add(hub, "d/other", GGUF, base="who/Else")
    add(hub, "e/quantized-model", GGUF, relation="quantized")
    assert find() == [("a/haiku", Kind.PEFT, ""), ("b/pirate", Kind.GGUF, ""), ("c/both", Kind.GGUF, "")]
    assert find(words="pir") == [("b/pirate", Kind.GGUF, "")]


def test_a_result_tells_where_it_is_from_and_what_it_is_for(hub, asking):
    add(hub, "a/haiku", GGUF, downloads=9, likes=3)
    (found,) = search(asking, [BASE], "", 30, N_PARAMS)
    assert (found.repo, found.author, found.name, found.base) == ("a/haiku", "a", "haiku", BASE)
    assert (found.model.downloads, found.model.likes) == (9, 3)


def test_those_of_the_nearest_base_come_first_and_each_once(hub, find):
    add(hub, "a/far", GGUF, base="who/Tiny", downloads=99)
    add(hub, "a/near", GGUF, downloads=1)
    hub.add_repo("a/twice", GGUF, tags=("gguf", f"base_model:adapter:{BASE}", "base_model:adapter:who/Tiny"))
    assert [repo for repo, _, _ in find(BASE, "who/Tiny")] == ["a/near", "a/twice", "a/far"]


def test_weights_that_can_hide_programs_are_refused_before_anything_is_fetched(hub, find):
    add(hub, "a/old", PICKLED)
    ((_, kind, refusal),) = find()
    assert kind == Kind.PEFT
    assert "can hide programs" in refusal


def test_what_has_no_adapter_in_it_is_left_out(hub, find):
    add(hub, "a/empty", {})
    add(hub, "b/mlx", {"adapters.safetensors": b"x" * 100, CONFIG: PEFT[CONFIG]})
    add(hub, "c/config", {CONFIG: PEFT[CONFIG]})
    add(hub, "d/merged", GGUF, gguf={"total": N_PARAMS, "architecture": "llama"})
    assert find() == []


def test_what_others_have_made_of_one_in_the_gguf_format_follows_it(hub, find):
    add(hub, "a/haiku", PICKLED, downloads=9)
    add(hub, "b/pirate", PEFT, downloads=5)
    add(hub, "x/haiku-F16-GGUF", GGUF, base="a/haiku", relation="quantized", gguf={"total": 10**6})
    add(hub, "x/haiku-merged-GGUF", GGUF, base="a/haiku", relation="quantized", gguf={"total": N_PARAMS})
    assert [repo for repo, _, _ in find()] == ["a/haiku", "x/haiku-F16-GGUF", "b/pirate"]


def test_only_a_few_questions_are_asked_and_listed_for_what_they_are(hub, find, door):
    for number in range(30):
        add(hub, f"a/m{number}", PEFT)
    assert len(find()) == 30
    assert len(hub.requests) == 1 + SECOND_HOPS
    why = [line.why for line in door.journal.read()]
    assert why[-1] == f"Look for adapters of {BASE}"
    assert "in the GGUF format" in why[0]


def test_hostile_names_do_no_harm(hub, find):
    add(hub, "a/odd", {"../../x.gguf": ADAPTER, "a/../b.gguf": ADAPTER, f"../{CONFIG}": b"{}", f"../{WEIGHTS}": b"{}"})
    add(hub, "b/odd", {"con.gguf": ADAPTER, "-\u202egguf.exe.gguf": ADAPTER})
    assert find() == []


# ------------------------------------------------------------ one repository


def test_a_repository_shows_its_adapters_those_without_conversion_first(hub, seen):
    found = seen({**PEFT, **GGUF}, card="# About it", license="mit")
    assert [(offer.name, offer.kind, offer.refusal) for offer in found.offers] == [
        ("haiku-F16", Kind.GGUF, ""),
        ("haiku", Kind.PEFT, ""),
    ]
    ready, peft = found.offers
    assert [file.path for file in peft.remote_files()] == [CONFIG, WEIGHTS]
    assert peft.size_bytes == len(PEFT[CONFIG]) + len(PEFT[WEIGHTS])
    assert ready.remote_files()[0].sha256
    assert (found.repo.revision, found.gate, found.note) == (hub.repos["a/haiku"].sha, None, "")
    assert "About it" in found.card


def test_no_weights_are_fetched_to_look_at_them(hub, seen):
    seen({**PEFT, WEIGHTS: Generated(5_000_000), "haiku-F16.gguf": ADAPTER + bytes(5_000_000)})
    assert hub.bytes_sent < 100_000


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"use_dora": True}, "DoRA"),
        ({"modules_to_save": ["embed_tokens"]}, "replaces whole parts"),
        ({"target_modules": ["lm_head"]}, "output layer"),
        ({"peft_type": "PROMPT_TUNING"}, "only LoRA is supported"),
        ({"r": 0}, "rank"),
    ],
)
def test_what_cannot_be_converted_is_said_before_the_download(hub, seen, change, said):
    (offer,) = seen(peft_adapter(**change)).offers
    assert said in offer.refusal
    assert not any(request.path.endswith(WEIGHTS) for request in hub.requests)


@pytest.mark.parametrize("config", [b"<html>", b"[]", b"null", b"", b"[" * 100_000, b"\xff\xfe", b'{"r": 1}'])
def test_a_configuration_that_makes_no_sense_is_a_reason_too(seen, config):
    (offer,) = seen({**PEFT, CONFIG: config}).offers
    assert offer.refusal.endswith(".")


def test_what_a_file_says_at_its_beginning_counts(seen):
    found = seen(
        {
            "a-whole.gguf": llama_model().to_bytes(),
            "b-other.gguf": lora_adapter().with_metadata(general__architecture="qwen2").to_bytes(),
            "c-html.gguf": b"<html>Log in</html>" * 100,
            "haiku-Q8_0.gguf": ADAPTER,
        }
    )
    refusals = {offer.name: offer.refusal for offer in found.offers}
    assert "no adapter but a whole model" in refusals["a-whole"]
    assert "architecture “qwen2”, and this model has “llama”" in refusals["b-other"]
    assert "web page" in refusals["c-html"]
    assert "quantized (Q8_0)" in refusals["haiku-Q8_0"]


def test_several_adapters_are_told_apart_by_their_folders(seen):
    inner = {f"checkpoint-{n}/{name}": data for n in (1, 2) for name, data in PEFT.items()}
    found = seen({**inner, **PEFT})
    assert [offer.name for offer in found.offers] == ["haiku", "checkpoint-1", "checkpoint-2"]
    assert [file.path for file in found.offers[1].files] == [f"checkpoint-1/{CONFIG}", f"checkpoint-1/{WEIGHTS}"]


def test_of_very_many_only_the_first_are_asked_about(hub, seen):
    found = seen({f"checkpoint-{n}/{name}": data for n in range(100) for name, data in PEFT.items()})
    assert len(found.offers) == MOST
    assert len(hub.requests) < 2 * MOST + 5


def test_a_gated_repository_says_what_to_do(seen):
    found = seen(PEFT, gated="manual")
    assert found.gate.page.endswith("a/haiku")
    assert len(found.offers) == 1


def test_a_repository_without_adapters_says_so(seen):
    assert seen({}).note == "There is no adapter here that could be used."
    assert "can hide programs" in seen(PICKLED).offers[0].refusal


def test_trouble_of_the_hub_is_no_reason_against_an_adapter(hub, asking, seen):
    hub.add_repo("a/haiku", PEFT)
    hub.faults.statuses_path, hub.faults.statuses = "/a/haiku/resolve", [503]
    with pytest.raises(TryAgain):
        look(asking, "a/haiku", "llama")
    with pytest.raises(UserError, match="no model “a/gone”"):
        look(asking, "a/gone", "llama")


def test_odd_names_and_lists_of_files_come_to_nothing():
    names = ["", "/", ".gguf", "a//b.gguf", f"/{CONFIG}", CONFIG, "x/adapter_model.safetensors", f"x/y/{CONFIG}"]
    assert find_adapters("a/b", [HubFile(name, 1, "") for name in names]) == ()
