"""Steps are complete values: they know their nature, are refused on a changed network, and go through JSON."""

import msgspec
import pytest

from hairpin.change import change as c
from hairpin.change.calls import ByPerson, OpenPort, SetContainerState
from hairpin.change.commands.text import advice, all_shown
from hairpin.change.simulation.simulate import simulate
from hairpin.change.step import (
    Advise,
    Ask,
    LoadRules,
    ReplaceFile,
    RunCommands,
    Step,
    for_replica,
    nature,
    steps_from_json,
    steps_to_json,
    undo,
)
from hairpin.change.steps import after_steps, entering, host_of, refusal_of, steps
from hairpin.errors import ChangeError
from hairpin.host.docker import Engine
from hairpin.host.link import Address
from hairpin.host.managers import ConfigFile, Unit
from hairpin.host.socket import Socket
from hairpin.message import message
from hairpin.netfilter.evaluate.chain import Place
from hairpin.netfilter.ir import Chain, Rule, Ruleset, Table, Verdict
from hairpin.netfilter.packet import UDP, Tuple
from tests.rows import each_row
from tests.small_host import HOST_NETNS, container, host_namespace, network, sibling

LABEL = HOST_NETNS.host
DROP = Rule((Verdict("drop"),), "-A FORWARD -j DROP", 1)
JUMP = Place("iptables-nft", "ip", "filter", "FORWARD", 1, "-A FORWARD -j DOCKER-USER")
STOPPED = (Socket("tcp", 4, None, 80, pid=70, halted=True),)
BARE = network(host_namespace(values={"ip_forward": "0"}, sockets=STOPPED))
NET = BARE.with_host(
    msgspec.structs.replace(
        BARE.this, files=(ConfigFile("/etc/a", "one\n"),), units=(Unit("a.service", "inactive", "disabled"),)
    )
)
SYSCTL = c.SetSysctl(HOST_NETNS, ("net", "ipv4", "ip_forward"), "1")
INSERTED = c.InsertRule(HOST_NETNS, "iptables-nft", "ip", "filter", "FORWARD", DROP, 1)

# part, what undoes it
UNDONE: dict[str, tuple[c.Primitive, tuple[str, ...]]] = {
    "address": (c.AddEntry(HOST_NETNS, Address("eth0", 4, 7, 32)), ("ip address del 0.0.0.7/32 dev eth0",)),
    "rule": (INSERTED, ("iptables -D FORWARD -j DROP",)),
    "rule away": (
        c.DeleteRule(HOST_NETNS, JUMP),
        ("iptables -S FORWARD | grep -qxF -- '-A FORWARD -j DOCKER-USER' || iptables -I FORWARD -j DOCKER-USER",),
    ),
    "policy": (c.SetPolicy(HOST_NETNS, JUMP, "accept"), ("iptables -P FORWARD DROP",)),
    "process": (c.ContinueProcess(LABEL, 70), ("kill -STOP 70",)),
    "file": (c.WriteFile(LABEL, "/etc/a", "two\n"), ("sed -i 's/^two$/one/' /etc/a",)),
    "new file": (c.WriteFile(LABEL, "/etc/b", "two\n"), ("rm /etc/b",)),
    "unit": (c.SetUnit(LABEL, Unit("a.service", "active", "disabled")), ("systemctl stop a.service",)),
}


@each_row(("part", "back"), UNDONE.values(), ids=UNDONE)
def test_the_undo_is_complete_before_the_first_step(part: c.Primitive, back: tuple[str, ...]) -> None:
    made = steps(c.Change((part,)), NET)
    assert [nature(step) for step in made] == ["reversible"]
    assert all_shown(undo(made)) == back
    assert steps_from_json(steps_to_json(made)) == made
    assert after_steps(made, NET) == simulate(c.Change((part,)), NET)
    assert [refusal_of(step, NET) for step in made] == [None]


def test_the_undo_begins_with_the_last_step() -> None:
    address = c.AddEntry(HOST_NETNS, Address("eth0", 4, 7, 32))
    made = steps(c.Change((address, INSERTED)), NET)
    assert all_shown(undo(made)) == ("iptables -D FORWARD -j DROP", "ip address del 0.0.0.7/32 dev eth0")


def test_consecutive_edits_of_a_table_are_one_load() -> None:
    (load,) = steps(c.Change((INSERTED, INSERTED)), NET)
    assert isinstance(load, LoadRules)
    assert all_shown((load,)) == (
        "iptables -S FORWARD | grep -qxF -- '-A FORWARD -j DROP' || iptables -I FORWARD -j DROP",
        "[ \"$(iptables -S FORWARD | grep -cxF -- '-A FORWARD -j DROP')\" -gt 1 ] || iptables -I FORWARD -j DROP",
    )
    assert len(steps(c.Change((INSERTED, SYSCTL, INSERTED)), NET)) == 3


def test_a_rule_is_not_deleted_by_the_load_that_inserts_it() -> None:
    """nft deletes a rule by its handle, which the rule gets only when its load is done."""
    chain = Chain("C", rules=(Rule((Verdict("drop"),), "drop", 1, handle=7),))
    rules = Ruleset((Table("inet", "mine", "nft", (chain,)),))
    base = network(msgspec.structs.replace(host_namespace(), ruleset=rules))
    again = c.InsertRule(HOST_NETNS, "nft", "inet", "mine", "C", chain.rules[0], 2)
    gone = c.DeleteRule(HOST_NETNS, Place("nft", "inet", "mine", "C", 2, "drop", 7))
    first = c.DeleteRule(HOST_NETNS, Place("nft", "inet", "mine", "C", 1, "drop", 7))
    assert [does(step) for step in steps(c.Change((again, gone, again)), base)] == [(again,), (gone, again)]
    assert [does(step) for step in steps(c.Change((again, first)), base)] == [(again, first)]


