"""Builds a lab and takes it down: ``with running_lab(plan) as lab``."""

import itertools
import os
import subprocess
from collections.abc import Generator
from contextlib import ExitStack, contextmanager

from hairpin.errors import LabError
from hairpin.lab import engine, image, topology
from hairpin.lab.firewall import running_firewall
from hairpin.lab.node import ENVIRONMENT, Node, open_host_node, open_wire_node, python
from hairpin.lab.plan import LabPlan
from hairpin.lab.prerequisites import require
from hairpin.lab.probe import Outcome
from hairpin.message import message

PROBE_TIMEOUT_S = 1.5
# Each probe has a source port of its own: what the last one left in conntrack or TIME-WAIT would answer for it. Below
# the kernel's ephemeral range, so that nothing else takes them.
FIRST_SOURCE_PORT = 21001

_numbers = itertools.count(1)


class Lab:
    """A running lab: four machines and the ways to use them."""

    def __init__(self, client: Node, router: Node, neighbour: Node, host: Node) -> None:
        self.client = client
        self.router = router
        self.neighbour = neighbour
        self.host = host
        self._source_ports = itertools.count(FIRST_SOURCE_PORT)

    @property
    def docker_host(self) -> str:
        """DOCKER_HOST for a process of this machine that has entered the host's network namespace only."""
        return engine.docker_host(self.host)

    def node(self, place: str) -> Node:
        """Return the machine of this name, or for ``container:NAME`` a view of that container's network namespace."""
        if place.startswith("container:"):
            return self._container(place.removeprefix("container:"))
        for node in (self.client, self.router, self.neighbour, self.host):
            if node.name == place:
                return node
        raise LabError(
            message("a lab has no machine {place!r}: client, router, neighbour, host or container:NAME", place=place)
        )

    def probe(self, place: str, to: str, timeout_s: float = PROBE_TIMEOUT_S) -> Outcome:
        """Return what becomes of a real connection from a machine to ``ADDRESS:PORT`` or ``ADDRESS:PORT/udp``."""
        address, port, protocol = split_destination(to)
        argv = (*python("probe.py"), protocol, address, str(port), str(timeout_s), str(next(self._source_ports)))
        return Outcome(self.node(place).run(argv).strip())

    def _container(self, name: str) -> Node:
        pid = engine.container_pid(self.host, name)
        if not pid:
            raise LabError(message("container {name} does not run, so nothing can start in it", name=name))
        return Node(name, self.host.pid, (*self.host.enter, "nsenter", f"--net=/proc/{pid}/ns/net", "--"))


def split_destination(text: str) -> tuple[str, int, str]:
    """Return address, port and protocol of ``ADDRESS:PORT[/PROTOCOL]``, where an IPv6 address stands in brackets."""
    place, _, protocol = text.partition("/")
    address, _, port = place.rpartition(":")
    return address.strip("[]"), int(port), protocol or "tcp"


@contextmanager
def running_lab(plan: LabPlan) -> Generator[Lab]:
    """Build the lab, yield it, and leave nothing behind however the block ends.

    Must be closed by the thread that opened it: the kernel ends the lab with that thread (prctl(2), PR_SET_PDEATHSIG).
    Raises LabError when the machine lacks something, or when a part does not start.
    """
    require(plan.firewall)
    archive = image.cached_data_root()
    if not archive.exists():
        image.prepare_data_root(archive, _empty_host)
    with _wired(plan) as (lab, cgroup):
        image.unpack_data_root(lab.host, archive)
        _run_all(lab.host, plan.before_engine)
        with (
            running_firewall(lab.host, plan.firewall),
            engine.running_engine(lab.host, cgroup, plan.daemon),
            _ended_first(lab.host),
        ):
            engine.populate(lab.host, plan)
            _run_all(lab.host, plan.setup)
            yield lab


@contextmanager
def _empty_host() -> Generator[Node]:
    with _wired(LabPlan()) as (lab, cgroup), engine.running_engine(lab.host, cgroup, "{}"), _ended_first(lab.host):
        yield lab.host


@contextmanager
def _wired(plan: LabPlan) -> Generator[tuple[Lab, str]]:
    """Yield the connected machines before anything runs in the host, and the name of its cgroup."""
    cgroup = f"hairpin-lab-{os.getpid()}-{next(_numbers)}"
    with ExitStack() as stack:
        lifeline = stack.enter_context(_swept(cgroup))
        client, router, neighbour = (
            stack.enter_context(open_wire_node(name, lifeline)) for name in ("client", "router", "neighbour")
        )
        lab = Lab(client, router, neighbour, stack.enter_context(open_host_node("host", lifeline)))
        topology.connect(plan, client, router, neighbour, lab.host)
        _write_files(lab.host)
        yield lab, cgroup


def _write_files(host: Node) -> None:
    engine.write(host, "/etc/hosts", "127.0.0.1 localhost lab-host\n::1 localhost\n")
    engine.write(host, "/etc/hostname", "lab-host\n")
    # Nobody answers there; what asks for a name in a lab fails as quickly as the network lets it.
    engine.write(host, "/etc/resolv.conf", "nameserver 192.0.2.53\n")


def _run_all(host: Node, commands: tuple[str, ...]) -> None:
    for command in commands:
        host.run(command)


@contextmanager
def _ended_first(host: Node) -> Generator[None]:
    """End the host before its daemons are waited for: one signal to its first process ends all of them at once."""
    try:
        yield
    finally:
        host.end()


@contextmanager
def _swept(cgroup: str) -> Generator[tuple[int, ...]]:
    """Have the host's cgroups removed when the block ends, or when this process dies.

    Yields the lifeline: the end of the sweeper's input that all of the lab's processes hold. The block ends when the
    last of them has ended and its cgroups are gone.
    """
    sweeper = subprocess.Popen(
        (*python("sweeper.py"), cgroup), stdin=subprocess.PIPE, env=ENVIRONMENT, start_new_session=True
    )
    with sweeper:
        assert sweeper.stdin is not None
        yield (sweeper.stdin.fileno(),)
