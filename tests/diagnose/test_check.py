from hairpin.diagnose.check import Answer, check
from hairpin.network.flow import Flow, FromHost, Lan, Outside
from hairpin.network.network import Network
from hairpin.network.prefix import parse_address
from tests.small_host import CLIENT, HOST_ADDRESS, host_namespace, network
from tests.walk.test_walk import published, with_rule

FORWARDING_OFF = {"conf__eth0__forwarding": "0"}
NEIGHBOUR = published(Lan(parse_address("198.51.100.7")[1]))
SELF = published(FromHost(), "127.0.0.1")
DROP = with_rule("filter DOCKER-USER", "-i eth0 -j DROP")


def asked(net: Network, *flows: Flow) -> Answer:
    return check(net, flows)


def test_equal_causes_of_several_flows_are_one() -> None:
    answer = asked(network(host_namespace(values=FORWARDING_OFF)), published(), SELF, NEIGHBOUR)
    (cause,) = answer.causes
    assert (cause.ref, cause.id, cause.flows, cause.together) == ("c1", "interface-forwarding-off", (0, 2), ("c1",))
    assert cause.severity == "blocking"
    assert [each.trace.verdict for each in answer.diagnoses] == ["dropped", "delivered", "dropped"]


def test_causes_that_only_go_together_name_each_other() -> None:
    answer = asked(network(host_namespace(DROP, values=FORWARDING_OFF)), published())
    assert {each.id for each in answer.causes} == {"docker-user-drops", "interface-forwarding-off"}
    assert {each.together for each in answer.causes} == {("c1", "c2")}
    assert {each.flows for each in answer.causes} == {(0,)}


def test_a_whole_host_has_none() -> None:
    answer = asked(network(), published(), SELF)
    assert (answer.causes, answer.unexplained, answer.undecided) == ((), (), ())


def test_what_cannot_be_decided_is_said() -> None:
    unknown = network(host_namespace(with_rule("filter DOCKER-USER", "-m bpf --bytecode x -j DROP")))
    answer = asked(unknown, SELF, published())
    assert (answer.undecided, answer.unexplained, answer.causes) == ((1,), (), ())


def test_what_nothing_explains_is_said() -> None:
    nobody = Flow(Outside(CLIENT), 4, HOST_ADDRESS, "tcp", 22)
    answer = asked(network(host_namespace(sockets=())), nobody)
    assert (answer.unexplained, answer.causes) == ((0,), ())
    assert answer.diagnoses[0].trace.verdict == "refused"
