"""A container's endpoint on a network: its addresses, routes and sysctls, in each address family."""

from collections.abc import Iterator

import msgspec

from hairpin.host.docker import DockerNetwork, Endpoint, Engine, Subnet
from hairpin.host.link import Address
from hairpin.host.route import TABLE_LOCAL, NextHop, Route
from hairpin.host.sysctl import Path
from hairpin.network.attachment import gateway_of, next_address
from hairpin.network.prefix import Version, network_of, width


def new_endpoint(engine: Engine, joined: DockerNetwork, subnet: Subnet, own: Endpoint | None = None) -> Endpoint:
    """Return the endpoint that the engine makes, with the addresses of ``own`` or with free addresses.  ``subnet`` is
    the network's IPv4 subnet."""
    found = Endpoint(
        joined.name,
        joined.id,
        ipv4=_kept(own, 4) or next_address(engine, subnet),
        ipv4_prefix_length=subnet.prefix_length,
        gateway4=gateway_of(subnet),
    )
    six = next((each for each in joined.subnets if each.version == 6), None)
    if six is None or not joined.ipv6:
        return found
    return msgspec.structs.replace(
        found,
        ipv6=_kept(own, 6) or next_address(engine, six),
        ipv6_prefix_length=six.prefix_length,
        gateway6=gateway_of(six),
    )


def _kept(own: Endpoint | None, version: Version) -> int | None:
    """Return the endpoint's present address, or the address that the endpoint's options name."""
    if own is None:
        return None
    return own.ipv4 or own.fixed4 if version == 4 else own.ipv6 or own.fixed6


def addresses(endpoint: Endpoint, link: str) -> tuple[Address, ...]:
    """Return the endpoint's addresses on the link."""
    return tuple(Address(link, version, value, length) for version, value, length, _ in _families(endpoint))


def routes(endpoint: Endpoint, link: str, *, way_out: bool) -> Iterator[Route]:
    """Yield the container's routes by the link.  If ``way_out`` is true, the routes include the default routes."""
    for version, value, length, gateway in _families(endpoint):
        prefsrc = value if version == 4 else None
        yield Route(version, value, width(version), TABLE_LOCAL, "local", (NextHop(link),))
        yield Route(version, network_of(value, length, version), length, next_hops=(NextHop(link),), prefsrc=prefsrc)
        if way_out:
            yield Route(version, 0, 0, next_hops=(NextHop(link, gateway),))


def sysctls(endpoint: Endpoint, link: str) -> tuple[tuple[Path, str], ...]:
    """Return the sysctls that the engine sets for the link.  Docker enables IPv6 if the endpoint has an IPv6 address.

    Source: moby libnetwork/osl/interface_linux.go setInterfaceIPv6()
    """
    return ((("net", "ipv6", "conf", link, "disable_ipv6"), "0"),) if endpoint.ipv6 is not None else ()


def _families(endpoint: Endpoint) -> Iterator[tuple[Version, int, int, int | None]]:
    """Yield version, address, prefix length and gateway of each family that the endpoint has."""
    if endpoint.ipv4 is not None:
        yield 4, endpoint.ipv4, endpoint.ipv4_prefix_length, endpoint.gateway4
    if endpoint.ipv6 is not None:
        yield 6, endpoint.ipv6, endpoint.ipv6_prefix_length, endpoint.gateway6
