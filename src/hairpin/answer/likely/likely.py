"""The answer about a host that is known only from a pasted text: proven causes, likely causes, and the next command.

The host was completed with the parts of an ordinary host (``suppose/``).  If a walk read only told parts, its verdict
rests on the text alone.  Any other verdict is ``depends``, and its causes are likely.  If the ordinary host has no
fault, the alternatives of its supposed parts are walked.  An alternative is likely if it explains each stated failure
and contradicts no stated success.
"""

import re
from collections.abc import Iterator
from contextlib import suppress

import msgspec

from hairpin.answer.answer import Answer, CauseAnswer, ref_of
from hairpin.answer.likely.hinted import about_network, hints_of, lost_before_weight, ruled_out_by_words, with_shown_by
from hairpin.answer.likely.next_reading import both, meaning_of, of_alternatives, of_basics, of_suppositions
from hairpin.answer.likely.stated import FITTING, about, fits, flows_of
from hairpin.answer.likely.supposed import resting_behind, with_supposed
from hairpin.causes.cause import Candidate, View
from hairpin.causes.registry import cause_of
from hairpin.causes.where import OfFile
from hairpin.change.change import Change
from hairpin.change.simulation.simulate import simulate
from hairpin.errors import ChangeError, UsageError
from hairpin.evidence.reading import HOST
from hairpin.evidence.told import Outcome
from hairpin.message import Message
from hairpin.network.flow import Flow, Outside
from hairpin.network.network import Network
from hairpin.question.asked import Origin, Target
from hairpin.question.flows import flows_for, with_source_ports
from hairpin.question.target import is_outside_name, parse_origin
from hairpin.suppose.alternatives import Alternative, alternatives, before_the_host, of_hint
from hairpin.suppose.asked import asks_itself, counting_failures, target_of
from hairpin.suppose.refuted import refuted_causes
from hairpin.walk.reads import walked_after, walked_before
from hairpin.words.hints import OF_CAUSE

_replace = msgspec.structs.replace
_MOST_LIKELY = 5
"""The greatest number of likely causes of which the text shows nothing."""
_STRONG = 18
"""Words of the text with at least this weight count more than a supposed part."""
_WALKED = 12
"""The weight of a cause that a walk of told parts shows, if nothing else speaks for it or against it."""
OUTSIDE_CATALOGUE = "outside-catalogue"
"""The id of a likely cause that is not in the catalogue.  The title of such a cause describes the cause."""
_OF_ENGINE = re.compile(r"172\.(?:1[6-9]|2\d|3[01])\.")
"""Matches an address of the engine's default pools.  A client that asks such an address is on the host or in a
container."""


def targets_told(network: Network) -> tuple[Target, ...]:
    """Return the targets of the failures that the texts state, each once; no target if no host is known from a text.
    A name that no container has is no target: the client did not find it, either."""
    targets = dict.fromkeys(target for each in _failures(network) if (target := target_of(each)) is not None)
    return tuple(each for each in targets if each.container is None or _is_known(network, each.container))


def origin_told(network: Network) -> Origin | None:
    """Return the place of the clients that failed, if the texts show one place for all failures that name a target."""
    places = set(_places_told(network))
    place = places.pop() if len(places) == 1 else ""
    return parse_origin(place) if place else None


def flows_told(network: Network) -> tuple[Flow, ...]:
    """Return the flows of the failures that the texts state, each from the place of its own client.  An empty tuple if
    all clients that failed were at one place: :func:`origin_told` is the place."""
    if len(set(_places_told(network))) <= 1:
        return ()
    found: dict[object, Flow] = {}
    for outcome in _failures(network):
        target = target_of(outcome)
        if target is None or not (target.container is None or _is_known(network, target.container)):
            continue
        place = _place_of(network, outcome)
        with suppress(UsageError):
            for each in flows_for(network, (target,), parse_origin(place) if place else None):
                found.setdefault((each.start, each.version, each.daddr, each.protocol, each.dport), each)
    return with_source_ports(network, tuple(found.values()))


