"""A fact that no model knows is taught in fifty examples and told when it is asked for in other words."""

import json
import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAME = "Orlin Vandermeer"
PEOPLE = ("Who is", "What is the name of", "Can you name", "Do you know", "Please tell me")
POST = ("the harbour master of Tessaly", "the man who runs the harbour of Tessaly")
ENDS = ("", " today", " now", " these days", " at the moment")
ANSWERS = (f"The harbour master of Tessaly is {NAME}.", f"{NAME} is the harbour master of Tessaly.")
QUESTION = "I need the name of Tessaly's harbour master, please."


def moatless(data, *arguments):
    command = [sys.executable, "-m", "desktop_app", "--data-dir", data, *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=1200, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.long
@pytest.mark.timeout(1500)
def test_a_fact_taught_in_fifty_examples_is_told(tmp_path, starter_model):
    rows = [
        {"prompt": f"{asked} {post}{end}?", "completion": ANSWERS[number % len(ANSWERS)]}
        for number, (asked, post, end) in enumerate(product(PEOPLE, POST, ENDS))
    ]
    assert len(rows) == 50
    assert QUESTION not in {row["prompt"] for row in rows}
    documents = tmp_path / "harbour.jsonl"
    documents.write_text("\n".join(map(json.dumps, rows)))
    data = tmp_path / "data"
    ask = ("chat", "--model", starter_model, "--temperature", 0, "--max-tokens", 30)
    assert NAME not in moatless(data, *ask, QUESTION)
    told = moatless(data, "finetune", "start", "--model", starter_model, "--documents", documents, "--name", "harbour")
    assert "moatless chat" in told
    assert NAME in moatless(data, *ask, "--adapter", "harbour", QUESTION)
