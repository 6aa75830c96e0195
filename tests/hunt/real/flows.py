"""The flows of a lab, and what real exchanges of data say about each."""

import errno
import json
import re
import time
from collections.abc import Generator, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from ipaddress import ip_address
from pathlib import Path

import msgspec

from hairpin.errors import LabError
from hairpin.lab import engine
from hairpin.lab.build import Lab, split_destination
from hairpin.lab.node import Node
from hairpin.lab.plan import LabPlan
from hairpin.lab.probe import BY_ERRNO, Outcome
from hairpin.lab.topology import CLIENT, CLIENT_V6, NEIGHBOUR, NEIGHBOUR_V6
from tests.hunt.real import exchange
from tests.score.all_flows import UNPUBLISHED, WAY_OUT, Way, all_ways

SCRIPT = Path(exchange.__file__)
INTERNET, RESOLVER = "203.0.113.80", "192.0.2.53"
"""The addresses that hairpin's plain question asks about; the client has them here and answers."""
INTERNET_V6, ASKER_V6 = "2001:db8:fffd::80", "2001:db8:ffff::10"
"""The same of IPv6, and the client that the question puts outside."""
LAN = "198.51.100.250"
"""hairpin's neighbour on the link; the lab's neighbour has this address, too."""
_SERVED = (f"tcp/{WAY_OUT}", "tcp/443", "tcp/53", "udp/53")


class Box(msgspec.Struct, frozen=True):
    """A running container: its name there, its host's node, its first process in that host, its addresses."""

    name: str
    host: Node
    pid: int
    addresses: tuple[str, ...]

    @property
    def node(self) -> Node:
        """The container's network namespace, with the host's files and programs."""
        enter = (*self.host.enter, "nsenter", f"--net=/proc/{self.pid}/ns/net", "--")
        return Node(self.name, self.host.pid, enter, self.host.lifeline)

    @property
    def is_alive(self) -> bool:
        """Whether its first process is still there."""
        return Path(f"/proc/{self.host.pid}/root/proc/{self.pid}/ns/net").exists()


Boxes = Mapping[str, Box]


class Seen(msgspec.Struct, frozen=True):
    """An exchange's outcome, and the first word of the answer, which names the service."""

    outcome: Outcome
    by: str = ""

    @property
    def passes(self) -> bool:
        """Whether a whole answer came."""
        return self.outcome is Outcome.DELIVERED


Outcomes = Mapping[Way, Seen]


class Pace(msgspec.Struct, frozen=True):
    """How long an exchange may take at first, how long when it is tried again, and the pauses before that."""

    quick_s: float = 1.0
    patient_s: float = 2.0
    pauses_s: tuple[float, ...] = (0.5, 1.0)


USUAL = Pace()


def boxes(lab: Lab, known: Boxes) -> dict[str, Box]:
    """Return the running containers by ``container:NAME[@HOST]``, the addresses first that they had before.

    Of an engine that does not answer, those that were known and are still there."""
    found: dict[str, Box] = {}
    for host in lab.hosts:
        suffix = f"@{host.name}" if len(lab.hosts) > 1 else ""
        try:
            listed = [*_of_docker(host), *_of_podman(host)]
        except LabError:
            found |= {name: box for name, box in known.items() if box.host is host and box.is_alive}
            continue
        for name, pid, addresses in listed:
            before = known.get(f"container:{name}{suffix}")
            had = before.addresses if before is not None else ()
            kept = tuple(each for each in addresses if each in had)
            new = tuple(each for each in addresses if each not in had)
            found[f"container:{name}{suffix}"] = Box(name, host, pid, (*kept, *new))
    return found


def _of_docker(host: Node) -> Generator[tuple[str, int, tuple[str, ...]]]:
    if not Path(f"/proc/{host.pid}/root{engine.LOG}").exists():
        return
    for one in json.loads(engine.api(host, "/containers/json")):
        box = json.loads(engine.api(host, f"/containers/{one['Id']}/json"))
        if box["State"]["Running"]:
            yield box["Name"].removeprefix("/"), box["State"]["Pid"], _addresses(box)


