"""A rule or a policy decides the flow, and no special cause knows this rule.

Users see: since a rule was added or changed in a chain that administrators seldom check, a port or a destination fails.

Proof: the packet matches the rule.  Without the rule, or with the policy accept, the flow arrives.
Now: delete the rule, or set the policy to accept.
A rule with TPROXY stays: the answer says what its proxy lacks.
Lasting: remove the rule from its source, which is the saved rules, a script, or the program that owns the chain.
"""

import re

import msgspec

from hairpin.causes.kit import Candidate, Cause, Iterator, Message, Namespace, Netns, OfRule, Place, View, Way, message
from hairpin.causes.routing._asked import query_back, wants_route_back
from hairpin.causes.rules._by_owner import repairs
from hairpin.causes.rules._lifting import exception, lets_exceptions
from hairpin.causes.rules._rule_owner import owner
from hairpin.change.change import Change
from hairpin.change.intent import TakeAway, rendered
from hairpin.engines.missing import is_engines
from hairpin.host.route import TABLE_DEFAULT, TABLE_LOCAL, TABLE_MAIN
from hairpin.netfilter.evaluate.chain import rule_at
from hairpin.netfilter.ir import FieldMatch, NameMatch, Outside, Rule
from hairpin.netfilter.packet import TCP, UDP, Packet
from hairpin.network.query import Query
from hairpin.network.routing import lookup
from hairpin.programs import having_role
from hairpin.walk.deciders import deciders


def find(view: View) -> Iterator[Candidate]:
    """Yield candidates for each rule on the flow's path that matched and that no engine made, the last rule first."""
    for each in reversed(deciders(view.network, view.flow).rules):
        netns, place = each.netns, each.place
        if netns not in view.network or (netns.is_host and is_engines(view.network.host(netns.host), place)):
            continue
        if _is_cut_off(view, netns, place):
            continue
        missing = missing_parts(view, netns, place)
        if missing is not None:
            yield from (_for_proxy(view, netns, place, missing),) if missing else ()
            continue
        kept = netns == view.stop.netns and owner(view, place) in _LETS_IN
        back = kept and wants_route_back(view.namespace, place)
        for change in _changes(view, netns, place):
            yield Candidate(
                title=message("firewalld's option IPv6_rpfilter stops this flow") if back else _title(place),
                detail=_unread_queue(view, netns, place)
                or _detail(place, manager=owner(view, place) if kept else "", back=back),
                change=change,
                where=OfRule(place),
                in_class="deciding-rule",
                evidence=(place.evidence,),
                ways=(Way(Change(()), (_of_manager(view, place),), by_person=True),) if kept else (),
                offered=not kept,
            )


def _is_cut_off(view: View, netns: Netns, place: Place) -> bool:
    """Return whether the rule is a line of a pasted text with a target that nobody knows: the text may have cut the
    line."""
    if not view.network.host(netns.host).is_of_text:
        return False
    rule = rule_at(view.network.namespace(netns).ruleset, place)
    targets = [part for part in rule.body if isinstance(part, Outside)] if rule is not None else []
    return any(each.queue is None and each.name not in _KNOWN_RECEIVERS for each in targets)


_KNOWN_RECEIVERS = ("NFQUEUE", "TPROXY", "SYNPROXY", "TARPIT", "queue", "tproxy", "synproxy")


def _for_proxy(view: View, netns: Netns, place: Place, missing: tuple[Message, ...]) -> Candidate:
    """Return the candidate for a TPROXY rule whose transparent proxy cannot receive the packets.  The rule is meant to
    stay."""
    said, *further = missing
    return Candidate(
        title=message(
            "A rule in {table} {chain} redirects this flow to a transparent proxy, but the packets do not get there",
            table=place.table,
            chain=place.chain,
        ),
        detail=message("The rule has the target TPROXY, but the host lacks a part that TPROXY needs."),
        change=rendered(TakeAway(netns, place), view.network),
        where=OfRule(place),
        in_class="deciding-rule",
        evidence=(place.evidence,),
        ways=(Way(Change(()), (said,)),),
        offered=False,
        advice=tuple(further),
    )  # fmt: skip


def _unread_queue(view: View, netns: Netns, place: Place) -> Message | None:
    """Return the sentence about a rule whose queue no program reads; None for any other rule."""
    namespace = view.network.namespace(netns)
    rule = rule_at(namespace.ruleset, place)
    queue = next((part.queue for part in rule.body if isinstance(part, Outside)), None) if rule is not None else None
    if queue is None or namespace.queues is None or any(queue.first <= each <= queue.last for each in namespace.queues):
        return None
    return message(
        "The rule hands the packets to queue {number}, which no program reads now. The kernel then drops them, because "
        "the rule has no bypass. If a program should read the queue, start it instead.",
        number=queue.first if queue.first == queue.last else f"{queue.first}-{queue.last}",
    )


_LETS_IN = {each.name: each.lets_in for each in having_role("firewall") if each.lets_in is not None}
"""The advice for a rule in a chain of a firewall manager, because the rule may be the manager's own."""


