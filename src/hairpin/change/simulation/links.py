"""Sets a link's properties and its name, and deletes links, with all side effects that the kernel has when a link comes
up or goes down.

Source: net/bridge/br_if.c br_port_carrier_check(), br_stp_if.c (ports of a bridge that is down, or without carrier, are
disabled); net/core/link_watch.c (a veth has carrier while its other end is up); net/ipv4/fib_frontend.c
fib_netdev_event(), fib_semantics.c fib_sync_down_dev(); net/ipv6/addrconf.c addrconf_ifdown(); net/core/neighbour.c
neigh_ifdown()

If a link is renamed, each entry in the namespace that refers to the link itself gets the new name.  netfilter's rules
and policy rules keep the old name, so they may match another link afterwards.

Source: net/core/dev.c dev_change_name(), net/ipv4/devinet.c inetdev_event(): NETDEV_CHANGENAME
"""

import msgspec

from hairpin.change.change import RenameLink
from hairpin.change.simulation.addresses import with_connected_routes
from hairpin.errors import ChangeError
from hairpin.host.host import Namespace
from hairpin.host.link import Link
from hairpin.host.netns import Netns
from hairpin.host.route import NextHop, Route
from hairpin.host.sysctl import Sysctls
from hairpin.message import message
from hairpin.network.network import Network, conf, veth_peer
from hairpin.network.prefix import Version

_ETHERNET_BYTES = 1500
"""ETH_DATA_LEN of include/uapi/linux/if_ether.h."""
_replace = msgspec.structs.replace


def with_link(network: Network, netns: Netns, link: Link) -> Network:
    """Return the network in which ``link`` replaces the namespace's link of the same name.  If no link has this name,
    ``link`` is added."""
    namespace = network.namespace(netns)
    before = namespace.link(link.name)
    links = tuple(link if each.name == link.name else each for each in namespace.links)
    links = links if before is not None else (*links, link)
    sysctls = namespace.sysctls if before is not None else _of_new_link(namespace.sysctls, link)
    changed = msgspec.structs.replace(namespace, links=links, sysctls=_with_mtu(sysctls, link))
    for master in {link.master, before.master if before is not None else None}:
        changed = _with_mtu_of_ports(namespace, changed, master)
    if before is not None and before.up and not link.up:
        return _set_down(network, netns, changed, link)
    if link.up:
        changed = with_connected_routes(_with_carrier_flags(changed, link), link.name)
        changed = _with_ports_forwarding(changed, link) if link.kind == "bridge" else changed
        changed = with_carrier_by(changed, link)
    if before is not None and before.master != link.master:
        changed = _without_carrier(changed, before.master)
    network = network.with_namespace(netns, changed)
    peer = veth_peer(network, netns, link)
    if not link.up or peer is None:
        return network
    other = network.namespace(peer.netns)
    links = tuple(_with_carrier(each) if each.name == peer.link else each for each in other.links)
    end = next(each for each in links if each.name == peer.link)
    wired = _with_carrier_flags(msgspec.structs.replace(other, links=links), end)
    return network.with_namespace(peer.netns, with_carrier_by(wired, end))


def without_link(network: Network, netns: Netns, name: str) -> Network:
    """Return the network without the link and, if it is a veth, without its other end.

    Source: net/core/dev.c unregister_netdevice_many(); drivers/net/veth.c veth_dellink(); net/bridge/br_if.c
    br_dev_delete()
    """
    link = network.namespace(netns).link(name) if netns in network else None
    if link is None:
        raise ChangeError(message("no link {link} exists here", link=name))
    peer = veth_peer(network, netns, link)
    if link.up:
        network = with_link(network, netns, msgspec.structs.replace(link, up=False))
    network = network.with_namespace(netns, _unregistered(network.namespace(netns), frozenset({name})))
    if peer is None:
        return network
    end = network.namespace(peer.netns).link(peer.link)
    if end is not None and end.up:
        network = with_link(network, peer.netns, msgspec.structs.replace(end, up=False))
    return network.with_namespace(peer.netns, _unregistered(network.namespace(peer.netns), frozenset({peer.link})))


