"""Segments for a container that are longer than the MTU of the host's uplink.

The MSS option of a container follows from the MTU of its own network, whatever the MTU of the uplink is.  So the peer's
full-sized segments have to pass the links before the host.  The only reading about these links is the uplink's own MTU.
It is not known whether a router on these links sends an ICMP error to the sender, or lowers the MSS option.  ``mtu`` in
daemon.json applies only to the default network, and hints at a smaller MTU somewhere on the path.

Source: net/ipv4/tcp_output.c tcp_advertise_mss(); RFC 2923; moby daemon/config: "mtu"
"""

from collections.abc import Iterator

from hairpin.host.docker import DockerNetwork, Engine
from hairpin.host.netns import Netns
from hairpin.message import Message, message
from hairpin.network.network import Network, entering
from hairpin.network.prefix import Version, address_text
from hairpin.network.query import Query
from hairpin.network.routing import lookup
from hairpin.network.uplinks import gateway_of, holder_of_addresses, way_behind
from hairpin.walk.ip.mtu import route_mtu
from hairpin.walk.size.segment_size import Handshake, Sizes, clamped, mtu_towards, outside_mtu
from hairpin.walk.trace import LongPackets, OpenQuestion
from hairpin.wanted import Wanted, ask_for_download, ask_for_long_answers

_ICMP_HEADERS = {4: 28, 6: 48}


def arrive(network: Network, handshake: Handshake) -> tuple[OpenQuestion, ...]:
    """Return the question whether the outside end's full-sized segments arrive at the host; none if these segments do
    not exceed the uplink's MTU, or if no reading hints at a smaller MTU."""
    flow, started, there = handshake.flow, handshake.started, handshake.there
    if flow.protocol != "tcp" or not flow.data_bytes or started.carried is not None or there.carried is not None:
        return ()
    version = flow.version
    if handshake.far is not None:
        inside, outside, link = started.netns, there.packet.daddr, handshake.far.iif
        at, is_client = handshake.far.netns, True
    elif started.stage != "output-route":
        inside, outside, link = there.netns, there.packet.saddr, started.iif
        at, is_client = started.netns, False
    else:
        return ()
    if inside.is_host or at == inside or not at.is_host:
        return ()
    hint = _hint(network, at, inside, version, outside, link)
    told = mtu_towards(network, inside, version, outside)
    sent = min(told, outside_mtu(network, at, version, outside, 0))
    if hint is None or sent <= hint[0]:
        return ()
    sizes = clamped(network, handshake, Sizes(sent, sent))
    if (sizes.to_client if is_client else sizes.to_server) <= hint[0]:
        return ()
    return (_do_they_arrive(network, inside, LongPackets(at, version, hint[1], hint[0]), told, by_engine=hint[2]),)


def _hint(
    network: Network, at: Netns, inside: Netns, version: Version, outside: int, link: str
) -> tuple[int, str, bool] | None:
    """Return the smaller MTU at which a reading hints, the uplink, and whether the hint is the engine's option; None if
    there is no hint."""
    namespace = network.namespace(at)
    holder = holder_of_addresses(namespace, link)
    route = lookup(namespace, Query(version, outside)).route
    own = route_mtu(namespace, route, holder, forwarding=False)
    engine, made = _network_of(network, inside)
    default = engine.network(engine.traits.default_network) if engine is not None else None
    option = default.mtu_bytes if default is not None and made is not None and default.name != made.name else None
    if option is not None and (own is None or option < own):
        return option, holder, True
    return (own, holder, False) if own is not None else None


def _network_of(network: Network, inside: Netns) -> tuple[Engine | None, DockerNetwork | None]:
    container = network.container_of(inside)
    if container is None:
        return None, None
    engine = network.host(inside.host).engine_of(container)
    return engine, engine.bridge_network(container)


def _do_they_arrive(network: Network, inside: Netns, about: LongPackets, told: int, *, by_engine: bool) -> OpenQuestion:
    engine, made = _network_of(network, inside)
    facts: dict[str, str | int] = {
        "mtu": about.mtu_bytes,
        "link": about.link,
        "told": told,
        "container": network.netns_text(inside),
        "network": made.name if made is not None else "",
    }
    default = engine is not None and engine.kind == "docker" and made is not None and made.name == "bridge"
    return OpenQuestion(
        text=_by_daemon(facts) if by_engine else _by_uplink(facts),
        if_yes=message("The verdict above stands: downloads and uploads of {container} get through", **facts),
        if_no=_in_daemon(facts) if default else _of_network(facts) if made is not None else _of_link(facts),
        wanted=tuple(_ways_to_tell(network, about, told)) if by_engine else tuple(_download(network, inside)),
        breaks_if="no",
        about=about,
    )


def _of_network(facts: dict[str, str | int]) -> Message:
    return message(
        "Connections open, but downloads and uploads of {container} stall. Give the network {network} the option "
        "com.docker.network.driver.mtu={mtu}, and recreate the network and its containers",
        **facts,
    )


def _in_daemon(facts: dict[str, str | int]) -> Message:
    return message(
        'Connections open, but downloads and uploads of {container} stall. Set "mtu": {mtu} in daemon.json, restart '
        "dockerd, and recreate the containers of its default network",
        **facts,
    )


def _of_link(facts: dict[str, str | int]) -> Message:
    return message(
        "Connections open, but downloads and uploads of {container} stall. Set the MTU {mtu} in {container}", **facts
    )


def _by_uplink(facts: dict[str, str | int]) -> Message:
    return message(
        "Do packets of more than {mtu} bytes arrive at {link}? The MTU of {link} is {mtu}, but {container} tells its "
        "peers to send up to {told}",
        **facts,
    )


def _by_daemon(facts: dict[str, str | int]) -> Message:
    return message(
        "Do packets of more than {mtu} bytes arrive at {link}? The engine's default network has the MTU {mtu}, but "
        "{container} in the network {network} tells its peers to send up to {told}",
        **facts,
    )


def _download(network: Network, inside: Netns) -> Iterator[Wanted]:
    """Yield the request to load a file in the container, if a process of the container is known: the host itself
    announces the smaller MTU, so its own downloads tell nothing.

    An echo request tells nothing, either.  The host sends it in fragments, and the router may answer in fragments."""
    words = entering(network, inside)
    if words:
        yield ask_for_download(words)


def _ways_to_tell(network: Network, about: LongPackets, told: int) -> Iterator[Wanted]:
    namespace = network.namespace(about.netns)
    way = way_behind(namespace, about.version, about.link)
    gateway = gateway_of(way, about.link) if way is not None else None
    if gateway is not None:
        yield ask_for_long_answers(address_text(gateway, about.version), told - _ICMP_HEADERS[about.version])
