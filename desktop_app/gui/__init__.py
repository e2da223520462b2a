"""Widgets only: what is on the screen. Work is asked of `jobs`."""
