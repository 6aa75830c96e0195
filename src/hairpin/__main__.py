"""Starts the command line, for ``python -m hairpin`` and for the command ``hairpin``."""

import atexit
import os
import signal
import sys
from types import FrameType
from typing import NoReturn

# An interrupt while modules are imported ends the process without a traceback.  Later, main() handles interrupts.
if signal.getsignal(signal.SIGINT) is signal.default_int_handler:

    def _interrupted(_signal: int, _frame: FrameType | None) -> NoReturn:
        os._exit(130)

    signal.signal(signal.SIGINT, _interrupted)

_ended: list[int] = []
"""The status with which the command line has ended."""


@atexit.register  # before all others, so that it is called last
def _end_at_once() -> None:
    """End the process without the release of each of its objects, which takes a sixth of the time of a short command.

    Return if an output cannot be written: then Python has to end the process in its own way."""
    if not _ended:
        return
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    except (OSError, ValueError):
        return
    os._exit(_ended[0])


from hairpin.cli.guarding.client import Unanswered, answer_of_guard  # noqa: E402 - an interrupt is handled now


def main() -> None:
    """Run the command line, and end the process."""
    try:
        sys.exit(_status())
    except SystemExit as ended:
        if isinstance(ended.code, int):
            _ended.append(ended.code)
        raise


def _status() -> int:
    """Return the exit status of the command that the guard of this host has answered, or run the command line."""
    reason = ""
    if os.path.basename(sys.argv[0]) != "docker-hairpin":  # noqa: PTH119 - quick
        try:
            return answer_of_guard(sys.argv[1:])
        except Unanswered as unanswered:
            reason = unanswered.reason
    if reason and ("-v" in sys.argv or "--verbose" in sys.argv):
        from hairpin.cli.guarding.unanswered import say_unanswered  # noqa: PLC0415 - only where a guard refuses
        from hairpin.cli.main import stated_language  # noqa: PLC0415

        say_unanswered(reason, stated_language(sys.argv[1:]))
    from hairpin.cli.main import main as command_line  # noqa: PLC0415 - a guard's answer needs none of it

    return command_line()


if __name__ == "__main__":
    main()