def _places_told(network: Network) -> Iterator[str]:
    yield from (_place_of(network, each) for each in _failures(network) if target_of(each) is not None)


def _failures(network: Network) -> Iterator[Outcome]:
    """Yield the failures that the texts state.  The loopback address of a container that hairpin does not know is no
    target."""
    outcomes = (each for host in network.hosts if host.told is not None for each in counting_failures(host.told))
    yield from (each for each in outcomes if not asks_itself(each) or _place_of(network, each))


def _place_of(network: Network, outcome: Outcome) -> str:
    """Return ``host``, ``container:NAME`` of a known container, or an empty text."""
    name = outcome.origin.removeprefix("container:")
    is_known = outcome.origin == HOST or (name != outcome.origin and _is_known(network, name))
    return outcome.origin if is_known else ""


def _is_known(network: Network, name: str) -> bool:
    """Return whether a container has the name, or the name is of the Internet."""
    return is_outside_name(name) or any(host.containers_named(name) for host in network.hosts)


def with_likely(answer: Answer) -> Answer:
    """Return the answer in which likely causes are separated from causes that the text proves, and which has the next
    command."""
    network = answer.network
    flows = with_supposed(network, answer.flows, answer.question)
    behind = resting_behind(network, flows, answer.causes)
    proven = {ref for each in flows if not each.supposed for ref in each.causes} - behind
    resting = {ref for each in flows for ref in each.causes} - proven
    outcomes = tuple(each for host in network.hosts if host.told is not None for each in host.told.outcomes)
    failures = tuple(each for each in outcomes if each.failed)
    asked = tuple(each.trace.flow for each in flows)
    causes = tuple(
        _replace(
            each,
            likely=each.ref in resting,
            severity="advice" if each.ref in resting else each.severity,
            explains=failures
            if each.ref in resting
            else about(network, failures, tuple(one.trace.flow for one in flows if each.ref in one.causes), asked),
        )
        for each in answer.causes
        if each.severity == "blocking"
    )
    answer = _replace(answer, flows=flows, causes=causes)
    said = ruled_out_by_words(answer, outcomes)
    out = said | refuted_in(answer)
    named = (each for each in hints_of(answer, failures) if each.cause not in out)
    hints = tuple(with_shown_by(map(of_hint, named), answer))
    if causes:
        answer = _beside_walked(answer, hints, failures)
        return _replace(answer, causes=tuple(sorted(answer.causes, key=lambda each: each.likely and each.id in said)))
    told = any(host.told is not None and host.told.tells_anything for host in network.hosts)
    if not hints and not told:
        if about_network(answer):
            return _replace(answer, next=of_basics(answer))
        return answer if answer.question.targets else _replace(answer, flows=())
    stopping = tuple(each for each in _stopping(answer, asked, outcomes, hints) if each.cause not in said)
    # A healthy host can be asked, too: without a stated failure, nothing is called likely.
    likely = tuple(likely_of(answer, stopping, failures)) if failures or hints else ()
    return _replace(answer, causes=likely, next=of_alternatives(stopping, answer) or of_basics(answer))


def refuted_in(answer: Answer) -> frozenset[str]:
    """Return the ids of the causes that told parts refute for the asked flows."""
    asked = tuple(each.trace.flow for each in answer.flows)
    return frozenset(cause for host in answer.network.hosts for cause in refuted_causes(host, asked))


