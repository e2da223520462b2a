"""Files that a C parser might trip over are refused, each with one clear sentence."""

import struct
from dataclasses import replace

import pytest

from desktop_app.errors import UserError
from desktop_app.library.gguf import read_header
from desktop_app.library.gguf_types import ARRAY, STRING
from tests.support.gguf_files import F32, Q4_0, GgufFile, Raw, Shape, TensorSpec, Typed, llama_model
from tests.unit.library.sentences import assert_readable

MODEL = llama_model()
COUNT = struct.Struct("<Q")


def with_entry(key: str, value: object) -> GgufFile:
    return replace(MODEL, metadata=((key, value), *MODEL.metadata))


def with_tensor(**changes: object) -> GgufFile:
    """Return a model whose second tensor is changed."""
    first, second, *others = MODEL.tensors
    return replace(MODEL, tensors=(first, replace(second, **changes), *others))


def strings(*texts: bytes, claimed: int | None = None) -> Raw:
    count = len(texts) if claimed is None else claimed
    data = b"".join(COUNT.pack(len(text)) + text for text in texts)
    return Raw(ARRAY, struct.pack("<IQ", STRING, count) + data)


MALFORMED = {
    "too many tensors": (replace(MODEL, n_tensors=65_537), "claims 65,537 tensors"),
    "the number of tensors is absurd": (replace(MODEL, n_tensors=2**64 - 1), "tensors, which no model has"),
    "the number of entries is absurd": (replace(MODEL, n_entries=2**63), "entries, which no model has"),
    "too many entries": (replace(MODEL, n_entries=4_097), "claims 4,097 entries"),
    "more entries than there are": (replace(MODEL, n_entries=len(MODEL.metadata) + 1), "is damaged"),
    "fewer entries than there are": (replace(MODEL, n_entries=len(MODEL.metadata) - 1), "is damaged"),
    "more tensors than there are": (replace(MODEL, n_tensors=len(MODEL.tensors) + 1), "is damaged"),
    "fewer tensors than there are": (replace(MODEL, n_tensors=len(MODEL.tensors) - 1), "bytes longer than a whole"),
    "an entry twice": (with_entry("general.name", "Again"), "has “general.name” twice"),
    "an entry without a name": (with_entry("", 1), "has no name"),
    "a name of 65,537 bytes": (with_entry("k" * 65_537, 1), "65,537 bytes long"),
    "an entry of an unknown type": (with_entry("odd", Raw(13, b"\0" * 8)), "of an unknown type"),
    "a list of an unknown type": (with_entry("odd", Raw(ARRAY, struct.pack("<IQ", 13, 1))), "of an unknown type"),
    "a list of lists": (with_entry("odd", Raw(ARRAY, struct.pack("<IQ", ARRAY, 1))), "of an unknown type"),
    "a list that claims more numbers than the file has": (
        with_entry("odd", Raw(ARRAY, struct.pack("<IQ", 4, 10_000_000))),
        "is truncated",
    ),
    "a list that claims 2^61 numbers": (with_entry("odd", Raw(ARRAY, struct.pack("<IQ", 10, 2**61))), "claims"),
    "a list that claims more texts than the file has": (with_entry("odd", strings(claimed=2_000_000)), "is truncated"),
    "a list that claims 2^40 texts": (with_entry("odd", strings(claimed=2**40)), "which no model has"),
    "a text in a list that claims 2^63 bytes": (
        with_entry("odd", Raw(ARRAY, struct.pack("<IQQ", STRING, 1, 2**63))),
        "a length that cannot be right",
    ),
    "a text that claims 2^63 bytes": (with_entry("odd", Raw(STRING, COUNT.pack(2**63))), "bytes long"),
    "a text that claims more than the file has": (with_entry("odd", Raw(STRING, COUNT.pack(10**8))), "is truncated"),
    "a vocabulary of a million tokens": (
        MODEL.with_metadata(tokenizer__ggml__tokens=strings(claimed=1_000_000)),
        "which no model has",
    ),
    "a token twice": (MODEL.with_metadata(tokenizer__ggml__tokens=["a", "b", "a"]), "the same token twice"),
    "a token twice as native code sees it": (
        MODEL.with_metadata(tokenizer__ggml__tokens=["a", "b\0c", "b\0d"]),
        "the same token twice",
    ),
    "an empty token and one that is called like it": (
        MODEL.with_metadata(tokenizer__ggml__tokens=["a", "", "[EMPTY_1]"]),
        "the same token twice",
    ),
    "an alignment of zero": (MODEL.with_metadata(general__alignment=0), "not a power of two"),
    "an alignment of 48": (MODEL.with_metadata(general__alignment=48), "not a power of two"),
    "an enormous alignment": (MODEL.with_metadata(general__alignment=2**31), "not a power of two"),
    "an alignment that is a text": (MODEL.with_metadata(general__alignment="32"), "of the wrong type"),
    "an architecture that is a number": (MODEL.with_metadata(general__architecture=7), "of the wrong type"),
    "an architecture that is a list": (MODEL.with_metadata(general__architecture=["llama"]), "of the wrong type"),
    "a tensor twice": (with_tensor(name=MODEL.tensors[0].name), "twice"),
    "a tensor with a name of 64 bytes": (with_tensor(name="t" * 64), "64 bytes long"),
    "a tensor without dimensions": (with_tensor(n_dims=0), "has 0 dimensions"),
    "a tensor of five dimensions": (with_tensor(shape=(8, 1, 1, 1, 1)), "has 5 dimensions"),
    "a tensor that claims 2^32 dimensions": (with_tensor(n_dims=2**32 - 1), "dimensions"),
    "a tensor of no length": (with_tensor(shape=(0,)), "an impossible size"),
    "a tensor whose size overflows": (with_tensor(shape=(2**32, 2**32), data=b""), "an impossible size"),
    "a tensor whose size overflows to a small one": (
        with_tensor(shape=(2**62, 4, 2**62, 4), data=b""),
        "an impossible size",
    ),
    "a tensor larger than any disk": (with_tensor(shape=(2**61,), data=b""), "larger than any disk"),
    "a tensor of a type that was removed": (with_tensor(type_id=4, data=b""), "does not know (number 4)"),
    "a tensor of an unknown type": (with_tensor(type_id=43, data=b""), "does not know (number 43)"),
    "a tensor of a negative type": (with_tensor(type_id=2**32 - 1, data=b""), "does not know"),
    "rows that do not fill whole blocks": (with_tensor(shape=(33, 2), type_id=Q4_0), "do not fit its type Q4_0"),
    "a tensor that overlaps another": (with_tensor(offset=0), "is not where it should be"),
    "a tensor after a gap": (with_tensor(offset=10**6), "is not where it should be"),
    "a tensor at an odd place": (with_tensor(offset=MODEL.tensors[0].size_bytes + 1), "is not where it should be"),
    "a tensor past the end of numbers": (with_tensor(offset=2**64 - 32), "is not where it should be"),
    "the first tensor not at the start": (
        replace(MODEL, tensors=(replace(MODEL.tensors[0], offset=32), *MODEL.tensors[1:])),
        "is not where it should be",
    ),
    "more data than tensors": (replace(MODEL, tail=b"\0" * 4_096), "4,096 bytes longer than a whole"),
    "a split file that does not say which part it is": (MODEL.with_metadata(split__count=Typed(2, 3)), "which part"),
    "a split number of another type": (MODEL.with_metadata(split__count=3), "of the wrong type"),
}


