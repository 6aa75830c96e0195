"""The network without bridge ports to containers that are not rebuilt.

No frame of the flows takes these ports, but with 200 containers most of the work would be for these ports.
"""

import re
from collections.abc import Iterator

import msgspec

from hairpin.host.host import Namespace
from hairpin.host.link import Link
from hairpin.host.netns import Netns
from hairpin.netfilter.ir import NameKey
from hairpin.network.network import Network, Port, is_bridge_port, leads_to_left, veth_peer
from hairpin.network.prefix import LINK_LOCAL6, MULTICAST6, Version

_WORD = re.compile(r'[^\s",{}]+')


def thinned(network: Network, names: tuple[Netns, ...], met: frozenset[Port]) -> Network:
    """Return the network without bridge ports to containers that are not rebuilt, in the namespaces of ``names``.

    Links on the flows' paths (``met``) stay.  Links that rules name stay, too, because nft looks up the named links
    when it loads a rule.  Links with an added address or route also stay, because added addresses and routes affect the
    route lookups of other packets.  One running port of each bridge stays, because a bridge without a running port has
    no carrier."""
    for netns in names:
        namespace = network.namespace(netns)
        gone = set(_unneeded(network, netns, namespace, names, met))
        if gone:
            network = network.with_namespace(netns, _without(namespace, gone))
    return network


def _without(namespace: Namespace, gone: set[str]) -> Namespace:
    """Return the namespace without these links, and without the IPv6 address and the routes that the kernel gave each
    link."""
    return msgspec.structs.replace(
        namespace,
        links=tuple(link for link in namespace.links if link.name not in gone),
        addresses=tuple(each for each in namespace.addresses if each.link not in gone),
        routes=tuple(
            each
            for each in namespace.routes
            if not each.next_hops or any(hop.link not in gone for hop in each.next_hops)
        ),
    )


def _unneeded(
    network: Network, netns: Netns, namespace: Namespace, names: tuple[Netns, ...], met: frozenset[Port]
) -> Iterator[str]:
    spare = [
        link
        for link in namespace.links
        if is_bridge_port(namespace, link)
        and Port(netns, link.name) not in met
        and _is_behind_nothing(network, netns, link, names)
    ]
    if not spare:
        return
    named = _in_rules(namespace) | _with_something_on_them(namespace)
    carried = {link.master for link in namespace.links if link.carrier and link not in spare}
    for link in spare:
        if link.name in named:
            continue
        if link.carrier and link.master not in carried:
            carried.add(link.master)
            continue
        yield link.name


def _is_behind_nothing(network: Network, netns: Netns, link: Link, names: tuple[Netns, ...]) -> bool:
    """Return whether the link's peer is in a namespace that is not rebuilt."""
    if leads_to_left(network, netns, link):
        return True
    peer = veth_peer(network, netns, link)
    return peer is not None and peer.netns not in names


def _with_something_on_them(namespace: Namespace) -> frozenset[str]:
    """Return the links that have an address or a route that the kernel does not give every bridge port."""
    found = {each.link for each in namespace.addresses if not _is_kernels_own(each.version, each.value)}
    for route in namespace.routes:
        if not _is_kernels_own(route.version, route.destination):
            found.update(hop.link for hop in route.next_hops if hop.link is not None)
    return frozenset(found)


def _is_kernels_own(version: Version, address: int) -> bool:
    """Return whether the address is a link-local or multicast IPv6 address, as the kernel gives each link with IPv6.

    Source: net/ipv6/addrconf.c addrconf_dev_config(), addrconf_add_mroute()"""
    return LINK_LOCAL6.holds(address, version) or MULTICAST6.holds(address, version)


def _in_rules(namespace: Namespace) -> frozenset[str]:
    """Return all texts that may contain names of links: the words of all rules, the devices of chains, and the names in
    sets and maps."""
    found: set[str] = set()
    for table in namespace.ruleset.tables:
        for chain in table.chains:
            found.update(chain.devices)
            for rule in chain.rules:
                found.update(_WORD.findall(rule.text))
        keys = [element.key for each in table.sets for element in each.elements]
        keys += [element.key for each in table.maps for element in each.elements]
        found.update(part.name for key in keys for part in key if isinstance(part, NameKey))
    return frozenset(found)
