"""The dead-man's switch: a process of its own that takes a plan back at its deadline, unless it is told that all is
well.

It is told by the journal: the plan's state is no longer ``open``.  It has its own session and ignores the end of the
terminal.  ``python -m hairpin.apply.switch FOLDER PLAN SECONDS STARTER``
"""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack, closing, suppress
from functools import partial
from pathlib import Path

import msgspec

import hairpin
from hairpin.apply.carrying_out import Hands
from hairpin.apply.journal import Journal, Unwritable
from hairpin.apply.taking_back import take_back
from hairpin.apply.task import Task, Undertaking
from hairpin.collect.run import script
from hairpin.collect.snapshot import take
from hairpin.errors import ApplyError, HairpinError, JournalError
from hairpin.host.read.parse import parse
from hairpin.message import Message, message
from hairpin.network.network import Network

_LOOK_S = 0.2
_START_S = 20.0
_STEP_S = 70.0
"""The longest that a step may take, and a little more: carry/run.py ends it then."""
_GRACE_S = 2.0
"""How long the process that carries the plan out may take, outside of a step, until it takes the plan back itself."""
_ALONE = "alone"
"""The switch leaves the process that starts it, and its session; a unit of systemd has done so already."""


def start_switch(journal: Journal, plan: str, seconds: float) -> None:
    """Start the switch for the plan, and return once it watches; raise ApplyError if it does not start.

    Where systemd runs this host, the switch is a transient unit, which the end of a login session does not kill."""
    environment = {**os.environ, "PYTHONPATH": str(Path(hairpin.__file__).resolve().parents[1])}
    command = (sys.executable, "-m", "hairpin.apply.switch", str(journal.folder), plan, str(seconds), str(os.getpid()))
    if not (_is_under_systemd() and _started_as_unit(plan, command, environment)):
        subprocess.run(
            (*command, _ALONE), env=environment, cwd="/", check=False,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
    until = time.monotonic() + _START_S
    while not journal.is_watched(plan):
        if time.monotonic() > until:
            raise ApplyError(message("the process that would take everything back did not start, so nothing was done"))
        time.sleep(_LOOK_S / 4)


def _started_as_unit(plan: str, command: tuple[str, ...], environment: Mapping[str, str]) -> bool:
    carried = (f"--setenv={name}={environment.get(name, '')}" for name in ("PYTHONPATH", "PATH"))
    unit = ("systemd-run", "--quiet", "--collect", f"--unit=hairpin-switch-{plan}", *carried)
    return subprocess.run((*unit, *command), capture_output=True, check=False).returncode == 0


def _is_under_systemd() -> bool:
    """Return whether systemd runs this host, and its units would be in the namespaces of this process."""
    if shutil.which("systemd-run") is None or not Path("/run/systemd/system").is_dir():
        return False
    try:
        return all(Path(f"/proc/self/ns/{kind}").samefile(f"/proc/1/ns/{kind}") for kind in ("net", "mnt"))
    except OSError:
        return False


def watch(folder: Path, plan: str, seconds: float, starter: int) -> None:
    """Wait until the plan is told to be well, or take it back at the deadline.  ``starter``: the process that carries
    it out."""
    until = time.monotonic() + seconds
    script()  # at the deadline the file that hairpin is in may be gone: what is needed then is read before
    journal = Journal(folder)
    file = journal.switch_file(plan)
    with closing(journal), file.open("w", encoding="utf-8") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        held.write(f"{int(time.time() + seconds)} {os.getpid()}\n")  # for readers of the host (collect.sh)
        held.flush()
        known = journal.known(plan)
        while time.monotonic() < until and known.state == "open":
            time.sleep(_LOOK_S)
            known = _read(journal, known)
        if known.state == "open" and Unwritable(journal).seize(plan):
            _end(journal, known, starter)
        with suppress(OSError):
            file.unlink(missing_ok=True)


def _read(journal: Journal, known: Undertaking) -> Undertaking:
    """Return the plan as it stands now; as it was known where the journal cannot be read any more."""
    try:
        return journal.known(known.id)
    except JournalError:
        return known


def _end(journal: Journal, known: Undertaking, starter: int) -> None:
    """Take the plan back, which is seized by now: whoever carries it out begins no further step.

    A step at hand is waited for.  After that the starter's lock is taken for this process's own: the starter leaves
    the plan to it, and may hang, as where a terminal takes no more output."""
    with ExitStack() as stack:
        began = time.monotonic()
        while True:
            with suppress(ApplyError):
                stack.enter_context(journal.locked(_LOOK_S))
                break
            waited = time.monotonic() - began
            busy = any(each.state in ("running", "taking-back") for each in _read(journal, known).tasks)
            if waited > _STEP_S or (waited > _GRACE_S and not busy and journal.holder == starter):
                break
        found = _read(journal, known)
        if found.state in ("ending", "open"):  # open: what could not be written down
            take_back(Unwritable(journal), found, Hands(partial(look, found.host), _untold))


def look(label: str, host: str | None = None) -> Network:
    """Return this host as it is now, or that of ``--host``, under the name that it had when the plan was made."""
    return Network((parse(msgspec.structs.replace(take(host), label=label)),))


def _untold(_task: Task, _said: Message | None) -> None:
    return None


def main() -> int:
    """Watch the plan that the arguments name."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)
    folder, plan, seconds, starter, *how = sys.argv[1:]
    if _ALONE in how:
        if os.fork():
            return 0
        os.setsid()
    try:
        watch(Path(folder), plan, float(seconds), int(starter))
    except HairpinError:
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
