"""A replica gets only those elements of a long set that contain an address of its packets.

Loading 200,000 addresses takes longer than building the rest of the replica, and no packet of the flows matches the
omitted elements.
"""

from collections.abc import Collection, Iterator

import msgspec

from hairpin.netfilter.evaluate.set_index import elements_for
from hairpin.netfilter.ir import Element, Nat, Set, Table
from hairpin.netfilter.nft.syntax import Json, Object, list_of, object_of, single
from hairpin.network.flow import Flow
from hairpin.network.network import Network
from hairpin.replica.plan.connections import packets_of

LONG = 1000
"""A set with fewer elements than this number is loaded as it was read."""
_OF_ADDRESSES = ("ipv4_addr", "ipv6_addr", "hash:ip", "hash:net")
"""The beginning of a set's type, for sets that match a packet's address first."""

Known = frozenset[int]
"""IPv4 and IPv6 addresses."""


def known_addresses(networks: tuple[Network, ...], flows: tuple[Flow, ...]) -> Known | None:
    """Return the addresses that the flows' packets can have, in the networks before and after a change: the addresses
    of every namespace, of NAT rules, and of packets in a walk.  Return None if no set is long."""
    rulesets = [namespace.ruleset for _, namespace in networks[0].namespaces()]
    ipsets = (each for rules in rulesets for each in rules.ipsets)
    sets = (each for rules in rulesets for table in rules.tables for each in table.sets)
    if not any(map(_is_long, (*ipsets, *sets))):
        return None
    return frozenset(each for network in networks for each in addresses_met(network, flows))


def addresses_met(network: Network, flows: tuple[Flow, ...]) -> Iterator[int]:
    """Yield the addresses of every namespace, of NAT rules, and of the flows' packets.  An address may occur more than
    once."""
    for _, namespace in network.namespaces():
        yield from (each.value for each in namespace.addresses)
        for table in namespace.ruleset.tables:
            bodies = (part for chain in table.chains for rule in chain.rules for part in rule.body)
            for part in bodies:
                if isinstance(part, Nat) and part.addresses is not None:
                    yield from part.addresses
    for flow in flows:
        yield from (flow.daddr, *flow.stand_ins)
        for packet in packets_of(network, flow):
            yield from (packet.saddr, packet.daddr)


def _is_long(named: Set) -> bool:
    if named.absent is not None:
        return True
    return len(named.elements) >= LONG and named.opaque is None and named.type.startswith(_OF_ADDRESSES)


def _elements_with(named: Set, known: Known) -> Collection[int]:
    """Return the ids (``id()``) of the set's elements that contain one of the addresses."""
    return {id(each) for address in known for each in elements_for(named, address)}


def short_table(table: Table, known: Known | None) -> Table:
    """Return the table with only the needed elements in its long sets.

    ``known``: the addresses that decide which elements are needed, or None if all elements are needed."""
    if known is None or not any(map(_is_long, table.sets)):
        return table
    return msgspec.structs.replace(table, sets=tuple(_short(each, known) for each in table.sets))


def _short(named: Set, known: Known) -> Set:
    if not _is_long(named):
        return named
    # this set's elements were read only for the addresses of the question, so all of them are needed
    if named.absent is not None:
        return Set(named.name, named.type, named.elements)
    needed = _elements_with(named, known)
    return msgspec.structs.replace(named, elements=tuple(each for each in named.elements if id(each) in needed))


def shorten_listing(document: Json, table: Table, known: Known) -> None:
    """Remove the needless elements from the long sets in the table's listing.  If an element of a set could not be
    parsed, the set stays unchanged."""
    sets = {each.name: each for each in table.sets if _is_long(each)}
    for item in list_of(object_of(document).get("nftables")) if sets else ():
        kind, found = single(item)
        body: Object = object_of(found)
        named = sets.get(str(body.get("name"))) if kind == "set" else None
        listed = body.get("elem")
        if named is not None and isinstance(listed, list) and len(listed) == len(named.elements):
            body["elem"] = _of_needed(listed, named.elements, _elements_with(named, known))


def _of_needed(listed: list[Json], elements: tuple[Element, ...], needed: Collection[int]) -> list[Json]:
    return [one for one, element in zip(listed, elements, strict=True) if id(element) in needed]


def short_ipsets(text: str, sets: tuple[Set, ...], known: Known | None) -> str:
    """Return the text of ``ipset save`` with only the needed elements of long sets.

    ``known``: the addresses that decide which elements are needed, or None if all elements are needed."""
    found = {each.name: each for each in sets if _is_long(each)}
    if known is None or not found:
        return text
    lines = text.splitlines(keepends=True)
    added: dict[str, list[int]] = {}
    for number, line in enumerate(lines):
        words = line.split(maxsplit=2)
        if len(words) == 3 and words[0] == "add" and words[1] in found:
            added.setdefault(words[1], []).append(number)
    gone: set[int] = set()
    for name, numbers in added.items():
        elements = found[name].elements
        if len(numbers) == len(elements):
            needed = _elements_with(found[name], known)
            gone |= {number for number, each in zip(numbers, elements, strict=True) if id(each) not in needed}
    return "".join(line for number, line in enumerate(lines) if number not in gone)
