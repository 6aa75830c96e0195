"""An address for which the host sends ARP requests on a bridge, and which does not answer.

The neighbours on a bridge are containers.  Three kinds of lines show such an address: ``From 172.17.0.1 icmp_seq=1
Destination Host Unreachable`` (ping, from the bridge's own address), ``172.17.52.18 dev docker0 src 172.17.0.1`` (``ip
route get``), and "no route to host" for an address that a told route leads to a bridge.  If no container has the
address, it belongs to a machine in another network, which the bridge's range overlaps.  If a container has the address,
the container's link is not connected to the bridge.
"""

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address

from hairpin.evidence.reading import HOST
from hairpin.evidence.told import ToldParts
from hairpin.host.docker import Endpoint
from hairpin.host.host import Host
from hairpin.host.link import is_bridge_by_name
from hairpin.message import message
from hairpin.sought import Sought
from hairpin.suppose.hints.hint import Hinted

_ROUTED = Sought(r"(?P<asked>\d+\.\d+\.\d+\.\d+) (?:from \S+ )?dev (?P<link>\S+) src (?P<own>\S+)")
_ADDRESS = Sought(r"\d+\.\d+\.\d+\.\d+")
_POOL = Sought(r"172\.(?:1[7-9]|2\d|3[01])\.\d+\.\d+")
"""Addresses of dockerd's default pool of ranges of 16 bits."""
_FIRST_GIVEN = 256
"""Engines give addresses in order, beginning with the first address of the network.  Few hosts have more than this
number of containers."""


def asked_on_a_bridge(lines: Iterable[tuple[int, str]], host: Host, told: ToldParts) -> Iterator[Hinted]:
    """Yield the hint about the first address for which the host gets no answer on a bridge."""
    for number, line in lines:
        found = _ROUTED.search(line)
        if found is not None and is_bridge_by_name(found["link"]):
            yield from _of(host, found["asked"], found["own"], number, line)
            return
    own = dict(_bridge_addresses(host, told))
    for each in told.outcomes:
        if not each.failed or _ADDRESS.fullmatch(each.host) is None:
            continue
        if each.by in own or (each.by and each.by.endswith(".0.1") and _shares(each.by, each.host)):
            yield from _of(host, each.host, each.by, each.line, each.target)
            return
        if each.result == "unreachable" and each.by and _POOL.fullmatch(each.by) and _shares(each.by, each.host):
            # The client names itself: a container that looks for the address on its own bridge.
            yield from _of(host, each.host, _first_of(each.by), each.line, each.target)
            return
        through = next((address for address in own if _shares(address, each.host)), None)
        if each.result == "unreachable" and through is not None and each.origin in ("", HOST):
            yield from _of(host, each.host, through, each.line, each.target)
            return


def _of(host: Host, asked: str, own: str, line: int, quote: str) -> Iterator[Hinted]:
    holder = next((each.name for each in host.containers() if _has(each.endpoints, asked)), None)
    offset = int(IPv4Address(asked)) - int(IPv4Address(own)) if _ADDRESS.fullmatch(own) else 0
    if holder is not None or 0 < offset < _FIRST_GIVEN:
        means = message(
            "The host asks for {address} on the bridge with {own}, and nobody there answers: the container's link is "
            "not connected to the bridge", address=asked, own=own)  # fmt: skip
        yield Hinted("veth-detached-from-bridge", 20, means, line, quote)
        return
    means = message(
        "The host looks for {address} on the bridge with {own}, because the bridge's range covers it. A machine "
        "elsewhere with this address is not reached", address=asked, own=own)  # fmt: skip
    shows = message("a route into a bridge covers {said}", said=asked)
    yield Hinted("bridge-subnet-overlaps-route", 28, means, line, quote, shows=shows)


def _has(endpoints: Iterable[Endpoint], asked: str) -> bool:
    return any(each.ipv4 == int(IPv4Address(asked)) for each in endpoints)


def _bridge_addresses(host: Host, told: ToldParts) -> Iterator[tuple[str, str]]:
    """Yield the bridges' addresses that the text shows, each with the bridge's name.  Listings of links or of routes
    show these addresses."""
    own = host.namespace(HOST)
    if (HOST, "addresses") in told.parts:
        yield from (
            (str(IPv4Address(each.value)), each.link)
            for each in own.addresses
            if each.version == 4 and is_bridge_by_name(each.link)
        )
    if (HOST, "routes4") in told.parts:
        for each in own.routes:
            link = each.next_hops[0].link if len(each.next_hops) == 1 else None
            if each.version == 4 and each.prefsrc is not None and link is not None and is_bridge_by_name(link):
                yield str(IPv4Address(each.prefsrc)), link


def _first_of(address: str) -> str:
    """Return the bridge's address in the network that contains the address and has an engine's default size."""
    return ".".join(address.split(".")[:2]) + ".0.1"


def _shares(own: str, other: str) -> bool:
    """Return whether both addresses are in one network of an engine's default size (/16)."""
    return own.split(".")[:2] == other.split(".")[:2] and own != other
