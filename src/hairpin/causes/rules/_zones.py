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
    """The zone or the policy whose rule it is.  ``part``: the part of its rules, in firewalld's order: pre, log, deny,
    allow, post; empty: its target, behind them.  ``first``: the chain that is asked before all others of its own."""

    kind: Literal["zone", "policy"]
    name: str
    part: str
    first: str


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


def is_by_source(view: View, zone: str, link: str) -> bool:
    """Return whether packets that come in by the link are in the zone because of their source: firewalld asks for it
    before the link's zone."""
    named = (each for each in zones(view) if each.name == zone)
    return any(each.sources and link not in each.interfaces for each in named)


def keeper_of(view: View, place: Place) -> Keeper:
    """Return who keeps a rule of firewalld's that stopped a packet for the host; in a chain of nobody's, the zone of
    the packet's link.  Source: firewalld src/firewall/core/nftables.py, fw_policy.py policy_base_chain_name()."""
    found = _CHAIN.fullmatch(place.chain)
    if found is None:
        return Keeper("zone", zone_of(view, view.stop.seen.iif), "", "")
    kind: Literal["zone", "policy"] = "policy" if found["policy"] else "zone"
    return Keeper(kind, found["name"], found["part"] or "", f"{found['stem']}_pre")
