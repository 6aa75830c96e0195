"""What told parts and stated outcomes mean together."""

import pytest

from hairpin.network.network import Network
from hairpin.question.flows import flows_for
from hairpin.question.target import parse_target
from hairpin.suppose.hints.hint import prose_of
from hairpin.suppose.hints.told_facts import (
    discovery_dropped,
    diverting_rules,
    held_twice,
    own_host_hints,
    published_elsewhere,
    resolver_rules_gone,
    saved_by_the_service,
    smaller_uplink,
    two_translations,
)
from tests.rows import each_row
from tests.suppose.test_ordinary import ADDRESSES, PS, RUN, network

_TWO = """\
$ iptables -t nat -S
-P PREROUTING ACCEPT
-N CNI
-A PREROUTING -j CNI
-A CNI -p tcp -m tcp --dport 443 -j DNAT --to-destination 10.187.2.36:443
-A CNI {}-p tcp -m tcp --dport {} -j DNAT --to-destination 10.187.2.34:443
"""


def _own_host(text: str) -> list[str]:
    whole = network(RUN + "\n" + text)
    told = whole.hosts[0].told
    assert told is not None
    prose = prose_of(enumerate(text.splitlines(), 1))
    return [each.cause for each in own_host_hints(prose, whole.hosts[0], told)]


def test_a_client_in_a_container_asks_its_own_host() -> None:
    assert (
        _own_host("From inside the container the host's LAN address gets no answer.")[-1] == "input-drops-host-service"
    )
    assert _own_host("From a container the service on the host is refused.") == ["host-service-listens-on-loopback"]
    assert _own_host("From a container the service on the host times out.") == ["input-drops-host-service"]


def test_the_bridge_of_a_podman_network_is_unreachable_by_a_rule_alone() -> None:
    """The bridge has the address itself, so no neighbour can be missing."""
    told = network(f"{RUN}\n$ nc -vz 10.89.8.1 53\nNcat: No route to host.").hosts[0].told
    assert told is not None
    found = list(own_host_hints(prose_of(()), network(RUN).hosts[0], told))
    assert [(each.cause, each.weight) for each in found] == [("input-drops-host-service", 26)]


@pytest.mark.parametrize(
    ("text", "found"),
    (
        ("With firewalld in the container DOCKER_OUTPUT is gone.", 1),
        ("Names do not resolve; DOCKER_OUTPUT is there.", 0),
        ("All rules are gone.", 0),
    ),
)
def test_the_rules_of_the_resolver_are_gone(text: str, found: int) -> None:
    assert len(list(resolver_rules_gone(prose_of(((1, text),)), network(RUN).hosts[0]))) == found


@pytest.mark.parametrize(
    "text",
    (
        "From the host the container's address is refused.",
        "In the container all is well. Another machine has a route by this host and cannot reach it.",
        "The browser gets no answer from the port.",
    ),
)
def test_other_clients_do_not(text: str) -> None:
    assert _own_host(text) == []


@pytest.mark.parametrize(("narrowed", "port", "found"), (("", 443, 1), ("-d 192.0.2.1/32 ", 443, 0), ("", 8443, 0)))
def test_two_rules_translate_one_port(narrowed: str, port: int, found: int) -> None:
    whole = network(_TWO.format(narrowed, port))
    flows = flows_for(whole, (parse_target("443"),), None)
    assert len(list(two_translations(whole.hosts[0], flows))) == found


@pytest.mark.parametrize(("port", "found"), (("80", 1), ("8080", 0), ("81", 0)))
def test_the_port_of_the_image_is_published_at_another_one(port: str, found: int) -> None:
    whole: Network = network(PS)
    flows = flows_for(whole, (parse_target(port),), None)
    assert len(list(published_elsewhere(whole.hosts[0], flows))) == found


def test_an_address_that_answers_inside_and_refuses_others_is_held_twice() -> None:
    inside = "$ docker exec web curl http://172.17.0.2:80\n<html>\n\n"
    refused = "$ curl http://172.17.0.2:80\ncurl: (7) Failed to connect to 172.17.0.2 port 80: Connection refused\n"
    for text, found in ((inside + refused, 1), (refused, 0), (inside, 0)):
        told = network(PS + "\n" + text).hosts[0].told
        assert told is not None
        assert len(list(held_twice(told))) == found


