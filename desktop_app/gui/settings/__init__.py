"""The settings page, built from the declared options."""
