"""The zone or the policy of firewalld that a chain of firewalld belongs to.

A zone or a policy has a first chain (``filter_IN_public``) and a chain for each part of its rules
(``filter_IN_public_allow``).  Other chains lead to the first chains and have the verdicts of the targets: one chain for
a hook until firewalld 2.4 (``filter_INPUT_POLICIES``), and also one for each pair of zones since 2.5
(``filter_IN_public_to_HOST``).  Names alone tell these chains not apart, because a zone may be called ``a_to_HOST`` or
``a_pre``, so the table's own chains and jumps decide.

Source: firewall/core/nftables.py build_policy_chain_rules(), build_policy_ingress_egress_pair_rules() of 2.3,
_dispatch_chain_name() of 2.5; ipXtables.py; fw_policy.py policy_base_chain_name()
"""

import re
from typing import Literal, NamedTuple

from hairpin.netfilter.evaluate.chain import Place
from hairpin.netfilter.ir import Chain, Jump, Table
from hairpin.programs import FIREWALLD

(TABLE,) = FIREWALLD.tables
"""The table of family inet that firewalld makes."""
PARTS = ("pre", "log", "deny", "allow", "post")
"""The parts of a zone's or a policy's rules, in the order of the jumps to them.  firewalld before 0.7 has only log,
deny and allow."""
_OWN = re.compile(r"(?:(?:filter|nat|mangle)_)?(?:IN|FWD|FWDI|FWDO|OUT|PRE|POST)_(?P<policy>policy_)?(?P<name>.+)")
_DISPATCH = re.compile(
    r"(?:INPUT|FORWARD|OUTPUT|PREROUTING|POSTROUTING)_"
    r"(?:ZONES|ZONES_SOURCE|IN_ZONES|OUT_ZONES|POLICIES|POLICIES_pre|POLICIES_post|dispatch|dnat)"
)
"""The chains of firewalld's iptables back end that belong to no zone and no policy."""
_DNAT = re.compile(r"(?:filter_)?(?P<hook>INPUT|FORWARD|OUTPUT)_dnat")


class ChainOwner(NamedTuple):
    """The zone or policy of a rule.  ``base``: its first chain.  ``part``: the part that has the rule; empty if the
    rule is the target, or stands in the first chain."""

    kind: Literal["zone", "policy"]
    name: str
    base: str
    part: str = ""


def is_firewallds(place: Place) -> bool:
    """Return whether the rule or policy is in a chain that firewalld makes."""
    if place.dialect == "nft":
        return place.table == TABLE
    return place.chain.startswith(FIREWALLD.chains) or _DISPATCH.fullmatch(place.chain) is not None


def strict_hook(place: Place) -> Literal["", "INPUT", "FORWARD", "OUTPUT"]:
    """Return the hook in which the rule rejects packets whose destination others than firewalld have translated; empty
    for any other rule.

    Only with the setting StrictForwardPorts (since 2.3) does firewalld make the chains of these rules.  They stand
    before all zones and policies, and accept the ports that firewalld itself forwards.
    Source: firewall/core/nftables.py _build_default_rules_dnat(), build_policy_forward_port_rules()"""
    found = _DNAT.fullmatch(place.chain) if is_firewallds(place) else None
    match found["hook"] if found is not None else "":
        case "INPUT" | "FORWARD" | "OUTPUT" as hook:
            return hook
        case _:
            return ""


def chain_owner(table: Table, place: Place) -> ChainOwner | None:
    """Return the zone or policy of the rule at ``place``, which is in a chain of the table.  Return None if the rule
    belongs to no zone and no policy."""
    chain = table.chain(place.chain)
    if chain is None:
        return None
    own = _owner_of(table, chain.name)
    if own is not None:
        return own
    led = _led_by(table, chain, place.number)
    return led._replace(part="") if led is not None else None


def _owner_of(table: Table, name: str) -> ChainOwner | None:
    """Return the owner of a first chain, or of the chain of a part.  Only a policy's chain tells by its name that it is
    one, if the table's other chains were not read."""
    base, _, part = name.rpartition("_")
    for first, of in ((name, ""), (base, part if part in PARTS else None)):
        found = _OWN.fullmatch(first)
        if of is not None and found is not None and table.chain(first) is not None:
            last = first == base or part not in PARTS or table.chain(base) is None
            if all(table.chain(f"{first}_{each}") for each in ("deny", "allow")) or (found["policy"] and last):
                return ChainOwner("policy" if found["policy"] else "zone", found["name"], first, of)
    return None


def _led_by(table: Table, chain: Chain, number: int) -> ChainOwner | None:
    """Return the owner of the target that the rule is: the zone to which the last jump with the same matches leads.

    firewalld asks the policies of a pair before and after the zone, and each pair has one zone."""
    rule = next((each for each in chain.rules if each.number == number), None)
    if rule is None:
        return None
    found: ChainOwner | None = None
    for each in chain.rules[: chain.rules.index(rule)]:
        jump = each.body[-1] if each.body else None
        if isinstance(jump, Jump) and each.body[:-1] == rule.body[:-1]:
            owner = _owner_of(table, jump.chain)
            found = owner if owner is not None and owner.kind == "zone" else found
    return found