def does(step: Step) -> tuple[c.Primitive, ...]:
    assert isinstance(step, LoadRules)
    return step.does


def test_a_ruleset_is_loaded_table_by_table() -> None:
    made = steps(c.Change((c.ReplaceRuleset(HOST_NETNS, Ruleset()),)), NET)
    assert [step.table for step in made if isinstance(step, LoadRules)] == ["nat", "filter"]


def test_a_unit_gets_one_command_at_a_time() -> None:
    made = steps(c.Change((c.SetUnit(LABEL, Unit("a.service", "active", "enabled")),)), NET)
    assert all_shown(made) == ("systemctl enable a.service", "systemctl start a.service")


FOREVER: dict[str, c.Primitive] = {
    "forgotten": c.Forget(HOST_NETNS, "neighbours"),
    "module": c.LoadModule(LABEL, "br_netfilter"),
}


@pytest.mark.parametrize("part", FOREVER.values(), ids=FOREVER)
def test_an_irreversible_step_says_so(part: c.Primitive) -> None:
    (step,) = steps(c.Change((part,)), NET)
    assert nature(step) == "irreversible"
    assert step.undo is None
    assert refusal_of(step, NET) is None


def test_steps_for_a_person() -> None:
    for part in (
        c.AddSocket(HOST_NETNS, Socket("tcp", 4, None, 99), message("listen")),
        c.SetContainer(LABEL, container()),
        c.DropConnection(HOST_NETNS, 4, Tuple(1, 2, UDP, 3, 4)),
    ):
        (step,) = steps(c.Change((part,)), NET)
        assert nature(step) == "for-a-person"
        assert "a person has to do it" in str(refusal_of(step, NET))
    (asked,) = steps(c.Change((SYSCTL,), (ByPerson(message("look")),)), NET)
    assert isinstance(asked, Advise)
    assert (all_shown((asked,)), advice((asked,))) == ((), (message("look"),))


def test_an_owners_call_makes_the_whole_change() -> None:
    (started,) = steps(
        c.Change((c.SetContainer(LABEL, container()),), (SetContainerState("docker", "start", "web"),)), NET
    )
    (opened,) = steps(c.Change((INSERTED,), (OpenPort("public", 80, "tcp"),)), NET)
    assert (nature(started), nature(opened)) == ("irreversible", "reversible")
    assert isinstance(opened, Ask)
    assert (opened.host, opened.does) == (LABEL, (INSERTED,))
    assert all_shown(undo((opened,))) == ("firewall-cmd --zone=public --remove-port=80/tcp",)


def test_a_change_that_does_not_fit_is_refused_with_a_reason() -> None:
    (step,) = steps(c.Change((c.DeleteRule(HOST_NETNS, msgspec.structs.replace(JUMP, number=9)),)), NET)
    assert all_shown((step,)) == (
        "iptables -S FORWARD 9 | grep -qxF -- '-A FORWARD -j DOCKER-USER' && iptables -D FORWARD 9",
    )
    assert step.undo is None
    assert "does not fit" in str(refusal_of(step, NET))
    (halted,) = steps(c.Change((c.HaltProcess(LABEL, 70),)), NET)
    assert "process 70" in str(refusal_of(halted, NET))


def test_a_step_is_refused_where_its_namespace_is_gone() -> None:
    (step,) = steps(c.Change((msgspec.structs.replace(SYSCTL, netns=sibling("container:web")),)), NET)
    gone = NET.with_host(msgspec.structs.replace(NET.this, namespaces=NET.this.namespaces[:1]))
    assert "no network namespace" in str(refusal_of(step, gone))


def test_in_a_replica_the_runner_is_in_the_namespace_already() -> None:
    (step,) = steps(c.Change((msgspec.structs.replace(SYSCTL, netns=sibling("container:web")),)), NET)
    assert isinstance(step, RunCommands)
    assert step.entering == entering(sibling("container:web"), NET) == ("nsenter", "-t", "42", "-n")
    refit = for_replica(step)
    assert isinstance(refit, RunCommands)
    assert refit.entering == ()


def test_a_file_step_knows_what_it_replaces() -> None:
    (step,) = steps(c.Change((c.WriteFile(LABEL, "/etc/a", None),)), NET)
    assert isinstance(step, ReplaceFile)
    assert step.before is not None
    assert (step.before.content, step.after) == ("one\n", None)


def test_the_host_of_a_change() -> None:
    assert host_of(SYSCTL, NET) is NET.this
    assert host_of(c.LoadModule(LABEL, "a"), NET) is NET.this


def test_json_that_is_no_step_is_refused() -> None:
    with pytest.raises(ChangeError):
        steps_from_json(b"[{}]")


@pytest.mark.parametrize(
    ("version", "path", "judged"),
    (
        ("26.1.5+dfsg1", "/etc/docker/daemon.json", True),
        ("23.0.0", "/etc/docker/daemon.json", True),
        ("20.10.24", "/etc/docker/daemon.json", False),
        ("26.1.5", "/etc/docker/other.json", False),
        ("26.1.5", "/etc/sysctl.d/a.conf", False),
    ),
)
def test_dockerd_is_asked_where_it_can_judge(version: str, path: str, *, judged: bool) -> None:
    host = msgspec.structs.replace(NET.this, engines=(Engine("docker", version),))
    (step,) = steps(c.Change((c.WriteFile(LABEL, path, "{}\n"),)), NET.with_host(host))
    assert isinstance(step, ReplaceFile)
    assert bool(step.validator) is judged
