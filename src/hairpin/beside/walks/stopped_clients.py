"""A rule against one network of clients.

The rule stopped the client that hairpin invented, while the client's stand-in passes.

The answer has the question whether the user's clients come from that network.  A list of many networks, such as a list
of addresses that no client has, leads to no question.
"""

from collections.abc import Sequence

import msgspec

from hairpin.beside.inquiry import Inquiry
from hairpin.diagnose.examination import Examination, examination
from hairpin.diagnose.suspect import Diagnosis
from hairpin.message import message
from hairpin.netfilter import ir
from hairpin.netfilter.evaluate.chain import Place, rule_at
from hairpin.netfilter.sources import Range, on_source
from hairpin.network.flow import Flow, Lan, Outside
from hairpin.network.network import Network
from hairpin.network.prefix import Version, address_text, range_text
from hairpin.walk.state import Stop
from hairpin.walk.trace import OpenQuestion, Trace
from hairpin.wanted import Wanted, ask_from

_FEW = 3
"""The greatest number of networks in a rule, and of similar rules in a chain, for which the question is asked."""


def observe(inquiry: Inquiry) -> Inquiry:
    """Ask whether clients come from the networks that a rule stops."""
    return inquiry.examined(with_stopped_clients(inquiry.walked))


def with_stopped_clients(found: Examination) -> Examination:
    """Return the examination in which each stand-in's flow has the question about the clients that a rule stops."""
    diagnoses = tuple(_asking(found.network, each) for each in found.diagnoses)
    return found if diagnoses == found.diagnoses else examination(found.network, diagnoses)


def asks_about(trace: Trace, stopped: Trace) -> bool:
    """Return whether the trace has the question about the rule that stops the client of ``stopped``."""
    start = stopped.flow.start
    return isinstance(start, (Outside, Lan)) and any(
        _asked_from(start, stopped.flow.version) in each.wanted for each in trace.questions
    )


def _asking(network: Network, diagnosis: Diagnosis) -> Diagnosis:
    stopped = diagnosis.instead_of
    stop = stopped.usual.stop if stopped is not None else None
    decided = stopped.stopping_rule if stopped is not None else None
    if stopped is None or stop is None or decided is None or not diagnosis.trace.succeeds:
        return diagnosis
    sources = _stopped_networks(network, stopped.flow, stop, decided.place)
    if not sources:
        return diagnosis
    asked = _question(stopped.flow, sources, decided.place)
    return msgspec.structs.replace(diagnosis, trace=diagnosis.trace.asking(asked))


def _stopped_networks(network: Network, flow: Flow, stop: Stop, place: Place) -> Sequence[Range]:
    """Return the networks that the rule stops.  Return none if the rule or its chain stops many networks."""
    if stop.netns not in network or not isinstance(flow.start, (Outside, Lan)):
        return ()
    ruleset = network.namespace(stop.netns).ruleset
    rule = rule_at(ruleset, place)
    table = ruleset.table(place.family, place.table, place.dialect)
    chain = table.chain(place.chain) if table is not None else None
    if rule is None or chain is None:
        return ()
    # a ban of a single client gets no question, but a line of ``singled_out``
    own = [each for each in _sources(rule, flow.version) if each[0] != each[1]]
    alike = [each for each in chain.rules if _sources(each, flow.version) and each.body[-1] == rule.body[-1]]
    return own if len(own) <= _FEW and len(alike) <= _FEW else ()


def _sources(rule: ir.Rule, version: Version) -> Sequence[Range]:
    """Return the ranges of source addresses that the rule matches without a mask and without a negation."""
    first = next((part for part in on_source(rule, version) if isinstance(part, ir.FieldMatch)), None)
    return first.ranges if first is not None and not first.negated else ()


def _question(flow: Flow, sources: Sequence[Range], place: Place) -> OpenQuestion:
    assert isinstance(flow.start, (Outside, Lan))
    named = ", ".join(range_text(*each, flow.version) for each in sources)
    return OpenQuestion(
        text=message("Do clients of {target} come from {networks}?", target=flow.target_text(), networks=named),
        if_yes=message("This rule stops these clients: {rule}", rule=place.in_full),
        if_no=message("No rule that was read stops the clients: there is nothing to do"),
        wanted=(_asked_from(flow.start, flow.version),),
        breaks_if="yes",
    )


def _asked_from(start: Outside | Lan, version: Version) -> Wanted:
    return ask_from(address_text(start.address, version))
