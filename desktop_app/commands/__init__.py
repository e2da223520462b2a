"""What each command of the command line does; `desktop_app.cli` parses the arguments."""
