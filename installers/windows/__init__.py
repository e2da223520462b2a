"""Makes the download for Windows out of the frozen folder: complete, signed, and in a setup program."""
