"""The questions of flows that stay undecided.  Each condition on which a flow's verdict depends has one question.

Each question says where the condition comes from, what happens to the flow with either answer, and which command shows
the true answer.
"""

from collections.abc import Iterator
from typing import assert_never

from hairpin.host.netns import Netns
from hairpin.message import Message, message
from hairpin.netfilter import ir
from hairpin.netfilter.evaluate.chain import Condition, Place, rule_at
from hairpin.netfilter.evaluate.load import is_ban_of_machines
from hairpin.netfilter.rule_address import write_mac
from hairpin.network.flow import Outside
from hairpin.network.network import Network, bridge_nf, entering
from hairpin.network.prefix import address_text
from hairpin.walk.decided import LinkDecided, RuleDecided
from hairpin.walk.trace import Branch, OpenQuestion, Trace, only_under_load
from hairpin.walk.verdicts import VERDICTS, Verdict
from hairpin.wanted import Wanted, watch_control, watch_packets, watch_port, watch_rule

_MOST = 4
"""The greatest number of questions about one flow."""
_GO_ON = message("The packets go on to the next rule")
_END = message("The packets go no further")
_UNREAD = message("hairpin does not know what becomes of the packets")


def of_trace(network: Network, trace: Trace) -> Iterator[OpenQuestion]:
    """Yield the questions about the conditions of the flow, and about rules that stop packets by their content."""
    yield from undecided_questions(network, trace)
    yield from content_questions(network, trace)


def undecided_questions(network: Network, trace: Trace) -> Iterator[OpenQuestion]:
    """Yield a question for each condition of the flow's verdict.  Yield nothing if the verdict is decided."""
    for each in trace.conditions[:_MOST]:
        yield _of_rule(network, trace, each, each.place) if each.place is not None else _of_fact(network, trace, each)


def content_questions(network: Network, trace: Trace) -> Iterator[OpenQuestion]:
    """Yield a question for each rule that stops packets of the flow by their content, and that has already stopped
    packets."""
    for branch in filter(only_under_load, trace.branches):
        decided = branch.stop.decided_by if branch.stop is not None else None
        if not isinstance(decided, RuleDecided) or branch.stop is None or branch.stop.netns not in network:
            continue
        netns, place = branch.stop.netns, decided.place
        rule = rule_at(network.namespace(netns).ruleset, place)
        part = content_match(rule)
        if rule is None or part is None or not rule.packets:
            continue
        facts = {"part": part, "count": rule.packets, "rule": place.in_full}
        yield OpenQuestion(
            text=message("Do packets of this connection match {part}? This rule has stopped {count}: {rule}", **facts),
            if_yes=message("The rule stops the packets, and the connection fails or hangs"),
            if_no=message("The rule stopped packets of other connections, and the verdict above stands"),
            wanted=(rule_watched(network, trace, netns, place, rule),),
            breaks_if="yes",
        )


def content_match(rule: ir.Rule | None) -> str | None:
    """Return the rule's match of the payload, or of a value that the client's machine chooses, such as a size or a
    hardware address.  Return None if the rule has no such match."""
    for part in rule.body if rule is not None else ():
        if isinstance(part, ir.StatefulMatch) and part.name in _OF_CONTENT:
            return part.text
        if rule is not None and isinstance(part, ir.FieldMatch) and is_ban_of_machines(rule, part):
            return ", ".join(write_mac(first) for first, _ in part.ranges)
    return None


_OF_CONTENT = ("string", "tcpmss")


# --- rules -----------------------------------------------------------------------------------------------------------


def _of_rule(network: Network, trace: Trace, condition: Condition, place: Place) -> OpenQuestion:
    netns, rule = _rule_met(network, trace, place)
    counted = rule.packets if rule is not None else None
    where = f"{place.table} {place.chain} {place.number}"
    facts = {"place": where if netns is None or netns.is_host else f"{netns}: {where}", "rule": place.text}
    taken = _is_taken(rule)
    text = (
        message(
            "Do these packets come back from {place}? The rule takes them away, for a program or for a part of the "
            "kernel such as SYNPROXY: {rule}",
            **facts,
        )
        if taken
        else message("Does rule {place} match these packets? hairpin cannot decide it: {rule}", **facts)
    )
    if counted:
        text = message("{said}. The rule has counted {count} packets", said=text, count=counted)
    if taken and netns is not None and _is_in_bridge(network, netns, rule, place):
        text = message(
            "{said}. net.bridge.{key} is 1, so the bridge itself already runs the rule. The kernel then removes the "
            "proxy's socket from the packet before delivery",
            said=text,
            key=_BRIDGE_NF[place.family],
        )
    fates = _fates(trace, condition)
    yes, no = (fates[True], fates[False]) if not taken else (_GO_ON, _END)
    return OpenQuestion(
        text=text, if_yes=yes, if_no=no, wanted=(rule_watched(network, trace, netns, place, rule),), undecided=True
    )


_BRIDGE_NF = {"ip": "bridge-nf-call-iptables", "ip6": "bridge-nf-call-ip6tables", "inet": "bridge-nf-call-iptables"}


