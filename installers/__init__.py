"""Everything that turns a source checkout into something a person can start. Standard library only."""
