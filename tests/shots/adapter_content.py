"""Adapters worth a picture: real files for the starter model, random but small, and others that are not for it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from desktop_app.adapters.catalog import SOURCE_CONVERTED, enter, inspect_adapter
from desktop_app.adapters.identity import base_identity
from desktop_app.adapters.lora import Lora, Pair
from desktop_app.adapters.lora_file import write_lora
from desktop_app.jobs.store import Repositories
from desktop_app.library.catalog import SOURCE_FILE, SOURCE_HUB
from desktop_app.library.gguf import read_header
from desktop_app.library.starter import REPO, starter_path
from desktop_app.storage.chats import Chats
from desktop_app.storage.records import Adapter, MessageState, RemoteFile, Role, Stack, StackEntry
from tests.shots.content import FACTS
from tests.support.gguf_files import Shape, lora_adapter
from tests.support.hub import LoopbackHub
from tests.support.peft_files import peft_adapter

ATTENTION = ("attn_q", "attn_k", "attn_v", "attn_output")
ALL = (*ATTENTION, "ffn_gate", "ffn_up", "ffn_down")
FOR_STARTER = {
    "general.base_model.0.name": REPO.partition("/")[2],
    "general.base_model.0.repo_url": f"https://huggingface.co/{REPO}",
}
OF_STARTER = {"base_model": REPO, "relation": "adapter"}
SHOWN = "letterbox/plain-letters-lora"
TITLE = "Letter to the landlord"
ASKED = "Write to my landlord: the heating has been cold since Monday. Polite, but firm."
ANSWERED = """\
Dear Mr. Holm,

since Monday, 23 November, the heating in my flat (second floor, left) has been cold. In the evening I measured 15 °C \
in the living room.

Please have it looked at by **Friday**. I am at home from four o'clock, and the neighbor below has a key.

Until it is mended I will pay the rent with the usual reservation.

Kind regards
"""


@dataclass(frozen=True)
class Wanted:
    """An adapter to be written.

    Attributes:
        size: How much it adds to each output.
        seed: Of its random numbers; chosen so that no two in the picture have the same color.
        width: Of another model's layers; 0 for the starter model's.
    """

    name: str
    rank: int
    kinds: tuple[str, ...]
    size: float
    seed: int
    says: dict[str, str] = field(default_factory=dict)
    source: str = SOURCE_FILE
    repo: str = ""
    width: int = 0


LETTERS, TONE, HAIKU, QUIET = "Plain letters", "Friendly tone", "Haiku", "German orthography 1996"
LOST = "Recipes in steps"
LLAMA = {"general.base_model.0.name": "Llama-3.2-3B-Instruct"}
WANTED = (
    Wanted(LOST, 8, ATTENTION, 0.1, 1, FOR_STARTER),
    Wanted("Pirate speak", 8, ATTENTION, 0.1, 4, LLAMA, width=3072),
    Wanted(QUIET, 4, ("attn_q",), 1e-6, 5, FOR_STARTER, SOURCE_HUB, "wortwerk/deutsche-rechtschreibung-lora-GGUF"),
    Wanted("checkpoint-1200-final-v2", 32, ALL, 0.1, 16),
    Wanted(HAIKU, 8, ATTENTION, 0.2, 3, FOR_STARTER),
    Wanted(TONE, 16, ("attn_q", "attn_v"), 0.2, 7, FOR_STARTER, SOURCE_CONVERTED, "warmware/friendly-tone"),
    Wanted(LETTERS, 16, ALL, 0.1, 14, {**FOR_STARTER, "general.license": "apache-2.0"}),
)


def write_adapters(folder: Path) -> list[tuple[Wanted, Path]]:
    """Write the files of all of them; the lost one is to be deleted once it is known."""
    identity = base_identity(read_header(starter_path()))
    proof = {
        "moatless.base.norms_sha256": identity.norms_sha256,
        "moatless.base.vocab_sha256": identity.vocab_sha256,
    }
    written = []
    for wanted in WANTED:
        path = folder / f"{wanted.name.lower().replace(' ', '-')}.gguf"
        says = {"general.name": wanted.name, **wanted.says, **(proof if wanted.name == LETTERS else {})}
        write_lora(path, Lora("llama", _pairs(wanted), says))
        written.append((wanted, path))
    return written


def enter_adapters(repositories: Repositories, written: list[tuple[Wanted, Path]]) -> dict[str, Adapter]:
    """Put them into the library, as if they had come in different ways."""
    entered = {}
    for wanted, path in written:
        where = {}
        if wanted.repo:
            files = (RemoteFile(path.name, path.stat().st_size),)
            where = {"repo": wanted.repo, "revision": "c0ffee", "license": "mit", "files": files}
        entered[wanted.name] = enter(repositories.adapters, inspect_adapter(path), wanted.source, wanted.name, **where)
    return entered


def store_stacks(repositories: Repositories, adapters: dict[str, Adapter]) -> None:
    """Store conversations that use them; the first has a stack of three, one of them off."""
    letters, tone, haiku = (adapters[name] for name in (LETTERS, TONE, HAIKU))
    stack = (_entry(letters, 0.8), _entry(tone, 0.4), StackEntry(haiku.sha256, haiku.name, 1.0, is_on=False))
    chats = repositories.chats
    _store(chats, "Autumn in three lines", "A haiku about rain, please.", "Rain on the tin roof", (_entry(haiku, 1.0),))
    _store(chats, TITLE, ASKED, ANSWERED, stack)


def fill_with_adapters(hub: LoopbackHub) -> None:
    """Add what the Hub has for the starter model."""
    gguf = {"gguf": {"total": 2_400_000, "architecture": "llama"}}
    small = {f"adapter-{name}.gguf": _file(number) for number, name in enumerate(("F16", "F32"))}
    hub.add_repo("HuggingFaceTB/SmolLM2-135M-Instruct", {})
    common = {**OF_STARTER, "last_modified": "2026-08-14T10:00:00.000Z"}
    several = {
        **_peft(),
        **_in_folder("long", _peft(seed=2)),
        **_in_folder("dora", _peft(use_dora=True)),
    }
    hub.add_repo(SHOWN, several, downloads=12_480, likes=96, license="apache-2.0", card=CARD, **common)
    hub.add_repo("warmware/friendly-tone-GGUF", small, downloads=8_211, likes=51, license="mit", **gguf, **common)
    hub.add_repo("haikubox/smol-haiku", _peft(seed=3), downloads=1_902, likes=17, **common)
    hub.add_repo("pieces/smol-sql-lora", _peft(seed=4), downloads=640, likes=4, gated="manual", **common)
    pickled = {"adapter_config.json": _peft()["adapter_config.json"], "adapter_model.bin": b"\x80\x02" * 99}
    hub.add_repo("oldtimer/first-try", pickled, downloads=310, likes=0, license=None, **common)


CARD = """\
# Plain letters