@pytest.mark.parametrize("kind", MALFORMED)
def test_a_malformed_file_is_refused_with_a_sentence(tmp_path, kind):
    model, expected = MALFORMED[kind]
    path = model.write(tmp_path / "model.gguf")
    with pytest.raises(UserError) as caught:
        read_header(path)
    assert_readable(caught.value)
    assert expected in caught.value.sentence
    assert "“model.gguf”" in caught.value.sentence


@pytest.mark.parametrize(
    ("version", "expected"),
    [(0, "early version"), (1, "early version"), (4, "version 4 of the GGUF format"), (3 << 24, "the other way round")],
)
def test_another_version_of_the_format_is_refused_with_a_sentence(tmp_path, version, expected):
    with pytest.raises(UserError) as caught:
        read_header(replace(MODEL, version=version).write(tmp_path / "model.gguf"))
    assert_readable(caught.value)
    assert expected in caught.value.sentence


def test_a_truncated_file_is_refused_with_both_sizes(tmp_path):
    whole = MODEL.to_bytes()
    path = tmp_path / "model.gguf"
    path.write_bytes(whole[:-1_000])
    with pytest.raises(UserError, match="is truncated") as caught:
        read_header(path)
    assert_readable(caught.value)
    assert f"{len(whole) - 1_000:,} of {len(whole):,} bytes are there" in caught.value.sentence
    assert "the download was probably cut off" in caught.value.sentence