def _of_manager(view: View, place: Place) -> Message:
    """Return the advice for a firewall manager's rule, which an option or a zone of the manager makes."""
    if not wants_route_back(view.namespace, place):
        return _LETS_IN[owner(view, place)]
    by = lookup(view.namespace, query_back(view.stop.seen.packet)).rule
    if by is not None and by.action == "table" and by.table not in (TABLE_LOCAL, TABLE_MAIN, TABLE_DEFAULT):
        return message(
            "firewalld's option IPv6_rpfilter makes this rule, and no zone or policy changes the rule. The rule "
            "requires a route back through {iif}, but the policy rule `{rule}` leads elsewhere.  Set IPv6_rpfilter=no "
            "in /etc/firewalld/firewalld.conf, and `firewall-cmd --reload`; or exclude this client from the policy "
            "rule",
            iif=view.stop.seen.iif,
            rule=by.text,
        )
    return message(
        "firewalld's option IPv6_rpfilter makes this rule, and no zone or policy changes the rule. The rule requires a "
        "route back through {iif}.  Give {iif} an address of the packet's network, or set IPv6_rpfilter=no in "
        "/etc/firewalld/firewalld.conf, and `firewall-cmd --reload`",
        iif=view.stop.seen.iif,
    )


def _changes(view: View, netns: Netns, place: Place) -> tuple[Change, ...]:
    """Return the changes that let the flow pass the rule.  A change deletes the rule, or inserts an exception before a
    rule that matches every packet."""
    if (netns, place) != (view.stop.netns, view.place):
        return (rendered(TakeAway(netns, place), view.network),) if place.number else ()
    if place.number and lets_exceptions(place) and _fits_all(view.network.namespace(netns), place):
        return (exception(view, place),)
    return repairs(view, place)


def _fits_all(namespace: Namespace, place: Place) -> bool:
    rule = rule_at(namespace.ruleset, place)
    return rule is not None and not any(isinstance(part, FieldMatch | NameMatch) for part in rule.body)


def _detail(place: Place, *, manager: str, back: bool) -> Message:
    """Return what is known about the rule or policy.  ``manager``: the firewall manager in whose chain it stands."""
    if back:
        return message(
            "The rule drops a packet if no route back to the packet's source leaves by the link that the packet came "
            "in by."
        )
    if manager:
        return message("The rule is in a chain of {manager}.", manager=manager)
    if place.number == 0:
        return message("No rule of the chain accepts the packet.")
    return message("No container engine made this rule.")


def _title(place: Place) -> Message:
    if place.number == 0:
        return message("The policy of {table} {chain} decides this flow", table=place.table, chain=place.chain)
    return message("A rule in {table} {chain} decides this flow", table=place.table, chain=place.chain)


CAUSE = Cause(
    title=message("A rule or a policy decides the flow"), source="iptables(8), nft(8): the first verdict counts"
)


_PORT = re.compile(r"--on-port (\d+)|\btproxy(?: ip6?)? to \S*:(\d+)")
_MARK = re.compile(r"--tproxy-mark (\w+)(?:/(\w+))?|\bmeta mark set (\w+)")
_PROTOCOLS = {TCP: "tcp", UDP: "udp"}


def missing_parts(view: View, netns: Netns, place: Place) -> tuple[Message, ...] | None:
    """Return one instruction for each thing that the TPROXY rule's proxy lacks; None if the rule has no TPROXY port."""
    namespace = view.network.namespace(netns)
    rule = rule_at(namespace.ruleset, place)
    port = _PORT.search(rule.text) if rule is not None and _is_tproxy(rule) else None
    if rule is None or port is None:
        return None
    packet = view.stop.seen.packet
    return tuple(_missing(view, namespace, rule, int(port[1] or port[2]), packet))


def _is_tproxy(rule: Rule) -> bool:
    return any(isinstance(part, Outside) and part.name.lower() == "tproxy" for part in rule.body)


def _missing(view: View, namespace: Namespace, rule: Rule, port: int, packet: Packet) -> Iterator[Message]:
    protocol = _PROTOCOLS.get(packet.protocol)
    if not any((each.protocol, each.port) == (protocol, port) for each in namespace.sockets):
        yield message("start the proxy: nothing listens on {protocol} port {port}, so the kernel drops these packets",
                      protocol=protocol or packet.protocol, port=port)  # fmt: skip
    marked = _with_mark(rule, packet)
    query = Query(packet.version, packet.daddr, packet.saddr, iif=view.stop.seen.iif, mark=marked.mark)
    if lookup(namespace, query).type != "local":
        yield message(
            "deliver packets with the mark {mark} to the host itself: this needs a policy rule `fwmark {mark} lookup "
            "{table}` and the route `local default dev lo table {table}`. Without them the kernel forwards these "
            "packets, and drops them because they already belong to a socket",
            mark=f"{marked.mark:#x}",
            table=_table(namespace, packet),
        )


def _with_mark(rule: Rule, packet: Packet) -> Packet:
    """Return the packet with the rule's mark."""
    found = _MARK.search(rule.text)
    if found is None:
        return packet
    value, mask = int(found[1] or found[3], 0), int(found[2] or "0xffffffff", 0)
    return msgspec.structs.replace(packet, mark=(packet.mark & ~mask) | value)


def _table(namespace: Namespace, packet: Packet) -> int | str:
    """Return the number of the table that has a local default route.  If no table has a local default route, return
    100."""
    return next(
        (
            each.table
            for each in namespace.routes
            if (each.version, each.type, each.prefix_length) == (packet.version, "local", 0)
        ),
        100,
    )
