"""The host's own namespace: its links, addresses, routes, policy rules and sysctls, as on an ordinary host."""

from collections.abc import Iterator
from typing import Literal

import msgspec

from hairpin.change.simulation.addresses import with_address
from hairpin.evidence.reading import HOST
from hairpin.evidence.told import ToldParts
from hairpin.host.docker import STACKED
from hairpin.host.host import Host, Namespace
from hairpin.host.link import Address, BridgeInfo, BridgePort, Link, is_bridge_by_name
from hairpin.host.route import TABLE_DEFAULT, TABLE_LOCAL, TABLE_MAIN, NextHop, PolicyRule, Route
from hairpin.host.sysctl import SYSCTLS, Path, Sysctls
from hairpin.netfilter.address import Version, width
from hairpin.network.prefix import is_loopback
from hairpin.sought import Sought
from hairpin.suppose.simulated import with_namespace

_replace = msgspec.structs.replace
_UPLINK = "eth0"
_LENGTH = 24
_UNKNOWN = "UNKNOWN"
"""The state of a link whose line in the listing shows none."""


def with_own_parts(own: Namespace, told: ToldParts, host: Host, address: int) -> Namespace:
    if (HOST, "links") in told.parts:
        own = _with_kinds(own, host)
    else:
        own = _with_published_addresses(_with_links(own, host, address), host)
    return _replace(with_lookups(own, told, _uplinks(own, host)), kernel=host.kernel, unread=())


def _uplinks(own: Namespace, host: Host) -> tuple[Link, ...]:
    """Return the links that may lead out of the host.  Links that are probably network cards come first."""
    bridges = {network.bridge for engine in host.engines for network in engine.networks}
    parents = _parents(host)
    found = [
        each
        for each in own.links
        if each.name != "lo"
        and each.master is None
        and each.name not in bridges
        and (each.name in parents or not is_bridge_by_name(each.name))
        and each.kind not in _INNER
    ]
    return tuple(sorted(found, key=lambda each: each.kind != ""))


_INNER = frozenset({"vxlan", "geneve", "wireguard", "dummy", "tun", "ipip", "gre", "sit", "ifb"})
"""The kinds of links that lead to a network inside or on top of the host's own network, or to no network."""


_VERSIONS: tuple[Version, ...] = (4, 6)


def with_lookups(own: Namespace, told: ToldParts, uplinks: tuple[Link, ...]) -> Namespace:
    """Return the namespace.  If no text lists its routes or policy rules, it gets ordinary ones.  ``uplinks``: the
    links by which a default route may lead."""
    local_of_addresses = not any(each.table == TABLE_LOCAL for each in own.routes)
    if (own.name, "routes4") not in told.parts or local_of_addresses:
        own = _with_routes(own, told, uplinks)
    if (own.name, "rules4") not in told.parts:
        own = _replace(own, rules=(*(each for each in own.rules if each.version != 4), *own_rules(4)))
    if (own.name, "rules6") not in told.parts:
        own = _replace(own, rules=(*(each for each in own.rules if each.version != 6), *own_rules(6)))
    return own


def own_rules(version: Literal[4, 6]) -> tuple[PolicyRule, ...]:
    """Return the policy rules that the kernel has at its start."""
    tables = ((0, TABLE_LOCAL), (32766, TABLE_MAIN), *(((32767, TABLE_DEFAULT),) if version == 4 else ()))
    return tuple(PolicyRule(version, priority, table=table) for priority, table in tables)


def _with_links(own: Namespace, host: Host, address: int) -> Namespace:
    """Return the namespace with a loopback link, and with an uplink that has an address.  Links that routes name are
    added, too, and the parents of macvlan and ipvlan networks."""
    default = next((hop for each in own.routes if not each.prefix_length for hop in each.next_hops if hop.link), None)
    parents = [each for each in _parents(host) if each and _IS_NAME.fullmatch(each) is not None]
    usual = parents[0] if len(parents) == 1 else _uplink_of_switches(own)
    uplink = default.link if default is not None and default.link else usual
    links = list(own.links)
    known = {each.name for each in links}
    led = (hop.link for each in own.routes for hop in each.next_hops if hop.link)
    made = _bridges_to_make(own, host)
    named = dict.fromkeys(("lo", uplink, *(each for each in (*led, *parents) if each not in made)))
    for name in named:
        if name not in known:
            links.append(_link(max((each.index for each in links), default=0) + 1, name))
    own = _replace(own, links=tuple(links))
    if not any(each.link == "lo" for each in own.addresses):
        own = _replace(own, addresses=(Address("lo", 4, 0x7F00_0001, 8, "host"), *own.addresses))
    for each in named:
        if each != "lo" and not any(one.link == each for one in own.addresses):
            own = _with_supposed_address(own, each, address if each == uplink else None)
    return own


