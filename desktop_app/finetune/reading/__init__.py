"""Reading documents of every format: text in sections, exchanges of chats, and what was left out and why."""
