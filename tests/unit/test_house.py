"""The rules of the house that a machine can check; which module may import which is checked by `lint-imports`."""

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = [
    path
    for folder in ("desktop_app", "installers", "tests")
    for path in sorted(ROOT.joinpath(folder).rglob("*.py"))
    if path.stat().st_size
]
OURS = [path for path in MODULES if path.relative_to(ROOT).parts[0] != "tests"]

MAX_LINES = 400

# Heavy or native: the window would start late, or could be taken down by them.
NOT_IN_THE_WINDOW = ("llama_cpp", "torch", "numpy", "huggingface_hub", "pygments", "jinja2")


@cache
def tree(path):
    return ast.parse(path.read_text("utf-8"))


def names(paths):
    return [str(path.relative_to(ROOT)) for path in paths]


def test_every_module_says_why_it_exists():
    docstring = re.compile(r'(#.*\n)*"""\s*[^\s"]')
    assert names(path for path in MODULES if not docstring.match(path.read_text("utf-8"))) == []


def test_no_file_does_too_much():
    assert names(path for path in MODULES if len(path.read_text("utf-8").splitlines()) > MAX_LINES) == []


def test_nobody_uses_multiprocessing():
    """Frozen, it starts the window again and again."""
    imports = re.compile(r"^\s*(import|from) multiprocessing\b", re.MULTILINE)
    assert names(path for path in OURS if imports.search(path.read_text("utf-8"))) == []


def test_qt_is_not_used_to_reach_the_network():
    """import-linter sees other HTTP libraries, but not the parts of Qt; local sockets are no network."""
    users = [path for path in OURS if "QtNetwork" in path.read_text("utf-8")]
    assert names(users) == ["desktop_app/jobs/single_instance.py"]
    imports = re.findall(r"from PySide6.QtNetwork import (.+)", users[0].read_text("utf-8"))
    assert {name.strip() for line in imports for name in line.split(",")} <= {"QLocalServer", "QLocalSocket"}


def imported(modules, wanted):
    """Return which of the wanted modules are there once some modules were imported in a new process."""
    code = f"import sys, {modules};print([name for name in sys.argv[1:] if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code, *wanted], cwd=ROOT, capture_output=True, text=True, check=True)
    return ast.literal_eval(result.stdout)


def test_the_window_starts_without_anything_heavy():
    assert imported("desktop_app.app, desktop_app.gui.workspace", NOT_IN_THE_WINDOW) == []


def test_the_first_picture_waits_for_nothing_it_does_not_show():
    late = ("msgspec", "sqlite3", "logging.handlers", "PySide6.QtNetwork", "desktop_app.gui.workspace")
    assert imported("desktop_app.cli, desktop_app.app, desktop_app.jobs.single_instance", late) == []


# ------------------------------------------------------------ what the person gets to read

FORBIDDEN = re.compile(r"!|[Ee]xit code|[Ee]rrno|\b\w+(Error|Exception)\b")


@cache
def class_names():
    return {
        node.name
        for path in OURS
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ClassDef) and re.search("[a-z][A-Z]", node.name)
    }


def user_texts():
    """Return (place, text) of what is written out in calls of UserError and Failed, values shown as {}."""
    found = []
    for path in OURS:
        for node in ast.walk(tree(path)):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in ("UserError", "Failed")
            ):
                written = node.args[1:] if node.func.id == "Failed" else node.args
                written += [keyword.value for keyword in node.keywords if keyword.arg in ("sentence", "hint")]
                found += [(f"{names([path])[0]}:{node.lineno}", text) for text in map(literal, written) if text]
    return found


def literal(node):
    """Return the text of a literal, or nothing for what is computed elsewhere."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return ""


def faults(text):
    """Return what is wrong with a text, in words."""
    wrong = [f"“{found[0]}”" for found in FORBIDDEN.finditer(text)]
    wrong += [f"the class name {word}" for word in re.findall(r"\w+", text) if word in class_names()]
    # A command, a value or a path at the very end is left without a full stop, so that it can be copied.
    if not text.endswith((".", "{}")) and not re.search(r": [^.]+$", text):
        wrong.append("no full stop")
    return wrong


def test_errors_are_whole_sentences():
    texts = user_texts()
    assert texts
    assert {place: (text, faults(text)) for place, text in texts if faults(text)} == {}


@pytest.mark.parametrize(
    "text",
    ["Download failed", "Oh no!", "It ended. (Exit code: 3).", "A ValueError was met.", "The EngineClient is gone."],
)
def test_what_is_no_sentence_is_noticed(text):
    assert faults(text)
