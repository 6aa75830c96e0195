"""NETMAP: the hook that runs the rule decides whether it translates the source or the destination.

Source: net/netfilter/xt_NETMAP.c netmap_tg4(), netmap_tg6()
"""

from collections.abc import Iterable

import msgspec

from hairpin.netfilter.ir import Chain, Expression, Hook, Jump, Nat, Outside, Rule

_DESTINATION: frozenset[Hook] = frozenset({"prerouting", "output"})


def resolved(chains: tuple[Chain, ...]) -> tuple[Chain, ...]:
    """Return the chains of one table, in which each NETMAP (read as ``dnat``) has become ``snat`` or ``dnat``,
    depending on the hooks that run its chain.  If both hooks of SNAT and hooks of DNAT run the chain, the NETMAP
    becomes Outside, because no single translation is right."""
    hooks: dict[str, set[Hook]] = {chain.name: set() for chain in chains}
    callees = {chain.name: set(_jumps(chain.rules)) for chain in chains}
    for chain in chains:
        if chain.hook is not None:
            _spread(chain.hook, chain.name, callees, hooks)
    return tuple(_resolved_chain(chain, hooks[chain.name]) for chain in chains)


def _jumps(rules: Iterable[Rule]) -> Iterable[str]:
    return (each.chain for rule in rules for each in rule.body if isinstance(each, Jump))


def _spread(hook: Hook, start: str, callees: dict[str, set[str]], hooks: dict[str, set[Hook]]) -> None:
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name in hooks and hook not in hooks[name]:
            hooks[name].add(hook)
            waiting.extend(callees[name])


def _resolved_chain(chain: Chain, hooks: set[Hook]) -> Chain:
    if not any(isinstance(each, Nat) and each.prefix for rule in chain.rules for each in rule.body):
        return chain
    kinds = {hook in _DESTINATION for hook in hooks}
    rules = tuple(
        msgspec.structs.replace(rule, body=tuple(_resolved_statement(each, kinds) for each in rule.body))
        for rule in chain.rules
    )
    return msgspec.structs.replace(chain, rules=rules)


def _resolved_statement(each: Expression, kinds: set[bool]) -> Expression:
    if not (isinstance(each, Nat) and each.prefix):
        return each
    if len(kinds) > 1:
        return Outside("NETMAP", "SNAT | DNAT")
    return msgspec.structs.replace(each, nat="dnat" if True in kinds or not kinds else "snat")
