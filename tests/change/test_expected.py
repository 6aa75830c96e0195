"""A step's expectation is about the tables as they are before all steps."""

import msgspec

from hairpin.change import calls
from hairpin.change.change import AddChain, DeleteRule, InsertRule, RuleEdit, SetPolicy
from hairpin.change.expect import (
    ChainIs,
    ContainerIs,
    EndpointIs,
    InNamespace,
    ManagerRuns,
    OnHost,
    PortIs,
    ProcessIs,
    RestartPolicyIs,
    RuleIs,
    SourceIs,
    ZoneIs,
)
from hairpin.change.expected import call_expects, edits_expect
from hairpin.host.managers import Firewalld, FirewalldZone
from hairpin.message import message
from hairpin.netfilter.evaluate.chain import Place
from hairpin.netfilter.ir import Dialect, Family, Rule, Verdict
from tests.rows import each_row
from tests.small_host import HOST_NETNS, host_namespace, network

DROP = Rule((Verdict("drop"),), "-A FORWARD -j DROP", 1)
PLACE = Place("iptables-nft", "ip", "filter", "FORWARD", 1, "-A FORWARD -j DOCKER-USER")


def insert(position: int | None) -> InsertRule:
    return InsertRule(HOST_NETNS, "iptables-nft", "ip", "filter", "FORWARD", DROP, position)


def numbers(*edits: RuleEdit) -> list[tuple[int, bool]]:
    """Return the numbers of the rules that are expected, and whether they are there."""
    found: tuple[InNamespace, ...] = edits_expect(edits, host_namespace())
    return [(each.number, each.text is not None) for each in found if isinstance(each, RuleIs)]


def test_an_inserted_rule_expects_the_rules_beside_it() -> None:
    assert numbers(insert(1)) == [(1, True)]
    assert numbers(insert(3)) == [(2, True), (3, True)]


def test_a_rule_at_the_end_expects_the_end() -> None:
    assert numbers(insert(None)) == [(5, True), (6, False)]


def test_numbers_are_those_before_the_load() -> None:
    later = DeleteRule(HOST_NETNS, Place("iptables-nft", "ip", "filter", "FORWARD", 3, "text"))
    assert numbers(insert(1), insert(1), later) == [(1, True), (1, True)]


def test_the_expected_chains_and_policies() -> None:
    chain = AddChain(HOST_NETNS, "iptables-nft", "ip", "filter", "NEW")
    place: tuple[Dialect, Family, str] = ("iptables-nft", "ip", "filter")
    assert edits_expect((chain, SetPolicy(HOST_NETNS, PLACE, "accept")), host_namespace()) == (
        ChainIs(*place, "NEW", there=False),
        ChainIs(*place, "FORWARD", there=True, policy="drop"),
    )


def test_a_call_expects_the_containers_status() -> None:
    assert call_expects(calls.SetContainerState("docker", "start", "web"), network().this) == (
        ContainerIs("web", "running"),
    )


ZONE = FirewalldZone("public", interfaces=("eth0",), ports=("8151/tcp",))
GUARDED = msgspec.structs.replace(network().this, firewalld=Firewalld(True, runtime=(ZONE,)))
FIREWALLD = ManagerRuns("firewalld")
OWNERS: dict[str, tuple[calls.Call, tuple[OnHost, ...]]] = {
    "ufw": (calls.ReloadUfw(), (ManagerRuns("ufw"),)),
    "a process": (calls.EndProcess(7, halted=True), (ProcessIs(7, halted=True),)),
    "a port that is closed": (calls.OpenPort("public", 80, "tcp"),
                              (FIREWALLD, PortIs("public", "80/tcp", False, False))),
    "a port that is open": (
        calls.OpenPort("public", 8151, "tcp", closed=True), (FIREWALLD, PortIs("public", "8151/tcp", False, True)),
    ),
    "a zone that was not read": (calls.OpenPort("public", 80, "tcp", permanent=True), (FIREWALLD,)),
    "an interface": (calls.BindInterface("trusted", "eth0"), (FIREWALLD, ZoneIs("eth0", "public", False))),
    "an interface of no zone": (calls.BindInterface("trusted", "eth1"), (FIREWALLD, ZoneIs("eth1", None, False))),
    "a source": (calls.TrustSource("10.9.0.0/16"), (FIREWALLD, SourceIs("trusted", "10.9.0.0/16", False, False))),
    "a source in files that were not read": (calls.TrustSource("10.9.0.0/16", permanent=True), (FIREWALLD,)),
    "a rich rule": (calls.AddRichRule("zone", "public", "rule accept"), (FIREWALLD,)),
    "a direct chain": (calls.AddDirectChain("ip", "filter", "DOCKER-USER"), (FIREWALLD,)),
    "a direct rule": (calls.AddDirectRule("ip", "filter", "FORWARD", "-j ACCEPT"), (FIREWALLD,)),
    "a container": (calls.SetRestartPolicy("docker", "always", "web"), (RestartPolicyIs("web", "no"),)),
    "a network": (calls.ConnectContainer("docker", "connect", "front", "web"), (EndpointIs("web", "front", False),)),
    "a person": (calls.ByPerson(message("look")), ()),
}  # fmt: skip


@each_row(("call", "expected"), OWNERS.values(), ids=OWNERS)
def test_each_owner_is_expected_to_have_the_part_as_it_was_read(call: calls.Call, expected: tuple[OnHost, ...]) -> None:
    assert call_expects(call, GUARDED) == expected
