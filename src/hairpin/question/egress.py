"""Makes the flows that a container starts: to the outside, and to its name servers."""

import msgspec

from hairpin.host.docker import Container
from hairpin.host.host import Host
from hairpin.host.netns import Netns
from hairpin.network.flow import Flow, FromContainer, FromHost
from hairpin.network.names import (
    EMBEDDED,
    STUB,
    is_engines,
    servers_by_ipv6,
    servers_of,
    servers_of_engine,
    servers_of_host,
    upstreams_by_host,
    upstreams_of,
)
from hairpin.network.network import Network, addresses_of, netns_of, outer_link, owns_address
from hairpin.network.prefix import Version, is_loopback, is_private
from hairpin.network.query import Query
from hairpin.network.routing import lookup
from hairpin.question.standpoints import beyond

_WITH_WAY_OUT = ("bridge", "overlay", "macvlan", "ipvlan")
"""The drivers of networks with a way to the outside.  For an overlay network, this way is docker_gwbridge."""


def egress_flows(network: Network, host: Host, container: Container) -> list[Flow]:
    """Return the flows of a running container to the outside; none if its networks or the host have no default route.

    A container that was disconnected from its last network also has these flows, which then fail.  A container that
    shares the network of a container which is gone has these flows, too."""
    netns = netns_of(host, container)
    if container.status != "running" or netns is None or netns.is_host or netns not in network:
        return []
    if host.has_user_stack(container):
        return _by_user_stack(network, host, container, netns)
    named = {each.name: each for engine in host.engines for each in engine.networks}
    owner = host.network_owner(container)
    networks = [named[each.network] for each in owner.endpoints if each.network in named]
    is_cut_off = container.is_disconnected or (bool(container.joined) and owner == container)
    if not is_cut_off and all(each.internal or each.driver not in _WITH_WAY_OUT for each in networks):
        return []
    reached = _reachable(network, (host.netns,))
    if not reached:
        return []
    address, *others = reached
    start = FromContainer(container.name, netns)
    outward = [] if _has_only_ipv6(owner) else [outward_flow(start, 4, address, tuple(others))]
    leaving = [each.name for each in networks if each.driver == "bridge" and not each.internal]
    if _has_ipv6(network, netns, owner, leaving) and _host_has_ipv6(network, host):
        address, *others = beyond(network.namespace(host.netns), 6)
        outward.append(outward_flow(start, 6, address, tuple(others)))
    return [*outward, *_dns_flows(host, container, start)]


def _reachable(network: Network, ways: tuple[Netns, ...]) -> tuple[int, ...]:
    """Return the addresses outside to which all these namespaces have a route.  A route that refuses one documentation
    range says nothing about the way out.  ``ways``: the namespaces on the way out, the host's namespace last."""
    return tuple(
        address
        for address in beyond(network.namespace(ways[-1]), 4)
        if all(lookup(network.namespace(each), Query(4, address)).type == "unicast" for each in ways)
    )


def _by_user_stack(network: Network, host: Host, container: Container, netns: Netns) -> list[Flow]:
    """Return the IPv4 flows that the user's network process relays: to the outside, and to the first name server."""
    if container.network_mode == "none":
        return []
    # A container whose whole network is the process has a way out as long as the process runs.
    reached = _reachable(network, (host.netns,) if container.by_user_stack else (netns, host.netns))
    if not reached:
        return []
    address, *others = reached
    start = FromContainer(container.name, netns)
    servers = [each for each in _dns_flows(host, container, start)[:1] if each.version == 4]
    return [outward_flow(start, 4, address, tuple(others)), *(servers if servers_of_host(host) else [])]


def outward_flow(start: FromContainer, version: Version, address: int, others: tuple[int, ...]) -> Flow:
    """Return the container's flow to a server outside.  ``others``: further addresses that the server may have."""
    return Flow(
        start,
        version,
        address,
        "tcp",
        443,
        container=start.name,
        purpose="egress",
        stand_ins=others,
        host=start.netns.host,
        invented=True,
    )


def _has_ipv6(network: Network, netns: Netns, container: Container, leaving: list[str]) -> bool:
    """Return whether the container has an IPv6 address that one of the given networks assigned to it."""
    held = {each.value for each in addresses_of(network.namespace(netns), None, 6) if each.scope == "global"}
    return any(each.ipv6 in held for each in container.endpoints if each.network in leaving)


def _has_only_ipv6(container: Container) -> bool:
    """Return whether all networks of the container are networks without IPv4 (``--ipv4=false``, since Docker 28).

    dockerd's resolver then asks name servers with IPv4 addresses from the host's namespace, as its comment
    ``ExtServers: [host(…)]`` in the container's resolv.conf says.  Measured with Docker 28.5.2"""
    ends = container.endpoints
    return any(each.ipv6 is not None for each in ends) and all(each.ipv4 is None for each in ends)


def _host_has_ipv6(network: Network, host: Host) -> bool:
    """Return whether the host reaches the IPv6 Internet: whether it has a route to the Internet and a public IPv6
    address, both on links to the outside."""
    namespace = network.namespace(host.netns)
    ways = lookup(namespace, Query(6, beyond(namespace, 6)[0]))
    if ways.type != "unicast" or not any(_leads_out(network, host, hop.link) for hop in ways.next_hops):
        return False
    return any(
        each.scope == "global" and not is_private(each.value, 6) and _leads_out(network, host, each.link)
        for each in addresses_of(namespace, None, 6)
    )


