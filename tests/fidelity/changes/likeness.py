"""The parts of two readings of one namespace that must be equal for a change's laws to hold.

Handles, indexes, counters, timers and ids may differ, so may everything that the kernel learns and makes by itself, and
the protocol of a route.
"""

from collections.abc import Callable
from itertools import groupby
from typing import Any

from msgspec.structs import replace

from hairpin.change.commands.words import is_made_by_hand, is_static
from hairpin.change.expect import entry_key
from hairpin.host.host import Namespace
from hairpin.host.link import Link
from hairpin.host.route import Route
from hairpin.netfilter.ir import AnyOfMatch, FieldMatch, Ruleset
from hairpin.network.prefix import LINK_LOCAL6


def rules(namespace: Namespace) -> dict[str, dict[str, Any]]:
    """Return each chain's policy and bodies, by table and name; an empty base chain that accepts counts as none."""
    ruleset: Ruleset = namespace.ruleset
    found: dict[str, dict[str, Any]] = {}
    for table in ruleset.tables:
        chains = {
            chain.name: (
                (chain.hook, chain.priority, chain.policy),
                tuple(_in_order(rule.body) for rule in chain.rules),
            )
            for chain in table.chains
            if chain.rules or chain.hook is None or chain.policy == "drop"
        }
        if chains:
            found[f"{table.dialect} {table.family} {table.name}"] = chains
    return found


def _in_order(body: tuple[object, ...]) -> tuple[object, ...]:
    """Return the body with neighbouring comparisons sorted, each once: iptables writes two uses of one extension as
    one, in an order of its own, and nft 1.0.6 makes a comparison twice when it reads what it has printed itself."""
    groups = groupby(body, key=lambda each: isinstance(each, FieldMatch | AnyOfMatch))
    return tuple(each for pure, group in groups for each in (sorted(set(group), key=repr) if pure else group))


def sysctls(namespace: Namespace) -> dict[tuple[str, ...], str]:
    return dict(sorted(namespace.sysctls.values.items()))


def links(namespace: Namespace) -> list[Link]:
    """Return the links without the tool's text, and without the address that a bridge takes from its ports."""
    return [
        replace(each, evidence="", operstate="", flags=(), mac=None if each.kind == "bridge" else each.mac)
        for each in namespace.links
    ]


def routes(namespace: Namespace) -> list[str]:
    """Return the routes without protocol and scope (who made them, and what the kernel derives from the rest), and
    without the routers' anycast address, which forwarding adds to each IPv6 network: docs/limitations.md.
    """
    return sorted(
        repr(replace(each, evidence="", entry=0, protocol="", scope=""))
        for each in namespace.routes
        if not _is_derived(each)
    )


def addresses(namespace: Namespace) -> list[str]:
    return sorted(repr(replace(each, evidence="", broadcast=None, tentative=False)) for each in namespace.addresses)


def _is_derived(route: Route) -> bool:
    if route.version != 6:
        return False
    return route.type in ("anycast", "multicast") or LINK_LOCAL6.holds(route.destination, 6)


def policy_rules(namespace: Namespace) -> list[Any]:
    return [entry_key(each) for each in namespace.rules]


def neighbours(namespace: Namespace) -> list[str]:
    """Return the entries that were set by hand; the kernel learns and forgets the others."""
    return sorted(repr(replace(each, evidence="", entry=0)) for each in namespace.neighbours if is_made_by_hand(each))


def forwarding(namespace: Namespace) -> list[str]:
    """Return the entries that were set by hand."""
    return sorted(repr(entry_key(each)) for each in namespace.fdb if is_static(each))


def ipsec(namespace: Namespace) -> Any:
    """Return the policies of IPsec."""
    return tuple(entry_key(each) for each in namespace.xfrm_policies)


PARTS: tuple[Callable[[Namespace], Any], ...] = (
    rules, sysctls, links, routes, addresses, policy_rules, neighbours, forwarding, ipsec,
)  # fmt: skip
