"""Compares the walk's trace with the kernel's verdict."""

from functools import reduce
from typing import Literal

import msgspec

from hairpin.message import Message, message
from hairpin.netfilter.packet import is_discovery
from hairpin.network.prefix import is_for_many
from hairpin.replica.judgement import Judgement
from hairpin.replica.judgement import Verdict as KernelVerdict
from hairpin.walk.decided import RouteDecided, RuleDecided, SocketDecided
from hairpin.walk.state import Reason, Stop
from hairpin.walk.trace import Branch, Trace, only_under_load
from hairpin.walk.verdicts import VERDICTS, Verdict

_NOT_REBUILT: frozenset[Reason] = frozenset(
    {"conntrack-full", "neighbour-table-full", "qdisc", "tc-filter", "xfrm-policy", "unit-filter", "stack-refuses"}
)
"""The reasons of stops by a state that a replica does not have: a full table of the kernel (the tables of the replica's
kernel have room), traffic control of a link, policies of IPsec, control groups, and a user's network stack."""


class Agreement(msgspec.Struct, frozen=True):
    """Whether the two judges agree.

    ``agrees`` None: it is undecided, for example because a part was left out of the replica, or because a rate was
    exceeded in the replica.
    ``judge``: the strongest judge that confirmed the verdict.  ``reason``: the difference between the verdicts; None if
    there is no difference."""

    agrees: bool | None
    judge: Literal["simulated", "replicated"]
    reason: Message | None = None


def agreement(trace: Trace, judgement: Judgement) -> Agreement:
    """Return whether the kernel's verdict and deciding rule agree with the walk's verdict and deciding rule."""
    if all(step.stage == "outside" for step in trace.usual.request):
        return Agreement(None, "simulated")  # no host that was read sees the packet, so a replica shows nothing
    differ = len({each.verdict for each in trace.branches}) > 1
    in_turn = any(condition.in_turn for each in trace.branches for condition in each.conditions)
    if any(map(_rests_on_other_tables, trace.branches)) or _is_for_many(trace):
        return Agreement(None, "simulated")
    if differ and in_turn:
        return Agreement(None, "simulated")  # the kernel takes ways in turn by neighbour entries that a replica lacks
    reason = _difference(trace, judgement)
    if reason and _under_load(trace, judgement):
        return Agreement(None, "simulated", reason)
    if judgement.left_out:
        return Agreement(None if reason else True, "simulated", reason)
    if reason:
        return Agreement(False, "simulated", reason)
    return Agreement(True, "replicated")


def _is_for_many(trace: Trace) -> bool:
    """Return whether the flow leaves as a broadcast or a multicast.  The machine that plays the outside in a replica
    need not listen for it."""
    last = trace.usual.request[-1].packet if trace.usual.request else None
    if trace.verdict != "leaves" or last is None:
        return False
    routes = (step.decided_by.entry for step in trace.usual.request if isinstance(step.decided_by, RouteDecided))
    by_route = any(each is not None and each.type == "broadcast" for each in routes)
    return by_route or is_for_many(last.daddr, last.version)


def _rests_on_other_tables(branch: Branch) -> bool:
    """Return whether the branch ends because of a state that a replica does not have: a full table, a client above a
    limit, or IPVS services."""
    if any(step.note == "balanced" for step in branch.request):
        return True
    not_rebuilt = branch.stop is not None and branch.stop.reason in _NOT_REBUILT
    return not_rebuilt or any(each.listed for each in branch.conditions)


def _under_load(trace: Trace, judgement: Judgement) -> bool:
    """Return whether the kernel took a branch that happens only if a rate is exceeded.  Other flows in the same replica
    may have exceeded the rate, and the walk considers only this flow."""
    branches = [branch for branch in trace.branches if only_under_load(branch)]
    alone = [msgspec.structs.replace(trace, verdict=branch.verdict, branches=(branch,)) for branch in branches]
    return any(not _difference(each, judgement) for each in alone)