A LoRA for **SmolLM2-135M-Instruct** that answers in short, plain letters: what happened, what is asked, until when.

## Which one

- the one at the top: trained for two epochs, enough for most letters
- `long`: four epochs, for letters of more than a page
- `dora`: an experiment

Trained on 1,400 letters of a consumer center, with names and places changed.
"""


def _file(number: int) -> bytes:
    adapter = lora_adapter(seed=number).with_metadata(general__name="Friendly tone")
    return adapter.to_bytes() + bytes(2_400_000 * (number + 1))


def _peft(seed: int = 1, **changes: Any) -> dict[str, bytes]:
    return peft_adapter(Shape(n_layer=30, n_embd=576, n_ff=1536), rank=16, seed=seed, **changes)


def _in_folder(folder: str, files: dict[str, bytes]) -> dict[str, bytes]:
    return {f"{folder}/{name}": data for name, data in files.items()}


def _pairs(wanted: Wanted) -> dict[str, Pair]:
    """Return random matrices for the starter model, or for a wider one."""
    chance = np.random.default_rng(wanted.seed)
    pairs = {}
    for tensor in read_header(starter_path()).tensors:
        if tensor.name.startswith("blk.") and tensor.name.split(".")[-2] in wanted.kinds:
            n_in, n_out = (wanted.width or length for length in tensor.shape)
            a = chance.standard_normal((wanted.rank, n_in)) / n_in**0.5
            b = chance.standard_normal((n_out, wanted.rank)) * wanted.size / wanted.rank**0.5
            pairs[tensor.name] = Pair(a.astype(np.float32), b.astype(np.float32))
    return pairs


def _entry(adapter: Adapter, scale: float) -> StackEntry:
    return StackEntry(adapter.sha256, adapter.name, scale)


def _store(chats: Chats, title: str, asked: str, answered: str, stack: Stack) -> None:
    conversation = chats.create(stack=stack)
    chats.rename(conversation.id, title)
    question = chats.add_message(conversation.id, None, Role.USER, asked)
    name = "SmolLM2-135M-Instruct"
    acted = tuple(entry for entry in stack if entry.is_on)
    answer = chats.add_message(conversation.id, question.id, Role.ASSISTANT, "", model_name=name, stack=acted)
    chats.write_answer(answer.id, answered, MessageState.DONE, facts=FACTS)
