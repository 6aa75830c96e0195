"""Whether the kernel still takes a new connection into the conntrack table of a namespace.

Each namespace has its own ``nf_conntrack_count``.  ``nf_conntrack_max`` and ``nf_conntrack_buckets`` of the first
network namespace apply to all namespaces.  At the maximum the kernel looks for an entry to evict.  The entry to evict
must not be ASSURED, and it must be in one of eight buckets, starting at the new connection's bucket.  If the kernel
finds no entry to evict, it drops the new connection's packet.

The kernel switches connection tracking on when the first rule that needs it is added, and off when the last such rule
is deleted.

Source: net/netfilter/nf_conntrack_core.c __nf_conntrack_alloc(), early_drop(), early_drop_list()
"""

import math
from collections.abc import Iterator
from typing import Literal

import msgspec

from hairpin.host.host import Namespace
from hairpin.host.netns import Netns
from hairpin.kept import kept
from hairpin.message import message
from hairpin.netfilter import ir
from hairpin.netfilter.evaluate.chain import Condition
from hairpin.netfilter.ir import STATUS_ASSURED, STATUS_CONFIRMED, STATUS_OFFLOAD
from hairpin.network.network import Network
from hairpin.network.prefix import Version
from hairpin.walk.decided import ConntrackDecided
from hairpin.walk.hooks.connection_index import LISTED_MOST
from hairpin.walk.state import Outcome, Stage, State, stopped

MAXIMUM = ("net", "netfilter", "nf_conntrack_max")
COUNT = ("net", "netfilter", "nf_conntrack_count")
_BUCKETS = ("net", "netfilter", "nf_conntrack_buckets")
_SEARCHED = 8
"""The number of buckets that the kernel searches for an entry to evict: NF_CT_EVICTION_RANGE."""
_PLACES = 2
"""Each connection is in the hash table twice: by its original and by its reply tuple."""
_CERTAIN = 0.99


class Fill(msgspec.Struct, frozen=True):
    """A conntrack table: the number of its entries, its maximum, the number of entries that a new connection may evict,
    and the number of its buckets.  The last two are counted only for a full table."""

    count: int
    most: int
    evictable: int
    buckets: int

    @property
    def full(self) -> bool:
        """Whether a new connection needs another connection's place.  A maximum of 0 means no limit."""
        return 0 < self.most <= self.count

    @property
    def finds_room(self) -> float:
        """The share of new connections for which a full table finds an entry to evict in the searched buckets."""
        return 1 - math.exp(-_SEARCHED * _PLACES * self.evictable / self.buckets)


def fill_of(network: Network, netns: Netns) -> Fill | None:
    """Return how full the namespace's conntrack table is; None if its number of entries or its maximum was not read."""
    namespace = network.namespace(netns)
    count, most = namespace.sysctl(*COUNT), maximum_of(network, netns)
    if count is None or most is None:
        return None
    if count < most or not most:
        return Fill(count, most, 0, 1)
    buckets = _of_machine(network, netns, _BUCKETS)
    return Fill(count, most, _evictable(namespace, count), max(buckets or most, 1))


def maximum_of(network: Network, netns: Netns) -> int | None:
    """Return the greatest number of entries that the namespace's conntrack table may have."""
    return _of_machine(network, netns, MAXIMUM)


def _of_machine(network: Network, netns: Netns, path: tuple[str, ...]) -> int | None:
    value = network.namespace(netns.of_host).sysctl(*path) if netns.of_host in network else None
    return network.namespace(netns).sysctl(*path) if value is None else value


def _evictable(namespace: Namespace, count: int) -> int:
    """Return the number of entries that a new connection may evict.  Only the first entries of a long table are listed;
    the share of evictable entries among them is taken for the whole table."""
    listed = len(namespace.connections)
    found = sum(1 for each in namespace.connections if not each.status & (STATUS_ASSURED | STATUS_OFFLOAD))
    return found * count // listed if listed >= LISTED_MOST else found


def with_room(network: Network, before: State, after: State, stage: Stage) -> Iterator[Outcome]:
    """Yield the packet after its conntrack lookup unchanged; if it needs a new entry and the table has no room, yield
    its end.  Yield the packet and its end if the kernel finds an entry to evict only for some connections."""
    if not _is_new(before, after):
        yield after
        return
    fill = fill_of(network, after.netns)
    if fill is None or not fill.full or after.packet.version not in tracked_versions(network.namespace(after.netns)):
        yield after
        return
    share = fill.finds_room
    said = message(
        "the connection table is full ({count} of at most {most} entries), but the kernel finds an entry to evict",
        count=fill.count,
        most=fill.most,
    )
    if share > 1 - _CERTAIN:
        certain = share > _CERTAIN
        yield after if certain else after.given(Condition(said, holds=True, usual=share >= 0.5))
        if certain:
            return
    lost = before if share <= 1 - _CERTAIN else before.given(Condition(said, holds=False, usual=share < 0.5))
    decided = ConntrackDecided(
        message("{count} of at most {most} entries", count=fill.count, most=fill.most),
        network.namespace(after.netns).sysctls.evidence,
    )
    yield stopped(lost, "conntrack-full", stage=stage, link=before.oif or before.iif, decided_by=decided)


def _is_new(before: State, after: State) -> bool:
    connection = after.track.connection
    return (
        connection is not None
        and before.track.connection is None
        and not connection.live
        and not connection.status & STATUS_CONFIRMED
    )


@kept
def tracked_versions(namespace: Namespace) -> frozenset[Version]:
    """Return the IP versions whose packets the namespace tracks: the table has entries of them, or a rule needs
    connection tracking."""
    listed = {each.version for each in namespace.connections}
    versions: tuple[Version, ...] = (4, 6)
    return frozenset(each for each in versions if each in listed or needs_tracking(namespace.ruleset, each))


def needs_tracking(ruleset: ir.Ruleset, version: Literal[4, 6]) -> bool:
    """Return whether a rule for packets of the IP version needs connection tracking.

    Source: net/netfilter/nf_conntrack_proto.c nf_ct_netns_do_get(), nf_ct_netns_do_put()"""
    families = ("ip", "inet") if version == 4 else ("ip6", "inet")
    rules = (
        rule for table in ruleset.tables if table.family in families for chain in table.chains for rule in chain.rules
    )
    return any(map(_needs_it, (part for rule in rules for part in rule.body)))


def _needs_it(part: ir.Expression) -> bool:
    match part:
        case ir.Nat() | ir.NatMap() | ir.Notrack() | ir.SetZone():
            return True
        case ir.FieldMatch(field=field):
            return field.startswith("ct-")
        case ir.SetField(field=field, source=source):
            return field.startswith("ct-") or (source or "").startswith("ct-")
        case ir.VerdictMap(fields=fields) | ir.SetMatch(fields=fields) | ir.InlineSetMatch(fields=fields):
            return any(each.startswith("ct-") for each in fields)
        case ir.AnyOfMatch(alternatives=alternatives):
            return any(map(_needs_it, alternatives))
        case _:
            return False
