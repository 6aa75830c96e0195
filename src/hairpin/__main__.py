"""Starts the command line, for ``python -m hairpin`` and for the command ``hairpin``."""

import os
import signal
from types import FrameType
from typing import NoReturn

# An interrupt while modules are imported ends the process without a traceback.  Later, main() handles interrupts.
if signal.getsignal(signal.SIGINT) is signal.default_int_handler:

    def _interrupted(_signal: int, _frame: FrameType | None) -> NoReturn:
        os._exit(130)

    signal.signal(signal.SIGINT, _interrupted)

import atexit
import sys
import threading

from hairpin.cli.main import main as command_line

__all__ = ["main"]


def main() -> NoReturn:
    """Run the command line, and end the process."""
    try:
        command_line()
    except SystemExit as ended:
        if isinstance(ended.code, int):
            _end_at_once(ended.code)
        raise


def _end_at_once(status: int) -> None:
    """End the process without the release of each of its objects, which takes a sixth of the time of a short command.

    Return if threads still run or if an output cannot be written: then Python has to end the process in its own way."""
    if threading.active_count() > 1:
        return
    atexit._run_exitfuncs()  # noqa: SLF001 - nothing public does it
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    except (OSError, ValueError):
        return
    os._exit(status)


if __name__ == "__main__":
    main()
