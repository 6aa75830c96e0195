"""Flows that a container starts: to the outside, and to its name servers."""

from hairpin.host.docker import Container
from hairpin.host.host import Host
from hairpin.network.flow import Flow, FromContainer
from hairpin.network.network import Network, netns_of
from hairpin.network.prefix import is_loopback, parse_address
from hairpin.network.query import Query
from hairpin.network.routing import lookup
from hairpin.question.standpoints import beyond

_WITH_WAY_OUT = ("bridge", "overlay", "macvlan", "ipvlan")
"""Drivers of networks by which a container reaches the outside; one on an overlay does by docker_gwbridge."""
_EMBEDDED_DNS = 0x7F00000B
"""127.0.0.11: Docker's resolver for containers on user-defined networks."""


def egress_flows(network: Network, host: Host, container: Container) -> list[Flow]:
    """Return the flows out of a running container; none if its networks, or the host, have no way out."""
    netns = netns_of(host, container)
    if container.status != "running" or netns is None or netns.is_host or host.engine_of(container).rootless:
        return []  # a user's own network stack (slirp4netns, pasta) is not modelled
    named = {each.name: each for engine in host.engines for each in engine.networks}
    networks = [named[each.network] for each in container.endpoints if each.network in named]
    if all(each.internal or each.driver not in _WITH_WAY_OUT for each in networks):
        return []
    address, *others = beyond(network.namespace(host.netns), 4)
    if lookup(network.namespace(host.netns), Query(4, address)).type != "unicast":
        return []
    start = FromContainer(container.name, netns)
    outward = Flow(
        start,
        4,
        address,
        "tcp",
        443,
        container=container.name,
        purpose="egress",
        stand_ins=tuple(others),
        host=host.name,
        invented=True,
    )
    return [outward, *_dns_flows(host, container, start)]


def _dns_flows(host: Host, container: Container, start: FromContainer) -> list[Flow]:
    """Return the container's DNS flows, over IPv4: to the first name server of its own resolv.conf, and for Docker's
    resolver on to the first one outside."""
    own = container.resolvers
    embedded = _EMBEDDED_DNS in map(_value, own) if own is not None else _has_embedded_dns(host, container)
    if own is None or embedded:
        # Docker's resolver asks these in the container's namespace.
        servers = [each for each in container.dns or nameservers(host) if _is_address(each)]
    else:
        servers = list(own)
    asked = [_EMBEDDED_DNS] if embedded else []
    if servers and (value := _value(servers[0])) is not None:
        asked.append(value)
    return [
        Flow(start, 4, each, "udp", 53, container=container.name, purpose="dns", host=host.name)
        for each in dict.fromkeys(asked)
    ]


def _has_embedded_dns(host: Host, container: Container) -> bool:
    """Return whether Docker gives the container a resolver of its own: on every network but the default one."""
    of_docker = any(engine.kind == "docker" and container in engine.containers for engine in host.engines)
    return of_docker and any(each.network != "bridge" for each in container.endpoints)


def _value(text: str) -> int | None:
    """Return the IPv4 address; None for other texts."""
    try:
        version, value = parse_address(text)
    except ValueError:
        return None
    return value if version == 4 else None


def nameservers(host: Host) -> tuple[str, ...]:
    """Return the name servers of the host's /etc/resolv.conf that the engine gives to containers: all but loopback."""
    found: list[str] = []
    for file in host.files:
        if file.path != "/etc/resolv.conf":
            continue
        for line in file.text.splitlines():
            words = line.split()
            if len(words) > 1 and words[0] == "nameserver" and _is_address(words[1]):
                found.append(words[1])
    return tuple(found)


def _is_address(text: str) -> bool:
    """Return whether the text is an address that is not loopback."""
    try:
        version, value = parse_address(text)
    except ValueError:
        return False
    return not is_loopback(value, version)
