"""Builds a lab and takes it down: ``with running_lab(plan) as lab``.

Podman in a lab host has no daemon, so only its settings and its image are prepared.  Podman's containers run as root.
"""

import itertools
import os
import subprocess
import time
import uuid
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager, nullcontext
from functools import partial
from typing import Literal

from hairpin.errors import LabError
from hairpin.lab import engine, image, joining, topology
from hairpin.lab.engine import IMAGE, PODMAN_SETTINGS, end, write
from hairpin.lab.image import write_root_file_system
from hairpin.lab.node import ENVIRONMENT, HOSTNAME, Node, open_host_node, open_wire_node, python
from hairpin.lab.plan import HostPlan, LabPlan
from hairpin.lab.prerequisites import require
from hairpin.lab.probe import Outcome
from hairpin.message import message

START_TIMEOUT_S = 180.0
PROBE_TIMEOUT_S = 1.5
# Each probe has its own source port.  Therefore a probe meets no conntrack entry or TIME-WAIT socket of an earlier
# probe.  The source ports are below the kernel's ephemeral range.  Therefore no other socket takes a probe's source
# port.
FIRST_SOURCE_PORT = 21001

_numbers = itertools.count(1)


class Lab:
    """A running lab: its machines and the ways to use them.  ``host`` is the first of the Docker hosts."""

    def __init__(self, client: Node, router: Node, neighbour: Node, hosts: tuple[Node, ...]) -> None:
        self.client = client
        self.router = router
        self.neighbour = neighbour
        self.hosts = hosts
        self.host = hosts[0]
        self._source_ports = itertools.count(FIRST_SOURCE_PORT)

    @property
    def docker_host(self) -> str:
        """The value of DOCKER_HOST for a process of this machine that has entered only the lab host's network
        namespace."""
        return engine.docker_host(self.host)

    def node(self, place: str) -> Node:
        """Return the machine at a place: ``client``, ``router``, ``neighbour``, ``host``, or for ``container:NAME`` and
        ``netns:NAME`` a view of that container's network namespace, or of the host's namespace with that name.

        ``host@NAME`` and ``container:NAME@HOST`` choose one of several hosts.  Without a name, the first host is meant.
        """
        what, _, name = place.partition("@")
        host = next((host for host in self.hosts if name in ("", host.name)), None)
        if host and what == "host":
            return host
        if host and what.startswith("container:"):
            return _container(host, what.removeprefix("container:"))
        if host and what.startswith("netns:"):
            name = what.removeprefix("netns:")
            return Node(name, host.pid, (*host.enter, "nsenter", f"--net=/run/netns/{name}", "--"))
        for node in (self.client, self.router, self.neighbour):
            if node.name == place:
                return node
        raise LabError(
            message(
                "a lab has no machine {place!r}: client, router, neighbour, host, container:NAME or netns:NAME",
                place=place,
            )
        )

    def source_port(self) -> int:
        """Return a source port that no probe had before."""
        return next(self._source_ports)

    def probe(
        self, place: str, to: str, timeout_s: float = PROBE_TIMEOUT_S, padding_bytes: int = 0, source_port: int = 0
    ) -> Outcome:
        """Make a real connection from a machine to ``ADDRESS:PORT`` or ``ADDRESS:PORT/udp``; return its outcome.

        ``padding_bytes``: the number of bytes by which the request is lengthened.  A lengthened request needs several
        packets.  If ``source_port`` is 0, a new source port is used.
        """
        address, port, protocol = split_destination(to)
        numbers = (port, timeout_s, source_port or self.source_port(), padding_bytes)
        argv = (*python("probe.py"), protocol, address, *map(str, numbers))
        return Outcome(self.node(place).run(argv).strip())


def _container(host: Node, name: str) -> Node:
    pid = engine.container_pid(host, name)
    if not pid:
        raise LabError(message("container {name} does not run, so no process can be started in it", name=name))
    return Node(name, host.pid, (*host.enter, "nsenter", f"--net=/proc/{pid}/ns/net", "--"))


