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

from hairpin.cli.main import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
