"""How the lab speaks when nobody gives it another voice."""

import sys


def say(text: str) -> None:
    """Print a line at once: what follows it may take seconds, or wait for a signal."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
