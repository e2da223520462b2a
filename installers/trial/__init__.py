"""Tries the packages as a person gets them: installed into a clean system, started, upgraded and removed."""