def _bridges_to_make(own: Namespace, host: Host) -> frozenset[str]:
    """Return the bridges of the engines that routes of IPv6 alone name: they tell nothing of the IPv4 addresses, which
    the engine gives to its bridges."""
    bridges = {each.bridge for engine in host.engines for each in engine.networks if each.bridge}
    led = {hop.link for each in own.routes if each.version == 4 for hop in each.next_hops}
    held = {each.link for each in own.addresses if each.version == 4}
    return frozenset(bridges - led - held)


_IS_NAME = Sought(r"[\w.:@-]{1,15}")
"""Matches a name of a link.  People write other things in its place: ``<your interface>``, ``$IFACE``."""


def _uplink_of_switches(own: Namespace) -> str:
    """Return the only link of which the text shows a switch and that may be an uplink; the usual name if there is no
    such link, or more than one."""
    named = {path[3] for path in own.sysctls.values if path[:3] == ("net", "ipv4", "conf")}
    found = [each for each in named if may_be_uplink(each)]
    return found[0] if len(found) == 1 else _UPLINK


def may_be_uplink(link: str) -> bool:
    """Return whether a link of this name may lead out of the host."""
    return not is_bridge_by_name(link) and not link.startswith(_NO_UPLINK)


_NO_UPLINK = ("all", "default", "lo", "veth", "docker", "cni", "flannel", "tun", "wg")


def _with_kinds(own: Namespace, host: Host) -> Namespace:
    """Return the namespace in which links get their kinds, which a listing without details does not show.  A link is a
    bridge if it is the master of another link, or has a usual name of a bridge.  A link ``veth…`` is a veth of an
    engine.  A link on the parent of a macvlan or ipvlan network is of the network's kind: by such a link the host
    reaches the network's containers.

    ip prints the state of each link behind its master.  A veth without a state is from a line that was cut, so it is
    supposed to be a port of its engine's bridge."""
    masters = {each.master for each in own.links} - {None}
    bridges = masters | {joined.bridge for engine in host.engines for joined in engine.networks}
    parents = _parents(host)
    links: list[Link] = []
    for each in own.links:
        if each.kind == "" and (each.name in bridges or is_bridge_by_name(each.name)):
            each = _replace(each, kind="bridge", bridge=each.bridge or BridgeInfo())  # noqa: PLW2901
        elif each.kind in ("", "veth") and each.name.startswith("veth"):
            master = each.master or (_usual_bridge(host) if each.operstate == _UNKNOWN else None)
            port = (each.port or BridgePort()) if master is not None else None
            each = _replace(each, kind="veth", master=master, port=port)  # noqa: PLW2901
        elif each.kind == "" and each.lower in parents and each.peer_netnsid is None:
            kind, mode = parents[each.lower]
            each = _replace(each, kind=kind, macvlan_mode=mode, ipvlan_flag="bridge")  # noqa: PLW2901
        links.append(each)
    return _replace(own, links=tuple(links))


def _usual_bridge(host: Host) -> str | None:
    """Return the bridge of the only bridge network that containers use; None if they use several.  Without networks in
    the text this is the default network."""
    used = {end.network for each in host.containers() for end in each.endpoints}
    usual = [
        each.traits.default_bridges[0] for each in host.engines if not used or used == {each.traits.default_network}
    ]
    joined = [each.bridge for engine in host.engines for each in engine.networks if each.bridge and each.name in used]
    found = dict.fromkeys((*joined, *usual))
    return next(iter(found)) if len(found) == 1 else None


def _parents(host: Host) -> dict[str | None, tuple[str, str]]:
    """Return the kind and the mode of the links on each parent of a macvlan or ipvlan network."""
    found: dict[str | None, tuple[str, str]] = {}
    for joined in (each for engine in host.engines for each in engine.networks if each.driver in STACKED):
        options = dict(joined.options)
        usual = "bridge" if joined.driver == "macvlan" else "l2"
        found[options.get("parent")] = (joined.driver, options.get(f"{joined.driver}_mode", usual))
    found.pop(None, None)
    return found


def _link(index: int, name: str) -> Link:
    if name == "lo":
        return Link(index, name, "loopback", mtu_bytes=65536, flags=("LOOPBACK", "UP"))
    if is_bridge_by_name(name):
        return Link(index, name, "bridge", bridge=BridgeInfo(), flags=("BROADCAST", "MULTICAST", "UP"))
    return Link(index, name, flags=("BROADCAST", "MULTICAST", "UP"))


def _with_published_addresses(own: Namespace, host: Host) -> Namespace:
    """Return the namespace in which the uplink has the addresses at which containers publish their ports.  Without a
    listing of the host's addresses nothing shows that the host has lost such an address."""
    uplink = next((each.link for each in own.addresses if each.scope == "global"), _UPLINK)
    held = {each.value for each in own.addresses}
    named = (each.host_ip for one in host.containers() for each in one.bindings if each.version == 4)
    published = dict.fromkeys(each for each in named if each is not None and not is_loopback(each, 4))
    made = (Address(uplink, 4, each, width(4)) for each in published if each not in held)
    return _replace(own, addresses=(*own.addresses, *made))


