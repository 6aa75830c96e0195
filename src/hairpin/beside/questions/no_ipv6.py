"""Namespaces that have no IPv6 address which other machines reach, on the way of a flow over IPv6 that fails."""

from collections.abc import Iterator

from hairpin.message import few_of, message
from hairpin.network.names import servers_by_ipv6
from hairpin.network.network import Network, addresses_of, entering
from hairpin.network.prefix import address_text
from hairpin.walk.trace import OpenQuestion, Trace
from hairpin.wanted import ask_route6


def of_trace(network: Network, trace: Trace) -> Iterator[OpenQuestion]:
    """Yield the question whether a namespace should have IPv6: the packet finds no route there, and no link of the
    namespace has an IPv6 address that other machines reach."""
    if trace.flow.version == 4 or trace.succeeds:
        return
    stop = trace.like.usual.stop
    if stop is None or stop.reason not in ("no-route", "no-source-address") or stop.netns not in network:
        return
    namespace = network.namespace(stop.netns)
    if any(each.scope == "global" for each in addresses_of(namespace, None, 6)):
        return
    container = network.container_of(stop.netns)
    address = address_text(stop.seen.packet.daddr, 6)
    facts = {"address": address, "name": container.name if container is not None else ""}
    if stop.netns.is_host:
        text = message(
            "Should this host have an IPv6 address? No link has one that other machines reach, and no route leads to "
            "{address}", **facts)  # fmt: skip
        if_yes = message(
            "Add its addresses and routes again where the network of this "
            "host is configured. The kernel takes them away from a link that goes down, whose MTU falls below 1280, or "
            "whose disable_ipv6 becomes 1", **facts)  # fmt: skip
    elif container is None:
        return
    elif trace.flow.purpose == "dns" and (servers := servers_by_ipv6(network.host(stop.netns.host), container)):
        yield _without_name_server(container.name, servers, entering(network, stop.netns))
        return
    else:
        text = message(
            "Should {name} have IPv6? It has no IPv6 address that other machines reach, and no route leads to "
            "{address}", **facts)  # fmt: skip
        if_yes = message(
            "Recreate {name} on a network with IPv6 (`docker network create --ipv6`, Compose: enable_ipv6, Podman: "
            "--network slirp4netns:enable_ipv6=true). The sysctl disable_ipv6=1 also takes IPv6 away",
            **facts)  # fmt: skip
    yield OpenQuestion(
        text=text,
        if_yes=if_yes,
        if_no=message("Nothing is broken here: the client has to use IPv4 for this name", **facts),
        wanted=(ask_route6(address, entering(network, stop.netns)),),
    )


def _without_name_server(name: str, servers: tuple[int, ...], way_in: str) -> OpenQuestion:
    """Return the question whether the container should have IPv6, by which alone its name servers are reached."""
    addresses = tuple(address_text(each, 6) for each in servers)
    facts = {"name": name, "servers": few_of(addresses)}
    return OpenQuestion(
        text=message(
            "Should {name} have IPv6? Its name servers have IPv6 addresses only ({servers}), and no route of {name} "
            "leads there, so {name} finds no name outside",
            **facts,
        ),
        if_yes=message(
            "Recreate {name} on a network with IPv6 (`docker network create --ipv6`, Compose: enable_ipv6). The sysctl "
            "disable_ipv6=1 also takes IPv6 away",
            **facts,
        ),
        if_no=message("Recreate {name} with a name server that has an IPv4 address (`--dns`, Compose: dns)", **facts),
        wanted=(ask_route6(addresses[0], way_in),),
    )
