"""One machine of a lab: a process that holds its namespaces, and the commands that enter them.

The holder, and every program that stays in the machine, is started through ``setpriv --pdeathsig KILL``: such a process
ends with the thread that started it.  The namespaces have no names, so they end with the holder.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from hairpin.errors import LabError
from hairpin.lab.prerequisites import SEARCH_PATH
from hairpin.message import message

SCRIPTS = Path(__file__).parent
HOSTNAME = "lab-host"
# The commands of a node get no variable of the caller's environment, such as a proxy or another engine's DOCKER_HOST.
ENVIRONMENT = {"PATH": SEARCH_PATH, "HOME": "/root", "LANG": "C.UTF-8", "DOCKER_CONFIG": "/run/docker-cli"}
COMMAND_TIMEOUT_S = 180.0
DIE_WITH_PARENT = ("setpriv", "--pdeathsig", "KILL")


class Node:
    """A running machine of a lab.

    ``pid``: the id of the machine's first process in the PID namespace of this process.  ``enter``: the words before a
    command that run the command in the machine.  ``lifeline``: file descriptors.  All programs that stay in the machine
    inherit the descriptors in ``lifeline``.  The sweeper waits until all of these descriptors are closed.
    """

    def __init__(self, name: str, pid: int, enter: tuple[str, ...], lifeline: tuple[int, ...] = ()) -> None:
        self.name = name
        self.pid = pid
        self.enter = enter
        self.lifeline = lifeline

    def run(self, command: str | Sequence[str], *, stdin: str = "", timeout_s: float = COMMAND_TIMEOUT_S) -> str:
        """Run a shell command (a string, under ``sh -eu``) or an argv in the node; return its standard output.

        Raises LabError with the command's error text if the command fails or takes too long.
        """
        argv = ("sh", "-euc", command) if isinstance(command, str) else tuple(command)
        try:
            done = subprocess.run(
                (*self.enter, *argv),
                input=stdin,
                capture_output=True,
                text=True,
                timeout=timeout_s,
                env=ENVIRONMENT,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise LabError(
                message(
                    "{name}: `{command}` did not end within {seconds} s",
                    name=self.name,
                    command=" ".join(argv),
                    seconds=f"{timeout_s:g}",
                )
            ) from error
        if done.returncode:
            said = (done.stderr or done.stdout).strip()
            raise LabError(
                message(
                    "{name}: `{command}` failed with status {status}: {said}",
                    name=self.name,
                    command=" ".join(argv),
                    status=done.returncode,
                    said=said,
                )
            )
        return done.stdout

    def start(
        self, argv: Sequence[str], *, log: str = "", variables: Sequence[tuple[str, str]] = ()
    ) -> subprocess.Popen[str]:
        """Start a program that runs until the lab ends.

        The program's output goes to the node's file ``log``, or to a pipe."""
        with ExitStack() as stack:
            output: IO[str] | int = subprocess.PIPE
            if log:
                output = stack.enter_context(Path(f"/proc/{self.pid}/root{log}").open("w", encoding="utf-8"))
            return subprocess.Popen(
                (*DIE_WITH_PARENT, *self.enter, *argv),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT if log else None,
                text=True,
                env=ENVIRONMENT | dict(variables),
                start_new_session=True,
                pass_fds=self.lifeline,
            )

    def end(self) -> None:
        """Kill the machine's first process.  In a host, the kernel then kills all other processes."""
        os.kill(self.pid, signal.SIGKILL)


def python(script: str) -> tuple[str, ...]:
    """Return the command that runs one of the lab's scripts with the Python interpreter of this process."""
    return (sys.executable, "-I", "-S", str(SCRIPTS / script))


@contextmanager
def open_wire_node(name: str, lifeline: tuple[int, ...] = ()) -> Generator[Node]:
    """Yield a machine that is a network namespace only: a client, a router, a neighbour."""
    holder = _hold(("unshare", "--net", "sh", "-c", "echo ready $$; exec sleep infinity"), lifeline)
    with _ending(holder):
        pid = _wait_ready(holder, name)
        yield Node(name, pid, ("nsenter", f"--net=/proc/{pid}/ns/net", "--"), lifeline)


@contextmanager
def open_host_node(name: str, lifeline: tuple[int, ...] = (), hostname: str = HOSTNAME) -> Generator[Node]:
    """Yield a machine with network, mount, UTS and PID namespaces of its own."""
    namespaces = ("--net", "--mount", "--uts", "--pid", "--fork", "--kill-child=SIGKILL")
    holder = _hold(("unshare", *namespaces, *python("first_process.py"), hostname), lifeline)
    with _ending(holder):
        pid = _wait_ready(holder, name)
        yield Node(name, pid, ("nsenter", "--target", str(pid), "--net", "--mount", "--uts", "--pid", "--"), lifeline)


def _hold(argv: tuple[str, ...], lifeline: tuple[int, ...]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        (*DIE_WITH_PARENT, *argv),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
        # Ctrl-C at the terminal reaches only this process, and this process then ends the lab in order
        start_new_session=True,
        pass_fds=lifeline,
    )


@contextmanager
def _ending(holder: subprocess.Popen[str]) -> Generator[None]:
    with holder:
        try:
            yield
        finally:
            holder.kill()


def _wait_ready(holder: subprocess.Popen[str], name: str) -> int:
    assert holder.stdout is not None
    assert holder.stderr is not None
    word, _, pid = holder.stdout.readline().partition(" ")
    if word != "ready":
        raise LabError(
            message(
                "{name}: its namespaces could not be made (root without CAP_SYS_ADMIN?): {said}",
                name=name,
                said=holder.stderr.read().strip(),
            )
        )
    return int(pid)
