"""Network address translation of a walked packet.

Source: net/netfilter/nf_nat_core.c nf_nat_inet_fn(), nf_nat_setup_info(), nf_nat_packet(); nf_nat_masquerade.c,
nf_nat_redirect.c
"""

import msgspec

from hairpin.host.host import Namespace
from hairpin.netfilter import ir
from hairpin.netfilter.packet import ICMP, ICMP6, ICMP_ANSWERS, SCTP, Packet, Tuple, is_icmp_error
from hairpin.network.network import addresses_of
from hairpin.network.prefix import LINK_LOCAL6, is_multicast
from hairpin.network.source_address import source_address
from hairpin.walk.hooks.connection_index import connections_of
from hairpin.walk.hooks.conntrack import is_tuple_taken, with_connection
from hairpin.walk.hooks.nat_range import Manip, Range, Span
from hairpin.walk.state import State


def needs_decision(state: State, manip: Manip) -> bool:
    """Return whether nat chains run for the packet.  Nat chains run at most twice for each connection: once for DNAT
    and once for SNAT.

    Nat chains also run for the reset of a REJECT if they have not run for the reset's connection yet
    (nf_nat_inet_fn()).
    """
    connection = state.track.connection
    return (
        connection is not None
        and not connection.live
        and not is_icmp_error(state.packet)
        and (state.track.ct_direction == 0 or state.track.ct_state == ir.CT_RELATED)
        and manip not in connection.nat_checked
    )


def set_up(state: State, namespace: Namespace, manip: Manip, nat: ir.Nat | None) -> State | None:
    """Return the state with the connection's translation set (``nat`` None: no translation).

    Return None if the translation cannot be set (MASQUERADE on a link without an address); the kernel then drops the
    packet.
    """
    connection = state.track.connection
    assert connection is not None
    allowed = Range() if nat is None else _range(state, namespace, nat)
    if allowed is None:
        return None
    asked = connection.reply.reversed()
    wanted = _unique(state, namespace, manip, allowed)
    status = connection.status
    if wanted != asked:
        status |= ir.STATUS_DNAT if manip == "dst" else ir.STATUS_SNAT
    status |= ir.STATUS_DNAT_DONE if manip == "dst" else ir.STATUS_SNAT_DONE
    checked = (*connection.nat_checked, manip)
    by = state.oif if nat is not None and nat.nat == "masquerade" else connection.masquerade
    decided = msgspec.structs.replace(connection, reply=wanted.reversed(), status=status, nat_checked=checked)
    return with_connection(state, msgspec.structs.replace(decided, masquerade=by))


def _range(state: State, namespace: Namespace, nat: ir.Nat) -> Range | None:
    """Return the addresses and ports that the connection may get; None if MASQUERADE or REDIRECT finds no address."""
    addresses = nat.addresses
    if nat.nat in ("masquerade", "redirect"):
        address = _of_link(state, namespace) if nat.nat == "redirect" else _towards_next_hop(state, namespace)
        if address is None:
            return None
        addresses = address, address
    elif addresses is not None and nat.version not in (None, state.packet.version):
        addresses = None
    elif addresses is not None and nat.prefix:
        first, last = addresses
        mapped = first | (state.packet.saddr if nat.nat == "snat" else state.packet.daddr) & (last - first)
        addresses = mapped, mapped
    drawn = any(flag in nat.flags for flag in ("random", "random-fully", "fully-random"))
    return Range(addresses, nat.ports, random=drawn, persistent="persistent" in nat.flags, base=nat.base)


def _towards_next_hop(state: State, namespace: Namespace) -> int | None:
    hop, packet = state.next_hop, state.packet
    # IPv6 chooses the source address by the packet's destination: nf_nat_masquerade_ipv6()
    towards = hop.gateway if packet.version == 4 and hop is not None and hop.gateway is not None else packet.daddr
    return source_address(namespace, state.packet.version, state.oif, towards, beyond=True)


def _of_link(state: State, namespace: Namespace) -> int | None:
    version = state.packet.version
    if not state.iif:
        return 0x7F000001 if version == 4 else 1
    own = addresses_of(namespace, state.iif, version)
    if version == 6:
        own = tuple(each for each in own if not each.tentative and _fits_scope(each.value, state.packet.daddr))
    return own[0].value if own else None


