"""firewalld's zones, the zone of an interface, and whose chain a rule of firewalld's stands in."""

import re
from typing import Literal, NamedTuple

from hairpin.causes.cause import View
from hairpin.host.managers import FirewalldZone
from hairpin.netfilter.evaluate.chain import Place

_CHAIN = re.compile(
    r"(?P<stem>(?:filter_)?IN_(?P<policy>policy_)?(?P<name>.+?))(?:_(?P<part>pre|log|deny|allow|post))?"
)


class Keeper(NamedTuple):
    """The zone or the policy whose rule it is.

    ``part``: the part of its rules, in firewalld's order: pre, log, deny, allow, post; empty: its target, behind them.
    ``first``: its chain that is asked first; empty: not known.  ``by_source``: the packet is in the zone because of its
    source, not of its link."""

    kind: Literal["zone", "policy"]
    name: str
    part: str = ""
    first: str = ""
    by_source: bool = False


def zones(view: View) -> tuple[FirewalldZone, ...]:
    """Return firewalld's zones at run time, or else those in its files."""
    firewalld = view.host.firewalld
    if firewalld is None:
        return ()
    return firewalld.runtime or firewalld.permanent


def zone_of(view: View, link: str) -> str:
    """Return the zone of a link: bound at run time, or in the files, or firewalld's default."""
    firewalld = view.host.firewalld
    if firewalld is None:
        return "public"
    for zone in (*firewalld.runtime, *firewalld.permanent):
        if link in zone.interfaces:
            return zone.name
    return firewalld.default_zone or "public"


def keeper_of(view: View, place: Place) -> Keeper:
    """Return the zone or the policy that has the rule by which firewalld stopped a packet for the host.  A chain that
    belongs to none of them is taken for the zone of the packet's link.

    Source: firewalld src/firewall/core/nftables.py, fw_policy.py policy_base_chain_name()."""
    usual = zone_of(view, view.stop.seen.iif)
    found = _CHAIN.fullmatch(place.chain)
    if found is None:
        return Keeper("zone", usual)
    name, part, first = found["name"], found["part"] or "", f"{found['stem']}_pre"
    if found["policy"]:
        return Keeper("policy", name, part, first)
    # firewalld asks for a packet's source before it asks for its link.
    by_source = name != usual and any(each.sources for each in zones(view) if each.name == name)
    return Keeper("zone", name, part, first, by_source)
