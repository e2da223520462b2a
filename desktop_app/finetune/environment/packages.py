"""Whether a package is installed whole. For the set-up of a checkout, too, so it needs nothing but Python."""

import os
from pathlib import Path


def is_package_whole(info: Path) -> bool:
    """Return whether every file that pip or uv recorded for a package is there in its full size.

    Args:
        info: Its `.dist-info` folder.
    """
    try:
        rows = (info / "RECORD").read_text("utf-8").splitlines()
    except OSError:
        return False  # it is written last
    folder = str(info.parent)
    for row in rows:
        name, _, size = row.rsplit(",", 2) if row.count(",") >= 2 else ("", "", "")
        if not size or name.endswith(".pyc"):  # Python writes those anew as it likes
            continue
        try:
            if os.stat(os.path.join(folder, name.strip('"'))).st_size != int(size):  # noqa: PTH116, PTH118 - 15,000 files
                return False
        except OSError:
            return False
    return bool(rows)
