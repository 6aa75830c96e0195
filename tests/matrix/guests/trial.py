"""One event on one host with systemd: foretold, carried out, compared; each flow tried with real connections."""

import re
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager

import msgspec

from hairpin.events.course import Course
from hairpin.events.event import Event
from hairpin.host.host import Host as Machine
from hairpin.lab.engine import run_command
from hairpin.lab.plan import ContainerPlan
from hairpin.lab.probe import Outcome
from hairpin.lab.scenario import Flow
from hairpin.lab.trial import listening
from hairpin.network.network import Network
from hairpin.network.prefix import address_text
from hairpin.network.world import World
from hairpin.question.flows import flows_for
from hairpin.question.question import parse_question
from hairpin.walk.walk import walk_flow
from tests.guests.qemu import GuestError
from tests.machine.hairpin import plain
from tests.matrix.compare import ORDER, differences
from tests.reboot.host import Host
from tests.reboot.runner import evidence_of
from tests.reboot.trial import probe

CONTAINERS = (
    ContainerPlan("web", options="-p 8151:80"),
    ContainerPlan("shop", options="-p 8152:80", networks=("front",)),
)
_PORT = 7777
_ONLY_FORETELLING = frozenset({"units", "boot-scripts"})
"""Readings that say what will be, and not what is."""
FLOWS = (
    Flow(),
    Flow(to="198.51.100.11:8152"),
    Flow(start="neighbour"),
    Flow(start="container:web", to="198.51.100.11:8152"),
    Flow(start="host", to="198.51.100.11:8152"),
    Flow(start="container:shop", to=f"192.0.2.10:{_PORT}"),
    Flow(to="198.18.0.11:8151"),
)
"""The flows that are tried."""
_PASS = ("delivered", "leaves")


class Cell(msgspec.Struct, frozen=True):
    """One flow: whether it passed before the event, what was foretold, whether it passes after it."""

    flow: str
    before: bool
    foretold: str
    passes: bool

    @property
    def right(self) -> bool:
        """Whether the flow does what was foretold."""
        return (self.foretold in _PASS) is self.passes


class Trial(msgspec.Struct, frozen=True):
    """An event on a host.

    ``differs``: what of the host's state was not foretold.  ``order``: the chains in which nothing but the order of
    single containers' rules was not: dockerd starts its containers side by side.  ``aside``: the flows that walked
    otherwise than they really went already before the event; none of them is a cell."""

    kind: str
    event: str
    cells: tuple[Cell, ...] = ()
    differs: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    aside: tuple[str, ...] = ()
    trouble: str = ""


_DHCP = """interface eth0
start 198.51.100.200
end 198.51.100.210
option subnet 255.255.255.0
option router 198.51.100.1
static_lease 52:54:00:12:34:10 198.51.100.11
lease_file /dev/null
"""
"""busybox's server: it gives the host's first link the address that the links' files give it in other kinds."""


@contextmanager
def dhcp_served(host: Host) -> Generator[None]:
    """Let the neighbour serve DHCP during the block."""
    settings = host.talk / "udhcpd.conf"
    settings.write_text(_DHCP, "ascii")
    with host.neighbour.start(("busybox", "udhcpd", "-f", str(settings)), log="/dev/null") as process:
        try:
            yield
        finally:
            process.kill()


def prepare(host: Host, setup: tuple[str, ...]) -> None:
    """Give the fresh host its links' manager, and then its containers."""
    for command in setup:
        host.must(command)
    host.must("docker network create front")
    for container in CONTAINERS:
        host.must(run_command(msgspec.structs.replace(container, options=f"--restart=always {container.options}")))


def tried(host: Host, kind: str, event: Event, command: str) -> Trial:
    """Foretell the event on the host, carry it out, and compare."""
    with listening(host.client, _PORT):
        return _tried(host, kind, event, command)


def _tried(host: Host, kind: str, event: Event, command: str) -> Trial:
    network = _network(host)
    before = {flow: _passes(host, flow) for flow in FLOWS}
    course = event.happens(Course(network, network.this.name))
    if course is None:
        return Trial(kind, event.id, trouble="cannot happen on this host")
    if course.missing:  # every cell depends
        return Trial(kind, event.id, trouble=f"the host was read without {', '.join(course.missing)}")
    if event.id == "reboot":
        host.reboot()
        time.sleep(10)  # dockerd starts its containers one after another
    else:
        host.must(command)
    time.sleep(1)
    after = {flow: _passes(host, flow) for flow in FLOWS}
    seen = _network(host, _ONLY_FORETELLING)
    said = tuple(map(str, (*course.conditions, *course.failures)))
    cells = tuple(_cells(network, course, before, after))
    aside = tuple(str(flow) for flow in FLOWS if str(flow) not in {each.flow for each in cells})
    differs, order = _apart(tuple(differences(course.host, seen.this)), seen.this)
    return Trial(kind, event.id, cells, differs, said, order, aside)


_ORDERED = re.compile(rf"{ORDER} (?P<chain>.*?): foretold (?P<foretold>.*), is (?P<seen>.*)")


def _apart(lines: tuple[str, ...], host: Machine) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the differences without those that are nothing but the order of single containers' rules in a chain, and
    these chains.  A rule of theirs names the container's address."""
    moved: dict[str, str] = {}
    for line in lines:
        found = _ORDERED.fullmatch(line)
        if found is not None and _without_containers(found["foretold"], host) == _without_containers(
            found["seen"], host
        ):
            moved[line] = found["chain"]
    return tuple(line for line in lines if line not in moved), tuple(moved.values())


def _without_containers(rules: str, host: Machine) -> list[str]:
    return [each for each in rules.split("; ") if not _names_container(each, host)]


def _names_container(words: str, host: Machine) -> bool:
    given = (end.ipv4 for engine in host.engines for each in engine.containers for end in each.endpoints)
    return any(re.search(rf"\b{re.escape(address_text(each, 4))}\b", words) for each in given if each is not None)


def _network(host: Host, without: frozenset[str] = frozenset()) -> Network:
    """Return the host as hairpin reads it."""
    return plain((evidence_of(host, without),)).network


def _passes(host: Host, flow: Flow) -> bool:
    """Return whether the flow passes; one from a container that does not run does not."""
    try:
        return probe(host, flow) is Outcome.DELIVERED
    except GuestError:
        if flow.start.startswith("container:"):
            return False
        raise


def _cells(network: Network, course: Course, before: dict[Flow, bool], after: dict[Flow, bool]) -> Iterator[Cell]:
    for flow in FLOWS:
        question = parse_question("walk", (flow.target or flow.to,), flow.origin(), (), World())
        asked = flows_for(network, question.targets, question.origin)[0]
        now = walk_flow(network, asked).verdict
        if (now in _PASS) is before[flow]:
            yield Cell(str(flow), before[flow], walk_flow(course.network, asked).verdict, after[flow])
