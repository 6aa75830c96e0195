"""The entries of a netfilter hook in the order of their priorities: filter chains, connection tracking, NAT.

Source: include/uapi/linux/netfilter_ipv4.h (priorities); net/netfilter/core.c nf_hook_entries_grow() (a chain
registered later goes before its equals)
"""

from collections.abc import Iterator

import msgspec

from hairpin.host.host import Namespace
from hairpin.host.kernel_release import Novelty
from hairpin.kept import kept
from hairpin.netfilter.ir import Chain, Family, Hook, Ruleset, Table
from hairpin.walk.hooks.nat_range import Manip

_CONNTRACK_PRIORITY = -200
NAT: dict[Hook, tuple[int, Manip]] = {
    "prerouting": (-100, "dst"),
    "output": (-100, "dst"),
    "input": (100, "src"),
    "postrouting": (100, "src"),
}
"""For each hook with address translation: its priority, and whether it translates the source or the destination."""


class Item(msgspec.Struct, frozen=True):
    """One entry at a hook: a filter chain, ``conntrack``, or ``nat``.  One ``nat`` entry runs all nat chains of the
    hook, and its ``chain`` is None; on old kernels each nat chain is an entry."""

    priority: int
    kind: str
    table: Table | None = None
    chain: Chain | None = None


def chains_of_frames(ruleset: Ruleset) -> Iterator[Chain]:
    """Yield the chains that see frames: all chains of the bridge, netdev and arp families, and the ingress and egress
    chains of all other families."""
    for table in ruleset.tables:
        for chain in table.chains if not table.dormant else ():
            if table.family in ("bridge", "netdev", "arp") or chain.hook in ("ingress", "egress"):
                yield chain


def chains_at(namespace: Namespace, hook: Hook, families: tuple[Family, ...]) -> tuple[tuple[Table, Chain], ...]:
    """Return the base chains of the families at the hook, in the order in which the kernel runs them."""
    known = _chains_of_hooks(namespace)
    if (hook, families) not in known:
        known[hook, families] = _in_order(namespace, hook, families)
    return known[hook, families]


@kept
def _chains_of_hooks(namespace: Namespace) -> dict[tuple[Hook, tuple[Family, ...]], tuple[tuple[Table, Chain], ...]]:  # noqa: ARG001
    """Return the cache of base chains by hook and families: each packet passes a dozen hooks."""
    return {}


def _in_order(namespace: Namespace, hook: Hook, families: tuple[Family, ...]) -> tuple[tuple[Table, Chain], ...]:
    found = [
        (table, chain)
        for table in namespace.ruleset.tables
        if table.family in families and not table.dormant
        for chain in table.chains
        if chain.hook == hook
    ]
    if Novelty.LATER_CHAINS_FIRST.known_to(namespace.kernel):
        found.reverse()
    found.sort(key=lambda pair: pair[1].priority)
    return tuple(found)


def items_at(namespace: Namespace, hook: Hook, families: tuple[Family, ...]) -> tuple[Item, ...]:
    """Return the entries of the hook in the order in which a packet passes them."""
    known = _items_of_hooks(namespace)
    if (hook, families) not in known:
        known[hook, families] = _items(namespace, hook, families)
    return known[hook, families]


@kept
def _items_of_hooks(namespace: Namespace) -> dict[tuple[Hook, tuple[Family, ...]], tuple[Item, ...]]:  # noqa: ARG001
    """Return the cache of hook entries, by hook and families."""
    return {}


def _items(namespace: Namespace, hook: Hook, families: tuple[Family, ...]) -> tuple[Item, ...]:
    chains = chains_at(namespace, hook, families)
    items = [Item(chain.priority, "chain", table, chain) for table, chain in chains if chain.type != "nat"]
    if hook in ("prerouting", "output"):
        items.append(Item(_CONNTRACK_PRIORITY, "conntrack"))
    if hook in NAT:
        shared = Novelty.NAT_AT_EVERY_HOOK.known_to(namespace.kernel)
        nat = (Item(chain.priority, "nat", table, chain) for table, chain in chains if chain.type == "nat")
        items += [Item(NAT[hook][0], "nat")] if shared else nat
    items.sort(key=lambda item: item.priority)
    return tuple(items)


def translates_addresses(namespace: Namespace, families: tuple[Family, ...]) -> bool:
    """Return whether the kernel translates addresses.  The kernel translates addresses at every hook as soon as the
    family has one nat chain.

    Source: net/netfilter/nf_nat_core.c nf_nat_register_fn()
    """
    return not _with_nat_chains(namespace).isdisjoint(families)


@kept
def _with_nat_chains(namespace: Namespace) -> frozenset[Family]:
    """Return the families that have a nat chain at a hook."""
    tables = (each for each in namespace.ruleset.tables if not each.dormant)
    return frozenset(
        table.family for table in tables if any(each.type == "nat" and each.hook is not None for each in table.chains)
    )
