"""Repairs that are carried out one after another: each fits what those before it leave."""

from typing import Literal

import pytest
from msgspec.structs import replace

from hairpin.answer.ask import ask
from hairpin.causes.cause import Candidate
from hairpin.causes.where import OfFile
from hairpin.change.calls import ConnectContainer, SetContainerState
from hairpin.change.change import AddChain, Change, DeleteRule, InsertRule, SetContainer
from hairpin.change.simulation.in_turn import makes_again
from hairpin.change.simulation.simulate import simulate
from hairpin.engines.docker.daemon import start_effects
from hairpin.host.managers import Unit
from hairpin.question.question import Question
from hairpin.remedy.in_turn import after, renumbered_candidate
from hairpin.remedy.plan import remedies
from tests.acceptance.recorded import evidence
from tests.causes.hosts import down
from tests.remedy.situations import HOST_NETNS, NOTHING, deletion, insertion, network
from tests.small_host import container, engine
from tests.small_host import network as small_network

FIRST = insertion("INPUT", "-p tcp --dport 1 -j ACCEPT")
UNITS = (Unit("netfilter-persistent.service", "active", "enabled"),)


def candidate(*parts: InsertRule | DeleteRule | AddChain) -> Candidate:
    return Candidate(NOTHING, NOTHING, Change(parts), OfFile(""), "link-or-route")


def test_a_rules_number_counts_those_inserted_before_it() -> None:
    was = network()
    now = simulate(Change((insertion("FORWARD", "-j ACCEPT"),)), was)
    chain = was.namespace(HOST_NETNS).ruleset.table("ip", "filter", "iptables-nft")
    assert chain is not None
    forward = chain.chain("FORWARD")
    assert forward is not None
    third = forward.rules[2]
    gone = deletion("FORWARD", third.text.removeprefix("-A FORWARD "))
    gone = replace(gone, place=replace(gone.place, number=3))
    (moved,) = renumbered_candidate(candidate(gone), was, now).change.parts
    assert isinstance(moved, DeleteRule)
    assert moved.place.number == 4
    behind = replace(insertion("FORWARD", "-j DROP"), position=3)
    (moved_too,) = renumbered_candidate(candidate(behind), was, now).change.parts
    assert isinstance(moved_too, InsertRule)
    assert moved_too.position == 4
    assert renumbered_candidate(candidate(behind), was, was).change.parts == (behind,)


def test_two_repairs_of_one_file_are_both_in_it() -> None:
    was = network(units=UNITS)
    (one,) = remedies("a", candidate(FIRST), was)
    (other,) = remedies("b", candidate(insertion("INPUT", "-p tcp --dport 2 -j ACCEPT")), was, after(one, was, was))
    (file,) = other.persist
    assert file.before == one.persist[0].content
    assert all(f"--dport {port} " in file.content for port in (1, 2))


def test_what_a_repair_has_made_is_not_made_again() -> None:
    was = network()
    (one,) = remedies("a", candidate(FIRST), was)
    now = after(one, was, was)
    assert makes_again(Change((FIRST,)), was, now)
    assert not makes_again(Change((insertion("INPUT", "-p tcp --dport 2 -j ACCEPT"),)), was, now)
    (again,) = remedies("b", candidate(FIRST), was, now)
    assert again.commands == one.commands  # they find it there
    assert after(again, was, now).namespace(HOST_NETNS) == now.namespace(HOST_NETNS)


def test_the_repairs_of_a_flushed_host_find_what_those_before_them_have_made() -> None:
    answer = ask(Question(), (evidence("all-flush"),))
    commands = [line for cause in answer.causes for remedy in cause.remedies[:1] for line in remedy.commands]
    assert any("-N DOCKER'" in line for line in commands)
    assert not any(" -gt " in line for line in commands)


@pytest.mark.parametrize("state", ("stopped", "answers"))
def test_a_daemon_that_is_down_is_started_once(state: Literal["stopped", "answers"]) -> None:
    docker = replace(engine(container("paused")), live_restore=True)
    was = down(small_network(docker=docker), state=state)
    unpause = SetContainerState("docker", "unpause", "web")
    paused = replace(candidate(), change=Change((SetContainer(was.this.name, container()),), (unpause,)))
    start = ("systemctl start docker",) if state == "stopped" else ()
    (one,) = remedies("a", paused, was)
    assert one.commands == (*start, "docker unpause web")
    assert one.id == "start-container"
    assert any("enable" in line for line in one.persist_commands) == (state == "stopped")
    assert one.side_effects == ()
    (other,) = remedies("b", paused, was, after(one, was, was))
    assert other.commands == ("docker unpause web",)


def test_the_start_of_a_daemon_beside_containers_that_run_is_told() -> None:
    was = down(small_network())
    connect = ConnectContainer("docker", "connect", "n1", "web")
    unconnected = replace(candidate(), change=Change((), (connect,)))
    (one,) = remedies("a", unconnected, was)
    assert [each.text for each in one.side_effects] == list(start_effects(was.this.engines[0])) != []
    (same,) = remedies("a", unconnected, down(was, state="answers"))
    assert same.side_effects == ()


def test_what_the_start_of_a_daemon_ends_and_leaves_is_started_again() -> None:
    db = replace(container(), id="d" * 64, name="db", bindings=())
    kept = replace(db, id="e" * 64, name="kept", restart_policy="always")
    was = down(small_network(docker=engine(container(), db, kept)))
    connect = ConnectContainer("docker", "connect", "n1", "web")
    unconnected = replace(candidate(), change=Change((), (connect,)))
    (one,) = remedies("a", unconnected, was)
    assert sorted(line for line in one.commands if "start" in line) == [
        "docker start db", "docker start web", "systemctl start docker",
    ]  # fmt: skip
    beside = down(small_network(docker=replace(engine(container(), db), live_restore=True)))
    assert not any("docker start" in line for line in remedies("a", unconnected, beside)[0].commands)