def split_destination(text: str) -> tuple[str, int, str]:
    """Return address, port and protocol of ``ADDRESS:PORT[/PROTOCOL]``, where an IPv6 address stands in brackets."""
    place, _, protocol = text.partition("/")
    address, _, port = place.rpartition(":")
    return address.strip("[]"), int(port), protocol or "tcp"


@contextmanager
def running_lab(plan: LabPlan) -> Generator[Lab]:
    """Build the lab and yield it.  When the block ends, for any reason, the whole lab is removed.

    The thread that opened the lab must also close it, because the kernel kills the lab's processes when this thread
    ends (prctl(2), PR_SET_PDEATHSIG).  Raises LabError if the machine lacks a program or feature, or if a part of the
    lab does not start.
    """
    hosts = joining.joined_hosts(plan)
    for host in hosts:
        require(host.firewall, podman=bool(host.podman))
    archive = image.cached_data_root()
    if not archive.exists():
        image.prepare_data_root(archive, _empty_host)
    with _wired(plan, hosts) as (lab, cgroup), ExitStack() as stack:
        _run_all(lab.router, joining.router_commands(plan))
        for number, (node, host) in enumerate(zip(lab.hosts, hosts, strict=True), 1):
            image.unpack_data_root(node, archive)
            enter = partial(joining.enter_swarm, number, lab.host) if plan.join == "swarm" else None
            stack.enter_context(_running_host(node, host, cgroup, enter))
        yield lab


@contextmanager
def _running_host(
    node: Node, plan: HostPlan, cgroup: str, enter: Callable[[Node], None] | None = None
) -> Generator[None]:
    """Run the host's firewall, engine and containers during the block.

    ``enter`` makes the engine join the other hosts' engines in a swarm, before it has networks and containers.
    """
    if not plan.docker:  # the unit files of the machine would start dockerd, but this lab host has no Docker
        node.run("rm -f /etc/systemd/system/*.wants/docker.* /etc/rc?.d/S*docker")
    _run_all(node, plan.before_engine)
    with (
        running_firewall(node, plan.firewall),
        engine.running_engine(node, cgroup, plan.daemon) if plan.docker else nullcontext(),
        _ended_first(node),
    ):
        if plan.podman:
            prepare(node, plan.podman, cgroup)
        if enter is not None:
            enter(node)
        engine.populate(node, plan, cgroup)
        _run_all(node, plan.setup)
        yield


@contextmanager
def _empty_host() -> Generator[Node]:
    plan = LabPlan()
    with _wired(plan, (plan,)) as (lab, cgroup), engine.running_engine(lab.host, cgroup, "{}"), _ended_first(lab.host):
        yield lab.host


@contextmanager
def _wired(plan: LabPlan, hosts: tuple[HostPlan, ...]) -> Generator[tuple[Lab, str]]:
    """Yield the connected machines, in which no program runs yet, and the name of the hosts' cgroup."""
    cgroup = f"hairpin-lab-{os.getpid()}-{next(_numbers)}"
    with ExitStack() as stack:
        lifeline = stack.enter_context(_swept(cgroup))
        client, router, neighbour = (
            stack.enter_context(open_wire_node(name, lifeline)) for name in ("client", "router", "neighbour")
        )
        nodes = tuple(stack.enter_context(open_host_node(host.name, lifeline, _hostname(plan, host))) for host in hosts)
        topology.connect(plan, client, router, neighbour, nodes)
        for node, host in zip(nodes, hosts, strict=True):
            _write_files(node, _hostname(plan, host))
        if plan.hosts:
            for node in nodes:
                _set_identity(node)
        yield Lab(client, router, neighbour, nodes), cgroup


def _hostname(plan: LabPlan, host: HostPlan) -> str:
    return host.name if plan.hosts else HOSTNAME


def _write_files(host: Node, hostname: str) -> None:
    engine.write(host, "/etc/hosts", f"127.0.0.1 localhost {hostname}\n::1 localhost\n")
    engine.write(host, "/etc/hostname", f"{hostname}\n")
    # No DNS server has this address, so name look-ups in a lab fail.
    engine.write(host, "/etc/resolv.conf", "nameserver 192.0.2.53\n")