def without_ends(namespace: Namespace, names: frozenset[str]) -> Namespace:
    """Return the namespace without these veths, whose other ends are gone."""
    masters = {each.master for each in namespace.links if each.name in names and each.up}
    routes = (_without_hops_by_any(route, names) for route in namespace.routes)
    left = _unregistered(
        msgspec.structs.replace(namespace, routes=tuple(route for route in routes if route is not None)), names
    )
    for master in masters:
        left = _without_carrier(left, master)
    return left


def _unregistered(namespace: Namespace, names: frozenset[str]) -> Namespace:
    """Return the namespace without the links, which are already down, and without entries that name the links.  Policy
    rules that name the links stay."""
    ports = (each for each in namespace.links if each.name not in names)
    left = msgspec.structs.replace(
        namespace,
        links=tuple(
            msgspec.structs.replace(each, master=None, port=None) if each.master in names else each for each in ports
        ),
        addresses=tuple(each for each in namespace.addresses if each.link not in names),
        routes=tuple(each for each in namespace.routes if not _is_by(each, names)),
        neighbours=tuple(each for each in namespace.neighbours if each.link not in names),
        fdb=tuple(each for each in namespace.fdb if each.port not in names and each.bridge not in names),
        sysctls=namespace.sysctls.without_links(names),
    )
    for master in {each.master for each in namespace.links if each.name in names}:
        left = _with_mtu_of_ports(namespace, left, master)
    return left


def _with_mtu_of_ports(before: Namespace, after: Namespace, name: str | None) -> Namespace:
    """Return the namespace ``after`` in which the bridge's MTU follows the smallest MTU of its ports.

    If the bridge's MTU in ``before`` was not the smallest MTU of its ports, an administrator has set the MTU, and the
    MTU stays.  Source: net/bridge/br_if.c br_mtu_auto_adjust()"""
    bridge = after.link(name) if name is not None else None
    if bridge is None or bridge.kind != "bridge":
        return after
    had, has = (_mtu_of_ports(each, bridge.name) for each in (before, after))
    if had == has or bridge.mtu_bytes != had:
        return after
    adjusted = msgspec.structs.replace(bridge, mtu_bytes=has)
    links = tuple(adjusted if each.name == bridge.name else each for each in after.links)
    return msgspec.structs.replace(after, links=links, sysctls=_with_mtu(after.sysctls, adjusted))


def _mtu_of_ports(namespace: Namespace, bridge: str) -> int:
    return min((each.mtu_bytes for each in namespace.links if each.master == bridge), default=_ETHERNET_BYTES)


def _is_by(route: Route, names: frozenset[str]) -> bool:
    return any(hop.link in names for hop in route.next_hops) and all(
        hop.link in names or hop.dead for hop in route.next_hops
    )


def _of_new_link(sysctls: Sysctls, link: Link) -> Sysctls:
    """Return the sysctls in which the new link has the values of ``default``."""
    copied = {
        (*path[:3], link.name, *path[4:]): value
        for path, value in sysctls.values.items()
        if path[0] == "net" and path[2:4] in (("conf", "default"), ("neigh", "default"))
    }
    return msgspec.structs.replace(sysctls, values=sysctls.values | copied)


def _with_mtu(sysctls: Sysctls, link: Link) -> Sysctls:
    """Return the sysctls in which the link's IPv6 MTU is the link's MTU.  Source: net/ipv6/addrconf.c
    addrconf_notify()"""
    path = ("net", "ipv6", "conf", link.name, "mtu")
    known = sysctls.text(*path)
    return sysctls if known in (None, str(link.mtu_bytes)) else sysctls.with_value(path, str(link.mtu_bytes))


