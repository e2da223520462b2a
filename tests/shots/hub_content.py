"""A Hub worth a picture, on loopback: well-known names, with the starter model's bytes behind all of them."""

from pathlib import Path

from desktop_app.library.starter import starter_path
from tests.support.hub import MIB, LoopbackHub

GATED = "google/gemma-3-4b-it-qat-q4_0-gguf"
SHOWN = "Qwen/Qwen3-4B-GGUF"
CARD = """\
# Qwen3-4B-GGUF

<div align="center"><img src="logo.png"><a href="https://example.org">Blog</a></div>

A model of <b>four billion parameters</b> that can think before it answers, and answer at once.

## Highlights

- switches between thinking and not thinking **within one conversation**
- follows instructions in more than 100 languages
- calls tools

## Use

```shell
moatless chat --model Qwen3-4B "Why is the sky blue?"
```
"""
_REPOS = (
    (SHOWN, 4_022_468_096, "apache-2.0", 512_340, 1_204, "2026-06-03", False),
    ("bartowski/Llama-3.2-3B-Instruct-GGUF", 3_212_749_888, "llama3.2", 401_220, 987, "2025-10-08", False),
    (GATED, 3_880_099_328, "gemma", 96_400, 310, "2025-04-15", "manual"),
    ("unsloth/Qwen3-30B-A3B-Instruct-2507-GGUF", 30_532_122_624, "apache-2.0", 88_050, 295, "2026-07-30", False),
    ("ggml-org/SmolLM3-3B-GGUF", 3_075_098_624, "apache-2.0", 41_777, 120, "2025-07-08", False),
)


def fill(hub: LoopbackHub, folder: Path) -> None:
    """Add the repositories; what they hold besides the starter model is kept in a folder."""
    eight_bits = folder / "eight-bits.gguf"
    with starter_path().open("rb") as starter, eight_bits.open("wb") as larger:
        larger.write(starter.read(4 * MIB))  # the header, which the page reads
        larger.truncate(400 * MIB)
    for name, n_params, license_name, downloads, likes, day, gated in _REPOS:
        stem = name.rpartition("/")[2].removesuffix("-GGUF")
        hub.add_repo(
            name,
            {f"{stem}-Q4_K_M.gguf": starter_path(), f"{stem}-Q8_0.gguf": eight_bits},
            license=license_name,
            downloads=downloads,
            likes=likes,
            gated=gated,
            gguf={"total": n_params, "architecture": "llama", "context_length": 40_960},
            card=CARD,
            last_modified=f"{day}T10:00:00.000Z",
        )
