"""Rules that look at a field that hairpin invented: a client's source port, its TTL, and the flags of its SYN."""

import msgspec

from hairpin.beside.inquiry import Inquiry
from hairpin.beside.walks.invented_fields import observe, stopped_by_field
from hairpin.diagnose.examination import examine
from hairpin.host.socket import Socket
from hairpin.network.flow import Flow
from hairpin.question.question import Question
from hairpin.walk.walk import walk_flow
from tests.rows import each_row
from tests.rule_text import with_rule
from tests.small_host import DOCKER_RULES, container_namespace, egress, host_namespace, network, published

UDP = msgspec.structs.replace(egress(), protocol="udp", dport=53)
PLACE = "filter DOCKER-USER"
CASES: dict[str, tuple[str, list[str]]] = {
    "no such rule": (DOCKER_RULES, []),
    "high source ports are dropped": (with_rule(PLACE, "-p tcp -m tcp --sport 50000:65535 -j DROP"), ["50000"]),
    "low source ports are dropped": (with_rule(PLACE, "-p tcp -m tcp --sport 1:1023 -j DROP"), []),
    "high source ports are accepted, as all are": (
        with_rule(PLACE, "-p tcp -m tcp --sport 50000:65535 -j RETURN"), [],
    ),
    "for another port": (with_rule(PLACE, "-p udp -m udp --sport 50000:65535 -j DROP"), []),
    "a large TTL is dropped": (with_rule(PLACE, "-m ttl --ttl-gt 100 -j DROP"), ["255"]),
    "a small TTL is dropped": (with_rule(PLACE, "-m ttl --ttl-lt 50 -j DROP"), ["49"]),
    "a SYN that asks for ECN is dropped": (
        with_rule(PLACE, "-p tcp -m ecn --ecn-tcp-ece -m conntrack --ctstate NEW -j DROP"), ["ECN"],
    ),
    "no SYN is dropped": (with_rule(PLACE, "-p tcp -m tcp ! --syn -m conntrack --ctstate NEW -j DROP"), []),
    "a dying packet is dropped": (with_rule(PLACE, "-m ttl --ttl-lt 3 -j DROP"), []),
}  # fmt: skip


@each_row(("rules", "values"), CASES.values(), ids=CASES)
def test_a_rule_that_stops_some_clients_by_such_a_field_is_told(rules: str, values: list[str]) -> None:
    net = network(host_namespace(rules))
    told = [each.note() for each in stopped_by_field(net, (walk_flow(net, published()),))]
    assert len(told) == len(values)
    assert all(f" {value} " in str(each) for each, value in zip(told, values, strict=True))


ANSWERS: dict[str, tuple[str, str, list[str]]] = {
    "answers to low ports are dropped": ("-d 172.16.0.0/12 -p udp -m udp --dport 0:32767 -j DROP", "udp", ["32767"]),
    "the answers of connections pass before": (
        "-d 172.16.0.0/12 -p udp -m udp --dport 0:32767 -m conntrack --ctstate NEW -j DROP", "udp", [],
    ),
    "the kernel gives no such port to TCP": ("-d 172.16.0.0/12 -p tcp -m tcp --dport 0:32767 -j DROP", "tcp", []),
    "a port that the kernel may give": ("-d 172.16.0.0/12 -p tcp -m tcp --dport 50000:50999 -j DROP", "tcp", ["50000"]),
    "of the other protocol": ("-d 172.16.0.0/12 -p tcp -m tcp --dport 0:32767 -j DROP", "udp", []),
}  # fmt: skip


@each_row(("rule", "protocol", "values"), ANSWERS.values(), ids=ANSWERS)
def test_a_rule_that_stops_answers_by_the_askers_port_is_told(rule: str, protocol: str, values: list[str]) -> None:
    flow = msgspec.structs.replace(egress(), protocol=protocol, dport=53)
    net = network(host_namespace(with_rule(PLACE, rule)))
    told = [each.note() for each in stopped_by_field(net, (walk_flow(net, flow),))]
    assert [value for each in told for value in values if f"comes back to port {value}," in str(each)] == values
    assert len(told) == len(values)


def test_a_flow_that_fails_is_left_to_its_causes() -> None:
    net = network(host_namespace(with_rule(PLACE, "-p tcp -m tcp --sport 1024:65535 -j DROP")))
    assert stopped_by_field(net, (walk_flow(net, published()),)) == ()


ASKED: dict[str, tuple[str, Flow, list[int]]] = {
    "of clients": ("-p tcp -m tcp --sport 50000:65535 -j DROP", published(), [50000]),
    "that the kernel may give": ("-d 172.16.0.0/12 -p tcp -m tcp --dport 50000:50999 -j DROP", egress(), [50000]),
    "that only a name server chooses": ("-d 172.16.0.0/12 -p udp -m udp --dport 0:32767 -j DROP", UDP, []),
    "no port, but a TTL": ("-m ttl --ttl-gt 100 -j DROP", published(), []),
}  # fmt: skip


@each_row(("rule", "flow", "ports"), ASKED.values(), ids=ASKED)
def test_a_source_port_that_a_rule_stops_has_a_failing_flow_of_its_own(rule: str, flow: Flow, ports: list[int]) -> None:
    """All else that the rule tells apart is a note: hardly a sender has that value."""
    net = network(host_namespace(with_rule(PLACE, rule)))
    found = observe(Inquiry(Question(), net, (flow,)).examined(examine(net, (flow,))))
    more = found.traces[1:]
    assert [each.flow.sport for each in more if each.flow.from_port and not each.succeeds] == ports
    assert len(found.notes) == 1 - len(ports)
    assert all("docker-user-drops" in {cause.cause for cause in each.causes} for each in found.walked.diagnoses[1:])


def test_a_name_server_asks_from_ports_of_its_own_choice() -> None:
    rule = "-d 172.16.0.0/12 -p udp -m udp --dport 0:32767 -j DROP"
    net = network(host_namespace(with_rule(PLACE, rule)), container_namespace((Socket("udp", 4, None, 53),)))
    found = observe(Inquiry(Question(), net, (UDP,)).examined(examine(net, (UDP,))))
    assert [each.flow.sport for each in found.traces[1:]] == [32767]
