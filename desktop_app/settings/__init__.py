"""What the user can choose and how the window was left, in two small files."""
