"""The lab's output if the caller gives no other."""

import sys


def say(text: str) -> None:
    """Print a line and flush: the next one may come seconds later, or after a signal."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
