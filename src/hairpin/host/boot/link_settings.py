"""A link's settings in a manager's files: addresses, routes, policy rules, sysctls, and its bridge.

``of_network_file`` reads systemd-networkd's files.  The module ``keyfile`` reads NetworkManager's files.

Source: systemd.network(5), nm-settings-keyfile(5)
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Literal, ParamSpec, TypeVar, get_args

import msgspec

from hairpin.host.boot.systemd_network import Section, UnitFile, is_true
from hairpin.host.link import Address
from hairpin.host.read.ip.address_text import interface_address, network, number
from hairpin.host.route import TABLE_MAIN, NextHop, PolicyRule, Route, RouteType
from hairpin.host.sysctl import Path
from hairpin.netfilter.address import Version, parse_address
from hairpin.netfilter.protocols import protocol_number

_METRIC6 = 1024
"""The kernel's IP6_RT_PRIO_USER: the metric of an IPv6 route that is added without a metric."""
TableNumber = Callable[[str], int]


class LinkSettings(msgspec.Struct, frozen=True):
    """The settings of a link.  ``dhcp``: the IP versions for which the link also gets addresses and routes by DHCP.
    ``accepts_ra``: whether the link gets IPv6 addresses and routes from router advertisements.  ``bridge``: the bridge
    of which the link is a port."""

    link: str
    file: str
    addresses: tuple[Address, ...] = ()
    routes: tuple[Route, ...] = ()
    rules: tuple[PolicyRule, ...] = ()
    dhcp: tuple[Version, ...] = ()
    accepts_ra: bool = False
    mtu_bytes: int | None = None
    bridge: str | None = None
    values: tuple[tuple[Path, str], ...] = ()


Forwarding = tuple[bool | None, bool | None]
"""The settings of IPv4 forwarding and of IPv6 forwarding; None for a setting that is not given."""


def of_network_file(
    file: UnitFile, link: str, systemd: int, table: TableNumber, shared: Forwarding = (None, None)
) -> LinkSettings:
    """Return the link's settings in a ``.network`` file.  ``systemd``: the version of networkd.  ``shared``: the
    forwarding settings in networkd.conf."""
    addresses = tuple(_addresses(file, link))
    routes = tuple(_routes(file, link, table))
    mtu = file.value("Link", "MTUBytes")
    return LinkSettings(
        link=link,
        file=file.path,
        addresses=addresses,
        routes=routes,
        rules=tuple(_rules(file, table)),
        dhcp=_dhcp(file),
        accepts_ra=_accepts_ra(file, systemd, shared),
        mtu_bytes=int(mtu) if mtu is not None and mtu.isdigit() else None,
        bridge=file.value("Network", "Bridge"),
        values=tuple(_values(file, link, systemd, shared)),
    )


_P = ParamSpec("_P")
_T = TypeVar("_T")


def read_or_none(make: Callable[_P, _T], *args: _P.args, **named: _P.kwargs) -> _T | None:
    """Return the result of ``make``; None if a text is malformed. networkd ignores a malformed entry."""
    try:
        return make(*args, **named)
    except (ValueError, LookupError):
        return None


def _addresses(file: UnitFile, link: str) -> Iterator[Address]:
    alone = tuple(Section("Address", (("Address", text),)) for text in file.values("Network", "Address"))
    for section in (*alone, *file.sections_of("Address")):
        found = read_or_none(_address, section.value("Address") or "", link, section)
        yield from [found] if found is not None else []


def _address(text: str, link: str, section: Section) -> Address:
    version, value, length = interface_address(text)
    peer, broadcast = section.value("Peer"), section.value("Broadcast")
    computed = value | 0xFFFFFFFF >> length if version == 4 and length < 31 and peer is None else None
    if broadcast is not None:
        computed = computed if is_true(broadcast) else parse_address(broadcast)[1] if "." in broadcast else None
    return Address(
        link, version, value, length, scope=section.value("Scope") or "global", broadcast=computed,
        peer=interface_address(peer)[1] if peer else None,
        noprefixroute=section.value("AddPrefixRoute") is not None and not is_true(section.value("AddPrefixRoute")),
    )  # fmt: skip


def _routes(file: UnitFile, link: str, table: TableNumber) -> Iterator[Route]:
    alone = tuple(Section("Route", (("Gateway", text),)) for text in file.values("Network", "Gateway"))
    for section in (*alone, *file.sections_of("Route")):
        given = (section.value("Gateway") or "").startswith("_")
        found = read_or_none(_route, section, link, table) if not given else None
        yield from [found] if found is not None else []


