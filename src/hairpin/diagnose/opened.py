"""What an event lets through: clients whom a rule keeps out now, and nobody after it."""

import msgspec

from hairpin.diagnose.diagnose import Diagnosis, Proof
from hairpin.diagnose.examination import Examination
from hairpin.diagnose.foreseen import courses_to_come
from hairpin.engines.owned import engine_rules
from hairpin.events.event import EventId
from hairpin.netfilter.evaluate.chain import Place, rule_at
from hairpin.netfilter.meaning import meaning
from hairpin.network.flow import Lan, Outside
from hairpin.network.network import Network
from hairpin.walk.reads import walked_after
from hairpin.walk.state import RuleDecided


class Opened(msgspec.Struct, frozen=True):
    """Flows that the rule at ``place`` stops now and that pass after ``event`` on the host ``label``.

    ``proof``: the first flow's verdict after the event, and with the rule."""

    event: EventId
    label: str
    place: Place
    flows: tuple[int, ...]
    proof: Proof


def opened_by_events(examination: Examination) -> tuple[Opened, ...]:
    """Return what each event opens, by the rule that is gone then, each rule once."""
    network = examination.network
    denied = {
        number: place
        for number, each in enumerate(examination.diagnoses)
        if (place := _denying(network, each)) is not None
    }
    found: dict[Place, Opened] = {}
    for label, event, course in courses_to_come(examination) if denied else ():
        for number, place in denied.items():
            trace = examination.diagnoses[number].trace
            if trace.usual.stop is None or trace.usual.stop.netns.host != label or place in found:
                continue
            then = walked_after(network, course.network, trace.flow)
            if then.succeeds:
                flows = tuple(other for other, of in denied.items() if of == place)
                found[place] = Opened(event, label, place, flows, Proof(then.verdict, trace.verdict))
    return tuple(found.values())


def _denying(network: Network, diagnosis: Diagnosis) -> Place | None:
    """Return the rule by which somebody keeps a client outside from a port; None for a policy, and for a rule that an
    engine has made."""
    trace = diagnosis.trace
    stop = trace.usual.stop
    if trace.succeeds or stop is None or not isinstance(trace.flow.start, (Outside, Lan)) or not stop.netns.is_host:
        return None
    if not isinstance(stop.decided_by, RuleDecided) or not stop.decided_by.place.number:
        return None
    place, host = stop.decided_by.place, network.host(stop.netns.host)
    rule = rule_at(network.namespace(stop.netns).ruleset, place)
    if rule is None or (place.family, place.table, place.chain, meaning(rule)) in engine_rules(host):
        return None
    return place
