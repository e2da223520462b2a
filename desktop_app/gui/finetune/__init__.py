"""The Teach page: from documents to an adapter, in five steps."""
