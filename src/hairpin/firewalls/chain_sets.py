"""The chains of a zone or a policy: their places, the jumps between them, and the rules in each chain.

A zone has chains for packets to the host, for forwarded packets, and for source translation on egress.  From firewalld
2.0 on, a zone also has chains for packets that the host sends.

Source: firewall/core/fw_policy.py _get_table_chains_for_policy_dispatch(), policy_base_chain_name(); fw_zone.py
policy_obj_from_zone_obj(); nftables.py build_policy_chain_rules()
"""

from collections.abc import Iterator

import msgspec

from hairpin.firewalls import fragments as words
from hairpin.firewalls.chain_owner import PARTS
from hairpin.firewalls.draft import ChainDraft, FirewalldTable, OwnChains
from hairpin.firewalls.permanent import Permanent, PermanentPolicy, PermanentZone, TrafficRules
from hairpin.firewalls.rich_rules import direction
from hairpin.netfilter.ir import Hook
from hairpin.netfilter.nft.syntax import Object

Place = tuple[FirewalldTable, Hook]
PAIRS = (2, 0)
"""The first version of firewalld that dispatches packets to zones by pairs of ingress and egress."""
STAGES = (2, 5)
"""The first version of firewalld that dispatches packets in stages: first by the ingress, then by the egress."""
_HOST_PRE = (2, 4)
"""The first version of firewalld in which a policy from a zone to the host may forward ports."""


def chain_at(place: Place, suffix: str = "") -> str:
    """Return the name of the chain that the hook calls, or of another chain for this hook, whose name ends with
    ``suffix``."""
    table, hook = place
    return f"{table}_{hook.upper()}{suffix}"


def base_of(chains: OwnChains, place: Place) -> str:
    """Return the first chain of the zone or policy for the given table and hook."""
    return chains.base(place[0], leaving=place[1] == "postrouting")


def directions(name: str, *, pairs: bool = False) -> Iterator[tuple[OwnChains, tuple[Place, ...]]]:
    """Yield the zone's sets of chains, each with its tables and hooks: for packets to the host, with ``pairs`` also for
    packets that the host sends, for packets that leave by the zone, and for packets that enter by the zone."""
    yield OwnChains(f"zone_{name}_HOST", name, "IN"), (("filter", "input"),)
    if pairs:
        yield OwnChains(f"zone_HOST_{name}", name, "OUT", nat="OUT"), (("filter", "output"), ("nat", "output"))
    yield OwnChains(f"zone_ANY_{name}", name), (("nat", "postrouting"),)
    yield (
        OwnChains(f"zone_{name}_ANY", name, "FWD"),
        (("filter", "forward"), ("nat", "prerouting"), ("mangle", "prerouting")),
    )


def rules_of(zone: PermanentZone, chains: OwnChains) -> TrafficRules:
    """Return the zone's rules for the direction of the chains."""
    said = zone.rules
    way = "POST" if not chains.filter else chains.filter
    rich = tuple(each for each in said.rich if direction(each) == way)
    match way:
        case "IN":
            return msgspec.structs.replace(said, masquerade=False, forward_ports=(), rich=rich)
        case "FWD":
            return TrafficRules(forward_ports=said.forward_ports, rich=rich)
        case "OUT":
            return TrafficRules()
        case _:
            return TrafficRules(masquerade=said.masquerade, rich=rich)


def own_chains(draft: ChainDraft, base: str, *, first: tuple[Object, ...] = (), last: tuple[Object, ...] = ()) -> None:
    """Add the chain ``base`` and its parts, with the jumps to the parts.  ``first`` and ``last``: the statements before
    and after the jumps."""
    if draft.has(base):
        return
    draft.chain(base, *(f"{base}_{each}" for each in PARTS))
    for each in (*first, *(words.jump(f"{base}_{each}") for each in PARTS), *last):
        draft.add(base, each)


def add_target(draft: ChainDraft, base: str, target: str, denied: str) -> None:
    """Add the rules for packets that no rule of the chains has decided."""
    if target == "CONTINUE" or not base.startswith("filter_"):
        return
    if denied != "off" and target != "ACCEPT":
        draft.add(base, *words.of_kind(denied), target_log(base, target))
    draft.add(base, target_statement(target))


def target_log(base: str, target: str) -> Object:
    """Return the statement that logs the packets that the target drops or rejects."""
    return words.log(f"{base}_{'DROP' if target == 'DROP' else 'REJECT'}: ")


def target_statement(target: str) -> Object:
    """Return the verdict of a zone's or a policy's target."""
    ends: dict[str, Object] = {"ACCEPT": words.ACCEPT, "DROP": words.DROP}
    return ends.get(target, words.REJECT)


def add_inversion(draft: ChainDraft, zone: PermanentZone, denied: str, place: int) -> None:
    """Add the rules for ICMP types that no rule names, before the zone's target."""
    if zone.target in ("DROP", "%%REJECT%%", "REJECT") or (zone.target == "ACCEPT" and not zone.rules.inverted):
        return
    chain = f"filter_IN_{zone.name}"
    kinds = words.meta("l4proto", {"set": ["icmp", "ipv6-icmp"]})
    draft.insert(chain, place, kinds, words.REJECT if zone.rules.inverted else words.ACCEPT)
    if denied != "off" and zone.rules.inverted:
        logged = words.log(f"filter_zone_{zone.name}_HOST_ICMP_BLOCK: ")
        draft.insert(chain, place, kinds, *words.of_kind(denied), logged)


def active_policies(within: Permanent) -> Iterator[PermanentPolicy]:
    """Yield the policies between zones to which packets can be dispatched."""
    active = {"HOST", "ANY", *(each.name for each in within.zones if each.interfaces or each.sources)}
    if within.version >= PAIRS:
        active.add(within.settings.default_zone)
    for each in within.policies:
        if active.intersection(each.ingress) and active.intersection(each.egress) and not each.disabled:
            yield each


def policy_places(within: Permanent, policy: PermanentPolicy) -> tuple[Place, ...]:
    """Return the tables and hooks from which packets are dispatched to the policy.

    Source: firewall/core/fw_policy.py _get_table_chains_for_policy_dispatch()"""
    from_any, to_any = "ANY" in policy.ingress, "ANY" in policy.egress
    if "HOST" in policy.egress:
        here: tuple[Place, ...] = (("filter", "input"),)
        early = from_any or within.version >= _HOST_PRE
        return (*here, ("nat", "prerouting"), ("mangle", "prerouting")) if early else here
    if "HOST" in policy.ingress:
        return ("filter", "output"), ("nat", "output")
    before: tuple[Place, ...] = (("nat", "prerouting"), ("mangle", "prerouting"))
    by_link = any(zone.interfaces for name in policy.egress if (zone := within.zone(name)) is not None)
    # before routing, the egress link is unknown, so until 2.4 the egress zone cannot be a zone with an interface
    known = to_any or not by_link or within.version >= STAGES
    return ("filter", "forward"), ("nat", "postrouting"), *(before if known else ())


def policy_chains(policy: PermanentPolicy) -> OwnChains:
    suffix = f"policy_{policy.name}"
    if "HOST" in policy.egress:
        return OwnChains(policy.name, suffix, "IN")
    if "HOST" in policy.ingress:
        return OwnChains(policy.name, suffix, "OUT", nat="OUT")
    return OwnChains(policy.name, suffix, "FWD")
