"""Finds the links of several hosts that are on one wire, and the hosts that are one machine that was read twice.

A host's snapshot ends at its uplinks.  Two uplinks of different hosts are joined in three cases.  First, one host has a
neighbour or forwarding entry with the hardware address of the other uplink.  Second, by assumption, an address of one
uplink is on-link for the other uplink, and there is no entry for this address.  Third, by assumption, too, one host has
learned an entry for the other uplink's address with another hardware address, because a cloud's fabric answers ARP
requests for the machines.

If several hosts have the same address on their uplinks, this address joins no uplinks by assumption, because the hosts
may be in private networks that look alike.  A bridge without an uplink joins no hosts, because 172.17.0.0/16 is on-link
on every Docker host.
"""

from collections.abc import Iterator
from itertools import combinations
from typing import Literal

import msgspec

from hairpin.host.host import Host, Namespace
from hairpin.host.link import Address, Link
from hairpin.host.netns import Netns
from hairpin.network.network import Network, Port, is_bridge_port, is_uplink

Reason = Literal["seen", "on-link", "fabric"]
"""Why two uplinks are taken to be on one wire.  ``seen``: a neighbour or forwarding entry shows the wire.  ``on-link``:
only an on-link address suggests the wire.  ``fabric``: an entry has the hardware address of a machine between the
hosts."""


class Wire(msgspec.Struct, frozen=True):
    """The other end of a wire between two hosts, as seen from one of them."""

    far: Port
    reason: Reason

    @property
    def assumed(self) -> bool:
        """Whether the wire is only assumed, because no reading shows it."""
        return self.reason != "seen"


class _Uplink(msgspec.Struct, frozen=True):
    """An uplink of a host.  ``holder`` is the link that has the addresses: the uplink itself, or its bridge if it is a
    bridge port."""

    port: Port
    holder: Link
    addresses: tuple[Address, ...]


def wires_of(network: Network, port: Port) -> tuple[Wire, ...]:
    """Return the uplinks of other hosts that are on the wire behind this uplink, in the order of the hosts."""
    if len(network.hosts) < 2:
        return ()
    uplinks = tuple(_uplinks(network))
    here = next((each for each in uplinks if each.port == port), None)
    if here is None:
        return ()
    others = [each for each in uplinks if each.port.netns.host != port.netns.host]
    found: Iterator[tuple[_Uplink, Reason | None]] = ((each, _joined(network, here, each, uplinks)) for each in others)
    return tuple(Wire(each.port, reason) for each, reason in found if reason is not None)


def _uplinks(network: Network) -> Iterator[_Uplink]:
    for host in network.hosts:
        if host.netns not in network:
            continue
        namespace = network.namespace(host.netns)
        for link in namespace.links:
            if is_uplink(network, host.netns, link) and link.wireguard is None:
                yield _uplink(host, namespace, link)


def _uplink(host: Host, namespace: Namespace, link: Link) -> _Uplink:
    master = namespace.link(link.master) if link.master else None
    holder = master if master is not None and is_bridge_port(namespace, link) else link
    addresses = tuple(each for each in namespace.addresses if each.link == holder.name and each.scope == "global")
    return _Uplink(Port(host.netns, link.name), holder, addresses)


def _joined(network: Network, one: _Uplink, other: _Uplink, uplinks: tuple[_Uplink, ...]) -> Reason | None:
    if _sees(network, one, other) or _sees(network, other, one):
        return "seen"
    near = [*_on_link(one, other), *_on_link(other, one)]
    if not near or _held_twice(near, uplinks):
        return None
    named = _named(network, one, other) or _named(network, other, one)
    return "fabric" if named else "on-link"


def _macs(network: Network, uplink: _Uplink) -> set[int]:
    link = network.namespace(uplink.port.netns).link(uplink.port.link)
    return {mac for each in (uplink.holder, link) if each is not None and (mac := each.mac)}


