"""Every flow of a host.

From the client outside, the neighbour, the host and each container, to each published port, each container's address,
the host's own ports, name servers, and the way out."""

from collections.abc import Iterator, Mapping

from hairpin.lab.topology import CLIENT, HOST, HOST_V6
from tests.hunt.real.flows import INTERNET, INTERNET_V6, RESOLVER
from tests.score.all_flows import STRAIGHT, UNPUBLISHED, WAY_OUT, Way
from tests.today.box import SERVED, Port, Running

OWN = 7000
"""The port of the host's own service."""
CLOSED = 7998
"""A port at which nobody listens."""
_LAN = "198.51.100."
_OUTSIDE = ("client", "neighbour")


def ways(running: Mapping[str, Running]) -> tuple[Way, ...]:
    """Return all flows."""
    starts = (*_OUTSIDE, "host", *(name for name, each in running.items() if not each.on_host))
    return tuple(dict.fromkeys(way for start in starts for way in _of(start, running)))


def _of(start: str, running: Mapping[str, Running]) -> Iterator[Way]:
    """Yield the flows that begin there."""
    own = running.get(start)
    yield from (Way(start, HOST, str(number)) for number in (OWN, CLOSED, UNPUBLISHED))
    for each in running.values():
        for port in each.ports:
            yield from (Way(start, to, _text(port)) for to in _addresses(start, port))
    if own is None and start != "host":
        yield Way(start, f"[{HOST_V6}]", str(OWN))
    yield from _straight(start, running)
    if own is not None or start == "host":
        yield Way(start, INTERNET, "443")
        yield Way(start, RESOLVER, "53/udp")
        yield Way(start, RESOLVER, "53")
        yield Way(start, CLIENT, str(WAY_OUT))
        yield Way(start, "198.51.100.20", str(WAY_OUT))
        if start == "host" or (own is not None and any(":" in each for each in own.box.addresses)):
            yield Way(start, f"[{INTERNET_V6}]", "443")
    if own is not None:
        yield from (Way(start, each, "53/udp") for each in own.servers if ":" not in each)
        yield from (Way(start, each, str(OWN)) for each in _gateways(own))


def _straight(start: str, running: Mapping[str, Running]) -> Iterator[Way]:
    """Yield the flows to the containers' own addresses, each to what is served and to a port that nobody publishes."""
    source = STRAIGHT if start == "neighbour" else ""
    for name, each in running.items():
        for address in each.box.addresses:
            on_lan = address.startswith(_LAN) and address != HOST
            if (":" in address and (source or name == start)) or (start == "client" and not on_lan):
                continue
            to = f"[{address}]" if ":" in address else address
            for port in (*SERVED, Port("", UNPUBLISHED, "tcp")):
                yield Way(start, to, _text(port), "" if on_lan else source)


def _addresses(start: str, port: Port) -> Iterator[str]:
    """Yield the addresses at which a sender may ask for the published port."""
    everywhere = port.address in ("", "0.0.0.0", "::")
    if port.address in ("", "0.0.0.0"):
        yield HOST
    if port.address in ("", "::") and start in (*_OUTSIDE, "host"):
        yield f"[{HOST_V6}]"
    if port.address.startswith("127."):
        yield HOST
    if not everywhere and not (port.address.startswith("127.") and start in _OUTSIDE):
        yield f"[{port.address}]" if ":" in port.address else port.address
    elif everywhere and start == "host":
        yield "127.0.0.1" if port.address != "::" else "[::1]"
        if not port.address:
            yield "[::1]"


def _gateways(own: Running) -> Iterator[str]:
    """Yield the first address of each of the container's IPv4 networks, which is the bridge's or the stack's."""
    for address in own.box.addresses:
        by_slirp = address.startswith("10.0.2.")
        gateway = f"{address.rpartition('.')[0]}.{2 if by_slirp else 1}"
        if address != HOST and ":" not in address and (by_slirp or own.engine != "rootless" or gateway in own.servers):
            yield gateway


def _text(port: Port) -> str:
    return f"{port.port}/udp" if port.protocol == "udp" else str(port.port)
