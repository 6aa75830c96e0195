"""The flows of a whole lab: everything that may be opened or broken by a repair, tried with real connections.

Each published port from the client, the neighbour, its host and each container; each container from each other one and
from its host, by its address; the neighbour that routes to a container's address through the host; the way out of each
container and host. Beside each service there is a port that nobody publishes: a listener stands there while the flows
are tried, so that a closed port is closed by the host and not for want of a service.
"""

import json
import subprocess
import time
from collections.abc import Generator, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress

import msgspec

from hairpin.errors import LabError
from hairpin.lab import engine
from hairpin.lab.build import PROBE_TIMEOUT_S, Lab, split_destination
from hairpin.lab.joining import joined_hosts
from hairpin.lab.node import Node, python
from hairpin.lab.plan import ContainerPlan, HostPlan, LabPlan
from hairpin.lab.probe import Outcome
from hairpin.lab.topology import CLIENT, HOST, HOST_V6, HOSTS, PUBLIC

UNPUBLISHED = 7999
"""The port of host and containers that no container publishes."""
WAY_OUT = 9001
"""The client's port that containers and hosts connect to."""
STRAIGHT = "198.51.100.21"
"""The neighbour's second address. From it the neighbour routes everything through the host, so it reaches a
container's own address, published or not, as far as the host forwards it."""
SETTLE_TIMEOUT_S = 10.0
QUICK_S = 0.6
"""How long a connection may take at first. One that is not as expected is tried again, for as long as others."""
MOST_CONTAINERS = 5

_SERVICE = {"http": "80", "udp-echo": "53/udp"}


class Way(msgspec.Struct, frozen=True, order=True):
    """One flow. ``to`` is an address or ``container:NAME[@HOST]``; ``port`` may end in ``/udp``; ``source``: the
    address that the connection starts from, if not the machine's first."""

    start: str
    to: str
    port: str
    source: str = ""

    def __str__(self) -> str:
        return f"{self.start}{' by the host' if self.source else ''} → {self.to}:{self.port}"


class Found(msgspec.Struct, frozen=True):
    """A running container: its first process in the host's PID namespace, and its addresses."""

    pid: int
    addresses: tuple[str, ...]

    @property
    def address(self) -> str:
        """The first address, or nothing."""
        return next(iter(self.addresses), "")


class _State(msgspec.Struct, frozen=True, rename="pascal"):
    pid: int


class _Endpoint(msgspec.Struct, frozen=True):
    address: str = msgspec.field(default="", name="IPAddress")


class _Networks(msgspec.Struct, frozen=True, rename="pascal"):
    networks: dict[str, _Endpoint]


class _Inspected(msgspec.Struct, frozen=True, rename="pascal"):
    """What the engine's API says about a container (docs.docker.com/reference/api/engine, ContainerInspect)."""

    name: str
    state: _State
    network_settings: _Networks


class _Listed(msgspec.Struct, frozen=True, rename="pascal"):
    id: str


Outcomes = Mapping[Way, Outcome]


def lead_by_host(neighbour: Node) -> None:
    """Give the neighbour its second address, from which it routes everything through the host."""
    neighbour.run(
        f"ip address replace {STRAIGHT}/32 dev eth0; ip rule del pref 77 2>/dev/null || true;"
        f" ip rule add from {STRAIGHT} lookup 77 pref 77; ip route replace default via {HOST} dev eth0 table 77"
    )


def all_ways(lab: Lab, plan: LabPlan) -> tuple[Way, ...]:
    """Return every flow of the lab, and give the neighbour its second address."""
    lead_by_host(lab.neighbour)
    hosts = joined_hosts(plan)
    several = len(hosts) > 1
    boxes = [(box, _at(f"container:{box.name}", host, several), host) for host in hosts for box in host.containers][
        :MOST_CONTAINERS
    ]
    starts = ["client", "neighbour", *(_at("host", host, several) for host in hosts), *(place for _, place, _ in boxes)]
    ways: set[Way] = set()
    for number, host in enumerate(hosts):
        ways |= {Way(start, HOSTS[number], str(UNPUBLISHED)) for start in starts}
        for box in host.containers[:MOST_CONTAINERS]:
            ways |= set(_published(box, host, HOSTS[number], starts, plan, several))
    for box, place, host in boxes:
        if "host" in box.networks or "none" in box.networks:
            continue
        ports = [str(UNPUBLISHED), *([_SERVICE[box.serve]] if box.serve in _SERVICE else [])]
        inside = [start for start in starts if start.startswith(("container:", "host")) and start != place]
        ways |= {Way(start, place, port) for start in inside for port in ports}
        if host is hosts[0]:
            ways |= {Way("neighbour", place, port, STRAIGHT) for port in ports}
    ways |= {Way(start, CLIENT, str(WAY_OUT)) for start in starts if start not in ("client", "neighbour")}
    return tuple(sorted(ways))


def _at(place: str, host: HostPlan, several: bool) -> str:
    return f"{place}@{host.name}" if several else place


def _published(
    box: ContainerPlan, host: HostPlan, address: str, starts: Iterable[str], plan: LabPlan, several: bool
) -> Generator[Way]:
    on_host_network = "host" in box.networks and box.serve in _SERVICE
    for text in (*box.publish, *([_SERVICE[box.serve]] if on_host_network else [])):
        plain, _, protocol = text.partition("/")
        port = plain if on_host_network else plain.rpartition(":")[0].rpartition(":")[2]
        if "-" in port or not port:
            continue
        port = f"{port}/{protocol}" if protocol else port
        yield from (Way(start, address, port) for start in starts)
        yield Way(_at("host", host, several), "127.0.0.1", port)
        if plan.ipv6:
            yield from (Way(start, f"[{HOST_V6}]", port) for start in ("client", "neighbour", "host"))
        if plan.gateway:
            yield from (Way(start, PUBLIC, port) for start in ("client", "host"))


