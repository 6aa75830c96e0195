"""Real hosts on which another process has a published port, or a backlog is full, and their near misses."""
