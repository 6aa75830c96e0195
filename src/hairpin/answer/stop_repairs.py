"""Makes the repairs of a packet's stop, with their effects on other flows, the decision that they undo, and the file or
program that keeps the setting."""

import msgspec

from hairpin.answer.proven_repairs import Printed, changes_beside
from hairpin.causes.cause import Candidate, Finding
from hairpin.causes.where import rule_of
from hairpin.change.change import SetSysctl
from hairpin.diagnose.examination import Examination
from hairpin.diagnose.latent import with_all_lost
from hairpin.host.boot.configured import Configured, keeper_of, of_place, of_sysctl
from hairpin.kept import kept
from hairpin.message import message
from hairpin.network.network import Network
from hairpin.remedy.decisions import decision_named, wall_of, with_decisions, without_ways_past_decisions
from hairpin.remedy.effects import Others, others_of, with_effects
from hairpin.remedy.plan import remedies
from hairpin.remedy.remedy import OwnersDecision, Remedy
from hairpin.remedy.under_events import judged_by_events
from hairpin.walk.decided import RuleDecided
from hairpin.walk.state import Stop


class StopRepairs(msgspec.Struct, frozen=True):
    """The repairs of a packet's stop.  ``configured``: the file or option that has the stopping setting.  ``decision``:
    the owner's decision that stops the packet or that every repair undoes."""

    remedies: tuple[Remedy, ...]
    configured: Configured | None
    decision: OwnersDecision | None


def repairs_at(found: Finding, stop: Stop, examination: Examination, now: Network, printed: Printed) -> StopRepairs:
    """Return the repairs of the cause that stops a packet, for the hosts ``now``.

    ``printed``: the first repairs of earlier causes."""
    made = _repairs_at(found, stop, examination, now, printed)
    if found.severity == "latent" and _closes(made):
        whole = with_all_lost(found, examination.network)
        made = _repairs_at(whole, stop, examination, now, printed)
        if _closes(made):
            by_hand = (Remedy("by-hand", (), advice=(_BY_HAND if whole is found else _BY_RESTORE,)),)
            made = msgspec.structs.replace(made, remedies=by_hand)
    return made


_BY_HAND = message("these rules would stop flows that pass now: find out first which other repair the flows need")

_BY_RESTORE = message(
    "these rules alone would stop flows that pass now. `hairpin restore` puts them back together with what they need, "
    "and puts nothing back if that would do harm"
)


def _closes(made: StopRepairs) -> bool:
    """Return whether the first repair closes flows that pass now.

    A latent cause makes no flow fail yet, so the repair of a latent cause must not close any.  A flow that the
    engine's complete rules also close does not count."""
    effects = made.remedies[0].effects if made.remedies else None
    return effects is not None and any(not each.again for each in effects.closes)


def _repairs_at(found: Finding, stop: Stop, examination: Examination, now: Network, printed: Printed) -> StopRepairs:
    others = _others(examination, found.host)
    written = configured_at(found.candidate, stop, others.network)
    asked = tuple(examination.diagnoses[number].trace.flow for number in found.flows)
    together = changes_beside(found, examination, printed)
    wall = wall_of(found.candidate, stop, others.network)
    meant = not wall.opens if wall is not None else written is not None
    candidate = found.candidate if meant else without_ways_past_decisions(found.candidate)
    made = remedies(found.id, candidate, others.network, now.seen_from(found.host))
    told = with_decisions(made, candidate, wall, others.network)
    held = with_effects(told, candidate, others, asked, together, meant=meant)
    repairs = judged_by_events(held, found.id, others.network, asked, together)
    return StopRepairs(repairs, written, decision_named(wall, held))


def _others(examination: Examination, label: str) -> Others:
    """Return the known flows of the host with their walks."""
    known = _others_of_hosts(examination)
    if label not in known:
        known[label] = others_of(examination.network.seen_from(label), examination.asked.flows)
    return known[label]


@kept
def _others_of_hosts(examination: Examination) -> dict[str, Others]:  # noqa: ARG001
    """Return the examination's cache of known flows, by the label of the host.

    The cache is empty at first, and a host's flows are walked only when they are needed, because most hosts get no
    repair."""
    return {}


def configured_at(candidate: Candidate, stop: Stop, network: Network) -> Configured | None:
    """Return the place in a file of the rule, the policy or the setting that the cause names, or the program that keeps
    the rule.

    Return None if no file that was read contains it.  A setting that is in no file counts as an accident."""
    if candidate.configured is not None:
        return candidate.configured
    decided = stop.decided_by
    host = network.host(stop.netns.host)
    if isinstance(decided, RuleDecided) and stop.netns.is_host:
        place, meant = decided.place, rule_of(candidate.where)
        if meant is not None and (meant.text, meant.chain) == (place.text, place.chain):
            keeper = keeper_of(place)
            kept = Configured("manager", owner=keeper.name) if keeper is not None else None
            return of_place(place, host) or kept
    for part in candidate.change.parts:
        if isinstance(part, SetSysctl) and part.netns.is_host and part.netns in network:
            value = network.namespace(part.netns).sysctls.text(*part.path)
            if value is not None and value != part.value:
                return of_sysctl(part.path, value, network.host(part.netns.host))
    return None
