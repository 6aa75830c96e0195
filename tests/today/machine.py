"""A host of another suite with its own systemd, between a client, a router, a neighbour and the Internet (root).

It boots in some seconds, and reboots as the hosts of ``tests/reboot/native.py`` do.  Other than these, it has one
hierarchy of control groups, version 2, as today's installations have, and a root of its own, as rootless containers
need.
"""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from hairpin.lab.node import DIE_WITH_PARENT, Node, open_wire_node
from hairpin.lab.plan import LabPlan
from hairpin.lab.topology import connect
from tests.guests.clocks import clocks_at_zero
from tests.hunt.real.flows import prepare
from tests.reboot.host import ROOT
from tests.reboot.native import NativeHost, init_of, plug
from tests.today import first_process
from tests.today.lab import AS_USER, TodayLab
from tools.bare.groups import Groups, groups

_NAMESPACES = ("--pid", "--fork", "--kill-child", "--mount", "--uts", "--ipc", "--cgroup")
_ENTER = ("-m", "-p", "-u", "-i", "-n", "-C", "-T")
_VERSION = f"python{sys.version_info[0]}.{sys.version_info[1]}"
_RUN = "run-"
_ASKED = "asked.scope"
"""The control group of the commands that come from outside, beside those of the host's systemd."""
HAIRPIN_THERE = ("/usr/local/bin/hairpin",)
"""The words that run hairpin in a prepared host."""
_ENVIRONMENT = {
    "HOME": "/root", "LANG": "C.UTF-8", "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "PYTHONPATH": str(ROOT / "src"), "PYTHONDONTWRITEBYTECODE": "1",
}  # fmt: skip


class TodayHost(NativeHost):
    """The running host.  ``lab``: the machines around it, and itself, for what asks a lab's machines."""

    def __init__(self, lower: Path, place: Path, around: tuple[Node, Node, Node], group: Groups) -> None:
        self._lower = lower
        self._place = place
        self._group = group
        self.made: dict[str, str] = {}
        """The command that ran each container, by its name."""
        client, self.router, neighbour = around
        super().__init__(lower, place / "talk", client, self.router, neighbour)
        self.lab = TodayLab(client, self.router, neighbour, (self.node,))

    @property
    def node(self) -> Node:
        """The running host, entered with this machine's environment."""
        return Node("host", self._init, self.enter)

    def user(self, script: str, *, limit_s: int = 180) -> str:
        """Run the script in the session of the host's person, and return its output; raises GuestError."""
        return self.must(f"cd /; {shlex.join((*AS_USER, 'sh', '-euc', script))}", limit_s=limit_s)

    def reboot(self) -> tuple[str, ...]:
        """Reboot the host in its own way; return the units that failed to start."""
        failed = super().reboot()
        self.lab.hosts, self.lab.host = (self.node,), self.node
        return failed

    def first_boot(self) -> None:
        """Wait until the host has booted."""
        self._usual = frozenset(self.wait_booted())

    def _argv(self, script: str) -> tuple[str, ...]:
        variables = (f"{name}={text}" for name, text in _ENVIRONMENT.items())
        return (*self.enter, "env", "-i", *variables, "sh", "-euc", script)

    @property
    def enter(self) -> tuple[str, ...]:
        """The words before a command that run it in the host."""
        joined = (
            f'unset DOCKER_CONFIG; echo $$ >{shlex.quote(str(self._group.second))}/{_ASKED}/cgroup.procs; exec "$@"'
        )
        return ("sh", "-c", joined, "sh", "nsenter", "-t", str(self._init), *_ENTER, "--")

    def _start(self, talk: Path) -> subprocess.Popen[bytes]:
        """Power on: a network of its own at the lab's wires, and in it systemd; raises GuestError."""
        assert self._group.second is not None
        with ExitStack() as stack:
            own = stack.enter_context(open_wire_node("host"))
            plug(self.router, own)
            console = stack.enter_context((talk / "console").open("ab"))
            (self._group.second / _ASKED).mkdir(exist_ok=True)
            booted = subprocess.Popen(
                (*DIE_WITH_PARENT, *own.enter, "sh", "-euc", f'{self._group.join}\nexec "$@"', "sh", "unshare",
                 *clocks_at_zero(), *_NAMESPACES, sys.executable, "-m", first_process.__name__, str(self._place),
                 str(self._lower), str(talk), *folders_of_python()),
                env=dict(os.environ) | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}, cwd=ROOT,
                stdin=subprocess.DEVNULL, stdout=console, stderr=subprocess.STDOUT,
            )  # fmt: skip
            stack.callback(_end, booted)
            self._init = init_of(booted)
            self._stack = stack.pop_all()
        return booted


def _end(booted: subprocess.Popen[bytes]) -> None:
    booted.kill()
    booted.wait()


def hairpin_there() -> str:
    """Return the script that runs the checkout in the host.  The environment's own link to Python may lead to another
    version there."""
    own = Path(sys.base_prefix).resolve() / "bin" / _VERSION
    path = f"{ROOT / 'src'}:{Path(sys.prefix).resolve() / 'lib' / _VERSION / 'site-packages'}"
    return f'#!/bin/sh\nPYTHONPATH={shlex.quote(path)} exec {shlex.quote(str(own))} -m hairpin "$@"\n'


def folders_of_python() -> tuple[str, ...]:
    """Return what the host needs at the same place, so that this machine's Python runs the checkout there: where the
    interpreter lies in /usr, its program and its library, which have its version in their names."""
    wanted = [Path(sys.prefix).resolve(), ROOT]
    own = Path(sys.base_prefix).resolve()
    wanted += [own] if own != Path("/usr") else [own / "bin" / _VERSION, own / "lib" / _VERSION]
    return tuple(dict.fromkeys(map(str, wanted)))


def remove_left(folder: Path) -> None:
    """Remove what runs have left that were killed."""
    for left in folder.glob(f"{_RUN}*"):
        if not Path("/proc", left.name.removeprefix(_RUN)).exists():
            shutil.rmtree(left, ignore_errors=True)


@contextmanager
def booted(lower: Path) -> Generator[TodayHost]:
    """Boot a host from the suite's folder, which stays as it is, and end it with the block; raises GuestError.

    A process has one host at a time.  The host's own files are beside the suite's folder, and go with the block."""
    place = lower.with_name(f"{_RUN}{os.getpid()}")
    remove_left(lower.parent)
    (place / "talk").mkdir(parents=True)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, place, ignore_errors=True)
        client, router, neighbour = (
            stack.enter_context(open_wire_node(name)) for name in ("client", "router", "neighbour")
        )
        connect(LabPlan(ipv6=True), client, router, neighbour, ())
        group = stack.enter_context(groups("hairpin-today-"))
        host = TodayHost(lower, place, (client, router, neighbour), group)
        stack.callback(host.end)
        prepare(host.lab)
        host.first_boot()
        yield host
