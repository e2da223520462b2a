"""Qt without widgets: waiting made easy. The only package of the window that starts threads and processes."""
