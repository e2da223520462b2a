"""Where the frozen program starts."""

import os
import sys

from desktop_app.__main__ import main

if sys.platform == "linux":
    # It names plugins for the Qt of the person's system. Ours finds its own beside its libraries.
    os.environ.pop("QT_PLUGIN_PATH", None)

sys.exit(main())
