"""Writes marks, the connection's mark, TTL, DSCP, addresses and ports to a packet; puts connections into flowtables.

Source: net/netfilter/xt_mark.c mark_tg(), xt_connmark.c connmark_tg_shift(), xt_HL.c, nft_meta.c, nft_ct.c,
nft_payload.c nft_payload_set_eval()
"""

import msgspec

from hairpin.netfilter.evaluate.header import header_of
from hairpin.netfilter.evaluate.match import Question
from hairpin.netfilter.ir import STATUS_OFFLOAD, SetField
from hairpin.netfilter.packet import Seen


def assign(seen: Seen, part: SetField) -> Seen | None:
    """Return the packet with one field changed.  A field that no match or route reads stays unchanged.  Return None if
    the packet lacks the field that is copied (the connection's mark of an untracked packet)."""
    source = header_of(seen).get(part.source) if part.source is not None else part.value
    if source is None:
        return None
    assert isinstance(source, int)
    given = source & part.source_mask if part.source is not None else source
    if part.field == "mark":
        mark = ((seen.packet.mark & part.keep) ^ given) & 0xFFFFFFFF
        return msgspec.structs.replace(seen, packet=msgspec.structs.replace(seen.packet, mark=mark))
    if part.field == "ct-mark" and seen.connection is not None:
        mark = ((seen.connection.mark & part.keep) ^ given) & 0xFFFFFFFF
        return msgspec.structs.replace(seen, connection=msgspec.structs.replace(seen.connection, mark=mark))
    name = _OF_PACKET.get(part.field)
    if name is None:
        return seen
    old = getattr(seen.packet, name)
    value = ((old or 0) & part.keep) ^ given
    if part.added:
        value = max(0, min(value + part.added, 255))
    packet = msgspec.structs.replace(seen.packet, **{name: value})
    return msgspec.structs.replace(seen, packet=packet)


def offloaded(question: Question) -> Seen | None:
    """Return the packet with its connection in a flowtable; None if ``flow add`` does not put the connection into a
    flowtable.

    Source: net/netfilter/nft_flow_offload.c nft_flow_offload_eval()
    """
    seen, connection = question.seen, question.seen.connection
    if connection is None or not question.surroundings.offloads(seen):
        return None
    added = msgspec.structs.replace(connection, status=connection.status | STATUS_OFFLOAD)
    return msgspec.structs.replace(seen, connection=added)


_OF_PACKET: dict[str, str] = {
    "ttl": "ttl", "dscp": "dscp", "sport": "sport", "dport": "dport", "saddr4": "saddr", "daddr4": "daddr",
    "saddr6": "saddr", "daddr6": "daddr", "smac": "smac", "dmac": "dmac", "tcp-flags": "tcp_flags",
}  # fmt: skip
"""The header fields that rules may write, with their names in Packet.  A packet that reaches such a write has the
header that contains the field."""
