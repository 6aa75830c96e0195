"""The Python that runs this process, for a second process of hairpin."""

import sys


def own_python() -> tuple[str, ...]:
    """Return the words that start this Python.  Python's own options follow them, such as ``-I -c CODE``.

    In the one executable file Python and hairpin are the same program: the word ``--python`` makes it Python.  Source:
    main() in ``tools/release/interpreter/start.c``."""
    return (sys.executable, "--python") if getattr(sys, "frozen", False) else (sys.executable,)