def try_all(lab: Lab, ways: Iterable[Way], timeout_s: float = PROBE_TIMEOUT_S) -> dict[Way, Outcome]:
    """Make every connection once; return the outcomes. What a stopped container would start or answer is
    ``unreachable``."""
    boxes = containers(lab)
    wanted: dict[str, list[tuple[Way, tuple[object, ...]]]] = {}
    outcomes: dict[Way, Outcome] = {}
    for way in ways:
        address = _address(way, boxes)
        if not address or (way.start.startswith("container:") and way.start not in boxes):
            outcomes[way] = Outcome.UNREACHABLE
            continue
        host, port, protocol = split_destination(f"{address}:{way.port}")
        request = (protocol, host, port, timeout_s, lab.source_port(), way.source)
        wanted.setdefault(way.start, []).append((way, request))
    with _listening(lab, boxes), ThreadPoolExecutor(max(1, len(wanted))) as pool:
        nodes = [_node(lab, place, boxes) for place in wanted]
        for found in pool.map(_try, nodes, wanted.values()):
            outcomes |= found
    return outcomes


def settled_all(lab: Lab, expected: Outcomes, patience_s: float = SETTLE_TIMEOUT_S) -> dict[Way, Outcome]:
    """Return the outcome of each way; one that is not the expected one is tried again until the time is up."""
    deadline = time.monotonic() + patience_s
    outcomes = try_all(lab, expected, QUICK_S)
    while late := [way for way, outcome in outcomes.items() if outcome is not expected[way]]:
        if time.monotonic() >= deadline:
            break
        time.sleep(0.2)
        outcomes |= try_all(lab, late)
    return outcomes


def opened(before: Outcomes, after: Outcomes) -> tuple[str, ...]:
    """Return the flows that were closed and are open."""
    return tuple(
        str(way)
        for way, outcome in sorted(after.items())
        if outcome is Outcome.DELIVERED and before[way] is not Outcome.DELIVERED
    )


def broken(before: Outcomes, faulty: Outcomes, after: Outcomes) -> tuple[str, ...]:
    """Return the flows that were open with and without the fault and are closed now."""
    return tuple(
        f"{way} {outcome.value}"
        for way, outcome in sorted(after.items())
        if outcome is not Outcome.DELIVERED and before[way] is faulty[way] is Outcome.DELIVERED
    )


def containers(lab: Lab) -> dict[str, Found]:
    """Return the running containers by ``container:NAME``, with ``@HOST`` if there are several hosts."""
    found: dict[str, Found] = {}
    for host in lab.hosts:
        suffix = f"@{host.name}" if len(lab.hosts) > 1 else ""
        with suppress(LabError):
            for one in msgspec.json.decode(engine.api(host, "/containers/json"), type=list[_Listed]):
                text = engine.api(host, f"/containers/{one.id}/json")
                box = msgspec.json.decode(text, type=_Inspected)
                addresses = (each.address for each in box.network_settings.networks.values())
                name = f"container:{box.name.removeprefix('/')}{suffix}"
                found[name] = Found(box.state.pid, tuple(filter(None, addresses)))
    return found


def _address(way: Way, boxes: Mapping[str, Found]) -> str:
    if not way.to.startswith("container:"):
        return way.to
    return boxes[way.to].address if way.to in boxes else ""


def _node(lab: Lab, place: str, boxes: Mapping[str, Found]) -> Node:
    """Return a view of a machine's network namespace. A program in it is this machine's own and ends by one signal."""
    if place in boxes:
        _, _, name = place.partition("@")
        host = next((host for host in lab.hosts if host.name == name), lab.host)
        namespace = f"/proc/{host.pid}/root/proc/{boxes[place].pid}/ns/net"
    else:
        host = lab.node(place)
        namespace = f"/proc/{host.pid}/ns/net"
    return Node(place, host.pid, ("nsenter", f"--net={namespace}", "--"), host.lifeline)


def _try(node: Node, wanted: list[tuple[Way, tuple[object, ...]]]) -> dict[Way, Outcome]:
    said = node.run((*python("probe.py"), "all"), stdin=json.dumps([request for _, request in wanted]))
    return {way: Outcome(word) for (way, _), word in zip(wanted, said.split(), strict=True)}


@contextmanager
def _listening(lab: Lab, boxes: Mapping[str, Found]) -> Generator[None]:
    """Listen on the client's port for ways out, and on each host's and container's unpublished port."""
    several = len(lab.hosts) > 1
    places = [("client", WAY_OUT), *((f"host@{host.name}" if several else "host", UNPUBLISHED) for host in lab.hosts)]
    # A container without an address of its own is on the network of its host, which listens already, or on none.
    places += [(name, UNPUBLISHED) for name, box in boxes.items() if box.address]
    with ExitStack() as stack:
        for place, port in places:
            started = _node(lab, place, boxes).start((*python("responder.py"), "tcp", "0.0.0.0", str(port)))
            stack.enter_context(_ended(started))
        yield


@contextmanager
def _ended(process: subprocess.Popen[str]) -> Generator[None]:
    with process:
        try:
            if process.stdout is not None:
                process.stdout.readline()  # "ready", or nothing if another listener has the port (a host's network)
            yield
        finally:
            process.kill()
