"""Tables of iptables to which nft has added its own chains.  iptables shows only a part of such a table.

iptables-nft-save then prints "Table `nat' contains incompatible base-chains" and every other chain.  nft's JSON has all
chains, but names the extensions in iptables' rules only.  So each chain is taken from the tool that shows it whole.

Source: iptables/nft.c nft_is_table_compatible(), xtables-save.c do_output()
"""

from collections.abc import Iterable, Iterator

import msgspec

from hairpin.netfilter.ir import Chain, Jump, Table, VerdictMap


def each_chain_once(tables: Iterable[Table]) -> tuple[Table, ...]:
    """Return the tables.  If both nft and iptables show a table, iptables' table has the chains that iptables shows,
    and nft's table has all other chains and the chains to which these lead.  If the two disagree about a chain's
    length, nft's table alone remains: iptables' view may be incomplete."""
    both = {(each.family, each.name): each for each in tables if each.dialect == "nft"}
    shown = {(each.family, each.name): each for each in tables if each.dialect == "iptables-nft"}
    found: list[Table] = []
    for table in tables:
        key = (table.family, table.name)
        native, iptables = both.get(key), shown.get(key)
        if native is None or iptables is None or table.dialect not in ("nft", "iptables-nft"):
            found.append(table)
        elif not _agree(native, iptables):
            found += [table] if table is native else []
        else:
            found.append(iptables if table is iptables else _rest(native, iptables))
    return tuple(found)


def _agree(native: Table, iptables: Table) -> bool:
    """Return whether each chain that iptables shows has as many rules as nft shows.  A base chain without a rule is
    shown by iptables even if it does not exist."""
    lengths = {chain.name: len({rule.number for rule in chain.rules}) for chain in native.chains}
    return all(lengths.get(chain.name, 0) == len(chain.rules) for chain in iptables.chains)


def _rest(native: Table, iptables: Table) -> Table:
    """Return nft's table with only the chains that iptables does not show, and the chains to which these lead."""
    names = {chain.name for chain in iptables.chains}
    wanted = [chain for chain in native.chains if chain.name not in names]
    kept: set[str] = set()
    while wanted:
        chain = wanted.pop()
        if chain.name not in kept:
            kept.add(chain.name)
            led_to = set(_led_to(chain, native))
            wanted += [each for each in native.chains if each.name in led_to]
    return msgspec.structs.replace(native, chains=tuple(each for each in native.chains if each.name in kept))


def _led_to(chain: Chain, table: Table) -> Iterator[str]:
    for rule in chain.rules:
        for each in rule.body:
            if isinstance(each, Jump):
                yield each.chain
            elif isinstance(each, VerdictMap):  # a map may lead to any chain
                yield from (other.name for other in table.chains if other.hook is None)
