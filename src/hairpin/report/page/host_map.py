"""The map of a host: its links to the outside, its networks with their bridges, their containers and published ports.

The flow that the page shows first is marked on it: the parts that it comes by are numbered in its order.
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


def host_map(network: Network, host: Host, flow: FlowAnswer | None, words: Words) -> Element:
    """Return the section with the map.  ``flow``: what is marked on it."""
    marks = _Marks(host, flow)
    namespace = host.namespace(host.netns.name) if host.netns.name in host else None
    networks = [each for engine in host.engines for each in engine.networks]
    bridged = {each.bridge for each in networks}
    uplinks = [*_uplinks(network, namespace, host.netns, marks, words)] if namespace is not None else []
    boxes = [_network(host, each, marks, words) for each in networks if _is_shown(host, each)]
    apart = [each for each in host.containers() if not each.endpoints and each.network_mode.partition(":")[0] != "none"]
    if apart:
        heading = element("h3", words(message("without a network of its own")))
        boxes.append(element("div", heading, *(_container(each, None, marks, words) for each in apart), class_="net"))
    others = [*_other_bridges(namespace, bridged, marks)] if namespace is not None else []
    return element(
        "section",
        element("h2", words(message("map of {host}", host=host.name or "-"))),
        element("p", words(message("the numbers say in which order the packet passes")), class_="which")
        if marks.count
        else None,
        element("div", with_children(element("div", class_="uplinks"), uplinks), *others, *boxes, class_="map"),
    )


class _Marks:
    """The parts of the map that a flow comes by, in its order."""

    def __init__(self, host: Host, flow: FlowAnswer | None) -> None:
        self._order: dict[tuple[str, str], int] = {}
        self._stop: tuple[str, str] | None = None
        if flow is not None:
            usual = flow.trace.usual
            for step in (*usual.request, *usual.reply, *usual.data):
                if step.netns.host == host.name and step.stage != "outside":
                    self._order.setdefault(_part(step.netns.name, step.link), 0)
            if usual.stop is not None and not usual.succeeds and usual.stop.netns.host == host.name:
                self._stop = _part(usual.stop.netns.name, usual.stop.link)
                self._order.setdefault(self._stop, 0)
        self._shown = 0

    @property
    def count(self) -> int:
        """How many parts are marked."""
        return self._shown

    def on(self, *parts: tuple[str, str]) -> tuple[list[Element], str]:
        """Return the marks of a part that has these names, and its class."""
        order = list(self._order)
        found = [order.index(each) + 1 for each in parts if each in self._order]
        if not found:
            return [], ""
        self._shown += 1
        stops = self._stop in parts
        mark = element("b", f"✗ {min(found)}" if stops else str(min(found)), class_="mark")
        return [mark], "stops" if stops else "passed"


def _part(netns: str, link: str) -> tuple[str, str]:
    """Return what stands on the map: a link of the host, or a container as a whole."""
    return ("host", link) if netns == "host" else (netns, "")


def _is_shown(host: Host, network: DockerNetwork) -> bool:
    """Return whether the network has a bridge or a container: ``host`` and ``none`` are no networks of their own."""
    return network.driver not in ("host", "null") and (network.bridge is not None or bool(_on(host, network)))


def _on(host: Host, network: DockerNetwork) -> list[tuple[Container, Endpoint]]:
    return [
        (container, endpoint)
        for container in host.containers()
        for endpoint in container.endpoints
        if endpoint.network_id == network.id or (not endpoint.network_id and endpoint.network == network.name)
    ]


def _uplinks(network: Network, namespace: Namespace, netns: Netns, marks: _Marks, words: Words) -> Iterator[Element]:
    """Yield the links that lead out of the host, and what has no other place."""
    for link in namespace.links:
        if not is_uplink(network, netns, link):
            continue
        shown, kind = marks.on(("host", link.name))
        addresses = (prefix_text(each.value, each.prefix_length, each.version) for each in namespace.addresses
                     if each.link == link.name)  # fmt: skip
        down = None if link.up else element("span", words(message("down")), class_="bad")
        yield element("span", *shown, element("code", link.name), " ", " ".join(addresses), down, class_=f"chip {kind}")


def _other_bridges(namespace: Namespace, known: set[str | None], marks: _Marks) -> Iterator[Element]:
    for link in namespace.links:
        if link.kind == "bridge" and link.name not in known:
            shown, kind = marks.on(("host", link.name))
            yield element("span", *shown, element("code", link.name), class_=f"chip {kind}")


def _network(host: Host, network: DockerNetwork, marks: _Marks, words: Words) -> Element:
    shown, kind = marks.on(("host", network.bridge or ""))
    subnets = " ".join(prefix_text(each.network, each.prefix_length, each.version) for each in network.subnets)
    heading = element(
        "h3", *shown, words(message("network {name} ({driver})", name=network.name, driver=network.driver)), " ",
        element("code", network.bridge) if network.bridge else None, " ", element("span", subnets, class_="faint"),
    )  # fmt: skip
    inside = (_container(container, endpoint, marks, words) for container, endpoint in _on(host, network))
    return element("div", heading, *inside, class_=f"net {kind}")


def _container(container: Container, endpoint: Endpoint | None, marks: _Marks, words: Words) -> Element:
    shown, kind = marks.on((container.netns or f"container:{container.name}", ""))
    addresses = [*_addresses(endpoint)] if endpoint is not None else []
    ports = dict.fromkeys(_port(each) for each in container.bindings if each.actual)
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
    """Return ``8151 → 80/tcp``; with the address if it is not published on all of them."""
    at = "" if binding.host_ip is None else f"{address_text(binding.host_ip, binding.version)}:"
    return f"{at}{binding.host_port} → {binding.container_port}/{binding.protocol}"
