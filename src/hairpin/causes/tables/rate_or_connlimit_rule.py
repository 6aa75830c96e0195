"""The client is above a limit that a rule sets, and the rule drops the client's packets.

Users see: the port answers some clients, and answers the others again after a pause.  Many clients behind one address
share one limit.

Proof: the kernel's tables show that the client is above the limit: by its connections (``connlimit``), by its packets
in a list of ``xt_recent``, or by its bucket of ``xt_hashlimit``.  Without the rule the packet arrives.
Now: remove the client from the list (``xt_recent``), or wait, or close the client's connections.
Lasting: raise the limit in the file or program that adds the rule.
"""

from hairpin.causes.kit import Candidate, Cause, Iterator, Message, Namespace, OfRule, Place, View, Way, message
from hairpin.change.change import Change, DeleteRule, one
from hairpin.netfilter.evaluate.bound import bound_of
from hairpin.netfilter.evaluate.chain import rule_at
from hairpin.netfilter.ir import StatefulMatch
from hairpin.netfilter.limit import ClientLimit, ConnectionLimit, HashLimit, Limit, QuotaLimit, RecentLimit, TimeWindow
from hairpin.netfilter.packet import Seen
from hairpin.network.prefix import address_text
from hairpin.walk.hooks.limits import is_exceeded, open_connections


def find(view: View) -> Iterator[Candidate]:
    place = _limiting(view)
    limit = _limit(view.namespace, place) if place is not None else None
    seen = view.stop.seen
    if place is None or limit is None or isinstance(limit, QuotaLimit | TimeWindow) or not limit.over:
        return
    if not is_exceeded(view.namespace, seen, limit, _list_of_packet(limit), lambda each: _to_port(each, seen)):
        return
    packet = seen.packet
    by_source = isinstance(limit, HashLimit) or limit.by == "saddr"
    client = address_text(packet.saddr if by_source else packet.daddr, packet.version)
    yield Candidate(
        title=message("{client} is above the limit of a rule now", client=client),
        detail=_detail(view, place, _state(view.namespace, seen, limit, client)),
        change=one(DeleteRule(view.stop.netns, place)),
        where=OfRule(place),
        in_class="exceeded-limit",
        evidence=tuple(each for each in (place.evidence, view.namespace.limits.evidence) if each),
        ways=tuple(Way(Change(()), (said,)) for said in _ways(limit, client)),
        offered=False,
    )


def _detail(view: View, place: Place, state: Message) -> Message:
    """Return the client's state, and which traffic the rule allows."""
    rule = rule_at(view.namespace.ruleset, place)
    parts = (bound_of(rule, part) for part in rule.body) if rule is not None else ()
    bound = next((each for each in parts if each is not None), None)
    if bound is None:
        return message("{state} The rule: {rule}", state=state, rule=place.text)
    facts = {"state": state, "bound": bound, "rule": place.text}
    return message("{state} The rule lets packets pass as long as {bound}: {rule}", **facts)


def _limiting(view: View) -> Place | None:
    """Return the rule with the limit: the rule that stops the packet, or a rule before it that leads packets above its
    limit to the stop, as ``ufw limit`` does."""
    if view.place is None or _limit(view.namespace, view.place) is not None:
        return view.place
    above = (each.place for each in view.branch.conditions if each.listed and each.holds and each.place is not None)
    same = (each for each in above if (each.table, each.family) == (view.place.table, view.place.family))
    return next(same, view.place)


def _limit(namespace: Namespace, place: Place) -> Limit | None:
    """Return the limit that the rule at ``place`` sets, or None."""
    rule = rule_at(namespace.ruleset, place)
    parts = rule.body if rule is not None else ()
    return next((part.limit for part in parts if isinstance(part, StatefulMatch) and part.limit is not None), None)


def _list_of_packet(limit: ClientLimit) -> frozenset[str]:
    """Return the name of the ``xt_recent`` list to which the walk has already added an entry for this packet.

    For other limits, return no name."""
    return frozenset({limit.list}) if isinstance(limit, RecentLimit) else frozenset()


def _to_port(other: Seen, seen: Seen) -> bool:
    return (other.packet.protocol, other.packet.dport) == (seen.packet.protocol, seen.packet.dport)


def _state(namespace: Namespace, seen: Seen, limit: ClientLimit, client: str) -> Message:
    match limit:
        case ConnectionLimit(most=most, bits=bits):
            count = open_connections(namespace, seen, limit, lambda each: _to_port(each, seen))
            if not bits:
                return message(
                    "{count} connections are open, and the rule allows at most {most}.", count=count, most=most
                )
            return message(
                "{client} has {count} connections open, and the rule allows at most {most}.",
                client=client,
                count=count,
                most=most,
            )
        case RecentLimit(list=name):
            return message("{client} is in the list {list} of xt_recent.", client=client, list=name)
        case HashLimit(list=name):
            return message("The bucket of {client} in {list} of xt_hashlimit is empty.", client=client, list=name)


def _ways(limit: ClientLimit, client: str) -> Iterator[Message]:
    match limit:
        case ConnectionLimit():
            yield message("close connections of the client (conntrack -L -s {client} shows them)", client=client)
        case RecentLimit(list=name):
            yield message("take the client off the list: {command}",
                          command=f"echo -{client} > /proc/net/xt_recent/{name}")  # fmt: skip
            if limit.seconds is not None:
                yield message("wait {seconds} s, in which the client sends nothing to this port", seconds=limit.seconds)
        case HashLimit():
            yield message("wait: the bucket fills again while the client sends fewer packets")
    yield message("if this client is meant to send so much, raise the limit where the rule is configured")


CAUSE = Cause(
    title=message("A client is above the limit of a rule"),
    source="net/netfilter/xt_connlimit.c connlimit_mt(), xt_recent.c recent_mt(), xt_hashlimit.c hashlimit_mt_common()",
    reasons=frozenset({"rule", "reject"}),
)
