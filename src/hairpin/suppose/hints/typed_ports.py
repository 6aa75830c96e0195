"""Hints from the numbers of typed port mappings (``-p 6380:6380``): a port of a service that speaks UDP, a port that
the image does not have, a port inside the container that a person asks on the host, a mapping beside the host's
network, and a port that only root may open.

Source: the images' pages on Docker Hub; the services' documentation
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from hairpin.evidence.told import ToldParts
from hairpin.host.docker import Container
from hairpin.host.host import Host
from hairpin.host.known_ports import every_port_of_image
from hairpin.message import message
from hairpin.network.flow import Flow
from hairpin.sought import Sought
from hairpin.suppose.hints.hint import Hinted, Prose
from hairpin.suppose.hints.told_names import SURE
from hairpin.suppose.parts import inside_command
from hairpin.words.pattern import sought

_UDP = {
    67: "DHCP", 69: "TFTP", 123: "NTP", 161: "SNMP", 162: "SNMP", 500: "IPsec", 1645: "RADIUS", 1646: "RADIUS",
    1701: "L2TP", 1812: "RADIUS", 1813: "RADIUS", 1900: "SSDP", 2055: "NetFlow", 2302: "DayZ", 2303: "Arma",
    2456: "Valheim", 2457: "Valheim", 3671: "KNX", 3702: "WS-Discovery", 4500: "IPsec", 5353: "mDNS", 5683: "CoAP",
    6343: "sFlow", 8125: "StatsD", 8211: "Palworld", 9987: "TeamSpeak", 16261: "Project Zomboid", 19132: "Minecraft",
    19133: "Minecraft", 20777: "F1", 24454: "Simple Voice Chat", 27015: "Source", 27016: "Source", 27960: "Quake",
    28015: "Rust", 34197: "Factorio", 41641: "Tailscale", 47808: "BACnet", 51820: "WireGuard", 51821: "WireGuard",
}  # fmt: skip
"""Ports of services whose clients use UDP."""
_MOSTLY_UDP = {
    53: ("DNS", sought(r"\b(?:dig|nslookup|dns|pi-?hole|adguard|unbound|bind9|dnsmasq|resolv\w*)\b|域名|解析")),
    514: ("syslog", sought(r"\b(?:syslog|rsyslog|graylog|logger|promtail)\b")),
    1194: ("OpenVPN", sought(r"\bopenvpn\b")),
    3478: ("STUN", sought(r"\b(?:stun|turn|coturn|webrtc)\b")),
    5060: ("SIP", sought(r"\b(?:sip|asterisk|freeswitch|freepbx|voip|kamailio)\b")),
    7777: ("game", sought(r"\b(?:ark|satisfactory|unturned|conan|unreal)\b")),
    12201: ("GELF", sought(r"\bgelf\b")),
    15000: ("Satisfactory", sought(r"\bsatisfactory\b")),
    64738: ("Mumble", sought(r"\bmumble\b|\bmurmur\b")),
}
"""Ports of services that speak UDP and TCP, or that share a number with others, with the words that name them."""
_MAPPING = Sought(
    r"(?:(?<=-p)|(?<=-p[ =])|(?<=--publish[ =])|(?<=- )|(?<=[\"'\[ ]))(?:\d+\.\d+\.\d+\.\d+:)?"
    r"(?P<outer>\d{2,5}):(?P<inner>\d{2,5})(?P<protocol>/\w+)?(?=[\s\"'\],`]|$)",
    re.MULTILINE,
)
_URL = r"https?://(?:0\.0\.0\.0|localhost|127\.0\.0\.1|\[::1?\]):{port}(?!\d)"
_ROOTLESS = sought(
    r"\brootless\w*|\bslirp4netns\b|\bpasta\b|^[^#\n]{0,40}\$ (?:podman|nerdctl)|(?<!sudo[ ])\bpodman (?:run|create"
    r"|play|kube|start|pod)\b|\buid=1\d{3}\b|systemctl --user"
)
_DENIED = sought(r"permission denied|operation not permitted|\bEACCES\b|\bEPERM\b|权限不够|权限不足")
_AS_ROOT = sought(r"\bsudo (?:podman|nerdctl|docker)\b|\b(?:run|running|as) (?:as )?root\b|^#\s+podman|root@")
_FIRST_FREE = 1024
_NOT_STARTED = sought(r"address already in use|already allocated|failed to bind|Bind for \S+ failed")
_STACKED = Sought(r"\b(?:mac|ip)vlan")
"""Matches the name of a network whose containers publish no ports."""
_SYSCTL = "sysctl net.ipv4.ip_unprivileged_port_start; id -u; podman info --format '{{.Host.Security.Rootless}}'"


class _Mapping(NamedTuple):
    """A typed mapping of a TCP port; ``container``: None if the text shows no container; ``place``: in the text, or
    -1."""

    outer: int
    inner: int
    container: Container | None
    place: int


def published_without_udp(prose: Prose, host: Host, told: ToldParts) -> Iterator[Hinted]:
    """Yield the hint that the port of a UDP service is published for TCP alone, which is what a mapping without
    ``/udp`` does."""
    if _NOT_STARTED.search(prose.text) is not None:
        return
    for each in _mappings(prose, host, told):
        service = _UDP.get(each.inner, "")
        if not service and each.inner in _MOSTLY_UDP:
            name, said = _MOSTLY_UDP[each.inner]
            service = name if said.search(prose.text) is not None else ""
        if not service or _is_for_udp(each.inner, prose, host):
            continue
        means = message(
            "Clients of port {port} ({service}) send UDP, and a mapping without /udp publishes TCP alone",
            port=each.inner, service=service,
        )  # fmt: skip
        shows = message("the line of the container has {port}/tcp and no {port}/udp", port=each.inner)
        name = each.container.name if each.container is not None else "CONTAINER"
        command = f"docker port {name}; sudo ss -lnup"
        yield Hinted(
            "published-protocol-mismatch", SURE, means, *_line(prose, each.place), command=command, shows=shows
        )
        return


def _is_for_udp(port: int, prose: Prose, host: Host) -> bool:
    bound = any(
        binding.protocol == "udp" and binding.container_port == port
        for container in host.containers()
        for binding in container.bindings
    )
    return bound or re.search(rf"\b{port}/udp\b|protocol:\s*udp|--net(?:work)?[= ]host", prose.text) is not None


def image_has_other_port(prose: Prose, host: Host, told: ToldParts, flows: Iterable[Flow]) -> Iterator[Hinted]:
    """Yield the hint that a mapping leads to a port inside a container on which the well-known service of the image
    does not listen: both numbers were changed, and only the first one is a free choice."""
    asked = {(each.container, each.dport) for each in flows if each.container}
    if _STACKED.search(prose.text) is not None:
        return
    for container in host.containers():
        own = every_port_of_image(container.image)
        inner = {each.container_port for each in container.bindings if each.protocol == "tcp"}
        is_told = container.name in told.typed | told.containers and container.network_mode != "host"
        if not is_told or not own or not inner or inner & own:
            continue
        for each in container.bindings:
            led = (container.name, each.host_port) in asked or (container.name, each.container_port) in asked
            if not led or _is_set(each.container_port, prose):
                continue
            means = message(
                "The image {image} listens on port {own}, and the mapping leads to port {port} inside, where nobody "
                "listens: only the number before the colon is a free choice ({outer}:{own})",
                image=container.image, own=min(own), port=each.container_port, outer=each.host_port,
            )  # fmt: skip
            shows = message("a line shows port {port}, and no line shows port {other}",
                            port=min(own), other=each.container_port)  # fmt: skip
            place = prose.text.find(f"{each.host_port}:{each.container_port}")
            command = inside_command(container.name)
            yield Hinted(
                "service-listens-on-other-port", SURE, means, *_line(prose, place), command=command, shows=shows
            )
            return


def _is_set(port: int, prose: Prose) -> bool:
    """Return whether the text gives the service itself this port, by an option, a setting or a line of its log."""
    said = rf"(?:--port[= \",']+|\bport |PORT\w*[\"']?\s*[:=]\s*[\"']?|[Ll]isten\w*[^\n]{{0,40}}[\s:]){port}\b"
    return re.search(said, prose.text) is not None


def printed_inner_port(prose: Prose, host: Host, told: ToldParts) -> Iterator[Hinted]:
    """Yield the hint that a person opens the address that the program in the container has printed, while the port is
    published as another one."""
    for each in _mappings(prose, host, told):
        if each.outer == each.inner:
            continue
        printed = re.search(_URL.format(port=each.inner), prose.text)
        asks_outer = re.search(rf":{each.outer}(?![\d:])", prose.text) is not None
        fails_elsewhere = any(one.failed and one.port not in (None, each.inner) for one in told.outcomes)
        if printed is None or asks_outer or fails_elsewhere:
            continue
        means = message(
            "The program prints its address inside the container: port {inner}. On the host its port is {outer}: ask "
            "localhost:{outer}", inner=each.inner, outer=each.outer,
        )  # fmt: skip
        shows = message("the line of the container has {outer}->{inner}/tcp", outer=each.outer, inner=each.inner)
        command = f"docker ps; curl -sv http://localhost:{each.outer}/"
        yield Hinted(
            "port-not-published", SURE - 2, means, *prose.line_at(printed.start()), command=command, shows=shows
        )
        return


def ports_on_the_hosts_network(prose: Prose, host: Host, told: ToldParts, flows: Iterable[Flow]) -> Iterator[Hinted]:
    """Yield the hint that a typed mapping to another number has no effect, because its container is on the host's
    network, and that the mapped port of the host is asked."""
    asked = {each.dport for each in flows}
    for container in host.containers():
        if container.network_mode != "host" or container.name not in told.typed | told.containers:
            continue
        for each in container.bindings:
            if each.host_port in asked and each.host_port != each.container_port:
                means = message(
                    "With --network host the option -p has no effect: {name} listens at the host on its own port, and "
                    "not on {outer}", name=container.name, outer=each.host_port,
                )  # fmt: skip
                place = prose.text.find(f"{each.host_port}:{each.container_port}")
                yield Hinted("host-network-ignores-ports", SURE, means, *_line(prose, place))
                return


def only_for_root(prose: Prose, host: Host, told: ToldParts) -> Iterator[Hinted]:
    """Yield the hint that a rootless engine may not open the low port of a mapping."""
    denied = _DENIED.search(prose.text)
    is_podman = any(engine.kind == "podman" for engine in host.engines)
    if denied is None or not (is_podman or _ROOTLESS.search(prose.text)) or _AS_ROOT.search(prose.text) is not None:
        return
    port = next((each.outer for each in _mappings(prose, host, told) if 0 < each.outer < _FIRST_FREE), None)
    if port is None:
        return
    means = message(
        "A rootless engine may not open port {port} of the host: ports below 1024 are privileged "
        "(net.ipv4.ip_unprivileged_port_start). Publish a higher port, or lower the limit with sysctl",
        port=port,
    )  # fmt: skip
    shows = message("ip_unprivileged_port_start is above {port}, and the user is not root", port=port)
    yield Hinted("", SURE, means, *prose.line_at(denied.start()), command=_SYSCTL, shows=shows)


def _mappings(prose: Prose, host: Host, told: ToldParts) -> Iterator[_Mapping]:
    """Yield the mappings of TCP ports that the text shows: of told containers, and in words."""
    for container in host.containers():
        if container.name in told.typed | told.containers and container.network_mode != "host":
            for each in container.bindings:
                if each.protocol == "tcp" and each.host_port:
                    yield _Mapping(each.host_port, each.container_port, container, -1)
    for found in _MAPPING.finditer(prose.text):
        if found["protocol"] in (None, "/tcp"):
            yield _Mapping(int(found["outer"]), int(found["inner"]), None, found.start())


def _line(prose: Prose, place: int) -> tuple[int, str]:
    return prose.line_at(place) if place >= 0 else (0, "")