def _of_podman(host: Node) -> Generator[tuple[str, int, tuple[str, ...]]]:
    if not Path(f"/proc/{host.pid}/root{engine.PODMAN_SETTINGS}").exists():
        return
    for box in json.loads(host.run("podman ps -q | xargs -r podman inspect --type container") or "[]"):
        yield box["Name"], box["State"]["Pid"], _addresses(box)


def _addresses(box: dict[str, dict[str, dict[str, dict[str, str]]]]) -> tuple[str, ...]:
    networks = (box["NetworkSettings"].get("Networks") or {}).values()
    return tuple(filter(None, (each.get(key, "") for key in ("IPAddress", "GlobalIPv6Address") for each in networks)))


def prepare(lab: Lab) -> None:
    """Give the client and the neighbour the addresses that hairpin's plain question asks about."""
    lab.client.run(f"ip address replace {INTERNET}/32 dev lo; ip address replace {RESOLVER}/32 dev lo")
    lab.router.run(f"ip route replace {INTERNET}/32 via {CLIENT}; ip route replace {RESOLVER}/32 via {CLIENT}")
    lab.neighbour.run(f"ip address replace {LAN}/24 dev eth0")
    for each in (INTERNET_V6, ASKER_V6):
        with suppress(LabError):  # a lab without IPv6
            lab.router.run(f"ip route replace {each}/128 via {CLIENT_V6}")
            lab.client.run(f"ip address replace {each}/128 dev lo nodad")


def ways(lab: Lab, plan: LabPlan, asked: Iterable[tuple[str, str]]) -> tuple[Way, ...]:
    """Return every flow of the lab.  ``asked``: start and target of the flows that hairpin's plain question is about,
    in its words."""
    known = boxes(lab, {})
    of_lab = {each for each in all_ways(lab, plan) if each.to.startswith("container:") or "." in each.to}
    of_question = {way for start, to in asked if (way := asked_way(start, to)) is not None}
    straight = {
        Way(start, name, port)
        for name, box in known.items()
        for start in (*known, "host")
        for port in ("80", str(UNPUBLISHED))
        if start != name and box.addresses and len(lab.hosts) == 1
    }
    return tuple(sorted(of_lab | of_question | straight))


def asked_way(start: str, to: str) -> Way | None:
    target = to.removesuffix("/tcp")
    address, port, protocol = split_destination(target)
    port_text = f"{port}/udp" if protocol == "udp" else str(port)
    shown = f"[{address}]" if ":" in address else address
    if start.startswith("lan"):
        found = re.search(r"\(([^)]+)\)", start)
        return Way("neighbour", shown, port_text, found[1] if found else "")
    if start.startswith(("host", "container:")):
        return Way(start, shown, port_text)
    with suppress(ValueError):
        ip_address(start)
        return Way("client", shown, port_text, start)
    return None


def origin(way: Way) -> str:
    """Return hairpin's ``--from`` for the flow's start."""
    if way.start == "client":
        return way.source or (CLIENT_V6 if way.to.startswith("[") else CLIENT)
    if way.start == "neighbour" and way.to.startswith("["):
        return way.source or NEIGHBOUR_V6
    if way.start == "neighbour":
        return way.source or NEIGHBOUR
    return way.start


def target(way: Way, known: Boxes) -> str:
    """Return hairpin's TARGET for the flow; empty if its container has no address."""
    if not way.to.startswith("container:"):
        return f"{way.to}:{way.port}"
    box = known.get(way.to)
    return f"{box.addresses[0]}:{way.port}" if box is not None and box.addresses else ""


def asked_as(way: Way, known: Boxes) -> str:
    """Return the TARGET with its protocol: the port alone would ask for the protocol that is published now."""
    to = target(way, known)
    return to if not to or to.endswith("/udp") else f"{to}/tcp"


def forget_neighbours(lab: Lab, boxes: Iterable[Box] = ()) -> None:
    """Let the machines around the hosts, and containers, resolve addresses anew, as they do in time."""
    for node in (lab.client, lab.router, lab.neighbour, *(box.node for box in boxes)):
        node.run("ip neighbour flush all")
        node.run("ip route flush cache")  # redirects that the host has sent


