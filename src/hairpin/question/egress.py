"""Flows that a container starts: to the outside, and to its name servers."""

from hairpin.host.docker import Container
from hairpin.host.host import Host
from hairpin.network.flow import Flow, FromContainer
from hairpin.network.network import Network, netns_of
from hairpin.network.prefix import is_loopback, parse_address
from hairpin.network.query import Query
from hairpin.network.routing import lookup
from hairpin.question.standpoints import somebody

_WITH_WAY_OUT = ("bridge", "overlay", "macvlan", "ipvlan")
"""Drivers of networks by which a container reaches the outside; one on an overlay does by docker_gwbridge."""
_EMBEDDED_DNS = 0x7F00000B
"""127.0.0.11: Docker's resolver for containers on user-defined networks."""


def egress_flows(network: Network, host: Host, container: Container) -> list[Flow]:
    """Return the flows out of a running container; none if its networks, or the host, have no way out."""
    netns = netns_of(host, container)
    if container.status != "running" or netns is None or netns.is_host:
        return []
    named = {each.name: each for engine in host.engines for each in engine.networks}
    networks = [named[each.network] for each in container.endpoints if each.network in named]
    if all(each.internal or each.driver not in _WITH_WAY_OUT for each in networks):
        return []
    if lookup(network.namespace(host.netns), Query(4, somebody(4)[0])).type != "unicast":
        return []
    start = FromContainer(container.name, netns)
    address = somebody(4)[0]
    outward = Flow(
        start,
        4,
        address,
        "tcp",
        443,
        container=container.name,
        purpose="egress",
        stand_ins=somebody(4)[1:],
        host=host.name,
        invented=True,
    )
    return [outward, *_dns_flows(host, container, start)]


def _dns_flows(host: Host, container: Container, start: FromContainer) -> list[Flow]:
    """Return the container's DNS flows: to Docker's resolver on user-defined networks, and to the first name server if
    that is an IPv4 one."""
    flows: list[Flow] = []
    servers = [each for each in container.dns or nameservers(host) if _is_address(each)]
    if any(each.network != "bridge" for each in container.endpoints):
        flows.append(Flow(start, 4, _EMBEDDED_DNS, "udp", 53, container=container.name, purpose="dns", host=host.name))
    for text in servers[:1]:
        version, value = parse_address(text)
        if not is_loopback(value, version) and version == 4:
            flows.append(
                Flow(start, version, value, "udp", 53, container=container.name, purpose="dns", host=host.name)
            )
    return flows


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
