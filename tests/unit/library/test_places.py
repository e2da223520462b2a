"""Names from outside become names on this disk only where they can do no harm, on whatever system."""

from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest
from huggingface_hub.errors import HFValidationError
from huggingface_hub.utils import validate_repo_id
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.errors import UserError
from desktop_app.library.places import (
    MAX_NAME_BYTES,
    beside,
    is_safe_name,
    is_safe_path,
    merged_path,
    target_paths,
)
from desktop_app.storage.records import Download, DownloadState, RemoteFile

MODELS = Path("/data/models")

HARMFUL = {
    "upwards": "../../x.gguf",
    "upwards inside": "a/../../x.gguf",
    "only upwards": "..",
    "here": "./x.gguf",
    "absolute": "/etc/x.gguf",
    "a drive": "C:/x.gguf",
    "a drive without a folder": "C:x.gguf",
    "a stream of another file": "x.gguf:hidden",
    "a network share": "//server/share/x.gguf",
    "backslashes": "..\\..\\x.gguf",
    "a backslash": "a\\x.gguf",
    "a device": "con",
    "a device with an ending": "CON.gguf",
    "another device": "a/aux.gguf",
    "a numbered device": "lpt1.Q4_0.gguf",
    "a device with a raised number": "com\N{SUPERSCRIPT ONE}.gguf",
    "a console": "CONOUT$.gguf",
    "a device with a space": "nul .gguf",
    "written backwards": "model\u202efugg.exe",
    "an isolate": "x\u2066.gguf",
    "invisible": "x\u200b.gguf",
    "a soft hyphen": "x\u00ad.gguf",
    "nul": "x\0.gguf",
    "a line feed": "x\n.gguf",
    "escape": "\x1b[2J.gguf",
    "half a character": "\ud83d.gguf",
    "a private letter": "\ue000.gguf",
    "a dot at the end": "x.gguf.",
    "a dot at the end of a folder": "a./x.gguf",
    "a space at the end": "x.gguf ",
    "a space at the beginning": " x.gguf",
    "hidden": ".x.gguf",
    "nothing": "",
    "no name": "a/",
    "no folder": "/x.gguf",
    "two slashes": "a//x.gguf",
    "a star": "*.gguf",
    "a question mark": "x?.gguf",
    "a quotation mark": 'x".gguf',
    "angle brackets": "<x>.gguf",
    "a pipe": "a|b.gguf",
    "5,000 characters": "x" * 5000 + ".gguf",
    "too long in bytes": "模" * 80 + ".gguf",
}
HARMLESS = [
    "Qwen3-8B-Q4_K_M.gguf",
    "UD-Q4_K_XL/DeepSeek-R1-00001-of-00003.gguf",
    "模型/千问-Q4_K_M.gguf",
    "Übung macht den Meister.gguf",
    "модель.gguf",
    "नमूना.gguf",
    "model (1) [v2] {x} & co, #3 +~@!$%^=';`.gguf",
    "🦙.gguf",
    "console.gguf",
    "com.gguf",
    "a..b.gguf",
    "x" * (MAX_NAME_BYTES - 5) + ".gguf",
]


def download(*paths, repo="owner/name", number=7):
    files = tuple(RemoteFile(path, 5) for path in paths)
    return Download(number, "name", repo, "main", "", files, DownloadState.WAITING, "", 0.0)


@pytest.mark.parametrize("path", HARMFUL.values(), ids=HARMFUL)
def test_a_path_that_could_do_harm_is_none_here(path):
    assert not is_safe_path(path)
    with pytest.raises(UserError, match="is not one that a file can safely have") as told:
        target_paths(MODELS, download(path))
    assert all(letter.isprintable() for letter in str(told.value))
    assert len(str(told.value)) < 300


@pytest.mark.parametrize("path", HARMLESS, ids=range(len(HARMLESS)))
def test_a_path_that_is_only_unusual_is_taken(path):
    assert is_safe_path(path)
    (target,) = target_paths(MODELS, download(path))
    assert target == MODELS / "owner" / "name" / path


@pytest.mark.parametrize("repo", ["..", "../x", "a/..", "a/b/../..", "C:/x", "con/x", "a\\b/c", "a/b ", ".git/x"])
def test_a_repository_cannot_lead_anywhere_else_either(repo):
    with pytest.raises(UserError):
        target_paths(MODELS, download("x.gguf", repo=repo))


