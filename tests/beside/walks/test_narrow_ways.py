"""Rules that drop the message about a narrow way, and rules that let it pass."""

import msgspec
import pytest

from hairpin.answer.questions import questions_of
from hairpin.beside.walks.narrow_ways import unheard_of
from hairpin.network.flow import Lan
from hairpin.network.network import Network
from hairpin.walk.walk import walk_flow
from tests.rows import each_row
from tests.rule_text import with_rule
from tests.small_host import DOCKER_RULES, container_namespace, host_namespace, network, number, published

PLACE = "filter DOCKER-USER"
DROPPED: dict[str, tuple[Network, str]] = {
    "all ICMP": (
        network(host_namespace(with_rule(PLACE, "-p icmp -j DROP"))),
        "iptables -I DOCKER-USER -p icmp -m icmp --icmp-type 3/4 -j RETURN",
    ),
    "this type": (
        network(host_namespace(with_rule(PLACE, "-p icmp -m icmp --icmp-type 3/4 -j DROP"))),
        "iptables -I DOCKER-USER -p icmp -m icmp --icmp-type 3/4 -j RETURN",
    ),
    "what comes from the router": (
        network(host_namespace(with_rule("filter FORWARD", "-p icmp -i eth0 -j REJECT"))),
        "iptables -I FORWARD -p icmp -m icmp --icmp-type 3/4 -j ACCEPT",
    ),
}
CLAMPED = with_rule("filter FORWARD", "-p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --set-mss 1300",
                    with_rule(PLACE, "-p icmp -j DROP"))  # fmt: skip
HEARD: dict[str, Network] = {
    "Docker's own rules": network(host_namespace(DOCKER_RULES)),
    "pings alone are dropped": network(host_namespace(with_rule(PLACE, "-p icmp -m icmp --icmp-type 8 -j DROP"))),
    "invalid packets are dropped": network(
        host_namespace(with_rule(PLACE, "-m conntrack --ctstate INVALID -j DROP"))
    ),
    "a list lets the client in, and not the next router": network(
        host_namespace(with_rule(PLACE, "! -s 192.0.2.0/24 -i eth0 -j DROP"))
    ),
    "a rule lowers the MSS": network(host_namespace(CLAMPED)),
    "by chance": network(
        host_namespace(with_rule(PLACE, "-p icmp -m statistic --mode random --probability 0.5 -j DROP"))
    ),
}  # fmt: skip


@pytest.mark.parametrize(("net", "command"), DROPPED.values(), ids=DROPPED)
def test_a_rule_that_drops_the_message_is_a_question(net: Network, command: str) -> None:
    trace = walk_flow(net, published())
    question = unheard_of(net, trace)
    assert question is not None
    assert question.breaks_if == "yes"
    (asked,) = questions_of(net, (("f1", trace.asking(question)),))
    assert asked.repair == (command,)


@each_row("net", HEARD.values(), ids=HEARD)
def test_a_sender_that_hears_of_it_or_needs_not_is_no_question(net: Network) -> None:
    assert unheard_of(net, walk_flow(net, published())) is None


def test_a_sender_that_probes_needs_no_message() -> None:
    probing = container_namespace()
    values = {**probing.sysctls.values, ("net", "ipv4", "tcp_mtu_probing"): "1"}
    probing = msgspec.structs.replace(probing, sysctls=msgspec.structs.replace(probing.sysctls, values=values))
    net = network(host_namespace(with_rule(PLACE, "-p icmp -j DROP")), probing)
    assert unheard_of(net, walk_flow(net, published())) is None


def test_a_neighbour_on_the_link_has_no_narrow_way() -> None:
    net = DROPPED["all ICMP"][0]
    neighbour = msgspec.structs.replace(published(), start=Lan(number("198.51.100.77")))
    assert unheard_of(net, walk_flow(net, neighbour)) is None
