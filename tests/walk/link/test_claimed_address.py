"""Machines that were not read and claim a container's address."""

import msgspec

from hairpin.host.route import FdbEntry
from hairpin.network.network import Network, Port
from hairpin.walk.link.claimed_address import claiming_port
from tests.causes.hosts import DB_MAC, WEB_MAC, claimed
from tests.rows import each_row
from tests.small_host import HOST_NETNS

FOREIGN = 0x0200_0000_0099


def unlearned(network: Network) -> Network:
    host = network.namespace(HOST_NETNS)
    return network.with_namespace(HOST_NETNS, msgspec.structs.replace(host, fdb=()))


def of_program(network: Network) -> Network:
    host = network.namespace(HOST_NETNS)
    entry = FdbEntry("docker0", "veth9", FOREIGN, state="static")
    return network.with_namespace(HOST_NETNS, msgspec.structs.replace(host, fdb=(entry,)))


# the host, and whether its bridge shows a machine that claims the address
CASES: dict[str, tuple[Network, bool]] = {
    "confirmed": (claimed("REACHABLE"), True),
    "used a moment ago": (claimed("DELAY"), True),
    "not confirmed of late": (claimed("STALE"), True),
    "the container itself": (claimed("REACHABLE", mac=WEB_MAC), False),
    "another container, which was read": (claimed("REACHABLE", mac=DB_MAC), False),
    "made anew: the veth of the former container is gone": (unlearned(claimed("STALE")), False),
    "made anew a moment ago": (unlearned(claimed("REACHABLE")), False),
    "at the container's own port": (claimed("REACHABLE", port="veth1"), False),
    "a program wrote the forwarding entry": (of_program(claimed("REACHABLE")), False),
    "nobody answered": (claimed("FAILED"), False),
}


@each_row(("network", "is_claimed"), CASES.values(), ids=CASES)
def test_claiming_port(network: Network, is_claimed: bool) -> None:
    host = network.namespace(HOST_NETNS)
    link, (entry,) = host.link("docker0"), host.neighbours
    assert link is not None
    assert claiming_port(network, HOST_NETNS, link, entry) == (Port(HOST_NETNS, "veth9") if is_claimed else None)
