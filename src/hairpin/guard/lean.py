"""Gives memory back that a round needed: a guard waits most of its life.

Source: malloc_trim(3)
"""

import ctypes
import gc
from contextlib import suppress


def give_memory_back() -> None:
    """Free what nothing refers to any more, and give it to the kernel.  Only glibc can."""
    gc.collect()
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