def _set_down(network: Network, netns: Netns, namespace: Namespace, link: Link) -> Network:
    """Return the network in which the link is down.  The link's routes, neighbour entries and IPv6 addresses are
    deleted, and its veth peer has no carrier."""
    down = _disabled(msgspec.structs.replace(link, carrier=False))
    links = tuple(down if each.name == link.name else each for each in namespace.links)
    if link.kind == "bridge":
        links = tuple(_disabled(each) if each.master == link.name else each for each in links)
    changed = msgspec.structs.replace(
        namespace,
        links=links,
        addresses=tuple(each for each in namespace.addresses if each.link != link.name or each.version == 4),
        routes=tuple(
            _without_hops_by(route, link.name) for route in namespace.routes if not _is_deleted(route, link.name)
        ),
        neighbours=tuple(each for each in namespace.neighbours if each.link != link.name),
    )
    network = network.with_namespace(netns, _without_carrier(changed, down.master))
    peer = veth_peer(network, netns, link)
    if peer is None:
        return network
    other = network.namespace(peer.netns)
    end = other.link(peer.link)
    if end is None:
        return network
    end = _disabled(msgspec.structs.replace(end, carrier=False, operstate="LOWERLAYERDOWN" if end.up else "DOWN"))
    other = msgspec.structs.replace(other, links=tuple(end if each.name == end.name else each for each in other.links))
    return network.with_namespace(peer.netns, _without_carrier(_with_carrier_flags(other, end), end.master))


def _is_deleted(route: Route, link: str) -> bool:
    """Return whether the kernel deletes the route when the link goes down.  Local IPv4 routes stay."""
    if not route.next_hops or any(hop.link != link and not hop.dead for hop in route.next_hops):
        return False
    return route.version == 6 or route.type != "local"


def _without_hops_by_any(route: Route, names: frozenset[str]) -> Route | None:
    """Return the route after these links went down, one after the other; None if the kernel deletes the route."""
    for name in dict.fromkeys(hop.link for hop in route.next_hops):
        if name is None or name not in names:
            continue
        if _is_deleted(route, name):
            return None
        route = _without_hops_by(route, name)
    return route


def _without_hops_by(route: Route, link: str) -> Route:
    """Return the multipath route after its link went down: next hops by this link are dead, and are removed from IPv6
    routes."""
    if len(route.next_hops) < 2 or all(hop.link != link for hop in route.next_hops):
        return route
    if route.version == 6:
        hops = tuple(hop for hop in route.next_hops if hop.link != link)
    else:
        hops = tuple(
            msgspec.structs.replace(hop, dead=True, linkdown=True) if hop.link == link else hop
            for hop in route.next_hops
        )
    return msgspec.structs.replace(route, next_hops=hops)


def _disabled(link: Link) -> Link:
    if link.port is None:
        return link
    return msgspec.structs.replace(link, port=msgspec.structs.replace(link.port, state="disabled"))


def _without_carrier(namespace: Namespace, name: str | None) -> Namespace:
    """Return the namespace in which the bridge has no carrier, if none of its ports is up with carrier."""
    bridge = namespace.link(name) if name is not None else None
    if bridge is None or bridge.kind != "bridge" or not bridge.carrier:
        return namespace
    if any(each.master == bridge.name and each.up and each.carrier for each in namespace.links):
        return namespace
    fallen = msgspec.structs.replace(bridge, carrier=False, operstate="DOWN")
    links = tuple(fallen if each.name == bridge.name else each for each in namespace.links)
    return _with_carrier_flags(msgspec.structs.replace(namespace, links=links), fallen)


def with_carrier_by(namespace: Namespace, port: Link) -> Namespace:
    """Return the namespace in which the port's bridge has carrier.  The bridge gets carrier only if the port is up, has
    carrier, and forwards."""
    bridge = namespace.link(port.master) if port.master is not None else None
    if bridge is None or bridge.kind != "bridge" or bridge.carrier or not (bridge.up and port.up and port.carrier):
        return namespace
    if port.port is not None and not port.port.forwards:
        return namespace
    risen = msgspec.structs.replace(bridge, carrier=True, operstate="UP")
    links = tuple(risen if each.name == bridge.name else each for each in namespace.links)
    return _with_carrier_flags(msgspec.structs.replace(namespace, links=links), risen)