def _set_identity(host: Node) -> None:
    """Give the host its own machine-id and boot id.  Without ids of their own, all hosts of a lab would have the ids of
    this machine."""
    engine.write(host, "/etc/machine-id", f"{uuid.uuid4().hex}\n")
    engine.write(host, "/run/boot_id", f"{uuid.uuid4()}\n")
    host.run("mount --bind /run/boot_id /proc/sys/kernel/random/boot_id")


def _run_all(node: Node, commands: tuple[str, ...]) -> None:
    for command in commands:
        node.run(command)


@contextmanager
def _ended_first(host: Node) -> Generator[None]:
    """End the host before this process waits for its daemons.  One signal to the host's first process ends all daemons
    at once."""
    try:
        yield
    finally:
        host.end()


@contextmanager
def _swept(cgroup: str) -> Generator[tuple[int, ...]]:
    """Remove the hosts' cgroups when the block ends, or when this process dies.

    Yields the lifeline: the write end of the sweeper's standard input, which every process of the lab inherits.  The
    block ends when the last of these processes has ended and the cgroups are gone.
    """
    sweeper = subprocess.Popen(
        (*python("sweeper.py"), cgroup), stdin=subprocess.PIPE, env=ENVIRONMENT, start_new_session=True
    )
    with sweeper:
        assert sweeper.stdin is not None
        yield (sweeper.stdin.fileno(),)


_SETTINGS = """[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
[network]
network_backend = "{backend}"
"""


def prepare(host: Node, backend: Literal["netavark", "cni"], cgroup: str) -> None:
    """Let ``podman run`` work in the host, although the host has no systemd, no journal and no registry."""
    write(host, "/etc/containers/containers.conf", _SETTINGS.format(backend=backend))
    write(host, PODMAN_SETTINGS, f"{backend}\n")
    # Podman refuses a DOCKER_CONFIG without this file.
    write(host, f"{ENVIRONMENT['DOCKER_CONFIG']}/config.json", "{}\n")
    write(host, "/run/cgroup-parent", f"/{cgroup}\n")  # this setting is for pods that a plan makes itself
    root = write_root_file_system(host)
    host.run(f"podman import {root} localhost/{IMAGE}; rm {root}")


@contextmanager
def running_firewall(host: Node, kind: Literal["", "firewalld", "ufw"]) -> Generator[None]:
    """Run the firewall in the host during the block.

    The firewall starts before dockerd, in the order of the systemd units."""
    match kind:
        case "":
            yield
        case "ufw":
            # Without --force ufw asks whether it may disrupt ssh connections.
            host.run("ufw --force enable")
            yield
        case "firewalld":
            host.run("mkdir -p /run/dbus; dbus-uuidgen --ensure")
            with (
                _daemon(host, ("dbus-daemon", "--system", "--nofork", "--nopidfile"), "/run/dbus.log"),
                _daemon(host, ("firewalld", "--nofork", "--nopid"), "/run/firewalld.log") as firewalld,
            ):
                _wait_on_bus(host, firewalld)
                yield


@contextmanager
def _daemon(host: Node, argv: tuple[str, ...], log: str) -> Generator[subprocess.Popen[str]]:
    with host.start(argv, log=log) as process:
        try:
            yield process
        finally:
            end(process)


def _wait_on_bus(host: Node, firewalld: subprocess.Popen[str]) -> None:
    """Wait until firewalld has its name on the bus.  firewalld takes the name after it has loaded its rules."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline and firewalld.poll() is None:
        asked = host.run(
            "dbus-send --system --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.NameHasOwner"
            " string:org.fedoraproject.FirewallD1 2>/dev/null || true"
        )
        if "boolean true" in asked:
            host.run(("firewall-cmd", "--state"))
            return
        time.sleep(0.02)
    raise LabError(message("firewalld did not start in the lab host:\n{log}", log=host.run("cat /run/firewalld.log")))