def _difference(trace: Trace, judgement: Judgement) -> Message | None:
    if trace.verdict == "depends":
        possible = {replicated_as(branch.verdict) for branch in trace.branches}
        # A branch with the verdict `depends` stopped at a part that is not modelled, so every outcome of the kernel
        # fits.
        if judgement.verdict in possible or "depends" in possible:
            return None
        return _other_verdict(
            reduce(_either, (said for verdict, said in VERDICTS.items() if verdict in possible)), judgement
        )
    if (trace.verdict, judgement.verdict) == ("unanswered", "dropped") and (_never_left(trace) or _lost_within(trace)):
        return None  # with both verdicts the client gets no answer
    stop = trace.usual.stop
    differs = _expected(trace, stop) not in (judgement.verdict, None)
    if differs and not (stop is not None and _discovery_rejected(trace, stop, judgement)):
        return _other_verdict(VERDICTS[trace.verdict], judgement)
    return _other_rule(stop, judgement) if stop is not None else None


def replicated_as(verdict: Verdict) -> KernelVerdict | Literal["depends"]:
    """Return the verdict that a replica gives if the walk gives this verdict.  In a replica, the namespace that plays
    the outside answers packets that leave the hosts.  A replica does not ask who answers."""
    return "delivered" if verdict == "leaves" or verdict == "misdirected" else verdict  # noqa: PLR1714 - narrows the type


def _expected(trace: Trace, stop: Stop | None) -> KernelVerdict | Literal["depends"] | None:
    """Return the verdict that the replica should give.

    A replica delivers a packet to any process that holds the port, if this process is neither stopped nor frozen.
    Return None if the holder is a relay, because the trace does not contain the relay's own connection."""
    if stop is None or stop.reason != "answered-by-other":
        return replicated_as(trace.verdict)
    holder = stop.decided_by.socket if isinstance(stop.decided_by, SocketDecided) else None
    if holder is None:
        return "delivered"
    if holder.halted or holder.frozen:
        return "unanswered"
    return "delivered" if holder.relay is None else None


def _either(one: Message, other: Message) -> Message:
    return message("{one} or {other}", one=one, other=other)


def _other_verdict(simulated: Message, judgement: Judgement) -> Message:
    return message(
        "simulated {simulated}, the kernel says {replicated}",
        simulated=simulated,
        replicated=VERDICTS[judgement.verdict],
    )


def _discovery_rejected(trace: Trace, stop: Stop, judgement: Judgement) -> bool:
    """Return whether the rejected packet is a neighbour solicitation or advertisement.  The walk then says that the
    flow's packet was dropped, and the kernel's counters only show that a rule rejected a packet."""
    rejected = stop.reason == "reject" and is_discovery(stop.seen.packet)
    return rejected and (trace.verdict, judgement.verdict) == ("dropped", "rejected")


def _never_left(trace: Trace) -> bool:
    """Return whether the reply has no route out of the namespace in which it starts.  The kernel then makes no SYN-ACK,
    so the replica sees no lost answer.

    Source: net/ipv6/tcp_ipv6.c tcp_v6_send_response(), net/ipv6/inet6_connection_sock.c inet6_csk_route_req()
    """
    reply = trace.usual.reply
    return len(reply) == 1 and reply[0].stage == "output-route"


def _lost_within(trace: Trace) -> bool:
    """Return whether the reply is lost inside the outer packet of a tunnel.  The ARP reply, which the walk does not
    simulate, is lost there, too.  So the kernel never sends the first packet."""
    return sum(step.stage == "tunnel" for step in trace.usual.reply) % 2 == 1


def _other_rule(stop: Stop, judgement: Judgement) -> Message | None:
    """Return the difference between the walk's and the kernel's deciding rule.  Return None if they agree, or if no
    rule decided, because only rules have counters."""
    hits = judgement.place.rules if judgement.place is not None else ()
    decided = stop.decided_by
    if not isinstance(decided, RuleDecided):
        return None
    place = decided.place
    wanted = (stop.netns, place.family, place.table, place.chain, place.number)
    found = [(hit.netns, hit.family, hit.table, hit.chain, hit.number) for hit in hits]
    if wanted in found or (stop.reason not in ("rule", "policy", "reject")):
        return None
    if " vmap " in place.text:
        return None  # the kernel counts such a rule before the map lookup, whatever the lookup finds
    met = "; ".join(f"{hit.table} {hit.chain} {hit.number}" for hit in hits)
    return message(
        "simulated: rule {number} of {table} {chain} stopped the packet; the kernel counted {met}",
        table=place.table,
        chain=place.chain,
        number=place.number,
        met=met or message("no rule that ends the packet's way"),
    )
