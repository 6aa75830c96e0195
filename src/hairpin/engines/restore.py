"""Input for iptables-restore (or nft) that puts back exactly what is missing, where the engine would have put it."""

from collections.abc import Iterator, Sequence

import msgspec

from hairpin.engines.chains import BUILT_IN
from hairpin.engines.dockerd_nftables import BASE_CHAINS, MAPS, TABLE
from hairpin.engines.expected import FAMILIES, ExpectedRule
from hairpin.engines.found import Meaning, meaning, of_dialect
from hairpin.engines.missing import Missing
from hairpin.host.host import Namespace
from hairpin.netfilter.ir import Dialect
from hairpin.netfilter.rule_address import IpFamily


class Restore(msgspec.Struct, frozen=True):
    """``text`` is for ``iptables-restore --noflush`` (``ip6tables-restore`` for family ip6) of the dialect's back
    end."""

    family: IpFamily
    dialect: Dialect
    text: str


def restore_text(lost: Missing, namespace: Namespace) -> tuple[Restore, ...]:
    """Return one input for each family that lacks something; nothing else is touched, no policy and no rule of others.

    An existing iptables chain is never declared: with --noflush that would empty it.  An nftables chain that lacks a
    rule is written anew as a whole, as dockerd does it: it has no rules but the engine's.
    """
    write = _native_table if lost.dialect == "nft" else _tables
    texts: dict[IpFamily, str] = {family: "\n".join(write(lost, namespace, family)) for family in FAMILIES}
    return tuple(Restore(family, lost.dialect, f"{texts[family]}\n") for family in FAMILIES if texts[family])


def _tables(lost: Missing, namespace: Namespace, family: IpFamily) -> Iterator[str]:
    where = of_dialect(lost.dialect, namespace)
    for table in BUILT_IN:
        chains = [one.chain for one in lost.chains if (one.family, one.table) == (family, table)]
        rules = [one for one in lost.rules if (one.family, one.table) == (family, table)]
        if not chains and not rules:
            continue
        yield f"*{table}"
        yield from (f":{chain} - [0:0]" for chain in chains)
        for chain in dict.fromkeys(one.chain for one in rules):
            known = where.chain(family, table, chain)
            present = [] if known is None else [meaning(rule) for rule in known.rules]
            wanted = [one for one in lost.wanted.rules if (one.family, one.table, one.chain) == (family, table, chain)]
            yield from additions(present, wanted)
        yield "COMMIT"


def additions(present: Sequence[Meaning], wanted: Sequence[ExpectedRule]) -> Iterator[str]:
    """Yield the lines that bring ``wanted`` into a chain that holds ``present``; both in the chain's order."""
    for one, position in placements(present, wanted):
        text = one.rule.text.removeprefix(f"-A {one.chain} ")
        yield f"-A {one.chain} {text}" if position is None else f"-I {one.chain} {position} {text}"


def placements(present: Sequence[Meaning], wanted: Sequence[ExpectedRule]) -> Iterator[tuple[ExpectedRule, int | None]]:
    """Yield each rule that ``present`` lacks with its position (from 1; None: at the end), each after those before it
    are in.

    A rule that the engine inserts goes behind its nearest predecessor, else to the head; one that it appends goes
    before its nearest successor, else to the end.
    """
    chain = list(present)
    meanings = [meaning(one.rule) for one in wanted]
    for number, (one, what) in enumerate(zip(wanted, meanings, strict=True)):
        if what in chain:
            continue
        place = _place(chain, meanings, number, one.position == "first")
        yield one, None if place == len(chain) else place + 1
        chain.insert(place, what)


def _place(chain: Sequence[Meaning], wanted: Sequence[Meaning], number: int, inserted: bool) -> int:
    if inserted:
        before = next((one for one in reversed(wanted[:number]) if one in chain), None)
        return 0 if before is None else chain.index(before) + 1
    after = next((one for one in wanted[number + 1 :] if one in chain), None)
    return len(chain) if after is None else chain.index(after)


def _native_table(lost: Missing, _namespace: Namespace, family: IpFamily) -> Iterator[str]:
    chains = [one.chain for one in lost.chains if one.family == family]
    elements = [one for one in lost.elements if one.family == family]
    changed = dict.fromkeys(one.chain for one in lost.rules if one.family == family)
    if not chains and not elements and not changed:
        return
    name = f"{family} {TABLE}"
    yield f"add table {name}"
    hooks = {
        one.name: f" {{ type {one.type} hook {one.hook} priority {one.priority}; policy accept; }}"
        for one in BASE_CHAINS
    }
    yield from (f"add chain {name} {chain}{hooks.get(chain, '')}" for chain in chains)
    if chains or elements:
        yield from (f"add map {name} {one.name} {{ type ifname : verdict; }}" for one in MAPS)
    yield from (f"flush chain {name} {chain}" for chain in changed)
    for one in lost.wanted.rules:
        if one.family == family and one.chain in changed:
            yield f"add rule {name} {one.chain} {one.rule.text}"
    for element in elements:
        yield f'add element {name} {element.map} {{ "{element.device}" : jump {element.target} }}'
