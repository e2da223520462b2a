"""The model writes examples from what a person brought: one module for each kind, what is kept of it, and the work."""