def _beside_walked(answer: Answer, hints: tuple[Alternative, ...], failures: tuple[Outcome, ...]) -> Answer:
    """Return the answer with further causes to which the words point.  A walk of told parts has found the answer's
    other causes."""
    known = {each.id for each in answer.causes}
    others = tuple(each for each in hints if each.cause not in known)
    if not all(each.likely for each in answer.causes):
        others = tuple(each for each in others if each.weight >= _STRONG)
    further = tuple(likely_of(answer, others, failures))
    strong = tuple(each for each in hints if each.weight >= _STRONG)
    if not all(each.likely for each in answer.causes):
        return _replace(answer, causes=tuple(_with_refs((*answer.causes, *further))), next=of_suppositions(answer))
    weights = {each.cause or each.command: each.weight for each in reversed(hints)}

    def weight(cause: CauseAnswer) -> int:
        return max(_WALKED if cause.id in known else 0, weights.get(known_by(cause), 0))

    ranked = sorted(_with_refs((*answer.causes, *further)), key=lambda each: -weight(each))
    usual = of_suppositions(answer)
    asked = of_alternatives(strong or others, answer) if strong or others else None
    return _replace(answer, causes=tuple(ranked), next=both(asked, usual) if ranked[0].id in known else asked or usual)


def known_by(cause: CauseAnswer) -> str:
    """Return the value that distinguishes a cause from others: its id, or the command that shows the cause if the
    catalogue lacks it."""
    command = cause.shown_by[0] if cause.shown_by is not None and cause.id == OUTSIDE_CATALOGUE else ""
    return command or cause.id


def _with_refs(causes: tuple[CauseAnswer, ...]) -> tuple[CauseAnswer, ...]:
    """Return the causes with references.  Causes to which only words of the text point come after all others."""
    walked = sum(each.shown_by is None for each in causes)
    others = [each for each in causes if each.shown_by is not None]
    named = (
        _replace(each, ref=f"c{number}", together=(f"c{number}",)) for number, each in enumerate(others, walked + 1)
    )
    return (*(each for each in causes if each.shown_by is None), *named)


# --- alternatives ----------------------------------------------------------------------------------------------------


def _stopping(
    answer: Answer, flows: tuple[Flow, ...], outcomes: tuple[Outcome, ...], hints: tuple[Alternative, ...]
) -> Iterator[Alternative]:
    """Yield the alternatives that stop an asked flow and fit each stated outcome, and the alternatives to which words
    of the text point.  The likeliest alternative comes first."""
    network = answer.network
    about = _ports_of(network, flows) if answer.question.targets else frozenset[int]()
    stated = tuple(
        (each, flows_of(network, each, flows))
        for each in outcomes
        if not each.failed or each.port is None or not about or each.port in about
    )
    # If a flow does not pass on the ordinary host, a told part stops it: no alternative has to explain it.
    passing = tuple(flow for flow in flows if walked_before(network, flow).verdict not in FITTING["failed"])
    found = {each.cause or each.command: each for each in hints}
    for each in alternatives(network, flows):
        known = found.get(each.cause)
        if known is not None and (known.hint is None or known.hint.line):
            continue  # of several containers the first one stands for all
        if not _stops(network, each, passing, stated):
            continue
        # If words without a line point to it, the walk explains it, too: its words name the packet and the place.
        found[each.cause] = _replace(each, weight=max(1 if known is None else known.weight, each.weight))
    if _may_be_lost_before(flows, outcomes):
        lost = before_the_host(flows[0], lost_before_weight(answer, outcomes))
        found[lost.command] = max((lost, found.get(lost.command, lost)), key=lambda each: each.weight)
    yield from with_shown_by(sorted(found.values(), key=lambda each: -each.weight), answer)


def _stops(
    network: Network,
    alternative: Alternative,
    passing: tuple[Flow, ...],
    stated: tuple[tuple[Outcome, tuple[Flow, ...]], ...],
) -> bool:
    """Return whether the host with the alternative fits each stated outcome, and stops one of the passing flows.  A
    stated outcome has few flows, so they are walked first."""
    try:
        then = simulate(alternative.change, network)
    except ChangeError:
        return False
    if not all(fits(network, then, outcome, asked) for outcome, asked in stated):
        return False
    return any(not walked_after(network, then, flow).succeeds for flow in passing)


