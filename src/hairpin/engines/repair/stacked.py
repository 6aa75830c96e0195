"""Networks whose container links are stacked on a link of the host: macvlan and ipvlan.

Source: moby libnetwork/drivers/macvlan/macvlan_joinleave.go, macvlan_endpoint.go
"""

from hairpin.host.docker import STACKED, DockerNetwork, Endpoint, Subnet
from hairpin.host.host import Host
from hairpin.host.link import Link

_MAC_OF_ADDRESS = 0x0242 << 32
"""Source: moby libnetwork/netutils/utils.go GenerateMACFromIP()"""


def stacked_subnet(host: Host, joined: DockerNetwork) -> Subnet | None:
    """Return the IPv4 subnet of a macvlan or ipvlan network.  Return None for a network without an IPv4 subnet or of
    another driver, and if the parent link was not read."""
    if joined.driver not in STACKED or _lower(host, joined) is None:
        return None
    return next((each for each in joined.subnets if each.version == 4), None)


def stacked_link(host: Host, joined: DockerNetwork, endpoint: Endpoint, name: str, index: int) -> Link | None:
    """Return the container's link as the engine makes it, with an index greater than ``index``.  Return None if the
    parent link was not read, or if the endpoint has no IPv4 address."""
    lower = _lower(host, joined)
    if lower is None or endpoint.ipv4 is None:
        return None
    return Link(
        max(index, lower.index) + 1,
        name,
        joined.driver,
        mtu_bytes=lower.mtu_bytes,
        mac=lower.mac if joined.driver == "ipvlan" else _MAC_OF_ADDRESS | endpoint.ipv4,
        peer_index=lower.index,
        peer_netnsid=0,
        macvlan_mode=joined.option(f"{joined.driver}_mode") or ("bridge" if joined.driver == "macvlan" else "l2"),
    )


def _lower(host: Host, joined: DockerNetwork) -> Link | None:
    return host.namespace(host.netns.name).link(joined.option("parent") or "")