def _fits_scope(address: int, asked: int) -> bool:
    """Return whether REDIRECT may use the address.  Source: net/netfilter/nf_nat_redirect.c
    nf_nat_redirect_ipv6_usable()"""
    if is_multicast(asked, 6):
        scope = asked >> 112 & 0xF
        return scope == 0xE or (scope == 2 and LINK_LOCAL6.holds(address, 6))
    return not LINK_LOCAL6.holds(asked, 6) or LINK_LOCAL6.holds(address, 6)


# --- a tuple that no other connection has ----------------------------------------------------------------------------


def _unique(state: State, namespace: Namespace, manip: Manip, allowed: Range) -> Tuple:
    """Return the connection's translated tuple: if possible, a tuple whose reply tuple no other connection has.

    A connection that no nat rule translates also gets another source port if its reply tuple is taken.

    Source: net/netfilter/nf_nat_core.c get_unique_tuple(), nf_nat_alloc_null_binding()
    """
    connection = state.track.connection
    assert connection is not None
    asked = connection.reply.reversed()
    version, zone = state.packet.version, connection.zone
    if manip == "src" and not allowed.random:
        if allowed.has_source(asked):
            if not is_tuple_taken(state, namespace, asked.reversed()):
                return asked
        else:
            mapped = _mapped_before(state, namespace, asked, allowed)
            if mapped is not None:
                return mapped
    if manip == "src":
        wanted = msgspec.structs.replace(asked, saddr=allowed.address("src", asked, version, zone))
        port = wanted.sport
    else:
        wanted = msgspec.structs.replace(asked, daddr=allowed.address("dst", asked, version, zone))
        port = wanted.dport
    ports = allowed.ports
    if allowed.base is not None and _has_ports(wanted):
        tried = [msgspec.structs.replace(wanted, dport=each) for each in allowed.shifted(port)]
        free = (each for each in tried if not is_tuple_taken(state, namespace, each.reversed()))
        return next(free, tried[-1])
    one = ports is not None and ports[0] == ports[1]
    if (
        not allowed.random
        and allowed.has_port(port)
        and (one or not is_tuple_taken(state, namespace, wanted.reversed()))
    ):
        return wanted
    return _with_free_port(state, namespace, manip, wanted, ports)


def _mapped_before(state: State, namespace: Namespace, asked: Tuple, allowed: Range) -> Tuple | None:
    """Return the tuple with the source translated as for the latest connection from that source:
    find_appropriate_src().  Return None if that translation is not allowed or its reply tuple is taken."""
    assert state.track.connection is not None
    version, zone = state.packet.version, state.track.connection.zone
    here = (state.netns, version, zone)
    known = (
        *connections_of(namespace).from_source(version, zone, asked),
        *(each for netns, each in state.history.connections if (netns, each.version, each.zone) == here),
    )
    for each in reversed([each for each in known if not each.status & ir.STATUS_DYING]):
        same = (each.original.protocol, each.original.saddr, each.original.sport)
        if same != (asked.protocol, asked.saddr, asked.sport) or each.original == state.track.connection.original:
            continue
        before = each.reply.reversed()
        mapped = msgspec.structs.replace(asked, saddr=before.saddr, sport=before.sport)
        if allowed.has_source(mapped):
            return None if is_tuple_taken(state, namespace, mapped.reversed()) else mapped
    return None


def _with_free_port(state: State, namespace: Namespace, manip: Manip, wanted: Tuple, ports: Span | None) -> Tuple:
    """Return the tuple with another port (ICMP echo: another id): nf_nat_l4proto_unique_tuple()."""
    echo = wanted.protocol in ICMP_ANSWERS
    if not echo and not _has_ports(wanted):
        return wanted
    if ports is None:
        if echo:
            ports = (0, 0xFFFF)
        elif manip == "dst":
            return wanted
        else:
            ports = next(span for span in _LIKE if wanted.sport <= span[1])
    source = manip == "src" or echo

    def at(port: int) -> Tuple:
        return msgspec.structs.replace(wanted, **{"sport" if source else "dport": port})

    # An ICMPv6 id that NAT does not write into the packet is never drawn equal to the packet's own id.
    hidden = wanted.sport if echo and _keeps_id(wanted.protocol, wanted.dport) else None
    draw = namespace.door.choices.port
    return at(draw(*ports, lambda port: port != hidden and not is_tuple_taken(state, namespace, at(port).reversed())))