def _with_supposed_address(own: Namespace, link: str, address: int | None) -> Namespace:
    """Return the namespace in which the link has the address that one of its routes names as its source.  If no text
    shows the host's address, the uplink gets the given ``address``."""
    of_link = [each for each in own.routes if any(hop.link == link for hop in each.next_hops) and each.version == 4]
    source = next((each.prefsrc for each in of_link if each.prefsrc is not None), None)
    connected = next(
        (each for each in of_link if each.prefix_length and all(hop.gateway is None for hop in each.next_hops)), None
    )
    if source is not None:
        length = connected.prefix_length if connected is not None else _LENGTH
        return _replace(own, addresses=(*own.addresses, Address(link, 4, source, length)))
    if connected is not None:
        gateways = {hop.gateway for each in of_link for hop in each.next_hops}
        free = next(each for each in range(1, 4) if connected.destination + each not in gateways)
        unused = Address(link, 4, connected.destination + free, connected.prefix_length)
        return _replace(own, addresses=(*own.addresses, unused))
    if address is None:
        return own
    return _replace(own, addresses=(*own.addresses, Address(link, 4, address, _LENGTH)))


def _with_routes(own: Namespace, told: ToldParts, uplinks: tuple[Link, ...]) -> Namespace:
    """Return the namespace with the routes that the kernel makes for its addresses, and with a default route if no text
    lists the routes."""
    listed = own.routes
    grown = _replace(own, addresses=(), routes=())
    for each in own.addresses:
        grown = with_address(grown, each)
    made = tuple(
        each
        for each in grown.routes
        if each.table == TABLE_LOCAL or (own.name, f"routes{each.version}") not in told.parts
    )
    known = {(each.version, each.destination, each.prefix_length, each.table) for each in listed}
    routes = (
        *listed,
        *(each for each in made if (each.version, each.destination, each.prefix_length, each.table) not in known),
    )
    with_default = {each.version for each in routes if not each.prefix_length}
    for version in _VERSIONS:
        if (own.name, f"routes{version}") not in told.parts and version not in with_default:
            routes = (*routes, *_default_route(own, uplinks, version))
    return _replace(own, addresses=grown.addresses, routes=routes)


def _default_route(own: Namespace, uplinks: tuple[Link, ...], version: Version) -> Iterator[Route]:
    """Yield a default route by the first address of the uplink's network; none without a global address."""
    of_hosts = [each for each in own.addresses if each.version == version and each.scope == "global"]
    for link in (each for each in uplinks if each.up):
        shared = (each for each in of_hosts if each.prefix_length < width(version))
        given = next((each for each in shared if each.link == link.name), None)
        if given is not None:
            first = given.prefix.network + 1
            gateway = first if first != given.value else first + 1
            yield Route(version, 0, 0, next_hops=(NextHop(link.name, gateway, version),))
            return


def with_switches(host: Host) -> Host:
    """Return the host with the sysctls that decide about packets.  dockerd switches forwarding on, and without
    docker-proxy route_localnet of its bridges; all others have the kernel's own values."""
    own = host.namespace(HOST)
    values: dict[Path, str] = dict(own.sysctls.values)
    master = values.get(("net", "ipv4", "ip_forward")) or values.get(("net", "ipv4", "conf", "all", "forwarding"))
    switch = master if master is not None else "1"
    values.setdefault(("net", "ipv4", "ip_forward"), switch)
    values.setdefault(("net", "ipv4", "conf", "all", "forwarding"), switch)
    for engine in (each for each in host.engines if each.userland_proxy is False):
        for bridge in (each.bridge for each in engine.networks if each.bridge):
            values.setdefault(("net", "ipv4", "conf", bridge, "route_localnet"), "1")
    for name in ("default", *(each.name for each in own.links)):
        values.setdefault(("net", "ipv4", "conf", name, "forwarding"), switch)
        for key, usual in _USUAL:
            values.setdefault(("net", "ipv4", "conf", name, key), usual)
    for key, usual in _USUAL:
        values.setdefault(("net", "ipv4", "conf", "all", key), usual)
    for path, usual in _OTHERS.items():
        values.setdefault(path, usual)
    return with_namespace(host, _replace(own, sysctls=Sysctls(values, own.sysctls.evidence)))


_USUAL = (
    *((each.key, each.boot) for each in SYSCTLS if each.family == "ipv4" and each.boot and each.replica == "must"),
    ("accept_redirects", "0"),
)
"""The values of a host that forwards, which accepts no redirects."""
_OTHERS: dict[Path, str] = {
    ("net", "ipv4", "ip_default_ttl"): "64",
    ("net", "ipv4", "ip_local_port_range"): "32768\t60999",
    ("net", "ipv6", "conf", "all", "forwarding"): "0",
    ("net", "ipv6", "conf", "all", "disable_ipv6"): "0",
    ("net", "ipv6", "conf", "default", "disable_ipv6"): "0",
    ("net", "bridge", "bridge-nf-call-iptables"): "1",
    ("net", "bridge", "bridge-nf-call-ip6tables"): "1",
}