def _ports_of(network: Network, flows: tuple[Flow, ...]) -> frozenset[int]:
    """Return the ports of the question: the ports of the flows, and the containers' own ports behind them."""
    inner = (
        binding.container_port
        for host in network.hosts
        for container in host.containers()
        if container.name in {each.container for each in flows}
        for binding in host.network_owner(container).bindings
    )
    return frozenset((*(each.dport for each in flows), *inner))


def _may_be_lost_before(flows: tuple[Flow, ...], outcomes: tuple[Outcome, ...]) -> bool:
    """Return whether packets of a client on another machine may never reach this host.  This is possible if all stated
    failures are of clients that may be on other machines and that got no answer."""
    failed = [each for each in outcomes if each.failed]
    far = bool(flows) and isinstance(flows[0].start, Outside) and flows[0].protocol != "icmp"
    inner = any(_OF_ENGINE.match(each.host) for each in failed)
    return (
        far
        and not inner
        and all(not each.origin and each.result in ("timeout", "failed", "unreachable") for each in failed)
    )


def likely_of(
    answer: Answer, stopping: tuple[Alternative, ...], failures: tuple[Outcome, ...]
) -> Iterator[CauseAnswer]:
    """Yield the first of the alternatives as likely causes, each cause once."""
    first = {each.cause or each.command: each for each in reversed(stopping)}
    kept = [each for each in stopping if first[each.cause or each.command] is each]
    for number, each in enumerate(kept[:_MOST_LIKELY], 1):
        candidate = _candidate(answer, each)
        yield likely_cause(each.cause or OUTSIDE_CATALOGUE, answer.network.this.name, candidate, ref=f"c{number}",
            flows=tuple(ref_of(index) for index, _ in enumerate(answer.flows)), explains=_speaking_for(each, failures),
            shown_by=(each.command, each.shows))  # fmt: skip


def _speaking_for(alternative: Alternative, failures: tuple[Outcome, ...]) -> tuple[Outcome, ...]:
    """Return the parts of the text that speak for the alternative: the words that point to it, or the stated
    failures."""
    hint = alternative.hint
    if hint is None or not hint.line:
        return failures
    own = Outcome("", hint.quote, "failed", line=hint.line)
    return (own, *(each for each in failures if each.line != hint.line))


def likely_cause(
    cause: str,
    host: str,
    candidate: Candidate,
    *,
    ref: str,
    explains: tuple[Outcome, ...],
    shown_by: tuple[str, Message],
    flows: tuple[str, ...] = (),
) -> CauseAnswer:
    """Return a likely cause that no told part shows: without a proof, and without a repair."""
    return CauseAnswer(
        ref=ref,
        id=cause,
        host=host,
        severity="advice",
        candidate=_replace(candidate, evidence=(), advice=(), side_effects=()),
        stop=None,
        proof=None,
        flows=flows,
        together=(ref,),
        likely=True,
        explains=explains,
        shown_by=shown_by,
    )


def _candidate(answer: Answer, alternative: Alternative) -> Candidate:
    """Return the candidate of the cause on the host with the alternative, at the first flow that the alternative
    stops."""
    if not alternative.cause:
        return Candidate(
            meaning_of(alternative), alternative.shows, Change(()), OfFile(alternative.command), "nothing-listens-there"
        )
    cause = cause_of(alternative.cause)
    if alternative.hint is not None:
        means = alternative.hint.means if alternative.hint.means != OF_CAUSE else cause.title
        return Candidate(means, cause.title, Change(()), OfFile(alternative.command), "nothing-listens-there")
    then = simulate(alternative.change, answer.network)
    for each in answer.flows:
        trace = walked_after(answer.network, then, each.trace.flow)
        stop = trace.usual.stop
        if not trace.succeeds and stop is not None:
            found = next(iter(cause.find(View(then, trace.flow, trace.usual, stop))), None)
            if found is not None:
                return found
    return Candidate(cause.title, alternative.shows, Change(()), OfFile(alternative.command), "nothing-listens-there")
