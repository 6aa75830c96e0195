"""Rules that let only listed clients reach a port, and that work as their owner intended.

A client that hairpin invented is on no such list.  If the list has another client that reaches the port, the port has
no fault.  hairpin then asks the listed client's flow instead, and the answer has the question whether the user's
clients are on the list.
"""

from collections.abc import Iterator

import msgspec

from hairpin.beside.inquiry import Inquiry
from hairpin.causes.order import OPENING, Class
from hairpin.causes.where import OfRule
from hairpin.diagnose.diagnose import diagnose
from hairpin.diagnose.examination import Examination, examination
from hairpin.diagnose.suspect import Diagnosis
from hairpin.host.host import Namespace
from hairpin.message import few_of, message
from hairpin.netfilter import ir
from hairpin.netfilter.evaluate.chain import Place, named_sets, rule_at
from hairpin.netfilter.sources import Range, on_source
from hairpin.network.flow import Flow, Lan, Outside
from hairpin.network.network import Network, addresses_of, free_address
from hairpin.network.prefix import Version, inside, range_text, whole_prefix, width
from hairpin.walk.decided import RuleDecided
from hairpin.walk.deciders import deciders
from hairpin.walk.state import Stop
from hairpin.walk.trace import OpenQuestion, Trace
from hairpin.walk.walked import walked
from hairpin.wanted import ask_from

_MOST_TRIED = 8
"""The greatest number of listed clients that are tried for one flow."""
_WALL: Class = "dropping-rule"
_MENDED: Class = "nearly-allowing-rule"
_CLOSING = OPENING | {_WALL}
_PORTS = ("dport", "ct-orig-dport")


def observe(inquiry: Inquiry) -> Inquiry:
    """Ask for listed clients instead of the invented ones that a list keeps out."""
    return inquiry.examined(with_listed_clients(inquiry.walked))


def with_listed_clients(found: Examination) -> Examination:
    """Return the examination in which a listed client replaces each invented client that only a list keeps out.

    If a neighbour on the link is listed and asked already, the invented client's flow is left out.  A neighbour whom
    only the list keeps out is left out in the same way.  If the list lets no client in, the flow of a neighbour that
    the same rule stops is left out, too."""
    diagnoses: list[Diagnosis] = []
    changed = False
    passing = [each.trace for each in found.diagnoses if each.trace.succeeds]
    outside = {_end(flow): flow for each in found.diagnoses if isinstance((flow := each.trace.flow).start, Outside)}
    for each in found.diagnoses:
        listed = _of_listed_client(found.network, each, passing, outside.get(_end(each.trace.flow)))
        changed = changed or listed is not None
        diagnoses.append(listed or each)
    if not changed:
        return found
    diagnoses = [each for each in diagnoses if not _is_behind(each, diagnoses)]
    once = {each.trace.flow: each for each in sorted(diagnoses, key=lambda each: bool(each.trace.questions))}
    return examination(
        found.network, tuple(once[flow] for flow in dict.fromkeys(each.trace.flow for each in diagnoses))
    )


def _is_behind(neighbours: Diagnosis, diagnoses: list[Diagnosis]) -> bool:
    """Return whether the rule that stops the neighbour is the rule at the end of a list that a repair corrects."""
    trace = neighbours.trace
    if not isinstance(trace.flow.start, Lan) or trace.succeeds:
        return False
    stop = trace.usual.stop
    if stop is None or any(each.candidate.in_class not in _CLOSING for each in neighbours.causes):
        return False
    mended = (each for each in diagnoses if any(one.candidate.in_class == _MENDED for one in each.causes))
    return any(
        _end(each.trace.flow) == _end(trace.flow)
        and each.trace.usual.stop is not None
        and each.trace.usual.stop.decided_by == stop.decided_by
        for each in mended
    )


def _of_listed_client(
    network: Network, diagnosis: Diagnosis, passing: list[Trace], flow: Flow | None
) -> Diagnosis | None:
    """Return the diagnosis of a listed client's flow; None if no list keeps out the invented client or the neighbour.
    ``flow`` is an outside client's flow to the same end; None if the user named a neighbour."""
    trace = diagnosis.trace
    if trace.succeeds or trace.verdict == "depends" or flow is None or not isinstance(flow.start, Outside):
        return None  # the branches of a trace that was taken over cost a walk
    if not isinstance(trace.flow.start, Lan) and not trace.flow.invented:
        return None  # the user named this client
    stop = trace.usual.stop
    if stop is None or not isinstance(stop.decided_by, RuleDecided):
        return None
    if any(each.candidate.in_class not in _CLOSING for each in diagnosis.causes) or stop.netns not in network:
        return None
    ruleset = network.namespace(stop.netns).ruleset
    mended: Diagnosis | None = None
    for other in _others(network, flow, stop, passing):
        there = walked(network, other)
        lists = _lists(network, ruleset, trace, there, stop.decided_by.place) if there.succeeds else ()
        if lists:
            letting = _accepting_rules(network, ruleset, there.flow, stop.decided_by.place)
            asked = _is_on_list(trace.flow, lists, stop.decided_by.place, letting[0] if letting else None)
            return Diagnosis(there.asking(asked), met_unread=diagnosis.met_unread)
        if trace.flow.invented:
            mended = mended or _of_mended_list(network, ruleset, other, there, stop)
    return mended


