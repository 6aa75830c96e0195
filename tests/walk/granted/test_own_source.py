"""A packet of the host leaves by the uplink with the address of a tunnel or a bridge: only then is the way back asked
about."""

import msgspec

from hairpin.host.link import Address, Link
from hairpin.netfilter.ir import STATUS_SEEN_REPLY
from hairpin.netfilter.packet import TCP, Connection, Tuple
from hairpin.network.flow import Flow, FromHost
from hairpin.network.network import Network
from hairpin.network.prefix import address_text, parse_address
from hairpin.network.world import ReturnRoute, World
from hairpin.walk.walk import walk_flow
from tests.rows import each_row
from tests.small_host import host_namespace, local, network, route

OWN, ULA, FAR = (parse_address(each)[1] for each in ("2001:db8:1::11", "fd42:42:42::1", "2001:db8:99::1"))
NEAR = parse_address("2001:db8:1::20")[1]
FAR4, INNER = (parse_address(each)[1] for each in ("192.0.2.9", "10.8.0.1"))
OUT = Flow(FromHost(), 6, FAR, "tcp", 443)
OUT4 = Flow(FromHost(), 4, FAR4, "tcp", 443)
WG0 = Link(80, "wg0", "wireguard", flags=("POINTOPOINT",))
TUNNELS = Address("wg0", 6, ULA, 64)
STATED = World(return_routes=(ReturnRoute(6, parse_address("fd42:42:42::")[1], 64, "test"),))


def six(*addresses: Address, src: int | None = None, answered: bool = False, world: World | None = None) -> Network:
    """Return the host with an IPv6 default route by eth0, a tunnel, and these addresses.  ``src``: the address that the
    default route names.  ``answered``: whether a connection from the tunnel's address was answered."""
    default = msgspec.structs.replace(route("::/0", "eth0", via="2001:db8:1::1"), prefsrc=src)
    ways = (
        *(local(f"{address_text(each.value, 6)}/128", each.link) for each in addresses),
        route("2001:db8:1::/64", "eth0"),
    )
    host = host_namespace(routes=(*ways, default))
    known = Connection(
        6, Tuple(ULA, FAR, TCP, 4000, 443), Tuple(FAR, ULA, TCP, 443, 4000), STATUS_SEEN_REPLY, live=True
    )
    return network(
        msgspec.structs.replace(
            host,
            links=(*host.links, WG0),
            addresses=(*host.addresses, *addresses),
            connections=(known,) if answered else (),
        ),
        world=world or World(),
    )


def eth0(*, deprecated: bool = False, value: int = OWN) -> Address:
    """Return an address of the uplink."""
    return Address("eth0", 6, value, 64, deprecated=deprecated)


def four(source: int | None) -> Network:
    """Return the host with a tunnel, whose IPv4 default route names the source."""
    host = host_namespace(routes=(local("10.8.0.1/32", "wg0"),))
    routes = (msgspec.structs.replace(each, prefsrc=source) if not each.prefix_length else each for each in host.routes)
    tunnel = Address("wg0", 4, INNER, 24)
    return network(
        msgspec.structs.replace(
            host, routes=tuple(routes), links=(*host.links, WG0), addresses=(*host.addresses, tunnel)
        )
    )


CASES: dict[str, tuple[Network, Flow, str]] = {
    "the uplink's address is deprecated": (six(eth0(deprecated=True), TUNNELS), OUT, "2001:db8:1::11 is deprecated"),
    "the uplink has no address": (six(TUNNELS), OUT, "no address that fits"),
    "the route names the tunnel's address": (six(eth0(), TUNNELS, src=ULA), OUT, "the route names it"),
    "the IPv4 route names the tunnel's address": (four(INNER), OUT4, "the route names it"),
    "the uplink's address is in use": (six(eth0(), TUNNELS), OUT, ""),
    "nothing but a deprecated address": (six(eth0(deprecated=True)), OUT, ""),
    "the private address is the uplink's own": (six(eth0(value=ULA)), OUT, ""),
    "the tunnel's address is public": (six(eth0(deprecated=True), Address("wg0", 6, OWN + 2**64, 64)), OUT, ""),
    "a neighbour is asked": (
        six(eth0(deprecated=True), TUNNELS), msgspec.structs.replace(OUT, daddr=NEAR), "",
    ),
    "an answer came to this address": (six(eth0(deprecated=True), TUNNELS, answered=True), OUT, ""),
    "the user has stated the way back": (six(eth0(deprecated=True), TUNNELS, world=STATED), OUT, ""),
    "the route names no address": (four(None), OUT4, ""),
}  # fmt: skip


@each_row(("whole", "flow", "why"), CASES.values(), ids=CASES)
def test_whether_the_way_back_is_asked_about(whole: Network, flow: Flow, why: str) -> None:
    trace = walk_flow(whole, flow)
    assert trace.verdict == "leaves"
    found = [each for each in trace.questions if "the way back to" in str(each.text)]
    assert len(found) == bool(why)
    assert all(why in str(each.text) and each.breaks_if == "no" for each in found)


def test_the_repair_is_told() -> None:
    (asked,) = walk_flow(six(eth0(deprecated=True), TUNNELS), OUT).questions
    assert "`ip -6 address change 2001:db8:1::11/64 dev eth0 preferred_lft forever`" in str(asked.if_no)