def _uplink_macs(network: Network, host: Host) -> frozenset[int]:
    """Return the hardware addresses of the host's uplinks, and of the bridges of which the uplinks are ports."""
    ours = (each for each in _uplinks(network) if each.port.netns.host == host.name)
    return frozenset(mac for each in ours for mac in _macs(network, each))


def _sees(network: Network, one: _Uplink, other: _Uplink) -> bool:
    """Return whether the host of ``one`` has an entry, on that uplink, with the hardware address of ``other``."""
    namespace, macs = network.namespace(one.port.netns), _macs(network, other)
    entries = any(each.link == one.holder.name and each.mac in macs for each in namespace.neighbours)
    return entries or any(
        each.port == one.port.link and each.mac in macs and not each.local and each.remote is None
        for each in namespace.fdb
    )


def _named(network: Network, one: _Uplink, other: _Uplink) -> bool:
    """Return whether the host of ``one`` has learned a neighbour entry, with any hardware address, for an address of
    ``other``.  An entry that somebody made shows no fabric."""
    asked = {(each.version, each.value) for each in other.addresses}
    return any(
        each.link == one.holder.name
        and (each.version, each.value) in asked
        and each.mac is not None
        and not (each.proxy or each.static)
        for each in network.namespace(one.port.netns).neighbours
    )


def _on_link(one: _Uplink, other: _Uplink) -> list[Address]:
    """Return the addresses of ``other`` that are in a network of ``one``."""
    return [far for far in other.addresses for own in one.addresses if own.holds(far.value, far.version)]


def _held_twice(near: list[Address], uplinks: tuple[_Uplink, ...]) -> bool:
    """Return whether one of the addresses is on uplinks of several hosts."""
    asked = {(each.version, each.value) for each in near}
    holders: dict[tuple[int, int], set[str]] = {}
    for uplink in uplinks:
        for each in uplink.addresses:
            if (each.version, each.value) in asked:
                holders.setdefault((each.version, each.value), set()).add(uplink.port.netns.host)
    return any(len(hosts) > 1 for hosts in holders.values())


def owner_of(network: Network, version: int, value: int, *, besides: str) -> Netns | None:
    """Return the namespace of the only other host that has the address on an uplink; None if no host or several have
    it."""
    if len(network.hosts) < 2:
        return None
    holders = {
        each.port.netns
        for each in _uplinks(network)
        if each.port.netns.host != besides
        and any((address.version, address.value) == (version, value) for address in each.addresses)
    }
    return holders.pop() if len(holders) == 1 else None


def holder_of(network: Network, version: int, value: int, *, besides: str) -> Netns | None:
    """Return the only namespace of another host that has the address on any link; None if no namespace or several have
    it."""
    if len(network.hosts) < 2:
        return None
    holders = {
        netns
        for netns, namespace in network.namespaces()
        if netns.host != besides and any((each.version, each.value) == (version, value) for each in namespace.addresses)
    }
    return holders.pop() if len(holders) == 1 else None


def same_machine(network: Network) -> tuple[Host, Host] | None:
    """Return the first two hosts that are one machine, in their order; None if all hosts are different machines.

    Different machine ids show different machines, but equal machine ids prove nothing, because copied disks share them.
    A boot id is random at each boot, so equal boot ids show one machine; different ones may show one machine before and
    after a reboot.  If neither id decides, the hardware addresses of the uplinks decide.
    """
    pairs = combinations((host for host in network.hosts if host.was_read), 2)
    return next(((one, other) for one, other in pairs if _is_same(network, one, other)), None)


def _is_same(network: Network, one: Host, other: Host) -> bool:
    if one.snapshot_id and one.snapshot_id == other.snapshot_id:
        return True
    if one.machine_id and other.machine_id and one.machine_id != other.machine_id:
        return False
    if one.boot_id and one.boot_id == other.boot_id:
        return one.machine_id == other.machine_id
    return bool(_uplink_macs(network, one) & _uplink_macs(network, other))