@pytest.mark.parametrize(
    ("size", "said", "weights"),
    (
        ("1500", "Downloads hang.", []),
        ("1450", "The page is refused.", [18]),
        ("1450", "Downloads hang.", [28]),
        ("1450", "The TLS handshake fails now and then.", [28]),
    ),
)
def test_the_uplink_takes_less_than_the_bridge(size: str, said: str, weights: list[int]) -> None:
    links = ADDRESSES.replace("mtu 1500 qdisc mq", f"mtu {size} qdisc mq")
    whole = network(links, "$ ip route\ndefault via 10.8.0.1 dev ens3\n")
    told = whole.hosts[0].told
    assert told is not None
    prose = prose_of([(1, said)])
    assert [each.weight for each in smaller_uplink(prose, whole.hosts[0], told)] == weights


_RULES = """\
{}, the host's own address ({}) times out.
$ ip rule show
0:      from all lookup local
3:      from {} lookup {}
32766:  from all lookup main
"""


_INSIDE, _OUTSIDE = "From inside any container", "From another machine"


@each_row(
    ("where", "asked", "source", "table", "causes"),
    (
        (_INSIDE, "192.0.2.9", "192.0.2.9", "200", ["policy-rule-diverts-container-traffic"]),
        (_OUTSIDE, "192.0.2.9", "192.0.2.9", "200", ["answers-leave-by-other-uplink"]),
        (_INSIDE, "192.0.2.9", "192.0.2.10", "200", []),
        (_INSIDE, "192.0.2.9", "192.0.2.9", "main", []),
        (_INSIDE, "192.0.2.9", "192.0.2.0/24", "200", []),
    ),
)
def test_a_policy_rule_leads_the_answers_of_one_address_elsewhere(
    where: str, asked: str, source: str, table: str, causes: list[str]
) -> None:
    text = _RULES.format(where, asked, source, table)
    host = network(RUN + "\n" + text).hosts[0]
    assert host.told is not None
    prose = prose_of(enumerate(text.splitlines(), 1))
    assert [each.cause for each in diverting_rules(prose, host, host.told)] == causes


@pytest.mark.parametrize(("told", "first"), (("Server listening on 127.0.0.1:3000", True), ("", False)))
def test_a_name_of_the_host_is_asked_in_a_container_only(told: str, *, first: bool) -> None:
    failure = "curl: (7) Failed to connect to host.docker.internal port 3000: Connection timed out"
    whole = network(f"{RUN}\n{told}\n\n{failure}\n").hosts[0]
    assert whole.told is not None
    found = list(own_host_hints(prose_of(()), whole, whole.told))
    weights = {each.cause: each.weight for each in found}
    assert ("host-service-listens-on-loopback" in weights) == first
    assert "input-drops-host-service" in weights


_INPUT = """\
$ iptables -L -n
Chain INPUT (policy ACCEPT)
target     prot opt source               destination
ACCEPT     all  --  0.0.0.0/0            0.0.0.0/0            state RELATED,ESTABLISHED
ACCEPT     tcp  --  0.0.0.0/0            0.0.0.0/0            {}tcp dpt:22
ACCEPT     tcp  --  0.0.0.0/0            0.0.0.0/0            {}tcp dpt:10250
[...]
"""


@pytest.mark.parametrize(
    ("state", "port", "found"), (("state NEW ", "8080", 1), ("state NEW ", "22", 0), ("", "8080", 0))
)
def test_rules_of_the_iptables_service_are_known_by_their_form(state: str, port: str, found: int) -> None:
    whole = network(RUN + "\n" + _INPUT.format(state, state))
    flows = flows_for(whole, (parse_target(port),), None)
    assert len(list(saved_by_the_service(whole.hosts[0], flows))) == found


@pytest.mark.parametrize(("source", "found"), (("! -s fd00:1::/64 ", 1), ("-s fd00:1::/64 ", 0)))
def test_isolation_drops_neighbour_discovery(source: str, found: int) -> None:
    rules = f"$ ip6tables -S\n-P FORWARD ACCEPT\n-N DOCKER-ISO\n-A DOCKER-ISO {source}-o br-73d147f51290 -j DROP\n"
    whole = network(RUN + rules)
    flows = flows_for(whole, (parse_target("[fd00:1::3]:80"),), None)
    assert len(list(discovery_dropped(whole.hosts[0], flows))) == found
    assert not list(discovery_dropped(whole.hosts[0], flows_for(whole, (parse_target("8080"),), None)))


def test_a_persons_rule_that_spares_a_range_is_no_isolation_of_an_engine() -> None:
    rules = "$ ip6tables -S\n-P INPUT ACCEPT\n-A INPUT ! -s fd00:1::/64 -i eth0 -j DROP\n"
    whole = network(RUN + rules)
    flows = flows_for(whole, (parse_target("[fd00:1::3]:80"),), None)
    assert not list(discovery_dropped(whole.hosts[0], flows))