def _route(section: Section, link: str, table: TableNumber) -> Route:
    gateway_text, destination_text = section.value("Gateway"), section.value("Destination")
    gateway = parse_address(gateway_text) if gateway_text is not None else None
    version: Version = (
        parse_address(destination_text.partition("/")[0])[0] if destination_text else gateway[0] if gateway else 4
    )
    destination, length = network(destination_text, version) if destination_text else (0, 0)
    metric, source, mtu = (section.value(key) for key in ("Metric", "PreferredSource", "MTUBytes"))
    kind = _ROUTE_TYPES[section.value("Type") or "unicast"]
    hop = NextHop(
        link if kind == "unicast" else None, gateway[1] if gateway else None, gateway[0] if gateway else None,
        onlink=is_true(section.value("GatewayOnLink")),
    )  # fmt: skip
    scope = section.value("Scope") or ("link" if gateway is None and version == 4 and kind == "unicast" else "global")
    return Route(
        version, destination, length, table(section.value("Table") or str(TABLE_MAIN)),
        type=kind, next_hops=(hop,) if hop.link else (),
        metric=int(metric) if metric else _METRIC6 if version == 6 else 0,
        prefsrc=parse_address(source)[1] if source else None, protocol=section.value("Protocol") or "static",
        scope=scope, mtu_bytes=int(mtu) if mtu and mtu.isdigit() else None,
    )  # fmt: skip


def _rules(file: UnitFile, table: TableNumber) -> Iterator[PolicyRule]:
    for section in file.sections_of("RoutingPolicyRule"):
        for version in read_or_none(_versions, section) or ():
            found = read_or_none(_rule, section, version, table)
            yield from [found] if found is not None else []


_FAMILIES: Mapping[str, tuple[Version, ...]] = {"ipv4": (4,), "ipv6": (6,), "both": (4, 6)}


def _versions(section: Section) -> tuple[Version, ...]:
    """Return the IP versions of a rule: only IPv4 if the rule has neither an address nor a family."""
    named = [text for key in ("From", "To") if (text := section.value(key))]
    if named:
        return (parse_address(named[0].partition("/")[0])[0],)
    return _FAMILIES[section.value("Family") or "ipv4"]


def _rule(section: Section, version: Version, table: TableNumber) -> PolicyRule:
    source, to, suppress, protocol = (
        section.value(key) for key in ("From", "To", "SuppressPrefixLength", "IPProtocol")
    )
    action = _ACTIONS[section.value("Type") or "table"]
    return PolicyRule(
        version, int(section.value("Priority") or 0), action=action,
        table=table(section.value("Table") or str(TABLE_MAIN)) if action == "table" else None,
        source=network(source, version) if source else None, destination=network(to, version) if to else None,
        iif=section.value("IncomingInterface"), oif=section.value("OutgoingInterface"),
        mark=_mark(section.value("FirewallMark")), inverted=is_true(section.value("InvertRule")),
        sports=_ports(section.value("SourcePort")), dports=_ports(section.value("DestinationPort")),
        protocol=protocol_number(protocol) if protocol else None,
        suppress_prefix_length=int(suppress) if suppress else None,
    )  # fmt: skip


_ACTIONS: Mapping[str, Literal["table", "blackhole", "unreachable", "prohibit"]] = {
    "table": "table", "blackhole": "blackhole", "unreachable": "unreachable", "prohibit": "prohibit",
}  # fmt: skip
_ROUTE_TYPES: Mapping[str, RouteType] = {each: each for each in get_args(RouteType)}


