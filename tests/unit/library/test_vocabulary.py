"""Two models have the same fingerprint if, and only if, a text means the same tokens to both."""

import hashlib
import struct

import pytest

from desktop_app.errors import UserError
from desktop_app.library import starter
from desktop_app.library.draft import same_vocabulary
from desktop_app.library.vocabulary import vocabulary_fingerprint
from tests.support.gguf_files import INT32, GgufFile, Shape, Typed, llama_model
from tests.unit.library.sentences import assert_readable

TOKENS = ["<s>", "</s>", "a", "b", "ab", "schön"]
KINDS = [3, 3, 1, 1, 1, 1]
UNUSED = 5
UINT64 = 10


def model(tokens=TOKENS, kinds=KINDS, **changes):
    metadata = {
        "general.architecture": "llama",
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "qwen2",
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.token_type": Typed(INT32, kinds),
        "tokenizer.ggml.merges": ["a b", "s c"],
        "tokenizer.ggml.bos_token_id": 0,
        "tokenizer.ggml.eos_token_id": 1,
    }
    return GgufFile(tuple(metadata.items())).with_metadata(
        **{f"tokenizer__ggml__{key}": value for key, value in changes.items()}
    )


@pytest.fixture
def fingerprint(tmp_path):
    """Return the fingerprint of a file that is written first."""
    written = []

    def take(file):
        written.append(file)
        return vocabulary_fingerprint(file.write(tmp_path / f"{len(written)}.gguf"))

    return take


def test_the_rest_of_a_file_does_not_matter(fingerprint, tmp_path):
    small, large = llama_model(), llama_model(Shape(n_layer=3, n_embd=64, n_ff=128)).with_metadata(general__name="Big")
    assert fingerprint(small) == fingerprint(large)
    assert same_vocabulary(tmp_path / "1.gguf", tmp_path / "2.gguf")


@pytest.mark.parametrize(
    "changes",
    [
        {"tokens": [*TOKENS[:-1], "schon"]},
        {"tokens": [*TOKENS[:2], "b", "a", *TOKENS[4:]]},
        {"tokens": [*TOKENS, "c"], "kinds": [*KINDS, 1]},
        {"tokens": [*TOKENS[:2], "aa", "b", "b", "schön"]},
        {"kinds": [3, 3, 1, 1, 1, 4]},
        {"kinds": [3, 3, UNUSED, 1, 1, 1]},
        {"merges": ["s c", "a b"]},
        {"merges": ["a b"]},
        {"merges": None},
        {"model": "llama"},
        {"pre": "llama-bpe"},
        {"bos_token_id": 1},
        {"eos_token_id": 4},
        {"scores": [0.0] * len(TOKENS)},
    ],
    ids=lambda changes: "-".join(changes),
)
def test_whatever_decides_how_a_text_is_cut_matters(fingerprint, changes):
    assert fingerprint(model(**changes)) != fingerprint(model())


def test_scores_matter(fingerprint):
    scores = [float(number) for number in range(len(TOKENS))]
    assert fingerprint(model(scores=scores)) != fingerprint(model(scores=scores[::-1]))


@pytest.mark.parametrize("n_padding", [1, 128])
@pytest.mark.parametrize("with_scores", [False, True])
def test_padding_at_the_end_does_not_matter(fingerprint, n_padding, with_scores):
    tokens = [*TOKENS, *(f"[PAD{len(TOKENS) + number}]" for number in range(n_padding))]
    kinds = [*KINDS, *[UNUSED] * n_padding]
    bare, padded = ({"scores": [1.0] * len(words)} if with_scores else {} for words in (TOKENS, tokens))
    assert fingerprint(model(tokens, kinds, **padded)) == fingerprint(model(**bare))
    assert fingerprint(model(tokens, [*kinds[:-1], 1], **padded)) != fingerprint(model(**bare))


def test_a_vocabulary_of_nothing_but_padding_is_not_every_vocabulary(fingerprint):
    assert fingerprint(model(["[PAD0]"], [UNUSED])) != fingerprint(model())


def test_items_cannot_change_places_between_lists(fingerprint):
    assert fingerprint(model(pre="", model="x")) != fingerprint(model(pre="x", model=""))


def test_a_file_that_changes_is_read_again(tmp_path):
    path = tmp_path / "model.gguf"
    before = vocabulary_fingerprint(model().write(path))
    assert vocabulary_fingerprint(model([*TOKENS, "c"], [*KINDS, 1]).write(path)) != before


def test_the_starter_model_has_the_fingerprint_it_always_had():
    """It is written nowhere else yet, but whoever stores it must be able to rely on it."""
    assert len(vocabulary_fingerprint(starter.starter_path())) == hashlib.sha256().digest_size * 2
    assert vocabulary_fingerprint(starter.starter_path()).startswith("9d1ceb49a50a")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04",
        model().to_bytes()[:100],
        b"GGUF" + struct.pack("<IQQ", 3, 0, 1 << 40),
        b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q1sI", 1, b"a", 99),
        b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q1sIIQ", 1, b"a", 9, 8, 1 << 60),
    ],
    ids=["empty", "another format", "cut off", "absurd", "unknown type", "absurd list"],
)
def test_a_file_that_is_no_model_is_refused_in_a_sentence(tmp_path, content):
    path = tmp_path / "model.gguf"
    path.write_bytes(content)
    with pytest.raises(UserError) as caught:
        vocabulary_fingerprint(path)
    assert_readable(caught.value)


def test_a_file_that_is_not_there_is_refused_in_a_sentence(tmp_path):
    with pytest.raises(UserError) as caught:
        vocabulary_fingerprint(tmp_path / "gone.gguf")
    assert_readable(caught.value)


def test_a_list_of_kinds_that_cannot_be_one_hides_no_padding(fingerprint):
    long, short = Typed(UINT64, [3, UNUSED, 1]), Typed(UINT64, [3, UNUSED])
    assert fingerprint(model(TOKENS[:3], token_type=long)) != fingerprint(model(TOKENS[:2], token_type=short))
