"""Every flow that is known of a host, and which pass: real exchanges of data from outside, the LAN, the host and each
container, to each published and unpublished port, each service of the host's own on each of its addresses, and out."""

import time
from collections.abc import Generator, Iterable
from contextlib import ExitStack, contextmanager

from hairpin.lab.build import Lab
from hairpin.lab.plan import LabPlan
from hairpin.lab.topology import HOST, HOST_V6, NEIGHBOUR
from tests.hunt.real.flows import INTERNET, RESOLVER, SCRIPT, Boxes, Outcomes, Seen, node_of, target, tried
from tests.score.all_flows import UNPUBLISHED, WAY_OUT, Way, all_ways

_QUICK_S, _PATIENT_S = 0.7, 1.6
_SERVED = (f"tcp/{WAY_OUT}", "tcp/443", "tcp/53", "udp/53")
"""What the client serves: it stands for everything beyond the router."""


def known_flows(lab: Lab, plan: LabPlan, boxes: Boxes) -> tuple[Way, ...]:
    """Return every flow of the host."""
    starts = (*boxes, "host")
    found = {
        each for each in all_ways(lab, plan) if each.to.startswith(("container:", f"[{HOST_V6}")) or "." in each.to
    }
    found |= {
        Way(start, name, port)
        for name, box in boxes.items()
        for start in starts
        for port in ("80", str(UNPUBLISHED))
        if start != name and box.addresses
    }
    for start in starts:
        found |= {Way(start, INTERNET, "443"), Way(start, RESOLVER, "53"), Way(start, RESOLVER, "53/udp")}
        found |= {Way(start, NEIGHBOUR, str(WAY_OUT))}
    own = {HOST, *(gateway for box in boxes.values() for gateway in _gateways(box.addresses))}
    found |= {Way(start, address, str(UNPUBLISHED)) for start in starts for address in own}
    return tuple(sorted(found))


def _gateways(addresses: Iterable[str]) -> Generator[str]:
    """Yield the bridge's address on each network, which is the host's: the first of it."""
    yield from (f"{each.rpartition('.')[0]}.1" for each in addresses if "." in each)


def measured(lab: Lab, wanted: Iterable[Way], boxes: Boxes, before: Outcomes | None = None) -> dict[Way, Seen]:
    """Return the outcome of each flow.  What does not pass although it did before is tried again, patiently."""
    for node in (lab.client, lab.router, lab.neighbour):
        node.run("ip neighbour flush all")
        node.run("ip route flush cache")  # redirects that the host has sent
    with _serving(lab, boxes):
        found = tried(lab, wanted, boxes, _QUICK_S)
        again = [way for way, seen in found.items() if not seen.passes and (before is None or before[way].passes)]
        again = [way for way in again if target(way, boxes)]
        if again:
            time.sleep(0.2)
            found |= tried(lab, again, boxes, _PATIENT_S)
    return found


@contextmanager
def _serving(lab: Lab, boxes: Boxes) -> Generator[None]:
    """Serve at the client and the neighbour, and on the port of the host and of each container that nobody
    publishes."""
    closed = (f"tcp/{UNPUBLISHED}",)
    places = [("client", _SERVED), ("neighbour", (f"tcp/{WAY_OUT}",)), ("host", closed)]
    places += [(name, closed) for name, box in boxes.items() if box.addresses]
    with ExitStack() as stack:
        started = [
            stack.enter_context(
                node_of(lab, place, boxes).start(("python3", "-I", "-S", str(SCRIPT), "serve", place, *specs))
            )
            for place, specs in places
        ]
        for process in started:
            stack.callback(process.kill)
        for process in started:
            if process.stdout is not None:
                process.stdout.readline()
        yield