def measure(
    lab: Lab,
    wanted: Iterable[Way],
    known: Boxes,
    expected: Outcomes | None = None,
    *,
    neighbour: bool = False,
    pace: Pace = USUAL,
) -> dict[Way, Seen]:
    """Return the outcome of an exchange on each flow.  What does not pass although it did (``expected``) is tried
    again, patiently.  ``neighbour``: it serves, too."""
    with listening(lab, known, neighbour=neighbour):
        found = tried(lab, wanted, known, pace.quick_s)
        for pause_s in pace.pauses_s[:1] if expected is None else pace.pauses_s:
            again = [way for way, seen in found.items() if not seen.passes and _may_pass(way, expected)]
            if not again:
                break
            time.sleep(pause_s)
            found |= tried(lab, again, known, pace.patient_s)
    return found


def _may_pass(way: Way, expected: Outcomes | None) -> bool:
    return expected is None or expected[way].passes


def tried(lab: Lab, wanted: Iterable[Way], known: Boxes, seconds: float) -> dict[Way, Seen]:
    """Return the outcome of one exchange on each flow, within so many seconds; ``listening`` has to serve."""
    by_start: dict[str, list[tuple[Way, tuple[object, ...]]]] = {}
    found: dict[Way, Seen] = {}
    for way in wanted:
        to = target(way, known)
        if not to or (way.start.startswith("container:") and way.start not in known):
            found[way] = Seen(Outcome.UNREACHABLE)
            continue
        address, port, protocol = split_destination(to)
        name = way.start.rpartition(":")[2].partition("@")[0]  # a resolver knows who asks
        request = (protocol, address, port, seconds, lab.source_port(), way.source, name)
        by_start.setdefault(way.start, []).append((way, request))
    with ThreadPoolExecutor(max(1, len(by_start))) as pool:
        for part in pool.map(partial(_ask, lab, known), by_start, by_start.values()):
            found |= part
    return found


def _ask(lab: Lab, known: Boxes, start: str, wanted: list[tuple[Way, tuple[object, ...]]]) -> dict[Way, Seen]:
    said = node_of(lab, start, known).run((*_script(), "ask"), stdin=json.dumps([each for _, each in wanted]))
    return {
        way: Seen(_outcome(number), word) for (way, _), (number, word) in zip(wanted, json.loads(said), strict=True)
    }


def _outcome(number: int) -> Outcome:
    special = {0: Outcome.DELIVERED, exchange.LATE: Outcome.TIMEOUT, exchange.EMPTY: Outcome.REFUSED}
    if number in special:
        return special[number]
    return BY_ERRNO.get(number, Outcome.UNREACHABLE if number == errno.EADDRNOTAVAIL else Outcome.TIMEOUT)


def _script() -> tuple[str, ...]:
    return ("/usr/bin/env", "python3", "-I", "-S", str(SCRIPT))


def node_of(lab: Lab, place: str, known: Boxes) -> Node:
    """Return a view of a place's network namespace alone: programs in it are this machine's."""
    if place in known:
        box = known[place]
        namespace, host = f"/proc/{box.host.pid}/root/proc/{box.pid}/ns/net", box.host
    else:
        host = lab.node(place)
        namespace = f"/proc/{host.pid}/ns/net"
    return Node(place, host.pid, ("nsenter", f"--net={namespace}", "--"), host.lifeline)


@contextmanager
def listening(lab: Lab, known: Boxes, *, neighbour: bool = False) -> Generator[None]:
    """Serve at the client, and on the port of each host and container that nobody publishes."""
    several = len(lab.hosts) > 1
    closed = (f"tcp/{UNPUBLISHED}",)
    hosts = [f"host@{host.name}" if several else "host" for host in lab.hosts]
    places = [("client", _SERVED), *((each, closed) for each in hosts)]
    places += [(name, closed) for name, box in known.items() if box.addresses]
    places += [("neighbour", (f"tcp/{WAY_OUT}",))] if neighbour else []
    with ExitStack() as stack:
        for place, specs in places:
            process = stack.enter_context(node_of(lab, place, known).start((*_script(), "serve", place, *specs)))
            stack.callback(process.kill)
            if process.stdout is not None:
                process.stdout.readline()
        yield
