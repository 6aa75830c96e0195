"""A chain matches the state of connections before connection tracking has seen the packet.

Users see: requests and answers are dropped although a rule such as ``ct state established,related accept`` stands in
the same chain.  Often the published ports work, because another rule accepts them by their number.

Proof: the chain is at the hook prerouting or output with a priority of -200 (conntrack) or lower, or in table raw.  The
same rules behind connection tracking, with the priority -150 (mangle) or in table mangle, let the packet pass.
Now: for nftables, load the table again with the priority ``mangle`` for this chain, because nft changes no priority in
place.  For iptables, move the rules from table raw to table mangle.
Lasting: make the same change in the file from which the rules are loaded.
"""

import shlex

import msgspec

from hairpin.causes.kit import RULE_STOPS, Candidate, Cause, Iterator, OfRule, Place, View, Way, message
from hairpin.causes.rules._rule_owner import led_from
from hairpin.change.change import Change, DeleteRule, InsertRule, Primitive, ReplaceTable, SetPolicy
from hairpin.engines.missing import is_engines
from hairpin.netfilter import ir
from hairpin.netfilter.evaluate.chain import place_of, rules_from

_CONNTRACK, _MANGLE = -200, -150
_TOLD = ir.CT_INVALID | ir.CT_ESTABLISHED | ir.CT_RELATED | ir.CT_NEW
"""The states that only connection tracking gives to a packet.  Before it, each packet counts as invalid.

Source: net/netfilter/nft_ct.c nft_ct_get_eval(), net/netfilter/xt_conntrack.c conntrack_mt()"""


def find(view: View) -> Iterator[Candidate]:
    place = view.place
    if place is None or view.stop.stage not in ("prerouting", "output"):
        return
    table = view.namespace.ruleset.table(place.family, place.table, place.dialect)
    base = next((each for each in table.chains if _is_base(view, place, each)), None) if table is not None else None
    if table is None or base is None or base.priority > _CONNTRACK:
        return
    asking = next(((chain, rule) for chain, rule in rules_from(table, (base.name,)) if _asks_state(rule.body)), None)
    if asking is None:
        return
    made = _change_of_nft(view, table, base) if table.dialect == "nft" else _change_of_raw(view, place, table, base)
    if made is None:
        return
    change, ways = made
    chain, rule = asking
    yield Candidate(
        title=message(
            "{chain} asks for the state of connections before connection tracking knows it",
            chain=f"{table.family} {table.name} {base.name}" if table.dialect == "nft" else f"raw {base.name}",
        ),
        detail=message(
            "The chain has the priority {priority}, and connection tracking has -200. No packet has a state there yet, "
            "so `{rule}` does not tell answers from other packets. The packet stops at: {stopping}",
            priority=base.priority,
            rule=rule.text,
            stopping=place.text,
        ),
        change=change,
        where=OfRule(place_of(table, chain.name, rule)),
        in_class="nearly-allowing-rule",
        evidence=(place.evidence,),
        advice=(message("the same priority belongs into the file from which the table is loaded"),)
        if table.dialect == "nft" and not ways
        else (),
        ways=ways,
        offered=not ways,
    )


def _is_base(view: View, place: Place, chain: ir.Chain) -> bool:
    return chain.hook == view.stop.stage and chain.type == "filter" and led_from(view, place, chain.name)


def _asks_state(body: tuple[ir.Expression, ...]) -> bool:
    for part in body:
        if isinstance(part, ir.AnyOfMatch) and _asks_state(part.alternatives):
            return True
        if not isinstance(part, ir.FieldMatch) or part.field != "ct-state":
            continue
        if part.mask & ir.FULL_MASK == ir.FULL_MASK:  # as iptables writes it: a value for each state
            if any(first & _TOLD and first == last for first, last in part.ranges):
                return True
        elif part.mask & _TOLD:  # as nft writes it: the states are a mask
            return True
    return False


