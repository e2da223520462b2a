"""It is known of a model on which models of the Hub it rests, as far as somebody says so, and nothing is guessed."""

import pytest

from desktop_app.adapters.bases import MAX_STEPS, find_bases, known_repos, suggested_base
from desktop_app.errors import TryAgain, UserError
from desktop_app.library import starter
from desktop_app.library.gguf import read_header
from desktop_app.network.hub import Hub
from tests.support.gguf_files import llama_model
from tests.unit.library.transfers import a_model

URL = "https://huggingface.co"


@pytest.fixture
def bases(door, tmp_path):
    """Find the bases of a model whose file says this of itself and which is from there."""

    def find(repo="", source="hub", **metadata):
        entries = {f"general__{key}": value for key, value in metadata.items()}
        path = llama_model().with_metadata(**entries).write(tmp_path / "tiny.gguf")
        return find_bases(Hub(door), a_model(path, repo=repo, source=source))

    return find


def chain(hub, *ids):
    """Put repositories on the Hub, each made from the next one; the first one quantizes the second."""
    for number, (repo, base) in enumerate(zip(ids, [*ids[1:], None], strict=True)):
        hub.add_repo(repo, {}, base_model=base, relation="finetune" if number else "quantized")


def test_a_quantization_rests_on_all_that_it_came_from_the_nearest_first(hub, bases):
    chain(hub, "q/Tiny-Instruct-GGUF", "who/Tiny-Instruct", "who/Tiny")
    assert bases("q/Tiny-Instruct-GGUF") == ("who/Tiny-Instruct", "who/Tiny")


def test_a_repository_that_has_the_model_itself_is_one_of_them(hub, bases):
    hub.add_repo("who/Tiny-Instruct", {}, base_model="who/Tiny", relation="finetune")
    hub.add_repo("who/Tiny", {})
    assert bases("who/Tiny-Instruct") == ("who/Tiny-Instruct", "who/Tiny")
    assert bases("who/Tiny") == ("who/Tiny",)


def test_of_a_merge_of_several_adapters_for_one_of_them_are_not_for_it(hub, bases):
    hub.add_repo("who/Merged", {}, tags=("gguf", "base_model:merge:a/One", "base_model:merge:b/Two"))
    assert bases("who/Merged") == ("who/Merged",)


def test_repositories_that_rest_on_each_other_come_to_an_end(hub, bases):
    hub.add_repo("a/One", {}, base_model="b/Two", relation="finetune")
    hub.add_repo("b/Two", {}, base_model="a/One", relation="finetune")
    assert bases("a/One") == ("a/One", "b/Two")
    chain(hub, *(f"long/m{number}" for number in range(20)))
    hub.requests.clear()
    bases("long/m0")
    assert len(hub.requests) == MAX_STEPS


@pytest.mark.parametrize("odd", ["../../etc", "a/b/c", "no-owner", "who/Tiny base", "https://x/y", ""])
def test_what_is_no_name_of_a_repository_is_not_followed(hub, bases, odd):
    hub.add_repo("a/One", {}, tags=(f"base_model:{odd}", f"base_model:quantized:{odd}"))
    assert bases("a/One") == ("a/One",)


def test_a_repository_that_is_gone_leaves_what_is_known_without_it(hub, bases):
    hub.add_repo("q/Tiny-GGUF", {}, base_model="who/Gone")
    assert bases("q/Tiny-GGUF") == ("who/Gone",)
    assert bases("q/Gone-GGUF") == ("q/Gone-GGUF",)
    assert bases("q/Gone-GGUF", base_model__0__repo_url=f"{URL}/who/Tiny") == ("q/Gone-GGUF", "who/Tiny")


def test_a_hub_in_trouble_is_not_taken_for_one_that_knows_nothing(hub, bases):
    hub.faults.statuses = [503]
    with pytest.raises(TryAgain):
        bases("q/Tiny-GGUF")


def test_what_a_file_says_counts_where_it_is_from_nowhere(bases):
    assert bases(base_model__0__repo_url=f"{URL}/who/Tiny") == ("who/Tiny",)
    assert bases(base_model__0__organization="Who", base_model__0__name="Tiny 2") == ("Who/Tiny-2",)
    assert bases() == ()


def test_its_own_names_count_where_the_hub_has_such_a_model_from_the_same_base(hub, bases):
    chain(hub, "who/Tiny-2-Instruct", "who/Tiny-2")
    hub.repos["who/Tiny-2-Instruct"].relation = "finetune"
    own = {"organization": "who", "name": "Tiny 2 Instruct"}
    base = {"base_model__0__repo_url": f"{URL}/who/Tiny-2"}
    assert bases(**own, **base) == ("who/Tiny-2-Instruct", "who/Tiny-2")
    assert bases(**own, base_model__0__repo_url=f"{URL}/who/Other") == ("who/Other",)
    assert bases(organization="who", name="Another", **base) == ("who/Tiny-2",)
    assert bases(**own) == ()


def test_names_alone_are_a_suggestion(tmp_path):
    def suggested(**names):
        entries = {f"general__{key}": value for key, value in names.items()}
        return suggested_base(read_header(llama_model().with_metadata(**entries).write(tmp_path / "m.gguf")))

    assert suggested(organization="Who", name="Tiny 2 Instruct") == "Who/Tiny-2-Instruct"
    assert suggested(organization="", name="Tiny") == ""
    assert suggested(organization=None) == ""
    assert suggested(organization="../x", name="y/../z") == ""


def test_the_starter_model_is_known_although_its_file_is_silent(hub, bases):
    chain(hub, starter.REPO, "HuggingFaceTB/SmolLM2-135M")
    hub.repos[starter.REPO].relation = "finetune"
    assert bases(source="starter") == (starter.REPO, "HuggingFaceTB/SmolLM2-135M")


def test_a_model_that_cannot_be_read_says_so(door, tmp_path):
    with pytest.raises(UserError, match="not there any more"):
        find_bases(Hub(door), a_model(tmp_path / "gone.gguf"))


def test_where_a_model_is_from_is_known_without_the_hub(tmp_path):
    assert known_repos(a_model(tmp_path / "m.gguf", repo="a/b")) == ("a/b",)
    assert known_repos(a_model(tmp_path / "m.gguf")) == ()
