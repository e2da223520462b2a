"""Models on disk: what a GGUF file says, whether it can run here, how much memory it needs, the starter model."""
