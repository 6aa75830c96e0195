"""Every flow that is known of a host, and which pass: real exchanges of data from outside, the LAN, the host and each
container, to each published and unpublished port, each service of the host's own on each of its addresses, and out."""

from collections.abc import Generator, Iterable

from hairpin.lab.build import Lab
from hairpin.lab.plan import LabPlan
from hairpin.lab.topology import HOST, HOST_V6, NEIGHBOUR
from tests.hunt.real.flows import INTERNET, RESOLVER, Boxes, Outcomes, Pace, Seen, forget_neighbours, measure
from tests.score.all_flows import UNPUBLISHED, WAY_OUT, Way, all_ways

_PACE = Pace(0.7, 1.6, (0.2,))


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
    forget_neighbours(lab)
    return measure(lab, wanted, boxes, before, neighbour=True, pace=_PACE)
