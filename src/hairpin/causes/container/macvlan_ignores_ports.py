"""The container's default route is on a macvlan or ipvlan network, and its engine publishes no port from such networks.

Users see: ``-p`` or ``ports:`` is silently ignored, ``docker ps`` shows no published port, and connections to the
host's port are refused.

Proof: all networks of the container are macvlan or ipvlan networks, or the network of its default route is such a
network.  On a bridge network its port would be published.
Now: connect to the container's own address and port.
Lasting: give the container's address to the clients, or put the service on a bridge network in the Compose file.
"""

from msgspec.structs import replace

from hairpin.causes.engine._publishing import at_host_port, refusal_of
from hairpin.causes.kit import RULE_STOPS, Candidate, Cause, Host, Iterator, Message, OfContainer, View, message
from hairpin.change.calls import ByPerson
from hairpin.change.change import AddEntry, Change, DeleteEntry
from hairpin.engines.repair.republishing import published_too
from hairpin.engines.repair.starting import on_default_bridge
from hairpin.host.boot.configured import Configured
from hairpin.host.docker import Container, DockerNetwork, PortBinding
from hairpin.host.route import TABLE_MAIN, NextHop, Route
from hairpin.network.prefix import address_text
from hairpin.network.stacked import parent_between

_DRIVERS = ("macvlan", "ipvlan")


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each running container that should publish the asked port and is only on macvlan or
    ipvlan networks, or has its default route on such a network."""
    for container, binding in at_host_port(view):
        networks = view.host.engine_of(container).networks
        own = [each for endpoint in container.endpoints for each in networks if each.name == endpoint.network]
        if binding.actual or not container.running or not own:
            continue
        if any(each.driver not in _DRIVERS for each in own):
            yield from _led_by_macvlan(view, container, binding, own)
            continue
        change = on_default_bridge(view.host, container, binding, ByPerson(_advice(view, container, binding)))
        if change is None:
            continue
        yield Candidate(
            title=message(
                "Container {name} is on {driver} network {network}, where -p does nothing",
                name=container.name,
                driver=own[0].driver,
                network=own[0].name,
            ),
            detail=message(
                "The container has its own address on the LAN, and {engine} publishes no port of such a container. No "
                "port of the host leads to it.",
                engine=view.host.engine_of(container).title,
            ),
            change=change,
            refused=refusal_of(view, change),
            where=OfContainer(container=container.name, network=own[0].name, port=binding.host_port),
            in_class="container-without-ports",
            evidence=(container.evidence,),
            configured=Configured(
                "network-option", option=f"-d {own[0].driver}", owner=own[0].name, evidence=own[0].evidence
            ),
        )


def _led_by_macvlan(
    view: View, container: Container, binding: PortBinding, own: list[DockerNetwork]
) -> Iterator[Candidate]:
    """Yield one candidate for a container whose default route is on a macvlan or ipvlan network: dockerd publishes the
    ports on the network of the default route only, even if the container is on a bridge network as well."""
    way = _default_link(view.host, container)
    led = next((each for each in own if each.driver in _DRIVERS and _is_on(view.host, container, each, way)), None)
    bridged = next((each for each in own if each.driver == "bridge" and not each.internal), None)
    if way is None or led is None or bridged is None:
        return
    tool = view.host.engine_of(container).kind
    facts = {"name": container.name, "driver": led.driver, "network": led.name, "other": bridged.name, "tool": tool}
    advice = message(
        "take {name} off {network} (`{tool} network disconnect {network} {name}`): its port is then published on "
        "{other} again. To keep both, connect {name} to {other} with a higher gateway priority than to {network} "
        "(`docker network connect --gw-priority`, from Docker 28 on), or recreate {network} with --internal",
        **facts,
    )
    change = _led_by_bridge(view.host, container, binding, bridged, ByPerson(advice))
    if change is not None:
        yield Candidate(
            title=message(
                "Container {name} has its default route on {driver} network {network}, where -p does nothing", **facts
            ),
            detail=message(
                "The container is on {other}, too. But its engine publishes ports on the network of the container's "
                "default route only, and no port of a {driver} network.",
                **facts,
            ),
            change=change,
            refused=refusal_of(view, change),
            where=OfContainer(container=container.name, network=led.name, port=binding.host_port),
            in_class="container-without-ports",
            evidence=(container.evidence,),
        )


def _led_by_bridge(
    host: Host, container: Container, binding: PortBinding, bridged: DockerNetwork, call: ByPerson
) -> Change | None:
    """Return the change after which the container's default route leaves by the bridge network, and its engine
    publishes the port there.  Return None if the gateway of that network is not known."""
    endpoint = next((each for each in container.endpoints if each.network == bridged.name), None)
    before = _default_route(host, container)
    if endpoint is None or endpoint.gateway4 is None or before is None or container.netns is None:
        return None
    inside = host.namespace(container.netns)
    link = next((each.link for each in inside.addresses if each.value == endpoint.ipv4), None)
    if link is None:
        return None
    after = replace(before, next_hops=(NextHop(link, endpoint.gateway4, 4),))
    published = published_too(host, container, replace(binding, actual=True))
    netns = host.netns.sibling(container.netns)
    return Change((DeleteEntry(netns, before), AddEntry(netns, after), *published), (call,))


def _default_route(host: Host, container: Container) -> Route | None:
    """Return the container's IPv4 default route.

    Return None if the container has no default route, or if its namespace was not read."""
    if container.netns is None or container.netns not in host:
        return None
    routes = host.namespace(container.netns).routes
    return next(
        (each for each in routes if each.version == 4 and not each.prefix_length and each.table == TABLE_MAIN), None
    )


def _default_link(host: Host, container: Container) -> str | None:
    """Return the link of the container's IPv4 default route, or None."""
    route = _default_route(host, container)
    return next((hop.link for hop in route.next_hops), None) if route is not None else None


def _is_on(host: Host, container: Container, network: DockerNetwork, link: str | None) -> bool:
    """Return whether the link of the container has its address on the network."""
    endpoint = next((each for each in container.endpoints if each.network == network.name), None)
    if endpoint is None or container.netns is None or link is None:
        return False
    return any(each.link == link and each.value == endpoint.ipv4 for each in host.namespace(container.netns).addresses)


def _advice(view: View, container: Container, binding: PortBinding) -> Message:
    """Return the advice to connect to the container's own address and port."""
    address = next((each.ipv4 for each in container.endpoints if each.ipv4 is not None), None)
    if address is None:
        return message("put {name} on a bridge network", name=container.name)
    facts = {"address": address_text(address, 4), "port": str(binding.container_port), "name": container.name}
    if parent_between(view.network, view.host_netns, 4, address) is None:
        return message(
            "ask for {address}:{port}, the container's own address and port, or put {name} on a bridge network", **facts
        )
    return message(
        "ask for {address}:{port}, the container's own address and port (this host cannot reach it), or put {name} on "
        "a bridge network",
        **facts,
    )


CAUSE = Cause(
    title=message("Published ports are ignored on a macvlan or ipvlan network"),
    source="moby: libnetwork/drivers/macvlan, drivers/ipvlan: ProgramExternalConnectivity() does nothing",
    reasons=frozenset({"no-listener", *RULE_STOPS}),
    shown_to="engine",
)
