"""Tables of iptables or ebtables to which nft has added chains or rules: these tools show only a part of such a table.

If a chain is nft's own, iptables-nft-save prints "Table `nat' contains incompatible base-chains" and every other chain.
If a rule is nft's own, iptables-nft-save prints what it knows of the rule, and ends with status 0: it leaves out the
look-up of a set or a map, the first address of a range, a TCP window.  So the rule seems to match more than it does.
nft's JSON has all chains and rules, but names the extensions in iptables' rules only.  So each chain and each rule is
taken from the tool that shows it whole.

Source: iptables/nft.c nft_is_table_compatible(), nft-shared.c nft_rule_to_iptables_command_state(), xtables-save.c
do_output(); measured with iptables 1.8.9 and 1.8.11
"""

from collections.abc import Iterable, Iterator

import msgspec

from hairpin.netfilter.ir import Chain, Expression, Jump, Rule, StatefulMatch, Table, VerdictMap
from hairpin.netfilter.meaning import unordered
from hairpin.netfilter.nft.script.translated import as_iptables


def each_chain_once(tables: Iterable[Table]) -> tuple[Table, ...]:
    """Return the tables.  If both nft and iptables show a table, and iptables shows each of its chains whole, iptables'
    table has the chains that iptables shows, and nft's table has all other chains and the chains to which these lead.
    If iptables does not show a chain whole, nft's table alone remains.  In this table, iptables' own rules have the
    body that iptables shows."""
    both = {(each.family, each.name): each for each in tables if each.dialect == "nft"}
    shown = {(each.family, each.name): each for each in tables if each.dialect in ("iptables-nft", "ebtables")}
    found: list[Table] = []
    for table in tables:
        key = (table.family, table.name)
        native, iptables = both.get(key), shown.get(key)
        if native is None or iptables is None or (table is not native and table is not iptables):
            found.append(table)
        elif not all(_shows_whole(chain, native) for chain in iptables.chains):
            found += [_with_bodies(native, iptables)] if table is native else []
        elif table is iptables:
            found.append(iptables)
        elif rest := _rest(native, iptables):
            found.append(msgspec.structs.replace(native, chains=rest))
    return tuple(found)


def _shows_whole(chain: Chain, native: Table) -> bool:
    """Return whether iptables' chain has the same rules as nft's chain.  A base chain without a rule is shown by
    iptables even if it does not exist."""
    held = native.chain(chain.name)
    rules = held.rules if held is not None else ()
    return len(rules) == len(chain.rules) and all(map(_is_of_iptables, rules, chain.rules))


def _is_of_iptables(rule: Rule, shown: Rule) -> bool:
    """Return whether iptables shows nft's rule whole: iptables made it, or both tools show the same meaning."""
    return rule.by_iptables or _same_words(as_iptables(rule)) == _same_words(shown)


def _same_words(rule: Rule) -> tuple[Expression, ...]:
    """Return the rule's meaning.  The two tools have different words for the same limit."""
    return tuple(
        msgspec.structs.replace(each, text="") if isinstance(each, StatefulMatch) else each for each in unordered(rule)
    )


def _with_bodies(native: Table, iptables: Table) -> Table:
    """Return nft's table, in which each rule that iptables shows whole has iptables' body: only iptables shows what its
    extensions compare."""
    return msgspec.structs.replace(native, chains=tuple(_chain_with_bodies(each, iptables) for each in native.chains))


def _chain_with_bodies(chain: Chain, iptables: Table) -> Chain:
    held = iptables.chain(chain.name)
    if held is None or len({rule.number for rule in chain.rules}) != len(held.rules):
        return chain
    shown = {rule.number: rule for rule in held.rules}
    return msgspec.structs.replace(
        chain,
        rules=tuple(
            msgspec.structs.replace(rule, body=shown[rule.number].body)
            if _is_of_iptables(rule, shown[rule.number])
            else rule
            for rule in chain.rules
        ),
    )


def _rest(native: Table, iptables: Table) -> tuple[Chain, ...]:
    """Return nft's chains that iptables does not show, and the chains to which these lead."""
    names = {chain.name for chain in iptables.chains}
    wanted = [chain for chain in native.chains if chain.name not in names]
    kept: set[str] = set()
    while wanted:
        chain = wanted.pop()
        if chain.name not in kept:
            kept.add(chain.name)
            led_to = set(_led_to(chain, native))
            wanted += [each for each in native.chains if each.name in led_to]
    return tuple(each for each in native.chains if each.name in kept)


def _led_to(chain: Chain, table: Table) -> Iterator[str]:
    for rule in chain.rules:
        for each in rule.body:
            if isinstance(each, Jump):
                yield each.chain
            elif isinstance(each, VerdictMap):  # a map may lead to any chain
                yield from (other.name for other in table.chains if other.hook is None)