def _mark(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    value, slash, mask = text.partition("/")
    return number(value), number(mask) if slash else 0xFFFFFFFF


def _ports(text: str | None) -> tuple[int, int] | None:
    first, _, last = (text or "").partition("-")
    return (int(first), int(last or first)) if first else None


def _dhcp(file: UnitFile) -> tuple[Version, ...]:
    text = (file.value("Network", "DHCP") or "no").lower()
    return (
        (4, 6)
        if is_true(text) or text == "both"
        else (4,)
        if text in ("ipv4", "v4")
        else (6,)
        if text == "ipv6"
        else ()
    )


def _has_link_local(file: UnitFile) -> bool:
    """Return whether the link gets an IPv6 link-local address.  By default every link gets such an address, except a
    bridge port."""
    told = (file.value("Network", "LinkLocalAddressing") or "").lower()
    return is_true(told) or told == "ipv6" or (not told and file.value("Network", "Bridge") is None)


def _accepts_ra(file: UnitFile, systemd: int, shared: Forwarding) -> bool:
    """Return whether the link accepts router advertisements.  By default a link accepts advertisements unless it
    forwards IPv6."""
    told = file.value("Network", "IPv6AcceptRA")
    return is_true(told) if told is not None else not _forwarding(file, systemd, shared)[1]


def _values(file: UnitFile, link: str, systemd: int, shared: Forwarding) -> Iterator[tuple[Path, str]]:
    """Yield the sysctls that networkd writes when it configures the link, in the order in which it writes them.

    Up to version 255 ``IPForward=`` switches forwarding on for all interfaces, and never off.  Since version 256
    ``IPForward=`` does nothing (measured), and ``IPv4Forwarding=`` and ``IPv6Forwarding=`` switch forwarding of the
    link on or off.
    Source: networkd-sysctl.c
    """
    own4, own6 = (("net", family, "conf", link) for family in ("ipv4", "ipv6"))
    if 4 in _dhcp(file) and (link != "lo" or systemd < _OF_LINK):  # measured: networkd 252 sets it for lo, 257 does not
        yield (*own4, "promote_secondaries"), "1"
    yield (*own6, "addr_gen_mode"), "0" if _has_link_local(file) and link != "lo" else "1"
    if link == "lo":
        return
    for key, name in _FLAGS:
        text = file.value("Network", key)
        if text is not None:
            yield (*own4, name), "1" if is_true(text) else "0"
    of_link = _forwarding(file, systemd, shared)
    of_host = of_link if systemd < _OF_LINK else _masquerades(file)
    for wanted, told, path in zip(of_host, shared, _OF_HOST, strict=True):
        if wanted and (told is None or systemd < _OF_LINK):
            yield path, "1"
    if systemd >= _OF_LINK:
        for each, own in zip(of_link, (own4, own6), strict=True):
            if each is not None:
                yield (*own, "forwarding"), "1" if each else "0"
    privacy = (file.value("Network", "IPv6PrivacyExtensions") or "no").lower()
    if privacy != "kernel":
        yield (*own6, "use_tempaddr"), "1" if privacy == "prefer-public" else "2" if is_true(privacy) else "0"
    yield (*own6, "accept_ra"), "0"
    yield (*own6, "proxy_ndp"), "1" if is_true(file.value("Network", "IPv6ProxyNDP")) else "0"
    reverse = (file.value("Network", "IPv4ReversePathFilter") or "").lower()
    if reverse in _REVERSE_PATH:
        yield (*own4, "rp_filter"), _REVERSE_PATH[reverse]


_FLAGS = (("IPv4ProxyARP", "proxy_arp"), ("IPv4AcceptLocal", "accept_local"), ("IPv4RouteLocalnet", "route_localnet"))
_REVERSE_PATH = {"no": "0", "strict": "1", "loose": "2"}


_OF_LINK = 256
"""The systemd version since which forwarding is a setting of each link."""
_OF_HOST: tuple[Path, Path] = (("net", "ipv4", "ip_forward"), ("net", "ipv6", "conf", "all", "forwarding"))


def of_host_forwarding(shared: Forwarding, systemd: int) -> Iterator[tuple[Path, str]]:
    """Yield the sysctls that networkd.conf sets for the whole host when networkd starts."""
    for told, path in zip(shared, _OF_HOST, strict=True):
        if told is not None and systemd >= _OF_LINK:
            yield path, "1" if told else "0"


def _forwarding(file: UnitFile, systemd: int, shared: Forwarding) -> Forwarding:
    masquerades = _masquerades(file)
    if systemd < _OF_LINK:
        text = (file.value("Network", "IPForward") or "").lower()
        return masquerades[0] or is_true(text) or text == "ipv4", masquerades[1] or is_true(text) or text == "ipv6"
    texts = (file.value("Network", "IPv4Forwarding"), file.value("Network", "IPv6Forwarding"))
    own = (is_true(text) if text is not None else None for text in texts)
    first, second = (
        told if told is not None else True if masked else common
        for told, masked, common in zip(own, masquerades, shared, strict=True)
    )
    return first, second


def _masquerades(file: UnitFile) -> tuple[bool, bool]:
    """Return whether networkd masquerades the link's IPv4 packets, and whether it masquerades the link's IPv6 packets.
    Masquerading implies forwarding."""
    text = (file.value("Network", "IPMasquerade") or "no").lower()
    return is_true(text) or text in ("ipv4", "both"), text in ("ipv6", "both")
