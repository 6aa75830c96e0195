"""A rule against one network of clients, which stopped the client that hairpin invented while its stand-in passes.

Whether the user's clients come from that network is an open question.  A list of many networks, such as one of
addresses that no client has, asks none.
"""

from collections.abc import Sequence

import msgspec

from hairpin.diagnose.diagnose import Diagnosis
from hairpin.diagnose.examination import Examination, examination
from hairpin.message import message
from hairpin.netfilter import ir
from hairpin.netfilter.evaluate.chain import Place, rule_at
from hairpin.network.flow import Flow, Lan, Outside
from hairpin.network.network import Network
from hairpin.network.prefix import Version, address_text, range_text
from hairpin.walk.state import RuleDecided, Stop
from hairpin.walk.trace import OpenQuestion, Trace
from hairpin.wanted import Wanted, ask_from

_FEW = 3
"""The most networks of a chain, or of a rule, of which each is asked about."""


def with_stopped_clients(found: Examination) -> Examination:
    """Return the examination in which each stand-in's flow asks about the clients whom a rule stops."""
    diagnoses = tuple(_asking(found.network, each) for each in found.diagnoses)
    return found if diagnoses == found.diagnoses else examination(found.network, diagnoses)


def asks_about(trace: Trace, stopped: Trace) -> bool:
    """Return whether the trace has the question about the rule that stops the other client."""
    start = stopped.flow.start
    return isinstance(start, (Outside, Lan)) and any(
        _asked_from(start, stopped.flow.version) in each.wanted for each in trace.questions
    )


def _asking(network: Network, diagnosis: Diagnosis) -> Diagnosis:
    stopped = diagnosis.instead_of
    stop = stopped.usual.stop if stopped is not None else None
    decided = stop.decided_by if stop is not None else None
    if stopped is None or stop is None or not isinstance(decided, RuleDecided) or not diagnosis.trace.succeeds:
        return diagnosis
    sources = _stopped_networks(network, stopped.flow, stop, decided.place)
    if not sources:
        return diagnosis
    asked = _question(stopped.flow, sources, decided.place)
    return msgspec.structs.replace(diagnosis, trace=diagnosis.trace.asking(asked))


def _stopped_networks(network: Network, flow: Flow, stop: Stop, place: Place) -> Sequence[tuple[int, int]]:
    """Return the networks that the rule stops; none if the rule or its chain stops many."""
    if stop.netns not in network or not isinstance(flow.start, (Outside, Lan)):
        return ()
    ruleset = network.namespace(stop.netns).ruleset
    rule = rule_at(ruleset, place)
    table = ruleset.table(place.family, place.table, place.dialect)
    chain = table.chain(place.chain) if table is not None else None
    if rule is None or chain is None:
        return ()
    own = [each for each in _sources(rule, flow.version) if each[0] != each[1]]  # a ban of one client stays a line
    alike = [each for each in chain.rules if _sources(each, flow.version) and each.body[-1] == rule.body[-1]]
    return own if len(own) <= _FEW and len(alike) <= _FEW else ()


def _sources(rule: ir.Rule, version: Version) -> Sequence[tuple[int, int]]:
    """Return the ranges of addresses of which the rule stops the packets, by nothing but these addresses."""
    field = "saddr4" if version == 4 else "saddr6"
    for part in rule.body:
        if isinstance(part, ir.FieldMatch) and part.field == field and part.mask == ir.FULL_MASK:
            return () if part.negated else part.ranges
    return ()


def _question(flow: Flow, sources: Sequence[tuple[int, int]], place: Place) -> OpenQuestion:
    assert isinstance(flow.start, (Outside, Lan))
    named = ", ".join(range_text(*each, flow.version) for each in sources)
    return OpenQuestion(
        text=message("Do clients of {target} come from {networks}?", target=flow.target_text(), networks=named),
        if_yes=message("This rule stops them: {rule}", rule=place.in_full),
        if_no=message("No rule that was read stops the clients: nothing is to be done"),
        wanted=(_asked_from(flow.start, flow.version),),
        breaks_if="yes",
    )


def _asked_from(start: Outside | Lan, version: Version) -> Wanted:
    return ask_from(address_text(start.address, version))
