"""The map of a host: its links to the outside, its networks with their bridges, their containers and published ports.

The map marks the request of the flow that the page shows first: the links, bridges and containers that the request
passes have numbers in the order of its path.
"""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from hairpin.answer.answer import FlowAnswer
from hairpin.host.docker import Container, DockerNetwork, Endpoint, PortBinding
from hairpin.host.host import Host, Namespace
from hairpin.host.netns import Netns
from hairpin.message import message
from hairpin.network.network import Network, is_uplink
from hairpin.network.prefix import address_text, prefix_text
from hairpin.report.page.markup import element, with_children
from hairpin.report.words import Words


def host_map(network: Network, host: Host, marks: "MapMarks", words: Words) -> Element:
    """Return the section with the map of one host."""
    namespace = host.namespace(host.netns.name) if host.netns.name in host else None
    networks = [each for engine in host.engines for each in engine.networks]
    bridged = {each.bridge for each in networks}
    uplinks = [*_uplinks(network, namespace, host.netns, marks, words)] if namespace is not None else []
    boxes = [_network(host, each, marks, words) for each in networks if _is_shown(host, each)]
    apart = [each for each in host.containers() if not host.pod_holder(each).endpoints and each.mode != "none"]
    if apart:
        heading = element("h3", words(message("without a network of its own")))
        boxes.append(
            element("div", heading, *(_container(host, each, None, marks, words) for each in apart), class_="net")
        )
    others = [*_other_bridges(namespace, host.netns, bridged, marks)] if namespace is not None else []
    return element(
        "section",
        element("h2", words(message("map of {host}", host=host.name or "-"))),
        element("p", words(message("the numbers show in which order the packet passes the links")), class_="which")
        if marks.are_there
        else None,
        element("div", with_children(element("div", class_="uplinks"), uplinks), *others, *boxes, class_="map"),
    )


class MapMarks:
    """The links, bridges and containers that a flow's request passes, numbered over all hosts, and the place where the
    request stops."""

    def __init__(self, network: Network, flow: FlowAnswer | None) -> None:
        self._numbers: dict[tuple[str, str, str], int] = {}
        self._stop: tuple[str, str, str] | None = None
        if flow is None:
            return
        usual = flow.trace.usual
        for step in usual.request:
            part = _part(step.netns, step.link)
            if (
                step.stage != "outside"
                and part not in self._numbers
                and _stands_on_a_map(network, step.netns, step.link)
            ):
                self._numbers[part] = len(self._numbers) + 1
        if usual.stop is not None and not usual.succeeds and flow.verdict != "depends":
            self._stop = _part(usual.stop.netns, usual.stop.link)

    @property
    def are_there(self) -> bool:
        """Whether any part of the map is marked."""
        return bool(self._numbers) or self._stop is not None

    def of(self, *parts: tuple[str, str, str]) -> tuple[list[Element], str]:
        """Return the mark of a map part that stands for these links or containers, and the part's CSS class."""
        numbers = [self._numbers[each] for each in parts if each in self._numbers]
        stops = self._stop is not None and self._stop in parts
        if not numbers and not stops:
            return [], ""
        number = str(min(numbers)) if numbers else ""
        mark = element("b", f"✗ {number}".rstrip() if stops else number, class_="mark")
        return [mark], "stops" if stops else "passed"


def _stands_on_a_map(network: Network, netns: Netns, link: str) -> bool:
    """Return whether the host's map shows the link.  The map shows a container as a whole, so this is true for every
    link of a container."""
    if not netns.is_host:
        return True
    found = network.namespace(netns).link(link) if netns in network else None
    return found is not None and (found.kind == "bridge" or is_uplink(network, netns, found))


def _part(netns: Netns, link: str) -> tuple[str, str, str]:
    """Return the key of a map part: a link of the host, or a whole container."""
    return (netns.host, netns.name, link if netns.is_host else "")


def _is_shown(host: Host, network: DockerNetwork) -> bool:
    """Return whether the network has a bridge or a container.

    Docker's networks ``host`` and ``none`` are never shown."""
    return network.driver not in ("host", "null") and (network.bridge is not None or bool(_on(host, network)))


def _on(host: Host, network: DockerNetwork) -> list[tuple[Container, Endpoint]]:
    return [
        (container, endpoint)
        for container in host.containers()
        for endpoint in host.pod_holder(container).endpoints
        if endpoint.network_id == network.id or (not endpoint.network_id and endpoint.network == network.name)
    ]


def _uplinks(network: Network, namespace: Namespace, netns: Netns, marks: MapMarks, words: Words) -> Iterator[Element]:
    """Yield the links that lead out of the host."""
    for link in namespace.links:
        if not is_uplink(network, netns, link):
            continue
        shown, kind = marks.of(_part(netns, link.name))
        addresses = (prefix_text(each.value, each.prefix_length, each.version) for each in namespace.addresses
                     if each.link == link.name)  # fmt: skip
        down = None if link.up else element("span", words(message("down")), class_="bad")
        yield element("span", *shown, element("code", link.name), " ", " ".join(addresses), down, class_=f"chip {kind}")


def _other_bridges(namespace: Namespace, netns: Netns, known: set[str | None], marks: MapMarks) -> Iterator[Element]:
    for link in namespace.links:
        if link.kind == "bridge" and link.name not in known:
            shown, kind = marks.of(_part(netns, link.name))
            yield element("span", *shown, element("code", link.name), class_=f"chip {kind}")


def _network(host: Host, network: DockerNetwork, marks: MapMarks, words: Words) -> Element:
    shown, kind = marks.of(_part(host.netns, network.bridge or ""))
    subnets = " ".join(str(each.prefix) for each in network.subnets)
    heading = element(
        "h3", *shown, words(message("network {name} ({driver})", name=network.name, driver=network.driver)), " ",
        element("code", network.bridge) if network.bridge else None, " ", element("span", subnets, class_="faint"),
    )  # fmt: skip
    inside = (_container(host, container, endpoint, marks, words) for container, endpoint in _on(host, network))
    return element("div", heading, *inside, class_=f"net {kind}")


def _container(host: Host, container: Container, endpoint: Endpoint | None, marks: MapMarks, words: Words) -> Element:
    shown, kind = marks.of(_part(host.netns.sibling(container.netns or f"container:{container.name}"), ""))
    addresses = [*_addresses(endpoint)] if endpoint is not None else []
    ports = dict.fromkeys(_port(each) for each in host.pod_holder(container).bindings if each.actual)
    return element(
        "div",
        *shown,
        element("strong", container.name),
        " ",
        " ".join(addresses),
        None if container.running else element("span", f" {container.status}", class_="bad"),
        *(element("span", words(message("published: {port}", port=each)), class_="port") for each in ports),
        class_=f"chip {kind}",
    )


def _addresses(endpoint: Endpoint) -> Iterator[str]:
    if endpoint.ipv4 is not None:
        yield address_text(endpoint.ipv4, 4)
    if endpoint.ipv6 is not None:
        yield address_text(endpoint.ipv6, 6)


def _port(binding: PortBinding) -> str:
    """Return a text such as ``8151 → 80/tcp``.

    If the port is published on one address only, the text also has this address."""
    at = "" if binding.host_ip is None else f"{address_text(binding.host_ip, binding.version)}:"
    return f"{at}{binding.host_port} → {binding.container_port}/{binding.protocol}"
