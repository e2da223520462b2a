"""SQLite rows in and out: the database, its migrations, conversations and models."""
