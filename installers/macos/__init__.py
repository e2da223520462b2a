"""Makes the download for macOS out of the frozen bundle: signed, known to Apple, and in a disk image."""
