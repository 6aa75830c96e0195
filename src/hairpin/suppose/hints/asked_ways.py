"""Hints about the asked flow itself: a client in a container that asks its own loopback, the bridge's own address, an
address of its own link's range, ::1 without IPv6, or a port of the host that ufw does not open."""

import re
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv4Network

from hairpin.evidence.reading import HOST, Evidence
from hairpin.evidence.told import Outcome, ToldParts
from hairpin.host.host import Host
from hairpin.message import message
from hairpin.network.flow import Flow, FromContainer
from hairpin.pasted.forms.outcomes.outcome import is_loopback
from hairpin.sought import Sought
from hairpin.suppose.asked import HOST_PORTS
from hairpin.suppose.hints.hint import Hinted, Prose
from hairpin.suppose.hints.told_names import SURE
from hairpin.suppose.parts import inside_command
from hairpin.words.hints import said_by_name
from hairpin.words.pattern import sought

_OWN_RANGES = (
    ("slirp4netns", sought(r"\bslirp4netns\b|\brootless\b"), IPv4Network("10.0.2.0/24")),
    ("Docker Desktop", sought(r"\bdocker desktop\b"), IPv4Network("192.168.65.0/24")),
    ("Lima", sought(r"\b(?:colima|lima|rancher desktop)\b"), IPv4Network("192.168.5.0/24")),
)
"""The ranges of networks that exist only between a container or a virtual machine and a program beside it."""
_OWN_PARTS = frozenset((0, 1, 2, 3, 4, 15, 100, 254, 255))
"""The last parts of the addresses that these programs have themselves: gateway, name server, host, guest."""
_UFW_PORT = Sought(r"(?<![\d./])(?P<first>\d{1,5})(?::(?P<last>\d{1,5}))?(?![\d.])(?:/\w+)?")
_UFW_ROW = Sought(r"^(?:\[ ?\d+\] )?(?P<to>\S.*?)\s+(?:ALLOW|LIMIT)\b", re.MULTILINE)
_ANY = Sought(r"Anywhere(?: \(v6\))?\s*$")
_ALLOWS = Sought(r"^Default: allow \(incoming\)", re.MULTILINE)
_RESOLVER = (
    r"(?:aardvark(?:-dns)?|dnsmasq|resolver|name ?servers?|dns(?: server)?|docker0|podman\d|cni-podman\d|bridge"
    r"|gateway)\b[^\n]{0,50}?"
)
_PORTS_USED_UP = 8
"""The weight if the target is 127.0.0.1.  Each namespace has this address, so most often no source port is left."""


def asks_itself(told: ToldParts, flows: Iterable[Flow]) -> Iterator[Hinted]:
    """Yield the hint that the asked client is in a container and asks its own loopback address, where the text shows
    that it is refused."""
    for flow in flows:
        name = flow.start.name if isinstance(flow.start, FromContainer) else ""
        if not name or not _is_loopback(flow) or (f"container:{name}", "sockets") in told.parts:
            continue
        for each in told.outcomes:
            if each.result == "refused" and is_loopback(each.host) and each.port == flow.dport:
                means = message("In a container, localhost is the container itself: the client asks itself")
                shows = message("no line has port {port}", port=flow.dport)
                yield Hinted("loopback-is-the-container", SURE, means, each.line, each.target,
                    command=inside_command(name), shows=shows)  # fmt: skip
                return


def asks_without_address(told: ToldParts) -> Iterator[Hinted]:
    """Yield the hint that a client has no address of its own with which it can ask its loopback: localhost is ::1, too,
    and a container without IPv6 has no such address.

    Source: connect(2) to ::1 in a namespace with net.ipv6.conf.all.disable_ipv6 = 1; net/ipv6/addrconf.c
    ipv6_dev_get_saddr()"""
    for each in told.outcomes:
        if each.result == "not-here" and is_loopback(each.host) and each.origin != HOST:
            name = each.origin.removeprefix("container:")
            command = inside_command(name) if name else "docker compose config; docker ps"
            means = message("In a container, localhost is the container itself: the client asks itself")
            shows = message("the client runs in a container, and its settings name localhost as the target")
            weight = _PORTS_USED_UP if each.host.startswith("127.") else SURE
            yield Hinted(
                "loopback-is-the-container", weight, means, each.line, each.target, command=command, shows=shows
            )
            return


