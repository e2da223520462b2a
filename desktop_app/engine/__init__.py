"""The engine: the child process that runs models, and what its clients need to speak with it."""
