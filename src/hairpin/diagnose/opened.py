"""What an event lets through: clients whom a rule keeps out now, and nobody after it.

Of an engine's own rules those count that a reload of firewalld takes, and that the engine does not put back, although
it puts back those by which its ports are reached."""

import msgspec

from hairpin.causes.losing import is_lost
from hairpin.diagnose.diagnose import Diagnosis
from hairpin.diagnose.examination import Examination
from hairpin.diagnose.foreseen import courses_to_come
from hairpin.diagnose.proof import Proof, proof_by
from hairpin.engines.owned import engine_rules
from hairpin.events.course import Course
from hairpin.events.event import EventId
from hairpin.host.host import Host
from hairpin.netfilter.evaluate.chain import Place, rule_at
from hairpin.netfilter.ir import FieldMatch, Ruleset
from hairpin.netfilter.meaning import meaning
from hairpin.network.flow import Lan, Outside
from hairpin.network.network import Network
from hairpin.walk.reads import walked_after
from hairpin.walk.state import RuleDecided

_OF_FIREWALLD = ("firewalld-reload", "firewalld-restart")
_NAMING = ("saddr4", "daddr4", "saddr6", "daddr6", "sport", "dport")


class Opened(msgspec.Struct, frozen=True):
    """Flows that the rule at ``place`` stops now and that pass after ``event`` on the host ``label``.

    ``proof``: the first flow's verdict after the event, and with the rule.  ``gone``: whether the rule is not there
    then; else something lets the flows pass before they come to it.  ``of_engine``: an engine has made it, to keep its
    networks apart."""

    event: EventId
    label: str
    place: Place
    flows: tuple[int, ...]
    proof: Proof
    gone: bool = True
    of_engine: bool = False


def opened_by_events(examination: Examination) -> tuple[Opened, ...]:
    """Return what each event opens, by the rule that is gone or overtaken then, each rule once.

    A rule that stops whatever no other has taken is as a policy: that an event puts back what lets a port in is no
    opening."""
    network = examination.network
    denied = {
        number: place
        for number, each in enumerate(examination.diagnoses)
        if (place := _denying(network, each)) is not None
    }
    engines = {place for number, place in denied.items() if _is_engines(examination.diagnoses[number], network, place)}
    found: dict[Place, Opened] = {}
    for label, event, course in courses_to_come(examination) if denied else ():
        for number, place in denied.items():
            trace = examination.diagnoses[number].trace
            if trace.usual.stop is None or trace.usual.stop.netns.host != label or place in found:
                continue
            if place in engines and event not in _OF_FIREWALLD:
                continue  # what takes an engine's rules by accident, breaks its ports, too: that is told
            then = walked_after(network, course.network, trace.flow)
            gone = then.succeeds and _is_gone(network, course, place)
            overtaken = place not in engines and _is_about_somebody(network.host(label), place)
            if then.succeeds and (gone or overtaken):
                flows = tuple(other for other, of in denied.items() if of == place)
                found[place] = Opened(event, label, place, flows, proof_by(then, trace), gone, place in engines)
    return tuple(found.values())


def _is_gone(network: Network, course: Course, place: Place) -> bool:
    rule = rule_at(_own(network.host(course.label)), place)
    return rule is None or is_lost(place, rule, _own(course.host))


def _is_about_somebody(host: Host, place: Place) -> bool:
    """Return whether the rule names an address or a port."""
    rule = rule_at(_own(host), place)
    return rule is not None and any(isinstance(each, FieldMatch) and each.field in _NAMING for each in rule.body)


def _own(host: Host) -> Ruleset:
    return host.namespace(host.netns.name).ruleset


def _denying(network: Network, diagnosis: Diagnosis) -> Place | None:
    """Return the rule by which somebody keeps a client outside from a port, or an engine anybody from a network of its
    own; None for a policy."""
    trace = diagnosis.trace
    stop = trace.usual.stop
    if trace.succeeds or stop is None or not stop.netns.is_host:
        return None
    if not isinstance(stop.decided_by, RuleDecided) or not stop.decided_by.place.number:
        return None
    place = stop.decided_by.place
    outside = isinstance(trace.flow.start, (Outside, Lan))
    known = rule_at(network.namespace(stop.netns).ruleset, place) is not None
    return place if known and (outside or _is_engines(diagnosis, network, place)) else None


def _is_engines(diagnosis: Diagnosis, network: Network, place: Place) -> bool:
    stop = diagnosis.trace.usual.stop
    assert stop is not None
    rule = rule_at(network.namespace(stop.netns).ruleset, place)
    own = engine_rules(network.host(stop.netns.host))
    return rule is not None and (place.family, place.table, place.chain, meaning(rule)) in own