def _is_loopback(flow: Flow) -> bool:
    return flow.version == 4 and IPv4Address(flow.daddr).is_loopback


def asks_the_bridge(prose: Prose, told: ToldParts, flows: Iterable[Flow]) -> Iterator[Hinted]:
    """Yield the hint that the asked client is in a container and asks the address that, as the text says, the engine's
    resolver or the bridge has.  Such packets pass INPUT of the host."""
    failed: list[Outcome] = [each for each in told.outcomes if each.failed]
    if not failed or all(each.result in ("refused", "reset", "empty") for each in failed):
        return
    for flow in flows:
        if not isinstance(flow.start, FromContainer) or flow.version != 4 or flow.container:
            continue
        address = str(IPv4Address(flow.daddr))
        said = sought(rf"\b{_RESOLVER}(?<![\d.]){re.escape(address)}(?![\d/]|\.\d)").search(prose.text)
        if said is not None:
            number, quote = prose.line_at(said.start())
            yield Hinted("input-drops-host-service", 24, said_by_name("input"), number, quote)
            return


def asks_inside_a_machine(prose: Prose, told: ToldParts, flows: Iterable[Flow]) -> Iterator[Hinted]:
    """Yield the hint that a client asks an address in a range that slirp4netns or the engine's virtual machine uses for
    its own clients: they look for the address on their own link."""
    asked = [IPv4Address(each.daddr) for each in flows if each.version == 4]
    asked += [IPv4Address(each.host) for each in told.outcomes if each.failed and _is_ipv4(each.host)]
    for program, pattern, subnet in _OWN_RANGES:
        found = pattern.search(prose.text)
        inside = [each for each in asked if each in subnet]
        other = next((each for each in inside if int(each) & 0xFF not in _OWN_PARTS), None)
        if found is None or other is None:
            continue
        means = message(
            "{program} uses {range} for its own network, so a container looks for {address} on its own link, and never "
            "reaches the machine that has this address. Give {program} another range",
            program=program, range=str(subnet), address=str(other),
        )  # fmt: skip
        shows = message("the range of the container's or of the machine's own link covers the address")
        command = f"podman info; docker context ls; ip route get {other}; ip addr"
        number, quote = prose.line_at(found.start())
        yield Hinted("", SURE, means, number, quote, command=command, shows=shows)
        return


def _is_ipv4(text: str) -> bool:
    try:
        return bool(IPv4Address(text))
    except ValueError:
        return False


def closed_by_ufw(evidence: Iterable[Evidence], host: Host, flows: Iterable[Flow]) -> Iterator[Hinted]:
    """Yield the hint that ufw is active and lists no rule for the asked port, on which a service of the host itself
    listens.  A published port is not asked here, because its packets do not pass INPUT."""
    on_host = {port for each in host.containers() if each.network_mode == "host" for port in _ports_of(each.exposed)}
    asked = [each.dport for each in flows if not each.container and each.protocol != "icmp"]
    asked = [each for each in asked if each in HOST_PORTS or each in on_host]
    for reading in (each for one in evidence for each in one.all("ufw-status") if each.netns in ("", HOST)):
        if "Status: active" not in reading.text or _ALLOWS.search(reading.text) is not None:
            continue
        rows = [each["to"] for each in _UFW_ROW.finditer(reading.text)]
        for port in asked:
            if not any(_opens(each, port) for each in rows):
                means = message("ufw is active and opens no port {port}: INPUT drops its packets", port=port)
                shows = message("no row allows port {port}", port=port)
                command = "sudo ufw status verbose; sudo iptables-save"
                yield Hinted("input-drops-host-service", 26, means, command=command, shows=shows)
                return


def _ports_of(exposed: Iterable[tuple[str, int]]) -> Iterator[int]:
    yield from (port for _, port in exposed)


def _opens(to: str, port: int) -> bool:
    """Return whether a row of ufw's status is about the port: by its number, by a range, or by all ports.  A row with
    the name of an application may be about any port."""
    if _ANY.match(to) is not None:
        return True
    ranges = [(int(each["first"]), int(each["last"] or each["first"])) for each in _UFW_PORT.finditer(to)]
    if not ranges:
        return "openssh" not in to.lower() or port == 22
    return any(first <= port <= last for first, last in ranges)
