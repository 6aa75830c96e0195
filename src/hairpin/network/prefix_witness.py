"""Finds addresses with a wrong prefix length on links to the outside.  A file or another host on the wire shows that
the length is wrong.

With a prefix that is too long, the kernel has no route to some machines on the link, or to their router.  With a prefix
that is too short, the kernel looks on the link for machines that are behind the router.
"""

from collections.abc import Iterator

import msgspec

from hairpin.host.boot.configured_address import configured_addresses
from hairpin.host.link import Address, Link
from hairpin.host.netns import Netns
from hairpin.message import Message, message
from hairpin.network.network import Network, Port, addresses_of, bridge_ports, is_bridge_port, is_uplink
from hairpin.network.prefix import Version, address_text
from hairpin.network.wires import wires_of


class Differs(msgspec.Struct, frozen=True):
    """An address as the link has it, the address with the right prefix length, and the witness for the right length."""

    own: Address
    right: Address
    source: Message


def differing_prefixes(network: Network, netns: Netns, version: Version) -> Iterator[Differs]:
    """Yield the host's addresses for which all witnesses name one prefix length that the address does not have."""
    namespace = network.namespace(netns)
    for own in addresses_of(namespace, None, version):
        link = namespace.link(own.link)
        if link is None or own.scope != "global" or own.secondary or own.peer is not None:
            continue
        told = dict((*_of_far_hosts(network, netns, link, own), *_of_files(network, netns, own)))
        if len(told) != 1 or own.prefix_length in told:
            continue
        ((length, source),) = told.items()
        yield Differs(own, Address(own.link, version, own.value, length), source)


def _of_files(network: Network, netns: Netns, own: Address) -> Iterator[tuple[int, Message]]:
    """Yield the prefix lengths that the host's files give the address ``own``, each with a message that names the
    file."""
    for each, path in configured_addresses(network.host(netns.host), own.link, own.version):
        if each.value == own.value:
            text = f"{address_text(own.value, own.version)}/{each.prefix_length}"
            yield each.prefix_length, message("{file} names {address}", file=path, address=text)


def _of_far_hosts(network: Network, netns: Netns, link: Link, own: Address) -> Iterator[tuple[int, Message]]:
    """Yield the prefix length of each address of another host on the wire, with a message that names it, if the
    address's network contains ``own``."""
    for far in _far_ends(network, netns, link):
        for each in addresses_of(network.namespace(far.netns), far.link, own.version):
            if each.scope == "global" and each.holds(own.value, own.version):
                said = message(
                    "{host} on the same wire has {address}",
                    host=far.netns.host,
                    address=f"{address_text(each.value, own.version)}/{each.prefix_length}",
                )
                yield each.prefix_length, said


def _far_ends(network: Network, netns: Netns, link: Link) -> Iterator[Port]:
    """Yield the links of other hosts that have addresses and are on the wires behind the link, or behind the bridge's
    ports."""
    namespace = network.namespace(netns)
    ports = bridge_ports(namespace, link.name) if link.kind == "bridge" else (link,)
    for port in ports:
        for wire in wires_of(network, Port(netns, port.name)) if is_uplink(network, netns, port) else ():
            there = network.namespace(wire.far.netns)
            far = there.link(wire.far.link)
            yield Port(wire.far.netns, far.master or "") if far is not None and is_bridge_port(there, far) else wire.far


def routers_of_far_hosts(network: Network, netns: Netns, own: Address) -> Iterator[tuple[int, Message]]:
    """Yield the gateways of other hosts' default routes by the wire of the address, each with a message that names the
    host."""
    link = network.namespace(netns).link(own.link)
    for far in _far_ends(network, netns, link) if link is not None else ():
        for route in network.namespace(far.netns).routes:
            if (route.version, route.prefix_length, route.type) != (own.version, 0, "unicast"):
                continue
            for hop in route.next_hops:
                if hop.link == far.link and hop.gateway is not None and hop.gateway_version in (None, own.version):
                    said = message(
                        "the default route of {host} on the same wire leads to {address}",
                        host=far.netns.host,
                        address=address_text(hop.gateway, own.version),
                    )
                    yield hop.gateway, said
