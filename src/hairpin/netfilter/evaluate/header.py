"""Turns a packet at a hook into one flat table of fields, with which the matches of rules are compared."""

from hairpin.netfilter.ir import CT_INVALID, NFPROTO
from hairpin.netfilter.packet import ICMP, ICMP6, Packet, Seen

Header = dict[str, int | str]
"""A packet's values by ir.Field or ir.NameField.  A field that the packet does not have is missing."""

WITH_PORTS = frozenset({6, 17, 132, 136, 33})
"""Protocols whose transport header begins with the source port and the destination port."""

_EXTENSIONS = {50: 4, 51: 8, 59: 2}
"""The bits of ``extensions`` for ESP, AH and no next header (ip6t_ipv6header.h).  Walked packets have no other bits."""


def header_of(seen: Seen) -> Header:
    """Return every field of the packet, its interfaces and its connection."""
    packet = seen.packet
    if packet.arp:
        return _of_arp(seen)
    header: Header = {
        "nfproto": NFPROTO[packet.version],
        "ethertype": 0x0800 if packet.version == 4 else 0x86DD,
        "protocol": packet.protocol,
        "ttl": packet.ttl,
        "length": packet.length_bytes,
        "dscp": packet.dscp,
        "ecn": 0,
        "fragment": 0,
        "mark": packet.mark,
        "pkttype": seen.pkttype,
        "ipsec-in": 0,
        "ipsec-out": 0,
        "iif": seen.iif,
        "oif": seen.oif,
        "physin": seen.physin,
        "physout": seen.physout,
        f"saddr{packet.version}": packet.saddr,
        f"daddr{packet.version}": packet.daddr,
    }
    if packet.version == 6:
        header["extensions"] = _EXTENSIONS.get(packet.protocol, 1)
    _add_transport(header, packet)
    for name, value in (("smac", packet.smac), ("dmac", packet.dmac), ("skuid", seen.uid), ("skgid", seen.gid)):
        if value is not None:
            header[name] = value
    if seen.oif:
        header["socket"] = int(seen.by_kernel or seen.uid is not None)
    _add_groups(header, seen)
    _add_connection(header, seen)
    return header


def _add_groups(header: Header, seen: Seen) -> None:
    """Add the groups of the packet's input and output interfaces.  If the packet lacks one of these interfaces, the
    header has no group for it: nft_meta.c nft_meta_get_eval_ifgroup()"""
    if seen.iif and seen.iif_group is not None:
        header["iif-group"] = seen.iif_group
    if seen.oif and seen.oif_group is not None:
        header["oif-group"] = seen.oif_group


def _of_arp(seen: Seen) -> Header:
    """Return the fields of an ARP message.  An ARP message has no IP header, so it satisfies no match on an IP header
    field.

    The message names its sender's hardware address, which is also the frame's source.  An ARP request does not name its
    target's hardware address: net/ipv4/arp.c arp_create()
    """
    packet = seen.packet
    header: Header = {
        "arp-htype": 1,
        "arp-ptype": 0x0800,
        "arp-hlen": 6,
        "arp-plen": 4,
        "arp-operation": packet.arp,
        "arp-saddr4": packet.saddr,
        "arp-daddr4": packet.daddr,
        "ethertype": 0x0806,
        "length": packet.length_bytes,
        "mark": packet.mark,
        "pkttype": seen.pkttype,
        "iif": seen.iif,
        "oif": seen.oif,
        "physin": seen.physin,
        "physout": seen.physout,
    }
    target = 0 if packet.arp == _REQUEST else packet.dmac
    macs = (("smac", packet.smac), ("dmac", packet.dmac), ("arp-saddr-mac", packet.smac), ("arp-daddr-mac", target))
    header.update((name, mac) for name, mac in macs if mac is not None)
    _add_groups(header, seen)
    return header


_REQUEST = 1


def _add_transport(header: Header, packet: Packet) -> None:
    if packet.protocol in WITH_PORTS and packet.sport is not None and packet.dport is not None:
        header["sport"] = packet.sport
        header["dport"] = packet.dport
    if packet.protocol == 6:
        header["tcp-flags"] = packet.tcp_flags
    if packet.icmp is not None and packet.protocol in (ICMP, ICMP6):
        header["icmp" if packet.protocol == ICMP else "icmp6"] = packet.icmp


def _add_connection(header: Header, seen: Seen) -> None:
    # A packet without a conntrack entry has the state INVALID, even before conntrack has run: xt_conntrack.c, nft_ct.c
    header["ct-state"] = seen.ct_state or CT_INVALID
    connection = seen.connection
    if connection is None:
        return
    version = connection.version
    header["ct-status"] = connection.status
    header["ct-mark"] = connection.mark
    header["ct-zone"] = connection.zone
    header["ct-direction"] = seen.ct_direction
    header["ct-protocol"] = connection.original.protocol
    for side, entry in (("orig", connection.original), ("repl", connection.reply)):
        header[f"ct-{side}-saddr{version}"] = entry.saddr
        header[f"ct-{side}-daddr{version}"] = entry.daddr
        header[f"ct-{side}-sport"] = entry.sport
        header[f"ct-{side}-dport"] = entry.dport
