"""Runs the command line as ``python -m hairpin``, and as the command ``hairpin``."""

import os
import signal

# An interrupt while modules are imported ends the process without a traceback; main() then handles it.
if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, lambda *_: os._exit(130))

from hairpin.cli.main import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
