"""Makes the locks of the training environment: `python -m installers.lock_training [--wheels FOLDER] [TARGET...]`.

For each platform and kind of processor, `assets/training` gets the packages with their hashes, as uv installs them
(`.txt`), and what a person is told before (`.json`): sizes and licenses. A release machine runs this. Each lock is
installed before it is written, into a folder that is deleted, which proves the hashes and measures the sizes.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import tomllib
import urllib.request
from dataclasses import asdict, dataclass
from email.parser import HeaderParser
from pathlib import Path
from typing import Any

import uv

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "assets" / "training"
PYTHON = "3.11.18"  # of those that uv installs; the trainer is tested with this minor version
PYTORCH = "https://download.pytorch.org/whl/"
_LEAST_DRIVER = "580"  # of NVIDIA, for CUDA 13
_LEAST_COMPUTE = "7.5"  # of the GPUs that CUDA 13 still knows: Turing
_LONGEST_LICENSE = 60


@dataclass(frozen=True)
class Target:
    """A kind of computer.

    Attributes:
        name: Of its files: system, processor, and what computes.
        platform: As uv calls it.
        python: The beginning of what uv calls its Python.
        build: Of torch, where the package index has another one.
        index: Where that build is.
    """

    name: str
    platform: str
    python: str
    build: str = ""
    index: str = ""

    @property
    def accelerator(self) -> str:
        return self.name.rpartition("-")[2]


_LINUX_X86, _LINUX_ARM = "x86_64-manylinux_2_28", "aarch64-manylinux_2_28"
_WINDOWS = "x86_64-pc-windows-msvc"
TARGETS = (
    Target("linux-x86_64-cpu", _LINUX_X86, "linux-x86_64-gnu", "+cpu", f"{PYTORCH}cpu"),
    Target("linux-x86_64-cuda", _LINUX_X86, "linux-x86_64-gnu"),
    Target("linux-aarch64-cpu", _LINUX_ARM, "linux-aarch64-gnu", "+cpu", f"{PYTORCH}cpu"),
    Target("linux-aarch64-cuda", _LINUX_ARM, "linux-aarch64-gnu"),
    Target("macos-arm64-mps", "aarch64-apple-darwin", "macos-aarch64-none"),
    Target("windows-amd64-cpu", _WINDOWS, "windows-x86_64-none"),
    Target("windows-amd64-cuda", _WINDOWS, "windows-x86_64-none", "+cu130", f"{PYTORCH}cu130"),
)


@dataclass(frozen=True)
class Package:
    """A package of a lock; sizes in bytes, as a wheel and as files. `is_unconfirmed`: its index was not asked."""

    name: str
    version: str
    license: str
    download_bytes: int
    disk_bytes: int
    is_unconfirmed: bool = False


def main(arguments: list[str]) -> int:
    """Make what was asked for; return whether something could not be made. Its files are then left as they were."""
    parser = argparse.ArgumentParser("lock_training", description="Make the locks of the training environment.")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(each.name for each in TARGETS))
    parser.add_argument("--wheels", type=Path, metavar="FOLDER", help="has wheels of an index that is out of reach")
    wanted = parser.parse_args(arguments)
    if unknown := set(wanted.targets) - {each.name for each in TARGETS}:
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    failed = []
    for target in TARGETS:
        if wanted.targets and target.name not in wanted.targets:
            continue
        print(f"{target.name} ...", flush=True)
        try:
            make_lock(target, FOLDER, wanted.wheels)
        except (subprocess.CalledProcessError, OSError) as error:
            said = getattr(error, "stderr", "") or str(error)
            print(f"  not made: {said.strip().splitlines()[-1]}", file=sys.stderr)
            failed.append(target.name)
    if failed:
        print(f"Not made, and left as they were: {', '.join(failed)}", file=sys.stderr)
    return int(bool(failed))


def make_lock(target: Target, folder: Path, wheels: Path | None = None) -> None:
    """Write the two files of a target.

    Raises:
        subprocess.CalledProcessError, OSError: If uv cannot find or install the packages.
    """
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        lock = _compile(target, work, wheels, "requirements.txt")
        wheel_places = tomllib.loads(_compile(target, work, wheels, "pylock.toml"))["packages"]
        requirements = work / "lock.txt"
        requirements.write_text(lock, "utf-8", newline="\n")
        installed = work / "installed"
        flags = ["--require-hashes", "--no-deps", "--link-mode", "copy", "--target", str(installed)]
        _uv(["pip", "install", *_where(target, wheels), *flags, "-r", str(requirements)], target)
        packages = [_package(each, installed) for each in wheel_places]
    facts: dict[str, Any] = {
        "python": PYTHON,
        "python_url": _python_url(target),
        "indexes": [target.index] if target.index else [],
        "packages": [asdict(each) for each in packages],
    }
    if target.accelerator == "cuda":
        facts |= {"least_driver": _LEAST_DRIVER, "least_compute": _LEAST_COMPUTE}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{target.name}.txt").write_text(lock, "utf-8", newline="\n")
    (folder / f"{target.name}.json").write_text(json.dumps(facts, indent=1) + "\n", "utf-8", newline="\n")


def _compile(target: Target, work: Path, wheels: Path | None, form: str) -> str:
    constraints = (ROOT / "constraints.txt").read_text("utf-8")
    torch = next(line for line in constraints.splitlines() if line.startswith("torch=="))
    wanted = work / "wanted.in"
    wanted.write_text(f"{torch}{target.build}\nnumpy\npsutil\n", "utf-8")
    flags = ["-c", str(ROOT / "constraints.txt"), "--no-header", "--no-annotate", "--generate-hashes"]
    return _uv(["pip", "compile", *_where(target, wheels), *flags, "--format", form, str(wanted)], target)


def _where(target: Target, wheels: Path | None) -> list[str]:
    flags = ["--python-version", PYTHON, "--python-platform", target.platform, "--only-binary", ":all:"]
    if target.index and wheels is not None:
        return [*flags, "--find-links", str(wheels)]
    # Of the packages that both have, those of the usual index are as good; the hashes say what may come.
    return [*flags, "--index", target.index, "--index-strategy", "unsafe-best-match"] if target.index else flags


def _uv(arguments: list[str], target: Target) -> str:
    environment = {**os.environ, "MACOSX_DEPLOYMENT_TARGET": "14.0"}  # the first one that torch is built for
    command = [uv.find_uv_bin(), "--no-config", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return done.stdout


def _python_url(target: Target) -> str:
    flags = ["--all-platforms", "--all-arches", "--only-downloads", "--output-format", "json"]
    known = json.loads(_uv(["python", "list", PYTHON, *flags], target))
    return str(next(each["url"] for each in known if each["key"] == f"cpython-{PYTHON}-{target.python}"))


def _package(place: dict[str, Any], installed: Path) -> Package:
    """Return what there is to say of a package, from where it was found and what was installed."""
    name, version = place["name"], place["version"]
    wheel = max(place["wheels"], key=lambda each: each.get("size", 0))  # of several that would do here
    url = wheel.get("url") or Path(wheel["path"]).absolute().as_uri()
    info = next(each for each in installed.glob("*.dist-info") if _is_of(each, name))
    metadata = HeaderParser().parsestr((info / "METADATA").read_text("utf-8"))
    rows = (info / "RECORD").read_text("utf-8").splitlines()
    sizes = [row.rpartition(",")[2] for row in rows]
    return Package(
        name=name,
        version=version,
        license=_license(metadata.get("License-Expression"), metadata.get("License"), metadata.get_all("Classifier")),
        download_bytes=wheel.get("size") or _size(url),
        disk_bytes=sum(int(size) for size in sizes if size),
        is_unconfirmed=url.startswith("file:"),
    )


def _is_of(info: Path, name: str) -> bool:
    return info.name.partition("-")[0].lower().replace("_", "-").replace(".", "-") == name


def _license(expression: str | None, text: str | None, classifiers: list[str] | None) -> str:
    """Return a package's license in a few words."""
    if expression:
        return expression
    if text and len(text) <= _LONGEST_LICENSE and "\n" not in text and text != "UNKNOWN":
        return text
    named = [each.rpartition("::")[2].strip() for each in classifiers or () if each.startswith("License ::")]
    return ", ".join(each for each in named if each != "OSI Approved") or "see the package"


def _size(url: str) -> int:
    """Ask how large a file is, where the index does not say."""
    with urllib.request.urlopen(urllib.request.Request(url, method="HEAD")) as answer:
        return int(answer.headers["Content-Length"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
