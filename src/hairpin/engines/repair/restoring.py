"""The change that restores exactly the missing rules of an engine, at the engine's positions.

The change edits no policy and no foreign rule.
"""

from collections.abc import Iterator, Sequence
from itertools import islice

import msgspec

from hairpin.change.change import AddChain, Change, DeleteRule, InsertRule, Primitive, ReplaceTable
from hairpin.engines.docker.chains import BUILT_IN, NATIVE_TABLE
from hairpin.engines.expected import FAMILIES, ExpectedChain, ExpectedRule
from hairpin.engines.found import of_dialect
from hairpin.engines.missing import Missing
from hairpin.host.host import Namespace
from hairpin.host.netns import Netns
from hairpin.netfilter.evaluate.chain import place_of
from hairpin.netfilter.ir import Chain, Jump, Map, NameKey, Table, VerdictElement
from hairpin.netfilter.meaning import Meaning, meaning
from hairpin.netfilter.rule_address import IpFamily


def restoring_all(lost: Missing, netns: Netns, namespace: Namespace, moved: Sequence[ExpectedRule] = ()) -> Change:
    """Return the change that restores all missing chains and rules, with one load for each table.  ``moved``: present
    rules to move to their right positions.

    An nftables table that lacks a chain or an element is replaced as a whole, because it belongs to the engine alone.
    """
    parts: list[Primitive] = []
    for family in FAMILIES:
        whole = lost.dialect == "nft" and family in {
            *(one.family for one in lost.chains),
            *(one.family for one in lost.elements),
        }
        if whole:
            parts.append(ReplaceTable(netns, "nft", family, NATIVE_TABLE, native_table(lost, family)))
            continue
        for table in (NATIVE_TABLE,) if lost.dialect == "nft" else BUILT_IN:
            chains = tuple(one for one in lost.chains if (one.family, one.table) == (family, table))
            rules = tuple(one for one in lost.rules if (one.family, one.table) == (family, table))
            there = tuple(one for one in moved if (one.family, one.table) == (family, table))
            parts += restoring(netns, namespace, lost, chains, rules, there).parts
    return Change(tuple(parts))


def restoring(
    netns: Netns,
    namespace: Namespace,
    lost: Missing,
    chains: Sequence[ExpectedChain],
    rules: Sequence[ExpectedRule],
    moved: Sequence[ExpectedRule] = (),
) -> Change:
    """Return the change that restores the given lost chains and rules of the namespace, and no others.  ``moved``:
    present rules to move to their right positions."""
    parts: list[Primitive] = [AddChain(netns, lost.dialect, each.family, each.table, each.chain) for each in chains]
    places = of_dialect(lost.dialect, namespace)
    still_lost = {id(each) for each in lost.rules} - {id(each) for each in rules}
    leaving = {(each.family, each.table, each.chain, meaning(each.rule)) for each in moved}
    for family, table, chain in dict.fromkeys((each.family, each.table, each.chain) for each in (*rules, *moved)):
        owner = places.table("ip" if family == "ip" else "ip6", table)
        known = owner.chain(chain) if owner is not None else None
        held = known.rules if known is not None else ()
        present = [what for what in map(meaning, held) if (family, table, chain, what) not in leaving]
        parts += [
            DeleteRule(netns, place_of(owner, chain, rule))
            for rule in reversed(held)
            if owner is not None and (family, table, chain, meaning(rule)) in leaving
        ]
        wanted = [
            each
            for each in lost.wanted.rules
            if (each.family, each.table, each.chain) == (family, table, chain) and id(each) not in still_lost
        ]
        parts += [
            InsertRule(netns, lost.dialect, one.family, one.table, one.chain, one.rule, position)
            for one, position in placements(present, wanted)
        ]
    return Change(tuple(parts))


def placements(present: Sequence[Meaning], wanted: Sequence[ExpectedRule]) -> Iterator[tuple[ExpectedRule, int | None]]:
    """Yield each rule that ``present`` lacks, with the position at which to insert it after the rules that were yielded
    before it.  Positions count from 1; None is the end of the chain.

    A rule that the engine inserts is put after its nearest predecessor in the engine's order, or at the chain's head.
    A rule that the engine appends is put before its nearest successor, or at the chain's end.
    """
    # Each meaning is hashed once: an engine has hundreds of rules in a chain.
    numbers: dict[Meaning, int] = {}
    chain = [numbers.setdefault(each, len(numbers)) for each in present]
    order = [numbers.setdefault(meaning(one.rule), len(numbers)) for one in wanted]
    there = set(chain)
    for at, (one, what) in enumerate(zip(wanted, order, strict=True)):
        if what in there:
            continue
        if one.position == "first":
            before = next((each for each in reversed(order[:at]) if each in there), None)
            place = 0 if before is None else chain.index(before) + 1
        else:
            after = next((each for each in islice(order, at + 1, None) if each in there), None)
            place = len(chain) if after is None else chain.index(after)
        yield one, None if place == len(chain) else place + 1
        chain.insert(place, what)
        there.add(what)


def native_table(lost: Missing, family: IpFamily) -> Table:
    """Return the table that dockerd's nftables back end makes for a family."""
    from hairpin.engines.docker.dockerd_nftables import BASE_CHAINS, MAPS  # noqa: PLC0415 - few engines use it

    chains = {one.name: Chain(one.name, (), one.hook, one.type, one.priority, "accept") for one in BASE_CHAINS}
    chains |= {
        one.chain: Chain(one.chain, ())
        for one in lost.wanted.chains
        if one.family == family and one.chain not in chains
    }
    for one in lost.wanted.rules:
        if one.family == family:
            chain = chains.get(one.chain, Chain(one.chain, ()))
            rule = msgspec.structs.replace(one.rule, number=len(chain.rules) + 1)
            chains[one.chain] = msgspec.structs.replace(chain, rules=(*chain.rules, rule))
    maps = tuple(
        Map(
            each.name,
            "ifname : verdict",
            tuple(
                VerdictElement((NameKey(one.device),), Jump(one.target))
                for one in lost.wanted.elements
                if (one.family, one.map) == (family, each.name)
            ),
        )
        for each in MAPS
    )
    return Table(family, NATIVE_TABLE, "nft", tuple(chains.values()), maps=maps)