def _is_in_bridge(network: Network, netns: Netns, rule: ir.Rule | None, place: Place) -> bool:
    """Return whether the rule gives packets to a transparent proxy, and the rule runs in a bridge of the namespace."""
    is_tproxy = rule is not None and any(
        isinstance(each, ir.Outside) and each.name.lower() == "tproxy" for each in rule.body
    )
    return is_tproxy and place.family in _BRIDGE_NF and bool(bridge_nf(network, netns, _BRIDGE_NF[place.family]))


def _is_taken(rule: ir.Rule | None) -> bool:
    """Return whether the rule hands packets to a program."""
    return rule is not None and any(isinstance(each, ir.Outside) and each.ends for each in rule.body)


def _rule_met(network: Network, trace: Trace, place: Place) -> tuple[Netns | None, ir.Rule | None]:
    """Return the namespace on the flow's path that has the rule, and the rule."""
    for netns in dict.fromkeys(step.netns for branch in trace.branches for step in branch.steps):
        ruleset = network.namespace(netns).ruleset if netns in network else ir.Ruleset(())
        table = ruleset.table(place.family, place.table, place.dialect)
        rule = rule_at(ruleset, place) if table is not None and table.evidence == place.evidence else None
        if rule is not None:
            return netns, rule
    return None, None


def rule_watched(network: Network, trace: Trace, netns: Netns | None, place: Place, rule: ir.Rule | None) -> Wanted:
    """Return the request to list the rule's chain twice, while a client tries to connect.

    The rule's counter rises if the rule matches.  For an nft rule without a counter, return the request to watch the
    packets instead."""
    if place.dialect == "nft" and (rule is None or rule.packets is None) and trace.flow.dport:
        return watch_port(trace.flow.protocol, trace.flow.dport)
    tool = {"ip": "iptables", "ip6": "ip6tables"}.get(place.family, "")
    match place.dialect:
        case "nft":
            listing = f"nft -a list chain {place.family} {place.table} {place.chain}"
        case "ebtables":
            listing = f"ebtables -t {place.table} -L {place.chain} --Lc"
        case "iptables-nft":
            listing = f"{tool} -t {place.table} -nvxL {place.chain} --line-numbers"
        case "iptables-legacy":
            listing = f"{tool}-legacy -t {place.table} -nvxL {place.chain} --line-numbers"
        case _:
            assert_never(place.dialect)
    return watch_rule(f"{entering(network, netns)}{listing}")


# --- all else --------------------------------------------------------------------------------------------------------


def _of_fact(network: Network, trace: Trace, condition: Condition) -> OpenQuestion:
    """Return the question about a condition that concerns a program on a link, or an unread part, and no rule."""
    fates = _fates(trace, condition)
    return OpenQuestion(
        text=message("Is this true: {said}?", said=condition.said),
        if_yes=fates[True],
        if_no=fates[False],
        wanted=tuple(_wanted_at_end(network, trace)),
        undecided=True,
    )


def _wanted_at_end(network: Network, trace: Trace) -> Iterator[Wanted]:
    """Yield the requests that show where the packets end: the link's traffic control, and the packets themselves."""
    for branch in trace.branches:
        stop = branch.stop
        if stop is not None and stop.reason == "opaque-device" and isinstance(stop.decided_by, LinkDecided):
            link = network.namespace(stop.netns).link(stop.link) if stop.netns in network else None
            if link is not None and (link.filters or link.tc_egress):
                yield watch_control(link.name, entering(network, stop.netns))
                break
    flow = trace.flow
    by = next((each.stop.link for each in trace.branches if each.stop is not None and is_of_unread(each)), "")
    if by and isinstance(flow.start, Outside):
        yield watch_packets(by, f"host {address_text(flow.start.address, flow.version)}")
    elif flow.dport:
        yield watch_port(flow.protocol, flow.dport)


# --- the flow's fate -------------------------------------------------------------------------------------------------


def _fates(trace: Trace, condition: Condition) -> dict[bool, Message]:
    """Return the sentences about the flow's fate: for True, if the condition holds, and for False, if it does not."""
    return {holds: _fate(_branches(trace, condition, holds=holds)) for holds in (True, False)}


def is_of_unread(branch: Branch) -> bool:
    """Return whether the packets may be in a namespace that was not read, before they come to this host."""
    return branch.stop is not None and (branch.stop.reason, branch.stop.stage) == ("namespace-unread", "outside")


def _branches(trace: Trace, condition: Condition, *, holds: bool) -> list[Branch]:
    """Return the branches on which the condition is as ``holds`` says, the likeliest branch first.

    The request and the reply may both meet the condition.  If there are branches in which the condition has the same
    truth each time, only these branches are returned."""
    met = [
        (branch, truths)
        for branch in trace.branches
        if holds in (truths := {each.holds for each in branch.conditions if _is_alike(each, condition)})
    ]
    return [branch for branch, truths in met if len(truths) == 1] or [branch for branch, _ in met]


def _is_alike(one: Condition, other: Condition) -> bool:
    return one.said == other.said and one.place == other.place


def _fate(branches: list[Branch]) -> Message:
    verdicts: dict[Verdict, None] = dict.fromkeys(each.verdict for each in branches)
    if not verdicts:
        return message(
            "The packet then takes another branch, and the verdict is the one of that branch: hairpin walk shows all "
            "branches"
        )
    first = next(iter(verdicts))
    if first == "depends":
        return _UNREAD if any(is_of_unread(each) for each in branches) else _END
    return message("Verdict: {verdict}", verdict=VERDICTS[first])
