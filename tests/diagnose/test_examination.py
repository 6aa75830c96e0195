import msgspec
import pytest

from hairpin.change.change import Change, SetSysctl
from hairpin.diagnose.examination import Examination, examination, examine
from hairpin.diagnose.suspect import CauseSet, Diagnosis
from hairpin.host.contact import Contact
from hairpin.network.flow import Flow, FromHost, Lan, Outside
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from tests.causes.hosts import ruled, with_host
from tests.rule_text import ALL_RULES, with_rule, without
from tests.small_host import CLIENT, HOST_ADDRESS, HOST_NETNS, host_namespace, network, published

FORWARDING_OFF = {"conf__eth0__forwarding": "0"}
NEIGHBOUR = published(Lan(parse_address("198.51.100.7")[1]))
SELF = published(FromHost(), "127.0.0.1")
DROP = with_rule("filter DOCKER-USER", "-i eth0 -j DROP")


def asked(net: Network, *flows: Flow) -> Examination:
    return examine(net, flows)


def test_equal_causes_of_several_flows_are_one() -> None:
    found = asked(network(host_namespace(values=FORWARDING_OFF)), published(), SELF, NEIGHBOUR)
    (cause,) = found.causes
    assert (cause.ref, cause.id, cause.flows, cause.together) == ("c1", "interface-forwarding-off", (0, 2), ("c1",))
    assert [each.trace.verdict for each in found.diagnoses] == ["dropped", "delivered", "dropped"]


def test_causes_of_one_set_name_each_other() -> None:
    found = asked(network(host_namespace(DROP, values=FORWARDING_OFF)), published())
    assert {each.id for each in found.causes} == {"docker-user-drops", "interface-forwarding-off"}
    assert {each.together for each in found.causes} == {("c1", "c2")}
    assert {each.flows for each in found.causes} == {(0,)}


def set_to(found: Examination, number: int, value: str) -> Diagnosis:
    """Return the diagnosis with a sysctl of eth0 set to that value beside its change, under its old key."""
    diagnosis = found.diagnoses[number]
    (suspect,), proof = diagnosis.causes, diagnosis.proof
    assert proof is not None
    part = SetSysctl(HOST_NETNS, ("net", "ipv4", "conf", "eth0", "forwarding"), value)
    candidate = msgspec.structs.replace(suspect.candidate, change=Change((part,)))
    changed = msgspec.structs.replace(suspect, candidate=candidate)
    return msgspec.structs.replace(diagnosis, sets=(CauseSet((changed,), proof),))


def test_a_flow_that_the_joined_change_does_not_repair_has_a_cause_of_its_own() -> None:
    """Two suspects with one key, whose changes are not the same: no flow is told of the other one's repair."""
    found = asked(network(host_namespace(values=FORWARDING_OFF)), published(), NEIGHBOUR)
    idle, right = set_to(found, 0, "0"), set_to(found, 1, "1")
    told = examination(found.network, (idle, right))
    assert [(each.flows, each.candidate.change) for each in told.causes] == [
        ((0,), idle.causes[0].candidate.change), ((1,), right.causes[0].candidate.change)
    ]  # fmt: skip
    assert {each.id for each in told.causes} == {"interface-forwarding-off"}
    assert [each.ref for each in told.causes_of(1)] == ["c2"]
    assert [each.together for each in told.causes] == [("c1",), ("c2",)]


def test_flows_that_one_change_repairs_have_one_cause_though_their_suspects_differ() -> None:
    found = asked(network(host_namespace(values=FORWARDING_OFF)), published(), NEIGHBOUR)
    right, other = set_to(found, 0, "1"), set_to(found, 1, "2")
    told = examination(found.network, (right, other))
    assert [(each.flows, each.candidate.change) for each in told.causes] == [((0, 1), right.causes[0].candidate.change)]


SHADOWED = with_rule(
    "nat PREROUTING",
    "-s 192.0.2.10/32 -p tcp -m tcp --dport 8151 -j REDIRECT --to-ports 9",
    with_rule("nat PREROUTING", "-p tcp -m tcp --dport 8151 -j REDIRECT --to-ports 10"),
)


@pytest.mark.parametrize("flows", ((published(), NEIGHBOUR), (NEIGHBOUR, published())), ids=("last", "first"))
def test_a_rule_is_one_cause_whatever_number_it_has_behind_another_repair(flows: tuple[Flow, ...]) -> None:
    """The client meets both rules, and the second one once the first is gone; the neighbour meets the second only."""
    found = asked(network(host_namespace(SHADOWED)), *flows)
    assert [each.id for each in found.causes] == ["dnat-rule-shadowed"] * 2
    assert sorted(each.flows for each in found.causes) == sorted([(flows.index(published()),), (0, 1)])


def test_a_healthy_host_has_no_cause() -> None:
    assert asked(network(), published(), SELF).causes == ()


def test_an_undecided_flow_has_no_cause() -> None:
    unknown = network(host_namespace(with_rule("filter DOCKER-USER", "-m bpf --bytecode x -j DROP")))
    found = asked(unknown, SELF, published())
    assert [each.trace.verdict for each in found.diagnoses] == ["delivered", "depends"]
    assert found.causes == ()


def test_a_failure_without_an_explanation_has_no_cause() -> None:
    nobody = Flow(Outside(CLIENT), 4, HOST_ADDRESS, "tcp", 22)
    found = asked(with_host(network(host_namespace(sockets=())), contacts=(Contact("docker", "", "hung"),)), nobody)
    assert found.diagnoses[0].trace.verdict == "refused"
    assert found.causes == ()


def test_causes_of_one_flow_stand_in_the_order_of_its_diagnosis() -> None:
    found = asked(network(host_namespace(DROP, values=FORWARDING_OFF)), SELF, published())
    assert found.causes_of(0) == ()
    assert [each.id for each in found.causes_of(1)] == [each.cause for each in found.diagnoses[1].causes]


def test_another_way_is_kept_and_stops_no_flow() -> None:
    lost = ruled(without("-A DOCKER -d 172.17.0.2", rules=ALL_RULES))
    found = asked(lost, published())
    assert [(each.id, each.alternatives) for each in found.causes] == [("filter-accept-missing", (("c2",),))]
    assert [(each.ref, each.id, each.flows, each.together) for each in found.instead] == [
        ("c2", "forward-policy-drop", (), ("c2",))
    ]
