"""A rule accepts packets only on interfaces of a group (``ip link set … group``), and no interface is in this group.

Users see: since the network was set up again, a rule with ``-m devgroup --src-group`` or ``iifgroup`` drops the packets
of every interface.  A link that is made again, or configured by another program, is in the group ``default``.

Proof: with the packet's interface in the group that the rule names, the packet passes.
Now: ask the person who made the rule whether the interface belongs in the group.  If it does: ``ip link set dev LINK
group NUMBER``.
Lasting: set the group in the network configuration of the interface (networkd: ``Group=`` in the section ``[Link]``,
ifupdown: ``up ip link set …``).
"""

import msgspec

from hairpin.causes.kit import RULE_STOPS, Candidate, Cause, Iterator, OfLink, Place, View, Way, message
from hairpin.change.change import Change, SetLink, one
from hairpin.host.link import Link
from hairpin.netfilter import ir
from hairpin.netfilter.evaluate.chain import place_of

_FIELDS = {"iif-group": "iif", "oif-group": "oif"}


def find(view: View) -> Iterator[Candidate]:
    """Yield one candidate for each interface of the packet and each empty group that a rule names.

    Only rules in the table of the rule that stopped the packet are examined.  A group without a link is empty."""
    if view.place is None or not view.on_host:
        return
    groups = {link.group for link in view.namespace.links}
    for place, part in _naming(view, view.place):
        name = view.stop.seen.iif if part.field == "iif-group" else view.stop.seen.oif
        link = view.namespace.link(name)
        group = str(part.ranges[0][0])
        if link is not None and group not in groups and group != "0":
            yield _candidate(view, place, link, group)


def _naming(view: View, stopped: Place) -> Iterator[tuple[Place, ir.FieldMatch]]:
    """Yield each match of a single interface group, with its rule, in the table that stopped the packet."""
    table = view.namespace.ruleset.table(stopped.family, stopped.table, stopped.dialect)
    for chain in table.chains if table is not None else ():
        for rule in chain.rules:
            for part in rule.body:
                if isinstance(part, ir.FieldMatch) and part.field in _FIELDS and table is not None and _is_one(part):
                    yield place_of(table, chain.name, rule), part


def _is_one(part: ir.FieldMatch) -> bool:
    return len(part.ranges) == 1 and part.ranges[0][0] == part.ranges[0][1]


def _candidate(view: View, place: Place, link: Link, group: str) -> Candidate:
    facts = {"link": link.name, "group": group, "own": link.group, "chain": _name(place), "rule": place.text}
    return Candidate(
        title=message("A rule in {chain} requires the interface group {group}, but {link} is in group {own}", **facts),
        detail=message(
            "No interface is in group {group}. The rule: {rule}. A link that was made or configured again is in the "
            "group default.",
            **facts,
        ),
        change=one(SetLink(view.stop.netns, msgspec.structs.replace(link, group=group))),
        where=OfLink(link=link.name, value=link.group, wanted=group),
        in_class="nearly-allowing-rule",
        evidence=tuple(dict.fromkeys(each for each in (place.evidence, link.evidence) if each)),
        offered=False,
        ways=(
            Way(
                Change(()),
                (
                    message(
                        "if {link} belongs to group {group}: ip link set dev {link} group {group}. Set the same group "
                        "where {link} is configured. Ask whoever made the rule which interfaces it is for",
                        **facts,
                    ),
                ),
            ),
        ),
    )


def _name(place: Place) -> str:
    return f"{place.table} {place.chain}" if place.dialect == "nft" else place.chain


CAUSE = Cause(
    title=message("A rule requires an interface group that no interface is in"),
    source="net/netfilter/xt_devgroup.c devgroup_mt(); nft_meta.c nft_meta_get_eval_ifgroup()",
    reasons=RULE_STOPS,
)