def test_a_file_that_ends_anywhere_in_its_header_is_refused_as_truncated(tmp_path):
    header = MODEL.header()
    path = tmp_path / "model.gguf"
    for length in range(4, len(header), 7):
        path.write_bytes(header[:length])
        with pytest.raises(UserError, match="is truncated") as caught:
            read_header(path)
        assert_readable(caught.value)


def test_a_file_whose_data_is_missing_altogether_is_refused_as_truncated(tmp_path):
    path = tmp_path / "model.gguf"
    path.write_bytes(MODEL.header())
    with pytest.raises(UserError, match="is truncated"):
        read_header(path)


def test_what_a_file_calls_its_parts_is_shown_short_and_printable(tmp_path):
    name = "\x1b[31m<b>" + "n" * 500
    with pytest.raises(UserError) as caught:
        read_header(replace(MODEL, metadata=((name, 1), (name, 2))).write(tmp_path / "model.gguf"))
    assert_readable(caught.value)
    assert "\x1b" not in caught.value.sentence


def test_texts_that_are_too_many_to_keep_are_refused(tmp_path):
    entries = tuple((f"text.{number}", "x" * 1_000_000) for number in range(17))
    with pytest.raises(UserError, match="larger than that of any model"):
        read_header(replace(MODEL, metadata=entries).write(tmp_path / "model.gguf"))


def test_metadata_of_hundreds_of_megabytes_is_refused(tmp_path):
    numbers = Raw(ARRAY, struct.pack("<IQ", 10, 2**24))
    entry = len(GgufFile((("numbers.0", numbers),)).header()) - len(GgufFile().header())
    path = tmp_path / "model.gguf"
    with path.open("wb") as file:
        file.write(GgufFile(n_entries=5).header())
        for number in range(5):
            file.write(GgufFile(((f"numbers.{number}", numbers),)).header()[-entry:])
            file.truncate(file.seek(2**24 * 8, 1))
    with pytest.raises(UserError, match="larger than that of any model"):
        read_header(path)


def test_a_vocabulary_of_enormous_tokens_is_refused(tmp_path):
    tokens = strings(*(b"%06d" % number + b"x" * 60_000 for number in range(600)))
    with pytest.raises(UserError, match="vocabulary is larger than that of any model"):
        read_header(MODEL.with_metadata(tokenizer__ggml__tokens=tokens).write(tmp_path / "model.gguf"))


def test_a_model_of_gigabytes_is_checked_without_reading_its_weights(tmp_path):
    model = llama_model(Shape(n_layer=5, n_embd=4096, n_ff=16_384, n_head=32, n_head_kv=32, type_id=F32))
    header = read_header(model.write_sparse(tmp_path / "large.gguf"))
    assert header.file_size > 2**32


def test_a_file_without_tensors_is_read(tmp_path):
    header = read_header(GgufFile((("general.architecture", "llama"),)).write(tmp_path / "vocabulary.gguf"))
    assert header.tensors == ()
    assert header.quant_type == ""


def test_a_tensor_name_of_63_bytes_is_fine(tmp_path):
    model = replace(MODEL, tensors=(*MODEL.tensors, TensorSpec("t" * 63)))
    assert read_header(model.write(tmp_path / "model.gguf")).tensors[-1].name == "t" * 63