def _change_of_nft(view: View, table: ir.Table, base: ir.Chain) -> tuple[Change, tuple[Way, ...]] | None:
    """Return the change that loads the table with the chain behind connection tracking.  If the table holds what such a
    load may lose (counters, maps, the elements of a dynamic set), also return how a person does this.  Return None if
    the chain takes packets out of connection tracking, because it then has to come before."""
    if any(isinstance(part, ir.Notrack) for _, rule in rules_from(table, (base.name,)) for part in rule.body):
        return None
    later = msgspec.structs.replace(base, priority=_MANGLE)
    chains = tuple(later if each.name == base.name else each for each in table.chains)
    change = Change(
        (ReplaceTable(view.stop.netns, "nft", table.family, table.name, msgspec.structs.replace(table, chains=chains)),)
    )
    if not (table.objects or table.maps or any(each.opaque for each in table.sets)):
        return change, ()
    said = message(
        "write `priority mangle` for chain {chain} into the file from which the table is loaded. nft changes no "
        "priority in place, so load the table again:",
        chain=base.name,
    )
    return change, (Way(Change(()), (said,), typed=tuple(_commands(table, base)) if view.on_host else ()),)


def _commands(table: ir.Table, base: ir.Chain) -> Iterator[str]:
    """Yield the commands that load the table again with another priority of one chain, in one transaction."""
    file = f"{table.name}.nft"
    edit = f"/chain {base.name} {{/,/}}/s/priority [^;]*;/priority mangle;/"
    yield f"echo 'delete table {table.family} {table.name}' > {file}"
    yield f"nft list table {table.family} {table.name} >> {file}"
    yield f"sed -i {shlex.quote(edit)} {file}"
    yield f"nft -f {file}"


def _change_of_raw(view: View, place: Place, table: ir.Table, base: ir.Chain) -> tuple[Change, tuple[Way, ...]] | None:
    """Return the change that moves the chain's filtering rules from table raw to table mangle, in their order.  Return
    None if the packet stopped in a chain that a person made in raw."""
    if table.name != "raw" or place.chain != base.name:
        return None
    netns, family = view.stop.netns, table.family
    found = [each for each in base.rules if _filters(each) and not (view.on_host and _is_engines(view, table, each))]
    parts: list[Primitive] = [
        InsertRule(
            netns, table.dialect, family, "mangle", base.name, msgspec.structs.replace(each, number=number), number
        )
        for number, each in enumerate(found, 1)
    ]
    parts += [DeleteRule(netns, place_of(table, base.name, each)) for each in reversed(found)]
    if base.policy == "drop":
        policy = Place(table.dialect, family, "mangle", base.name, 0, f"-P {base.name} ACCEPT")
        here = Place(table.dialect, family, "raw", base.name, 0, f"-P {base.name} DROP")
        parts += [SetPolicy(netns, policy, "drop"), SetPolicy(netns, here, "accept")]
    return Change(tuple(parts)), ()


def _is_engines(view: View, table: ir.Table, rule: ir.Rule) -> bool:
    return is_engines(view.host, place_of(table, "PREROUTING", rule))


def _filters(rule: ir.Rule) -> bool:
    """Return whether the rule only accepts or drops packets, and leads to no other chain."""
    statements = [
        part for part in rule.body if isinstance(part, ir.Verdict | ir.Reject | ir.Jump | ir.Notrack | ir.Outside)
    ]
    others = any(isinstance(part, ir.NoEffect) and part.name in ("LOG", "NFLOG", "TRACE") for part in rule.body)
    return not others and bool(statements) and all(isinstance(part, ir.Verdict) for part in statements)


CAUSE = Cause(
    title=message("A chain asks for the state of connections before connection tracking"),
    source="include/uapi/linux/netfilter_ipv4.h: NF_IP_PRI_CONNTRACK; nft(8): standard priority names",
    reasons=RULE_STOPS,
)