def _of_mended_list(network: Network, ruleset: ir.Ruleset, flow: Flow, there: Trace, stop: Stop) -> Diagnosis | None:
    """Return the diagnosis of a listed client that the list's rule never lets in; None if something else stops the
    client.  The rule that stops all other clients stands after this list on purpose."""
    here = there.usual.stop
    if here is None or here.decided_by != stop.decided_by or not isinstance(stop.decided_by, RuleDecided):
        return None
    found = diagnose(network, flow)
    lists: list[Range] = []
    for each in found.causes:
        where = each.candidate.where
        rule = rule_at(ruleset, where.place) if isinstance(where, OfRule) else None
        if each.candidate.in_class != _MENDED or rule is None:
            return None
        lists += _ranges(rule, flow.version, {each.name: each for each in ruleset.ipsets})
    if not lists:
        return None
    asked = _is_to_be_on_list(flow, tuple(dict.fromkeys(lists)), stop.decided_by.place)
    return msgspec.structs.replace(found, trace=found.trace.asking(asked))


# --- clients that the rules list --------------------------------------------------------------------------------------


def _others(network: Network, flow: Flow, stop: Stop, passing: list[Trace]) -> Iterator[Flow]:
    """Yield the flow from clients in the ranges of addresses that the rules of the stop's namespace list."""
    yield from (each.flow for each in passing if _is_client(each.flow) and _end(each.flow) == _end(flow))
    if not flow.invented:
        return
    namespace = network.namespace(network.host_netns(flow.host))
    tried = 0
    for first, last in dict.fromkeys(_sources(network.namespace(stop.netns).ruleset, flow.version)):
        client = _client(namespace, first, last, flow.version)
        if client is not None:
            tried += 1
            assert isinstance(flow.start, Outside)
            start = msgspec.structs.replace(flow.start, address=client)
            yield msgspec.structs.replace(flow, start=start, stand_ins=())
        if tried == _MOST_TRIED:
            return


def _is_client(flow: Flow) -> bool:
    return isinstance(flow.start, Lan | Outside)


def _end(flow: Flow) -> tuple[object, ...]:
    return flow.version, flow.daddr, flow.protocol, flow.dport, flow.host


def _client(namespace: Namespace, first: int, last: int, version: Version) -> int | None:
    """Return an address of the range for a client that is not on a link of the namespace, or None if none is found."""
    own = [(each.value, each.prefix_length) for each in addresses_of(namespace, None, version)]
    if any(inside(first, *each, version) for each in own):
        return None
    prefix = whole_prefix(first, last, version)
    free = free_address(namespace, *prefix, version) if prefix is not None and prefix[1] < width(version) - 1 else first
    return free if free is not None and not any(inside(free, *each, version) for each in own) else None


def _sources(ruleset: ir.Ruleset, version: Version) -> Iterator[Range]:
    for table in ruleset.tables:
        sets = named_sets(table, ruleset.ipsets)
        for chain in table.chains:
            for rule in chain.rules:
                yield from _ranges(rule, version, sets)


def _ranges(rule: ir.Rule, version: Version, sets: dict[str, ir.Set]) -> Iterator[Range]:
    """Yield the ranges of source addresses in the rule, and the ranges in the sets with which the rule compares the
    source address."""
    for part in on_source(rule, version):
        if isinstance(part, ir.FieldMatch):
            yield from part.ranges
        elif part.set in sets:
            for element in sets[part.set].elements[:_MOST_TRIED]:
                key = element.key[0] if element.key else None
                if isinstance(key, ir.NumberKey) and not element.nomatch:
                    yield key.first, key.last


# --- lists that are meant for the port --------------------------------------------------------------------------------


