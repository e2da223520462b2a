"""What GitHub's machines do: only what can be done at home, with little rights, for every package of a release."""

import importlib.util
import re
from pathlib import Path

import pytest
import yaml

from installers import checkout, release
from installers.linux.appimage_tools import VARIABLE as APPIMAGE_TOOLS
from installers.macos import bundle, keychain, notarize
from installers.packaging.places import DIST, WORK, file_name
from installers.windows import certificate, signtool

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / ".github" / "workflows"
WORKFLOWS = {path.stem: yaml.safe_load(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.yml"))}
RELEASE = WORKFLOWS["release"]["jobs"]
STEPS = [
    (f"{name}: {job_name}", step)
    for name, workflow in WORKFLOWS.items()
    for job_name, job in workflow["jobs"].items()
    for step in job["steps"]
]
RUNS = [(where, step["run"]) for where, step in STEPS if "run" in step]
USED = {step["uses"] for _where, step in STEPS if "uses" in step}


def runs_of(job):
    return [step["run"] for step in RELEASE[job]["steps"] if "run" in step]


def can_be_started(module):
    found = importlib.util.find_spec(module)
    if found is None or found.submodule_search_locations is None:
        return found is not None
    return importlib.util.find_spec(f"{module}.__main__") is not None


def apt_packages(text):
    return set(re.findall(r"\b(?:lib[a-z0-9.+-]+|xvfb|strace|fonts-dejavu-core)", text))


# ------------------------------------------------------------ every workflow


def test_there_is_one_for_changes_and_one_for_releases():
    assert WORKFLOWS.keys() == {"ci", "release"}


def test_every_file_that_is_named_is_there_or_made_by_the_build():
    named = {word for _where, run in RUNS for word in re.findall(r"(?:\.?[\w-]+/)+[\w.*-]+", run)}
    assert named
    made = str(DIST.relative_to(ROOT))
    missing = [path for path in named if not path.startswith((made, "dist/")) and not ROOT.joinpath(path).exists()]
    assert missing == []


def test_every_module_that_is_started_is_there():
    started = {module for _where, run in RUNS for module in re.findall(r"python -m ([\w.]+)", run)} - {"pip"}
    assert {"installers.packaging.tag", "installers.packaging.locks", "installers.trial"} <= started
    assert [module for module in started if not can_be_started(module)] == []


def test_verbs_of_the_door_are_known():
    verbs = [verb for _where, run in RUNS for verb in re.findall(r"checkout\.py (\S+)", run)]
    assert verbs == ["test"]
    assert all(f"\n  {verb}" in checkout.USAGE for verb in verbs)


def test_actions_of_others_are_named_by_the_commit_that_was_looked_at():
    assert USED
    assert all(re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", action) for action in USED)
    assert len(USED) == len({action.partition("@")[0] for action in USED})  # each in one version


def test_nobody_may_write_but_who_drafts_the_release():
    for workflow in WORKFLOWS.values():
        assert workflow["permissions"] == {"contents": "read"}
    rights = {name: job["permissions"] for name, job in RELEASE.items() if "permissions" in job}
    assert rights == {"draft": {"contents": "write"}}


def test_no_step_keeps_the_right_to_the_repository():
    checkouts = [step for _where, step in STEPS if step.get("uses", "").startswith("actions/checkout@")]
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_what_others_wrote_gets_into_no_command():
    """A title or a name of a branch with a command in it would be run."""
    assert [where for where, run in RUNS if re.search(r"\$\{\{(?! *matrix\.)", run)] == []


def test_every_job_ends():
    jobs = [job for workflow in WORKFLOWS.values() for job in workflow["jobs"].values()]
    assert all(job["timeout-minutes"] <= 180 for job in jobs)


# ------------------------------------------------------------ changes


def test_linux_runs_what_every_change_has_to_pass():
    assert "sudo .ci/run" in [step.get("run") for step in WORKFLOWS["ci"]["jobs"]["linux"]["steps"]]


def test_the_other_systems_run_the_tests_too():
    runners = WORKFLOWS["ci"]["jobs"]["others"]["strategy"]["matrix"]["runner"]
    assert sorted(runner.partition("-")[0] for runner in runners) == ["macos", "windows"]


# ------------------------------------------------------------ a release


def test_only_a_tag_of_a_version_makes_one():
    assert WORKFLOWS["release"][True] == {"push": {"tags": ["v*"]}}  # YAML reads “on” so


def test_nothing_is_built_before_it_may_be_released():
    assert runs_of("check") == [
        'python -m installers.packaging.tag "$GITHUB_REF_NAME"',
        "python -m installers.packaging.locks",
    ]
    assert {RELEASE[job]["needs"] for job in ("linux", "macos", "windows")} == {"check"}
    assert RELEASE["draft"]["needs"] == ["linux", "macos", "windows"]


def test_every_package_of_a_release_is_built_by_a_job():
    built = {
        (system, entry["machine"])
        for system in ("linux", "macos", "windows")
        for entry in RELEASE[system]["strategy"]["matrix"]["include"]
    }
    assert built == {(system, machine) for system, machine, _kind in release.KINDS}


@pytest.mark.parametrize("job", ["linux", "macos", "windows"])
def test_what_is_built_is_tried_before_it_is_handed_over(job):
    steps = RELEASE[job]["steps"]
    building = next(place for place, step in enumerate(steps) if step.get("run") == "python installers/build.py")
    trying = next(place for place, step in enumerate(steps) if ".trial" in step.get("run", ""))
    handing = next(place for place, step in enumerate(steps) if "upload-artifact" in step.get("uses", ""))
    assert building < trying < handing
    assert steps[handing]["with"]["if-no-files-found"] == "error"


@pytest.mark.parametrize(("job", "kind"), [("macos", "dmg"), ("windows", "setup")])
def test_what_is_tried_and_handed_over_is_called_as_the_build_calls_it(job, kind):
    pattern = RELEASE[job]["steps"][-1]["with"]["path"]
    assert (DIST / file_name(kind, machine="x86_64")).relative_to(ROOT).match(pattern)
    assert any(run.endswith(pattern) for run in runs_of(job))


def test_the_appimage_gets_its_tools_where_the_build_looks():
    place = RELEASE["linux"]["env"][APPIMAGE_TOOLS]
    assert place.removeprefix("${{ github.workspace }}/").startswith(str(WORK.relative_to(ROOT)))
    assert f'python installers/linux/appimage_tools.py "${APPIMAGE_TOOLS}"' in runs_of("linux")


def test_linux_packages_are_built_with_all_that_qt_is_tested_with():
    tested = apt_packages(ROOT.joinpath(".ci", "run").read_text("utf-8"))
    assert len(tested) > 15
    assert tested <= apt_packages(next(run for run in runs_of("linux") if "apt-get" in run))


def test_what_is_compiled_on_a_mac_runs_from_the_system_that_the_bundle_names():
    assert RELEASE["macos"]["env"]["MACOSX_DEPLOYMENT_TARGET"] == bundle.LEAST_SYSTEM


def test_secrets_reach_only_the_steps_that_need_them():
    with_secrets = {
        step["run"]: set(step["env"])
        for _where, step in STEPS
        if any("secrets." in str(value) for value in step.get("env", {}).values())
    }
    assert with_secrets == {
        "python -m installers.macos.keychain": {keychain.CERTIFICATE, keychain.PASSWORD, keychain.NOTARY_KEY},
        "python -m installers.windows.certificate": {certificate.CERTIFICATE, certificate.PASSWORD},
        "python installers/release.py sign dist": {release.KEY_VARIABLE},
    }
    everywhere = [job.get("env", {}) for job in RELEASE.values()]
    assert not any("secrets." in str(value) for variables in everywhere for value in variables.values())


def test_what_is_not_secret_is_given_under_the_names_that_are_read():
    assert {notarize.KEY_ID, notarize.ISSUER} <= RELEASE["macos"]["env"].keys()
    building = next(step for step in RELEASE["windows"]["steps"] if step.get("run") == "python installers/build.py")
    assert building["env"].keys() == {signtool.CERTIFICATE}


def test_every_secret_is_explained_at_the_top():
    text = FOLDER.joinpath("release.yml").read_text("utf-8")
    explained = text[: text.index("\nname:")]
    assert all(name in explained for name in re.findall(r"(?:secrets|vars)\.(\w+)", text))


def test_the_release_is_a_draft_of_the_tag_with_all_that_was_signed():
    *_, signing, describing, drafting = runs_of("draft")
    assert signing == "python installers/release.py sign dist"
    assert describing == "python installers/linux/flatpak.py dist"
    assert {"--draft", "--verify-tag", "dist/*"} <= set(drafting.split())
