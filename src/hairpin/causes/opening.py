"""Ports that an event opens: a rule keeps clients out now, and nothing keeps them out after the event.

An engine's isolation rules count only if a reload of firewalld deletes them and the engine then restores only the rules
that make its ports reachable.  hairpin never closes a port that an event opens, and only gives advice.  The reverse is
here, too: rules of users (not of engines) that accept a packet now and that an event removes.
"""

from collections.abc import Iterator

from hairpin.causes.cause import AskedFlows, Candidate, Coming, Finding, Way
from hairpin.causes.proof import proof_by
from hairpin.causes.where import OfRule
from hairpin.change.change import Change
from hairpin.engines.missing import engine_rules, is_engines
from hairpin.events.course import Course
from hairpin.events.to_come import courses_to_come
from hairpin.host.host import Host
from hairpin.message import Message, message
from hairpin.netfilter.evaluate.chain import Place, rule_at
from hairpin.netfilter.ir import FieldMatch, Rule, Ruleset
from hairpin.netfilter.meaning import meaning
from hairpin.network.flow import Lan, Outside
from hairpin.network.network import Network
from hairpin.walk.decided import RuleDecided
from hairpin.walk.deciders import deciders
from hairpin.walk.reads import walked_after
from hairpin.walk.trace import Trace

_OF_FIREWALLD = ("firewalld-reload", "firewalld-restart")
_NAMING = ("saddr4", "daddr4", "saddr6", "daddr6", "sport", "dport")


def about_rule(place: Place, title: Message, detail: Message, advice: Message) -> Candidate:
    """Return the candidate for the rule or the line of a file at ``place``, with the advice."""
    evidence = (place.evidence,) if place.evidence else ()
    ways = (Way(Change(()), (advice,)),)
    return Candidate(title, detail, Change(()), OfRule(place), "deciding-rule", evidence, ways=ways)


def opened_by_events(asked: AskedFlows, advice: Message, *, of_engine: bool) -> Iterator[Finding]:
    """Yield one finding for each rule that no longer keeps clients out after an event.  The event removes the rule or
    inserts an accepting rule before it.

    If ``of_engine`` is true, only isolation rules of engines are examined.  If ``of_engine`` is false, all rules except
    isolation rules of engines are examined.  A rule that matches every packet counts as a policy: an event that
    restores an accepting rule before it opens nothing."""
    network = asked.network
    denied = {
        number: place
        for number, trace in enumerate(asked.traces)
        if (place := _denying(network, trace, of_engine=of_engine)) is not None
    }
    told: set[Place] = set()
    for label, event, course in courses_to_come(network, asked.flows) if denied else ():
        if of_engine and event not in _OF_FIREWALLD:
            # every other event that removes an engine's rules also breaks the engine's ports, and other causes report
            # this
            continue
        for number, place in denied.items():
            trace = asked.traces[number]
            if trace.usual.stop is None or trace.usual.stop.netns.host != label or place in told:
                continue
            then = walked_after(network, course.network, trace.flow)
            gone = then.succeeds and _is_gone(network, course, place)
            overtaken = not of_engine and _is_about_somebody(network.host(label), place)
            if then.succeeds and (gone or overtaken):
                told.add(place)
                flows = tuple(other for other, of in denied.items() if of == place)
                candidate = _no_longer_kept_out(event, place, advice, gone=gone)
                proof = proof_by(then, trace)
                yield Finding(candidate, "exposure", host=label, flows=flows, proof=proof, event=event)


def _no_longer_kept_out(event: str, place: Place, advice: Message, *, gone: bool) -> Candidate:
    title = message("after {event}: nothing keeps these clients out any more", event=event)
    facts = {"table": place.table, "chain": place.chain, "rule": place.text}
    lost = message("The rule that stops these clients now will be gone: {table} {chain}: {rule}.", **facts)
    overtaken = message(
        "Other rules will accept these clients before they reach this rule: {table} {chain}: {rule}.", **facts
    )
    return about_rule(place, title, lost if gone else overtaken, advice)


def _is_gone(network: Network, course: Course, place: Place) -> bool:
    rule = rule_at(_own(network.host(course.label)), place)
    return rule is None or is_lost(place, rule, _own(course.host))


def _is_about_somebody(host: Host, place: Place) -> bool:
    """Return whether the rule matches an address or a port."""
    rule = rule_at(_own(host), place)
    return rule is not None and any(isinstance(each, FieldMatch) and each.field in _NAMING for each in rule.body)


def _own(host: Host) -> Ruleset:
    return host.namespace(host.netns.name).ruleset


def _denying(network: Network, trace: Trace, *, of_engine: bool) -> Place | None:
    """Return the rule that keeps the client out, or None if a policy keeps it out.

    If ``of_engine`` is true, only an engine's rule is returned.  If ``of_engine`` is false, only a rule of another
    owner that stops a client outside the host is returned."""
    stop = trace.usual.stop if not trace.succeeds else None
    if stop is None or not stop.netns.is_host:
        return None
    if not isinstance(stop.decided_by, RuleDecided) or not stop.decided_by.place.number:
        return None
    place = stop.decided_by.place
    rule = rule_at(network.namespace(stop.netns).ruleset, place)
    if rule is None:
        return None
    host = network.host(stop.netns.host)
    if of_engine:
        return place if (place.family, place.table, place.chain, meaning(rule)) in engine_rules(host) else None
    outside = isinstance(trace.flow.start, (Outside, Lan))
    return place if outside and not is_engines(host, place) else None


def lost_rules(coming: Coming) -> Iterator[Place]:
    """Yield the rules that match the packet now and that the event removes.  Rules of engines are not yielded."""
    then = coming.host_then.namespace(coming.host.netns.name).ruleset
    return (place for place, rule in _own_rules(coming) if is_lost(place, rule, then))


def is_lost(place: Place, rule: Rule, then: Ruleset) -> bool:
    """Return whether the ruleset ``then`` has no rule of the same meaning as ``rule`` in the chain of ``place``."""
    table = then.table(place.family, place.table, place.dialect)
    chain = table.chain(place.chain) if table is not None else None
    return chain is None or all(meaning(one) != meaning(rule) for one in chain.rules)


def rules_on_the_way(coming: Coming) -> Iterator[Place]:
    """Yield the host's rules that match the packet now and that no engine makes."""
    return (place for place, _ in _own_rules(coming))


def _own_rules(coming: Coming) -> Iterator[tuple[Place, Rule]]:
    own = engine_rules(coming.host)
    was = coming.host.namespace(coming.host.netns.name).ruleset
    for each in deciders(coming.was, coming.flow).rules:
        rule = rule_at(was, each.place)
        if each.netns == coming.host.netns and rule is not None and (*_names(each.place), meaning(rule)) not in own:
            yield each.place, rule


def _names(place: Place) -> tuple[str, str, str]:
    return place.family, place.table, place.chain
