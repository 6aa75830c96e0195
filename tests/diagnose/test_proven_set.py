"""A proven set is told without idle members, each cause once, and its proof is of the changes that it has then."""

import msgspec

from hairpin.causes.where import OfFile
from hairpin.change.change import Change, SetSysctl
from hairpin.change.simulation.simulate import simulate
from hairpin.diagnose.diagnose import diagnose
from hairpin.diagnose.proven_set import needed_only, one_entry_each, proven_set, trimmed_set
from hairpin.diagnose.suspect import CauseSet, Suspect, joint_change
from hairpin.walk.walk import walk_flow
from tests.rule_text import with_rule
from tests.small_host import HOST_NETNS, host_namespace, network, published

FORWARDING = {"conf__eth0__forwarding": "0"}
DROP = with_rule("filter DOCKER-USER", "-i eth0 -j DROP")
BOTH = network(host_namespace(DROP, values=FORWARDING))


def with_change(suspect: Suspect, change: Change) -> Suspect:
    return msgspec.structs.replace(suspect, candidate=msgspec.structs.replace(suspect.candidate, change=change))


def test_members_that_are_not_needed_are_left_out() -> None:
    net = network(host_namespace(values=FORWARDING))
    flow = published()
    needed = diagnose(net, flow).causes
    idle = msgspec.structs.replace(
        needed[0],
        candidate=msgspec.structs.replace(
            needed[0].candidate,
            change=msgspec.structs.replace(
                needed[0].candidate.change, parts=(SetSysctl(HOST_NETNS, ("net", "ipv4", "ip_default_ttl"), "64"),)
            ),
        ),
    )
    assert needed_only(net, flow, (idle, *needed)) == needed


def test_a_cause_at_one_place_is_named_once() -> None:
    (one,) = diagnose(network(host_namespace(values=FORWARDING)), published()).causes
    (joined,) = one_entry_each((one, one))
    assert joined.candidate.change.parts == one.candidate.change.parts * 2
    elsewhere = msgspec.structs.replace(one, candidate=msgspec.structs.replace(one.candidate, where=OfFile("x")))
    assert len(one_entry_each((one, elsewhere))) == 2


def test_the_proof_is_of_the_set_that_is_told() -> None:
    """One idle member more: the walk that found the set had its change, too, and proves nothing of the rest."""
    flow, trace = published(), walk_flow(BOTH, published())
    found = diagnose(BOTH, flow).causes
    idle = msgspec.structs.replace(
        with_change(found[0], Change((SetSysctl(HOST_NETNS, ("net", "ipv4", "ip_default_ttl"), "9"),))), cause="idle"
    )
    repaired = walk_flow(simulate(joint_change((idle, *found)), BOTH), flow)
    proven = proven_set(BOTH, flow, trace, (idle, *found), repaired)
    assert {each.cause for each in proven.causes} == {each.cause for each in found}
    assert proven.proof.repaired == walk_flow(simulate(joint_change(proven.causes), BOTH), flow)
    assert proven.proof.repaired is not repaired


def test_a_set_that_needs_nothing_less_keeps_its_walk() -> None:
    flow, trace = published(), walk_flow(BOTH, published())
    found = diagnose(BOTH, flow).causes
    repaired = walk_flow(simulate(joint_change(found), BOTH), flow)
    proven = proven_set(BOTH, flow, trace, found, repaired)
    assert (proven.causes, proven.proof.repaired) == (found, repaired)
    assert trimmed_set(BOTH, flow, trace, proven) == proven


def test_a_trimmed_set_is_proven_anew() -> None:
    """Of two rules that let the flow in the second one is idle."""
    flow = published()
    closed = network(host_namespace(DROP))
    trace, (one,) = walk_flow(closed, flow), diagnose(closed, flow).causes
    rule = one.candidate.ways[0].change if one.candidate.ways else one.candidate.change
    twice = with_change(one, Change((*rule.parts, *rule.parts)))
    found = CauseSet((twice,), diagnose(closed, flow).sets[0].proof)
    trimmed = trimmed_set(closed, flow, trace, found)
    assert len(trimmed.causes[0].candidate.change.parts) <= len(twice.candidate.change.parts)
    assert trimmed.proof.with_change == "delivered"
