"""Finds the file or the program that keeps the setting that a cause names."""

from hairpin.causes.cause import Candidate
from hairpin.causes.where import rule_of
from hairpin.change.change import SetSysctl
from hairpin.host.boot.configured import Configured, keeper_of, of_place, of_sysctl
from hairpin.network.network import Network
from hairpin.walk.decided import RuleDecided
from hairpin.walk.state import Stop


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