def _with_carrier_flags(namespace: Namespace, link: Link) -> Namespace:
    """Return the namespace in which the flags of all routes by the link show the link's carrier state:
    fib_sync_up()."""
    routes = tuple(
        msgspec.structs.replace(
            route,
            next_hops=tuple(
                on_wire(namespace, route.version, hop, link) if hop.link == link.name else hop
                for hop in route.next_hops
            ),
        )
        if route.type in ("unicast", "broadcast") and any(hop.link == link.name for hop in route.next_hops)
        else route
        for route in namespace.routes
    )
    return msgspec.structs.replace(namespace, routes=routes)


def on_wire(namespace: Namespace, version: Version, hop: NextHop, link: Link) -> NextHop:
    """Return the next hop with the flags that the kernel shows: ``linkdown`` without carrier, and also ``dead`` if
    ``ignore_routes_with_linkdown`` is set.  Source: net/ipv4/fib_semantics.c fib_nexthop_info()"""
    ignored = bool(conf(namespace, version, link.name, "ignore_routes_with_linkdown", rule="or"))
    return msgspec.structs.replace(hop, linkdown=not link.carrier, dead=not link.carrier and ignored)


def _with_ports_forwarding(namespace: Namespace, bridge: Link) -> Namespace:
    links = tuple(_enabled(each) if each.master == bridge.name and each.up else each for each in namespace.links)
    return msgspec.structs.replace(namespace, links=links)


def _with_carrier(link: Link) -> Link:
    return _enabled(msgspec.structs.replace(link, carrier=True)) if link.up else link


def _enabled(link: Link) -> Link:
    if link.port is None or link.port.state != "disabled":
        return link
    return msgspec.structs.replace(link, port=msgspec.structs.replace(link.port, state="forwarding"))


def with_name(namespace: Namespace, part: RenameLink) -> Namespace:
    """Return the namespace in which the link has its new name.  Raises ChangeError if the link does not exist, or if
    another link has the new name."""
    old, new = part.link, part.name
    if namespace.link(old) is None:
        raise ChangeError(message("link {link} does not exist", link=old))
    if namespace.link(new) is not None:
        raise ChangeError(message("link {link} already exists here", link=new))

    def named(name: str) -> str:
        return new if name == old else name

    def moved(link: Link) -> Link:
        under = link.tunnel is not None and link.tunnel.underlay == old
        tunnel = _replace(link.tunnel, underlay=new) if link.tunnel is not None and under else link.tunnel
        master, lower = link.master and named(link.master), link.lower and named(link.lower)
        return _replace(link, name=named(link.name), master=master, lower=lower, tunnel=tunnel)

    values = {
        (*path[:3], new, *path[4:]) if path[2:4] in (("conf", old), ("neigh", old)) else path: value
        for path, value in namespace.sysctls.values.items()
    }
    return _replace(
        namespace,
        links=tuple(moved(each) for each in namespace.links),
        addresses=tuple(_replace(each, link=named(each.link)) for each in namespace.addresses),
        routes=tuple(
            _replace(each, next_hops=tuple(_replace(hop, link=hop.link and named(hop.link)) for hop in each.next_hops))
            for each in namespace.routes
        ),
        neighbours=tuple(_replace(each, link=named(each.link)) for each in namespace.neighbours),
        fdb=tuple(
            _replace(
                each, port=named(each.port), bridge=each.bridge and named(each.bridge), via=each.via and named(each.via)
            )
            for each in namespace.fdb
        ),
        sockets=tuple(_replace(each, device=each.device and named(each.device)) for each in namespace.sockets),
        sysctls=_replace(namespace.sysctls, values=values),
    )