_LIKE: tuple[Span, ...] = ((1, 511), (600, 1023), (1024, 0xFFFF))
"""Ranges of source ports: NAT replaces a source port by a port of the same range."""


def redirects_translated(state: State) -> bool:
    """Return whether the packet is an ICMP redirect about a translated connection, which the kernel drops.

    Source: net/netfilter/nf_nat_proto.c nf_nat_icmp_reply_translation()
    """
    packet, connection = state.packet, state.track.connection
    if packet.protocol != ICMP or packet.icmp is None or packet.icmp >> 8 != _REDIRECT or connection is None:
        return False
    return bool(connection.status & (ir.STATUS_SNAT | ir.STATUS_DNAT))


_REDIRECT = 5


def leaves_elsewhere(state: State, manip: Manip) -> bool:
    """Return whether a packet of a masqueraded connection leaves by another link than the connection's first packet.

    Source: net/netfilter/nf_nat_core.c nf_nat_oif_changed()
    """
    connection = state.track.connection
    if connection is None or not connection.masquerade or is_icmp_error(state.packet):
        return False
    return manip == "src" and bool(state.oif) and state.track.ct_direction == 0 and state.oif != connection.masquerade


def translate(state: State, manip: Manip) -> State:
    """Return the state with the packet's source or destination translated (``manip``), as its connection says."""
    connection = state.track.connection
    if connection is None:
        return state
    forward = state.track.ct_direction == 0
    bit = ir.STATUS_DNAT if (manip == "dst") == forward else ir.STATUS_SNAT
    if not connection.status & bit:
        return state
    target = connection.reply.reversed() if forward else connection.original.reversed()
    return msgspec.structs.replace(state, packet=_rewritten(state.packet, target, manip))


def _keeps_id(protocol: int, icmp: int) -> bool:
    """Return whether the packet keeps its own ICMP id: for ICMPv6, NAT writes the connection's id into echo packets
    only.

    Source: net/netfilter/nf_nat_proto.c icmpv6_manip_pkt()
    """
    return protocol == ICMP6 and icmp >> 8 not in (128, 129)


def _has_ports(wanted: Tuple) -> bool:
    """Return whether the tuple has ports: tuple_of() leaves them zero if conntrack does not track the protocol's
    ports."""
    return wanted.sport != 0 or wanted.dport != 0


def _rewritten(packet: Packet, target: Tuple, manip: Manip) -> Packet:
    """Return the packet with the tuple's source or destination.  An ICMP request keeps its type and gets the tuple's
    id.

    An ICMP error is addressed to the connection's end, and the packet that it quotes is translated in reverse.
    Source: net/netfilter/nf_nat_proto.c nf_nat_icmp_reply_translation()
    """
    if packet.inner is not None:
        inner = _rewritten(packet.inner, target.reversed(), "src" if manip == "dst" else "dst")
        packet = msgspec.structs.replace(packet, inner=inner)
    if manip == "dst":
        packet = msgspec.structs.replace(packet, daddr=target.daddr)
    else:
        packet = msgspec.structs.replace(packet, saddr=target.saddr)
    if is_icmp_error(packet):
        return packet
    if packet.protocol in ICMP_ANSWERS:
        if _keeps_id(packet.protocol, packet.icmp or 0):
            return packet
        return msgspec.structs.replace(packet, sport=target.sport, dport=target.sport)
    if not _has_ports(target) or packet.sport is None:
        return packet
    if packet.protocol == SCTP:  # the kernel computes the checksum anew, even a wrong one: sctp_manip_pkt()
        packet = msgspec.structs.replace(packet, bad_checksum=False)
    if manip == "dst":
        return msgspec.structs.replace(packet, dport=target.dport)
    return msgspec.structs.replace(packet, sport=target.sport)