def _lists(network: Network, ruleset: ir.Ruleset, stopped: Trace, passing: Trace, stop: Place) -> tuple[Range, ...]:
    """Return the listed ranges if the rules keep all other clients from this port on purpose.

    Otherwise the result is empty.

    The rules do so on purpose in three cases.  The rule that stops the other clients itself compares the client's
    address.  Or the port is named by this rule, by the rule that lets the listed client in, or by the rule that jumps
    to the chain.  Or the chain lets clients in only by their addresses."""
    version = stopped.flow.version
    own = rule_at(ruleset, stop)
    table = ruleset.table(stop.family, stop.table, stop.dialect)
    if table is None:
        return ()
    sets = named_sets(table, ruleset.ipsets)
    if own is not None and any(part.negated for part in on_source(own, version)):
        return tuple(_ranges(own, version, sets))
    places = _accepting_rules(network, ruleset, passing.flow, stop)
    letting = [rule for each in places if (rule := rule_at(ruleset, each)) is not None]
    if not letting:
        return ()
    leading = [rule_at(ruleset, each.place) for each in deciders(network, stopped.flow).rules]
    to_chain = [each for each in leading if each is not None and _leads_to(each, stop.chain)]
    closing = () if own is None else (own, *to_chain)
    if not any(map(_names_port, (*letting, *closing))) and (own is None or not _is_of_addresses(table, stop, version)):
        return ()
    rules = _siblings(table, stop, version) or letting
    return tuple(dict.fromkeys(found for rule in rules for found in _ranges(rule, version, sets)))


def _accepting_rules(network: Network, ruleset: ir.Ruleset, passing: Flow, stop: Place) -> list[Place]:
    """Return the places of the rules in the stop's table that let a listed client pass."""
    met = [each.place for each in deciders(network, passing).rules if each.place.table == stop.table]
    return [each for each in met if (rule := rule_at(ruleset, each)) is not None and _lets(rule, passing.version)]


def _lets(rule: ir.Rule, version: Version) -> bool:
    """Return whether the rule lets listed clients pass the chain."""
    last = rule.body[-1] if rule.body else None
    on_list = any(not part.negated for part in on_source(rule, version))
    return on_list and isinstance(last, ir.Verdict) and last.verdict in ("accept", "return")


def _names_port(rule: ir.Rule) -> bool:
    return any(
        (isinstance(part, ir.FieldMatch) and part.field in _PORTS)
        or (isinstance(part, ir.SetMatch) and any(each in _PORTS for each in part.fields))
        for part in rule.body
    )


def _leads_to(rule: ir.Rule, chain: str) -> bool:
    return any(isinstance(part, ir.Jump) and part.chain == chain for part in rule.body)


def _is_of_addresses(table: ir.Table, stop: Place, version: Version) -> bool:
    """Return whether the chain lets listed clients in, and opens no port for all clients."""
    chain = table.chain(stop.chain)
    opens = chain is not None and any(
        _names_port(rule)
        and not any(on_source(rule, version))
        and isinstance(rule.body[-1], ir.Verdict)
        and rule.body[-1].verdict in ("accept", "return")
        for rule in chain.rules
    )
    return not opens and bool(_siblings(table, stop, version))


def _siblings(table: ir.Table, stop: Place, version: Version) -> list[ir.Rule]:
    """Return the rules of the stop's chain that let listed clients pass."""
    chain = table.chain(stop.chain)
    return [each for each in chain.rules if _lets(each, version)] if chain is not None else []


# --- the question -----------------------------------------------------------------------------------------------------


_FROM_CLIENT = (ask_from("ADDRESS"),)
"""Only the address of a client of the user's tells whether the list has it: hairpin chose the addresses above."""


def _is_on_list(flow: Flow, lists: tuple[Range, ...], stop: Place, letting: Place | None) -> OpenQuestion:
    text = message("A rule accepts only clients in {listed}. Are the clients of {target} in this list?",
                   **_facts(flow, lists))  # fmt: skip
    if letting is not None:
        text = message(
            "A rule accepts only clients in {listed}: {rule}. Are the clients of {target} in this list?",
            **_facts(flow, lists), rule=letting.in_full,
        )  # fmt: skip
    return OpenQuestion(
        text=text,
        if_yes=message("The list lets the clients' packets pass, and the verdict above stands"),
        if_no=message("This rule stops the clients, as intended: {rule}", rule=stop.in_full),
        wanted=_FROM_CLIENT,
        breaks_if="no",
    )


def _is_to_be_on_list(flow: Flow, lists: tuple[Range, ...], stop: Place) -> OpenQuestion:
    return OpenQuestion(
        text=message(
            "A rule should accept only clients in {listed}. Are the clients of {target} in this list?",
            **_facts(flow, lists),
        ),
        if_yes=message("The corrected rule lets these clients in, and no other clients"),
        if_no=message("This rule stops the clients, as intended: {rule}", rule=stop.in_full),
        wanted=_FROM_CLIENT,
    )


def _facts(flow: Flow, lists: tuple[Range, ...]) -> dict[str, object]:
    return {"listed": few_of([range_text(*each, flow.version) for each in lists]), "target": flow.target_text()}