def _leads_out(network: Network, host: Host, name: str | None) -> bool:
    link = network.namespace(host.netns).link(name) if name is not None else None
    return link is not None and outer_link(network, host.netns, link) is not None


def host_dns_flows(network: Network, host: Host, container: Container | None = None) -> list[Flow]:
    """Return the DNS flows that start in the host's own namespace: to the name servers of the container on the host's
    network, or else to the host's own.  If systemd-resolved's stub is among these servers, the flows also go to each
    server that systemd-resolved asks.  A server at an address of the host is no program of the container."""
    asked = servers_of(host, container) if container is not None else servers_of_host(host)
    if (4, STUB) in asked:
        asked = (*asked, *servers_of_engine(host))
    asking, own = container.name if container is not None else None, network.namespace(host.netns)

    def flow(version: Version, server: int) -> Flow:
        name = None if is_loopback(server, version) or owns_address(own, version, server) else asking
        return Flow(FromHost(), version, server, "udp", 53, container=name, purpose="dns", host=host.name)

    found = dict.fromkeys(asked)
    return [flow(version, each) for version, each in found if version == 4 or _host_has_ipv6(network, host)]


def _dns_flows(host: Host, container: Container, start: FromContainer) -> list[Flow]:
    """Return the container's DNS flows, in the IP versions of its addresses.  If all its name servers have IPv6
    addresses, the flows by IPv6 are asked in any case, because nothing else finds a name.

    The DNS flows go to each name server of the container's resolv.conf.  If Docker's resolver is among these servers,
    the flows also go to each outside server that Docker's resolver asks, from the container's or the host's namespace.
    """
    asked: tuple[tuple[Version, int], ...] = servers_of(host, container)
    if (4, EMBEDDED) in asked:
        # Docker's resolver sends its queries to these servers from the container's namespace.
        asked = ((4, EMBEDDED), *upstreams_of(host, container))
    has_ipv6 = any(each.ipv6 is not None for each in host.network_owner(container).endpoints)
    only = () if has_ipv6 else servers_by_ipv6(host, container)
    has_ipv4 = not _has_only_ipv6(host.network_owner(container))
    by_host = upstreams_by_host(host, container) if (4, EMBEDDED) in asked else ()
    return [
        *(
            Flow(start, version, each, "udp", 53, container=container.name, purpose="dns", host=host.name)
            for version, each in dict.fromkeys(asked)
            if (has_ipv4 or is_loopback(each, 4) if version == 4 else has_ipv6 or each in only)
        ),
        *(Flow(FromHost(), version, each, "udp", 53, purpose="dns", host=host.name) for version, each in by_host),
    ]


def over_tcp(host: Host, asked: tuple[Flow, ...]) -> list[Flow]:
    """Return the DNS flows over TCP, which a client uses after a truncated answer (RFC 7766).

    The same rules decide for all containers on the same networks.  So only the first container on these networks has a
    flow over TCP, and also each container whose namespace has rules.  There is no such flow to a name server that
    answers only by UDP, such as an older aardvark-dns of Podman, or a program of the host without a TCP socket on the
    port.
    """
    found: dict[object, Flow] = {}
    for flow in asked:
        container = host.container(flow.container or "")
        if flow.purpose != "dns" or flow.asked_name or container is None:
            continue
        server = (flow.version, flow.daddr)
        engine = host.engine_of(container)
        if (not engine.traits.embedded_resolver and is_engines(engine, container, server)) or _has_no_tcp(host, flow):
            continue
        networks = frozenset(each.network for each in host.network_owner(container).endpoints)
        same = container.name if _has_rules(host, container) else networks
        found.setdefault((engine.kind, same, server), msgspec.structs.replace(flow, protocol="tcp"))
    return list(found.values())


def _has_no_tcp(host: Host, flow: Flow) -> bool:
    """Return whether the flow's name server is a program of the host that takes UDP packets and no TCP connections."""
    own = host.namespace(host.netns.name) if host.netns.name in host else None
    if (
        own is None
        or any(key.startswith(("sockets", "proc-net")) for key in own.unread)
        or not owns_address(own, flow.version, flow.daddr)
    ):
        return False
    protocols = {each.protocol for each in own.sockets if each.port == flow.dport}
    return "udp" in protocols and "tcp" not in protocols


def _has_rules(host: Host, container: Container) -> bool:
    """Return whether the container's namespace has rules.  dockerd's rules for its resolver in the nat table do not
    count."""
    if container.netns is None or container.netns not in host:
        return False
    tables = host.namespace(container.netns).ruleset.tables
    return any(chain.rules or chain.policy == "drop" for each in tables if each.name != "nat" for chain in each.chains)


def name_flow(host: Host, asking: Container, name: str) -> Flow | None:
    """Return the DNS flow by which the container asks its first name server for a container's name.  Return None if no
    name server is known, or if the container's /etc/hosts contains the name."""
    server = next(iter(servers_of(host, asking)), None)
    if server is None or asking.netns is None or name in asking.extra_names:
        return None
    start = FromContainer(asking.name, Netns(host.name, asking.netns))
    return Flow(
        start, server[0], server[1], "udp", 53, container=asking.name, purpose="dns", host=host.name, asked_name=name
    )
