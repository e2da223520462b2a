"""What a release is refused for before anything is built."""

import json
import subprocess
import sys
from dataclasses import asdict

import pytest

from desktop_app import __version__
from desktop_app.errors import UserError
from installers.lock_training import Package
from installers.packaging.locks import refuse_unconfirmed
from installers.packaging.places import ROOT
from installers.packaging.tag import refuse_other


def write_lock(folder, name, *confirmed):
    packages = [asdict(Package(f"p{place}", "1", "MIT", 1, 1, not is_so)) for place, is_so in enumerate(confirmed)]
    folder.mkdir(exist_ok=True)
    folder.joinpath(f"{name}.json").write_text(json.dumps({"packages": packages}))


def test_locks_that_their_index_has_confirmed_may_be_released(tmp_path):
    write_lock(tmp_path / "locks", "linux-x86_64-cpu", True, True)
    refuse_unconfirmed(tmp_path / "locks")


def test_a_lock_with_one_that_is_not_is_named_with_what_makes_it_again(tmp_path):
    write_lock(tmp_path / "locks", "linux-x86_64-cpu", True, False)
    write_lock(tmp_path / "locks", "linux-x86_64-cuda", True, True)
    with pytest.raises(UserError) as told:
        refuse_unconfirmed(tmp_path / "locks")
    assert "linux-x86_64-cpu: p1" in str(told.value)
    assert told.value.hint.endswith("-m installers.lock_training linux-x86_64-cpu")


def test_a_place_without_locks_is_no_release(tmp_path):
    with pytest.raises(UserError, match="There are no locks"):
        refuse_unconfirmed(tmp_path)


def test_the_tag_has_to_be_the_version():
    refuse_other(f"v{__version__}")
    for tag in (__version__, "v99.0.0", f"v{__version__}-1"):
        with pytest.raises(UserError, match="The tag is"):
            refuse_other(tag)


@pytest.mark.parametrize("version", ["1.2", "1.2.3rc1", "1.2.3.4", "v1.2.3"])
def test_a_version_that_not_all_systems_can_order_is_refused(version):
    with pytest.raises(UserError, match="three numbers"):
        refuse_other(f"v{version}", version)


def test_the_command_ends_with_what_is_wrong():
    command = [sys.executable, "-m", "installers.packaging.tag", "v99.0.0"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert "The tag is v99.0.0" in result.stderr
