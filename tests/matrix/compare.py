"""What differs between the host that was foretold and the host that was read after the event."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from hairpin.host.host import Host, Namespace
from hairpin.netfilter.ir import Rule, Table
from hairpin.netfilter.meaning import meaning
from hairpin.network.prefix import address_text

_SET = re.compile(r"\{ (.*?) \}")
ORDER = "order of"
"""How a line begins that tells that only the order of a chain's rules differs."""
_OF_IPTABLES = ("filter", "nat", "mangle", "raw", "security")
_CHANGING = ("nf_conntrack_count", "entropy", "dev/tty")


def differences(foretold: Host, seen: Host) -> Iterator[str]:
    """Yield a line for each rule, policy, sysctl, link, address, route and policy rule of the host's own namespace that
    only one has.  What is named by an id, which an engine draws, has its name instead."""
    ours, theirs = (each.namespace(each.netns.name) for each in (foretold, seen))
    renamed, other = _Renaming(foretold), _Renaming(seen)
    twofold = _twofold(ours, theirs)
    yield from _rules_differ(
        {chain: list(map(renamed, rules)) for chain, rules in _chains(ours, twofold).items()},
        {chain: list(map(other, rules)) for chain, rules in _chains(theirs, twofold).items()},
    )
    for what, take in (("policy", _policies), ("address", _addresses), ("route", _routes),
                       ("policy rule", _policy_rules), ("link", _links)):  # fmt: skip
        expected, found = Counter(map(renamed, take(ours))), Counter(map(other, take(theirs)))
        yield from (f"{what} too many: {each}" for each in (expected - found).elements())
        yield from (f"{what} not foretold: {each}" for each in (found - expected).elements())
    values = {renamed(".".join(path)): value for path, value in ours.sysctls.values.items()}
    for path, value in theirs.sysctls.values.items():
        known = values.get(other(".".join(path)))
        if known is not None and known.split() != value.split() and not any(each in path[-1] for each in _CHANGING):
            yield f"sysctl {'.'.join(path)}: foretold {known}, is {value}"


class _Renaming:
    """Puts the networks' names into a text, where bridges have their names of a network's id, and the containers'
    names, where comments of rules have their ids."""

    def __init__(self, host: Host) -> None:
        self._names = {
            each.bridge: f"br-{each.name}"
            for engine in host.engines
            for each in engine.networks
            if each.bridge is not None and each.bridge == f"br-{each.id[:12]}"
        } | {each.id: each.name for each in host.containers()}

    def __call__(self, text: str) -> str:
        for bridge, name in self._names.items():
            text = text.replace(bridge, name)
        return text


def _rules_differ(expected: Mapping[str, list[str]], found: Mapping[str, list[str]]) -> Iterator[str]:
    """Yield a line for each rule that only one has; one for a chain that has the same rules in another order."""
    for chain in dict.fromkeys((*expected, *found)):
        foretold, seen = expected.get(chain, []), found.get(chain, [])
        if Counter(foretold) == Counter(seen):
            if foretold != seen:
                yield f"{ORDER} {chain}: foretold {'; '.join(foretold)}, is {'; '.join(seen)}"
            continue
        numbered, others = (Counter(enumerate(each, 1)) for each in (foretold, seen))
        yield from (f"rule too many: {chain} {number} {rule}" for number, rule in numbered - others)
        yield from (f"rule not foretold: {chain} {number} {rule}" for number, rule in others - numbered)


def _twofold(ours: Namespace, theirs: Namespace) -> frozenset[tuple[str, str]]:
    """Return the tables that are nft's for one, and iptables-nft's for the other: one made by a script of nft, which
    iptables shows as its own.  Their rules are compared by what they mean."""
    spoken = ({(each.family, each.name): _speech(each) for each in one.ruleset.tables} for one in (ours, theirs))
    first, second = spoken
    return frozenset(key for key, speech in first.items() if second.get(key, speech) != speech)


def _speech(table: Table) -> str:
    """Return whose words the table's rules have; a script of nft may add rules to a table of iptables."""
    by_nft = any(rule.text and not rule.text.startswith("-A ") for chain in table.chains for rule in chain.rules)
    return "nft" if by_nft else table.dialect


def _dialect(table: Table, twofold: frozenset[tuple[str, str]]) -> str:
    return "nft" if (table.family, table.name) in twofold else table.dialect


def _chains(namespace: Namespace, twofold: frozenset[tuple[str, str]]) -> dict[str, list[str]]:
    return {
        f"{_dialect(table, twofold)} {table.family} {table.name} {chain.name}": [
            str(meaning(rule)) if (table.family, table.name) in twofold else _words(rule) for rule in chain.rules
        ]
        for table in namespace.ruleset.tables
        for chain in table.chains
        if chain.rules
    }


def _words(rule: Rule) -> str:
    """Return the rule's words; nft lists the elements of a set in an order of the kernel's
    own, and says the family of a translation or not."""
    return _SET.sub(_sorted, rule.text).replace("dnat ip to ", "dnat to ") or str(meaning(rule))


def _sorted(elements: re.Match[str]) -> str:
    return f"{{ {', '.join(sorted(elements[1].split(', ')))} }}"


def _policies(namespace: Namespace) -> Iterator[str]:
    for table in namespace.ruleset.tables:
        for chain in table.chains:
            if (
                table.family in ("ip", "ip6")
                and table.name in _OF_IPTABLES
                and chain.hook is not None
                and (chain.policy or "accept") == "drop"
            ):
                yield f"{table.family} {table.name} {chain.name} DROP"
            if chain.hook is None:
                yield f"{table.family} {table.name} chain {chain.name}"


def _addresses(namespace: Namespace) -> Iterator[str]:
    for each in namespace.addresses:
        if not (each.version == 6 and each.scope == "link"):
            yield f"{address_text(each.value, each.version)}/{each.prefix_length} dev {each.link}"


def _routes(namespace: Namespace) -> Iterator[str]:
    for each in namespace.routes:
        if each.version == 4:
            hops = " ".join(f"{hop.gateway or ''}@{hop.link}" for hop in each.next_hops)
            yield f"{each.type} {address_text(each.destination, 4)}/{each.prefix_length} {hops} table {each.table}"


def _policy_rules(namespace: Namespace) -> Iterator[str]:
    for each in namespace.rules:
        yield f"{each.priority}: {each.source} {each.destination} {each.mark} {each.action} {each.table}"


def _links(namespace: Namespace) -> Iterator[str]:
    for each in namespace.links:
        name = each.name if each.kind != "veth" else "a veth"
        yield f"{name} {'up' if each.up else 'down'} master {each.master} mtu {each.mtu_bytes} carrier {each.carrier}"
