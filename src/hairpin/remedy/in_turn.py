"""Adapts each printed repair to the repairs that are printed before this repair.  A user carries out repairs in printed
order.

A rule's number counts the rules that an earlier repair inserted.  A file that two repairs write has both changes.
"""

import msgspec

from hairpin.causes.cause import Candidate
from hairpin.change.change import Change
from hairpin.change.simulation.in_turn import is_made, renumbered_change
from hairpin.change.simulation.simulate import simulate, simulate_once
from hairpin.change.step import Ask, done_by
from hairpin.engines.docker.daemon import starts_docker
from hairpin.errors import ChangeError
from hairpin.network.network import Network
from hairpin.remedy.remedy import Remedy


def after(remedy: Remedy, was: Network, now: Network) -> Network:
    """Return the network after the remedy's steps and its lasting steps.

    Return the network ``now`` if these steps do not fit the network.  A rule that an earlier repair made is not made
    again."""
    parts = (part for step in (*remedy.steps, *remedy.keeping) for part in done_by(step))
    now = _answering(now, remedy)
    try:
        return simulate_once(Change(tuple(part for part in parts if not is_made(part, was, now))), now)
    except ChangeError:
        return now


def _answering(now: Network, remedy: Remedy) -> Network:
    """Return the network in which dockerd answers requests, if the remedy starts dockerd."""
    for step in remedy.steps:
        if isinstance(step, Ask) and starts_docker(step.call):
            host = now.host(step.host)
            answering = tuple(
                msgspec.structs.replace(each, state="answers") if each.kind == "docker" else each
                for each in host.contacts
            )
            now = now.with_host(msgspec.structs.replace(host, contacts=answering))
    return now


def renumbered_candidate(candidate: Candidate, was: Network, now: Network) -> Candidate:
    """Return the candidate with the numbers that its rules have after the earlier repairs.

    Parts that an earlier repair already made stay in the change.  The change's commands may be run twice, so they
    change nothing.
    """
    change = renumbered_change(candidate.change, was, now)
    try:
        simulate(change, now)
    except ChangeError:
        return candidate
    return msgspec.structs.replace(candidate, change=change)
