"""The conversation: what fits the context, reasoning, titles, export."""
