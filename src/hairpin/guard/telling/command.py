"""Delivers an alert to a program: it gets the JSON document on its standard input, and has to end with status 0.

The program has a time limit, after which it and all that it started in its process group are killed.  What it writes
goes to the guard's standard error.
"""

import os
import signal
import subprocess
from contextlib import suppress

from hairpin.guard.telling.told_alert import DeliveryError, ToldAlert

LIMIT_S = 30.0
"""How long the program may take, in seconds."""
_END_S = 5.0


def deliver(command: tuple[str, ...], alert: ToldAlert, limit_s: float = LIMIT_S) -> None:
    """Run the program.  Raises DeliveryError."""
    surroundings = {**os.environ, "HAIRPIN_KIND": alert.kind, "HAIRPIN_SUMMARY": alert.summary}
    try:
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=2, stderr=2, start_new_session=True, env=surroundings, cwd="/"
        ) as program:
            try:
                program.communicate(alert.document, timeout=limit_s)
            except subprocess.TimeoutExpired:
                raise DeliveryError(f"{command[0]} did not end within {limit_s:g} s and was killed") from None
            finally:
                _kill(program)
    except OSError as error:
        reason = error.strerror or str(error)
        raise DeliveryError(f"{command[0]} could not be started: {reason}", lasts=True) from None
    if program.returncode:
        raise DeliveryError(f"{command[0]} ended with status {program.returncode}")


def _kill(program: subprocess.Popen[bytes]) -> None:
    """End whatever is left of the program's process group."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(program.pid, signal.SIGKILL)
    with suppress(subprocess.TimeoutExpired):
        program.wait(_END_S)