@given(st.text(max_size=40))
def test_a_safe_name_is_one_name_on_every_system(name):
    if is_safe_name(name):
        for system in (PurePosixPath, PureWindowsPath):
            path = system("models") / name
            assert path.parent == system("models")
            assert path.name == name
            assert not path.is_reserved() if system is PureWindowsPath and hasattr(path, "is_reserved") else True


@given(st.text(st.sampled_from("ab./\\:~ \u202e"), max_size=12), st.text(st.sampled_from("ab./\\"), max_size=8))
def test_no_path_whatever_leads_out_of_the_folder_of_models(path, repo):
    try:
        (target,) = target_paths(MODELS, download(path, repo=repo or "a/b"))
    except UserError:
        return
    assert target.is_relative_to(MODELS)
    assert ".." not in target.parts
    assert target != MODELS


# ------------------------------------------------------------ several files


def test_parts_and_what_sees_end_in_one_folder_wherever_they_lay():
    targets = target_paths(MODELS, download("Q8_0/m-00001-of-00002.gguf", "Q8_0/m-00002-of-00002.gguf", "mmproj.gguf"))
    folder = MODELS / "owner" / "name" / "Q8_0"
    names = ["m-00001-of-00002.gguf", "m-00002-of-00002.gguf", "mmproj.gguf"]
    assert targets == tuple(folder / name for name in names)


def test_one_harmful_name_among_several_is_enough():
    with pytest.raises(UserError):
        target_paths(MODELS, download("m-00001-of-00002.gguf", "m-00002-of-00002.gguf", "con.gguf"))
    with pytest.raises(UserError):
        target_paths(MODELS, download("m.gguf", "../mmproj/../.."))


def test_copies_of_files_with_one_name_do_not_meet():
    first = target_paths(MODELS, download("/a/x.gguf", repo="", number=1))
    second = target_paths(MODELS, download("/b/x.gguf", repo="", number=2))
    assert first != second
    assert {path[0].name for path in (first, second)} == {"x.gguf"}


@pytest.mark.parametrize("number", [1, 7])
def test_no_repository_has_its_files_among_the_copies(number):
    (copy,) = target_paths(MODELS, download("/a/x.gguf", repo="", number=number))
    assert copy.parent == MODELS / "local copies" / str(number)
    with pytest.raises(HFValidationError):
        validate_repo_id(f"local copies/{number}")


@pytest.mark.parametrize("original", ["/a/eyes.gguf", "C:\\a\\eyes.gguf", "Q8/eyes.gguf", "eyes.gguf"])
def test_what_came_along_lies_beside_the_model(original):
    files = (RemoteFile("/a/x.gguf", 5), RemoteFile(original, 5))
    assert beside(Path("/moved/x.gguf"), files) == (Path("/moved/x.gguf"), Path("/moved/eyes.gguf"))


@pytest.mark.parametrize("ending", ["-00001-of-00002.GGUF", "-00001-OF-00002.gguf"])
def test_the_parts_of_a_model_end_here_as_llama_cpp_wants_them_to(ending):
    wanted = download(f"Q4/Big{ending}", f"Q4/Big{ending.replace('00001', '00002')}")
    targets = target_paths(MODELS, wanted)
    folder = MODELS / "owner" / "name" / "Q4"
    assert targets == (folder / "Big-00001-of-00002.gguf", folder / "Big-00002-of-00002.gguf")
    assert beside(targets[0], wanted.files) == targets


def test_other_names_stay_as_they_are():
    (target,) = target_paths(MODELS, download("Q4/Big.GGUF"))
    assert target.name == "Big.GGUF"


def test_models_that_are_made_here_lie_together_where_no_download_goes():
    assert merged_path(MODELS, "Mine + Tone") == MODELS / "merged models" / "Mine + Tone.gguf"
    with pytest.raises(HFValidationError):
        validate_repo_id("merged models/x")


@pytest.mark.parametrize("name", ["", "a/b", "..", "x" * 300, "nul"])
def test_a_model_cannot_be_called_what_no_file_can(name):
    with pytest.raises(UserError, match="cannot be called"):
        merged_path(MODELS, name)
