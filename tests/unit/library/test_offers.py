"""The files of a repository put together to what a person can choose from."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.library.offers import find_offers, is_model_name, quant_of, recommended
from desktop_app.network.records import HubFile

GB = 10**9

# As uploaders call them.
QUANTS = {
    "Qwen3-8B-Q4_K_M.gguf": "Q4_K_M",
    "qwen2.5-7b-instruct-q5_k_m.gguf": "Q5_K_M",
    "qwen2.5-7b-instruct-fp16-00001-of-00004.gguf": "F16",
    "Phi-3-mini-4k-instruct-fp16.gguf": "F16",
    "Meta-Llama-3.1-8B-Instruct-IQ4_XS.gguf": "IQ4_XS",
    "Meta-Llama-3.1-8B-Instruct-f32.gguf": "F32",
    "gemma-3-4b-it-q4_0.gguf": "Q4_0",
    "gemma-3-27b-it-qat-Q4_0.gguf": "Q4_0",
    "mistral-7b-instruct-v0.2.Q5_K_S.gguf": "Q5_K_S",
    "Mistral-Nemo-12B.i1-IQ2_XXS.gguf": "IQ2_XXS",
    "DeepSeek-R1-UD-IQ1_S-00001-of-00003.gguf": "IQ1_S",
    "Q2_K_L/DeepSeek-V3-0324-Q2_K_L-00001-of-00005.gguf": "Q2_K_L",
    "Qwen3-30B-A3B-UD-Q4_K_XL.gguf": "Q4_K_XL",
    "Qwen3-4B-UD-Q8_K_XL.gguf": "Q8_K_XL",
    "gpt-oss-20b-MXFP4.gguf": "MXFP4",
    "gpt-oss-120b-mxfp4-00001-of-00003.gguf": "MXFP4",
    "GLM-4.5-Air-MXFP4_MOE.gguf": "MXFP4_MOE",
    "Kimi-K2-Instruct-UD-TQ1_0.gguf": "TQ1_0",
    "Llama-3.3-70B-Instruct-BF16/Llama-3.3-70B-Instruct-BF16-00001-of-00003.gguf": "BF16",
    "UD-Q6_K_XL/model-00001-of-00002.gguf": "Q6_K_XL",
    "llama-2-7b.ggmlv3.q4_K_S.gguf": "Q4_K_S",
    "SmolLM2-135M-Instruct-Q4_1.gguf": "Q4_1",
    "Qwen2.5-Coder-3B-Q6_K.gguf": "Q6_K",
    "Falcon3-7B-Instruct-IQ4_NL.gguf": "IQ4_NL",
    "Nemotron-Nano-9B-v2-NVFP4.gguf": "NVFP4",
    "gemma-2-2b-it.Q3_K_XL.gguf": "Q3_K_XL",
    "Ministral-8B-Q8_0-imat.gguf": "Q8_0",
    "tinyllama-1.1b-chat-v1.0.Q2_K.gguf": "Q2_K",
    "ggml-model-i2_s.gguf": "",
    "model.gguf": "",
    "QwQ-32B.gguf": "",
    "F16-fighter-jet-pilot-7B-Q8_0.gguf": "Q8_0",
    "Yi-34B-200K-q4.gguf": "",
}


@pytest.mark.parametrize(("name", "quant_type"), QUANTS.items())
def test_the_quantization_is_read_out_of_the_name(name, quant_type):
    assert quant_of(name.removesuffix(".gguf")) == quant_type


def offers(*files):
    return find_offers(HubFile(path, size, "") for path, size in files)


def told(found):
    return [(offer.name, offer.quant_type, [file.path for file in offer.files]) for offer in found]


def test_each_quantization_is_an_offer_the_smallest_first():
    found = offers(("m-Q8_0.gguf", 80), ("README.md", 1), ("m-Q4_K_M.gguf", 40), ("m-F16.gguf", 160))
    assert told(found) == [
        ("m-Q4_K_M", "Q4_K_M", ["m-Q4_K_M.gguf"]),
        ("m-Q8_0", "Q8_0", ["m-Q8_0.gguf"]),
        ("m-F16", "F16", ["m-F16.gguf"]),
    ]
    assert [offer.size_bytes for offer in found] == [40, 80, 160]


def test_the_parts_of_a_model_are_one_offer_in_order():
    found = offers(*((f"Q4_0/m-Q4_0-0000{n}-of-00003.gguf", n) for n in (3, 1, 2)))
    assert told(found) == [("m-Q4_0", "Q4_0", [f"Q4_0/m-Q4_0-0000{n}-of-00003.gguf" for n in (1, 2, 3)])]
    assert found[0].size_bytes == found[0].model_bytes == 6


@pytest.mark.parametrize("numbers", [(1, 2), (2, 3), (1, 3), (1, 2, 4), (0, 1, 2)])
def test_a_model_with_parts_missing_is_no_offer(numbers):
    assert offers(*((f"m-0000{n}-of-00003.gguf", 1) for n in numbers)) == ()


def test_versions_split_in_different_ways_do_not_mix():
    files = [f"m-0000{n}-of-0000{count}.gguf" for count in (2, 3) for n in range(1, count + 1)]
    found = offers(("m.gguf", 5), *((path, 2) for path in files))
    assert [[file.path for file in offer.files] for offer in found] == [files[:2], ["m.gguf"], files[2:]]


def test_the_same_name_in_two_folders_is_two_offers():
    assert len(offers(("a/m.gguf", 1), ("b/m.gguf", 2))) == 2


def test_what_sees_pictures_comes_along_with_each_and_counts_as_no_model():
    found = offers(("m-Q4_0.gguf", 40), ("m-Q8_0.gguf", 80), ("mmproj-m-F16.gguf", 7))
    assert told(found) == [
        ("m-Q4_0", "Q4_0", ["m-Q4_0.gguf", "mmproj-m-F16.gguf"]),
        ("m-Q8_0", "Q8_0", ["m-Q8_0.gguf", "mmproj-m-F16.gguf"]),
    ]
    assert [(offer.size_bytes, offer.model_bytes, offer.sees_pictures) for offer in found] == [
        (47, 40, True),
        (87, 80, True),
    ]
    assert not offers(("m-Q4_0.gguf", 40))[0].sees_pictures


@pytest.mark.parametrize(
    ("there", "chosen"),
    [
        (["mmproj-F32.gguf", "mmproj-BF16.gguf", "mmproj-F16.gguf"], "mmproj-F16.gguf"),
        (["mmproj-m-f32.gguf", "mmproj-m-bf16.gguf"], "mmproj-m-bf16.gguf"),
        (["mmproj-Q8_0.gguf", "mmproj-model-fp16.gguf"], "mmproj-model-fp16.gguf"),
        (["m.mmproj-Q4_0.gguf", "m.mmproj-Q8_0.gguf"], "m.mmproj-Q8_0.gguf"),
        (["mmproj.gguf"], "mmproj.gguf"),
        (["eyes/MMPROJ-F16.GGUF"], "eyes/MMPROJ-F16.GGUF"),
    ],
)
def test_the_best_of_what_sees_is_taken(there, chosen):
    (offer,) = offers(("m-Q4_0.gguf", 40), *((path, 7) for path in there))
    assert [file.path for file in offer.files] == ["m-Q4_0.gguf", chosen]


def test_what_sees_is_no_model_by_itself():
    assert offers(("mmproj-F16.gguf", 7)) == ()


@pytest.mark.parametrize(
    "path",
    [
        "imatrix.gguf",
        "Qwen3-8B.imatrix.gguf",
        "imatrix_unsloth.gguf",
        "ggml-vocab-llama-bpe.gguf",
        "m.gguf.part",
        "m.safetensors",
        "m.gguf/notes.txt",
        "README.md",
        "gguf",
        "../../m.gguf",
        "/m.gguf",
        "con.gguf",
        "a\u202egpj.gguf",
        "x" * 5000 + ".gguf",
        ".gguf",
    ],
)
def test_what_is_no_model_or_could_do_harm_is_left_out(path):
    assert not is_model_name(path)
    assert offers((path, 5)) == ()


def test_a_harmful_part_makes_no_offer_and_a_harmful_eye_is_left_out():
    assert offers(("a/../m-00001-of-00002.gguf", 1), ("m-00002-of-00002.gguf", 1)) == ()
    (offer,) = offers(("m.gguf", 1), ("../mmproj-F16.gguf", 1))
    assert len(offer.files) == 1


def test_endings_may_be_in_capitals():
    assert told(offers(("M-Q4_0.GGUF", 1))) == [("M-Q4_0", "Q4_0", ["M-Q4_0.GGUF"])]


@given(st.lists(st.text(st.sampled_from("am-0123of./"), max_size=30), max_size=20))
def test_no_names_whatever_stop_it(names):
    for offer in find_offers(HubFile(name + ".gguf", 1, "") for name in names):
        assert offer.files


# ------------------------------------------------------------ recommended


SIZES = {"IQ2_M": 3, "Q3_K_L": 4, "Q4_0": 4.5, "Q4_K_S": 4.6, "Q4_K_M": 5, "Q5_K_M": 6, "Q8_0": 8, "F16": 16}


@pytest.mark.parametrize(
    ("largest_gb", "chosen"), [(100, "Q4_K_M"), (5, "Q4_K_M"), (4.9, "Q4_K_S"), (4.5, "Q4_0"), (4.2, "Q3_K_L")]
)
def test_most_people_should_take_four_bits_or_what_fits(largest_gb, chosen):
    found = offers(*((f"m-{quant}.gguf", round(size * GB)) for quant, size in SIZES.items()))
    assert recommended(found, round(largest_gb * GB)).quant_type == chosen


def test_where_nothing_fits_the_smallest_is_the_least_wrong():
    found = offers(("m-Q8_0.gguf", 8 * GB), ("m-IQ2_M.gguf", 3 * GB))
    assert recommended(found, GB).quant_type == "IQ2_M"
    assert recommended((), GB) is None


def test_without_four_bits_the_best_that_fits_is_taken():
    found = offers(("m-Q2_K.gguf", 2), ("m-Q6_K.gguf", 6), ("m-F16.gguf", 16))
    assert recommended(found, 10).quant_type == "Q6_K"


def test_what_sees_does_not_count_against_the_memory():
    found = offers(("m-Q4_K_M.gguf", 5), ("m-Q3_K_L.gguf", 4), ("mmproj-F16.gguf", 3))
    assert recommended(found, 5).quant_type == "Q4_K_M"
