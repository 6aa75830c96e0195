"""Whether a packet exceeds a limit now.  This is known only if the kernel lists the limit's state.

Source: net/netfilter/xt_connlimit.c connlimit_mt(), nf_conncount.c already_closed(); xt_recent.c recent_mt();
xt_hashlimit.c hashlimit_mt_common(); nft_quota.c nft_overquota()
"""

from collections.abc import Callable
from typing import assert_never

import msgspec

from hairpin.host.host import Namespace
from hairpin.netfilter.limit import ConnectionLimit, HashLimit, Limit, QuotaLimit, RecentLimit, TimeWindow
from hairpin.netfilter.packet import Connection, Packet, Seen

_CLOSED = ("TIME_WAIT", "CLOSE")


def is_exceeded(
    namespace: Namespace, seen: Seen, limit: Limit, entered: frozenset[str], passes: Callable[[Seen], bool]
) -> bool:
    """Return whether the readings show that the packet exceeds the limit.

    ``entered`` has the lists of xt_recent in which earlier rules entered the packet's address.  ``passes`` returns
    whether a packet satisfies the rule's other matches."""
    match limit:
        case ConnectionLimit():
            return open_connections(namespace, seen, limit, passes) >= limit.most
        case RecentLimit():
            return _was_seen(namespace, seen.packet, limit, entered)
        case HashLimit():
            return _is_spent(namespace, seen.packet, limit)
        case QuotaLimit():
            return limit.spent
        case TimeWindow():
            return False  # the clock decides a time window; it is no limit of packets
        case _:
            assert_never(limit)


def open_connections(namespace: Namespace, seen: Seen, limit: ConnectionLimit, passes: Callable[[Seen], bool]) -> int:
    """Return the number of open connections that the rule counts, without the packet's own connection."""
    own = seen.connection.original if seen.connection is not None else None
    wanted = _prefix(seen.packet, limit.by, limit.bits)
    return sum(
        1
        for each in namespace.connections
        if each.version == seen.packet.version
        and each.original != own
        and not (each.tcp is not None and each.tcp.state in _CLOSED)
        and _prefix(like := _packet_of(seen, each), limit.by, limit.bits) == wanted
        and passes(msgspec.structs.replace(seen, packet=like, connection=each))
    )


def _packet_of(seen: Seen, entry: Connection) -> Packet:
    """Return the first packet of the conntrack entry's connection, as this hook saw it."""
    original, connection = entry.original, seen.connection
    translated = connection is not None and seen.packet.daddr != connection.original.daddr
    target = entry.reply.reversed() if translated else original
    return msgspec.structs.replace(
        seen.packet,
        saddr=original.saddr,
        sport=original.sport,
        daddr=target.daddr,
        dport=target.dport,
        protocol=original.protocol,
    )


def _prefix(packet: Packet, by: str, bits: int) -> int:
    width = 32 if packet.version == 4 else 128
    return (packet.saddr if by == "saddr" else packet.daddr) >> max(width - bits, 0)


def _was_seen(namespace: Namespace, packet: Packet, limit: RecentLimit, entered: frozenset[str]) -> bool:
    state = namespace.limits
    width = 32 if packet.version == 4 else 128
    wanted = _prefix(packet, limit.by, limit.bits) << max(width - limit.bits, 0)
    entry = next(
        (
            each
            for each in state.recent
            if (each.list, each.version, each.address) == (limit.list, packet.version, wanted)
        ),
        None,
    )
    if entry is None:
        return False
    since = 0
    if limit.seconds is not None:
        if state.jiffies is None or state.ticks_per_s is None:
            return False
        since = state.jiffies - limit.seconds * state.ticks_per_s
    hits = sum(1 for stamp in entry.stamps if stamp >= since) + (limit.list in entered)
    return hits >= limit.hits


def _is_spent(namespace: Namespace, packet: Packet, limit: HashLimit) -> bool:
    saddr = packet.saddr if "srcip" in limit.mode else 0
    daddr = packet.daddr if "dstip" in limit.mode else 0
    width = 32 if packet.version == 4 else 128
    wanted = (
        limit.list,
        packet.version,
        saddr >> width - limit.source_bits << width - limit.source_bits,
        packet.sport if "srcport" in limit.mode else 0,
        daddr >> width - limit.destination_bits << width - limit.destination_bits,
        packet.dport if "dstport" in limit.mode else 0,
    )
    return any(
        (each.list, each.version, each.saddr, each.sport, each.daddr, each.dport) == wanted and each.credit < each.cost
        for each in namespace.limits.buckets
    )
