"""What becomes of a connection that is open while rules, routes and processes change."""

from typing import NamedTuple

import msgspec

from hairpin.host.netns import Netns
from hairpin.network.flow import Flow, FromHost
from hairpin.network.network import Network
from hairpin.walk.open_connection import Fate, Replaced, fate
from tests.rows import each_row
from tests.small_host import (
    DOCKER_RULES,
    HOST_NETNS,
    container_namespace,
    egress,
    host_namespace,
    network,
    published,
    sibling,
)
from tests.udp_host import UDP_FLOW, udp_network


class Case(NamedTuple):
    """The network after the change, the flow, what the change has made anew, and what becomes of the connection."""

    now: Network
    flow: Flow
    replaced: Replaced
    fate: Fate


def rules(old: str, new: str) -> Network:
    """Return the host with other rules."""
    assert old in DOCKER_RULES
    return network(host_namespace(DOCKER_RULES.replace(old, new)))


def replaced(*namespaces: Netns) -> Replaced:
    """Return that these namespaces' processes are others now."""
    return Replaced(namespaces=frozenset(namespaces))


PROXY = host_namespace().sockets[0]
NOTHING, FORGOTTEN = Replaced(), Replaced(forgetful=frozenset({HOST_NETNS}))
WEB_NETNS = sibling("container:web")
ACCEPT_NEW = "-A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT\n"
DNAT = "-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8151 -j DNAT --to-destination 172.17.0.2:80\n"
MASQUERADE = "-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE\n"
TRACKED = "-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n"
LOOPBACK = published(FromHost(), "127.0.0.1")
CASES: dict[str, Case] = {
    "nothing changes": Case(network(), published(), NOTHING, "kept"),
    "the rule that let it in is gone": Case(rules(ACCEPT_NEW, ""), published(), NOTHING, "kept"),
    "the rule that lets its packets in is gone, too": Case(
        network(host_namespace(DOCKER_RULES.replace(ACCEPT_NEW, "").replace(TRACKED, ""))), published(), NOTHING, "lost"
    ),
    "the translation is gone, and the entry is there": Case(rules(DNAT, ""), published(), NOTHING, "kept"),
    "the translation and the entry are gone": Case(rules(DNAT, ""), published(), FORGOTTEN, "lost"),
    "the entry is gone": Case(network(), published(), FORGOTTEN, "kept"),
    "a way out without masquerade, and the entry is there": Case(rules(MASQUERADE, ""), egress(), NOTHING, "kept"),
    "a way out without masquerade and entry": Case(rules(MASQUERADE, ""), egress(), FORGOTTEN, "lost"),
    "the container's processes are others": Case(network(), published(), replaced(WEB_NETNS), "lost"),
    "the asking container's processes are others": Case(network(), egress(), replaced(WEB_NETNS), "lost"),
    "docker-proxy ends, and carries it": Case(network(), LOOPBACK, Replaced(sockets=((HOST_NETNS, PROXY),)), "lost"),
    "docker-proxy ends, and does not": Case(network(), published(), Replaced(sockets=((HOST_NETNS, PROXY),)), "kept"),
    "the container behind docker-proxy": Case(network(), LOOPBACK, replaced(WEB_NETNS), "lost"),
    "docker-proxy carries it on": Case(network(), LOOPBACK, NOTHING, "kept"),
    "forwarding is off": Case(
        network(host_namespace(values={"conf__eth0__forwarding": "0"})), published(), NOTHING, "lost"
    ),
    "the container has no way back": Case(
        network(inner=container_namespace(default=False)), published(), NOTHING, "lost"
    ),
}


@each_row("case", CASES.values(), ids=CASES)
def test_what_becomes_of_it(case: Case) -> None:
    assert fate(network(), case.now, case.flow, case.replaced) == case.fate


def test_datagrams_have_a_connection_too() -> None:
    assert fate(udp_network(), udp_network(), UDP_FLOW, NOTHING) == "kept"
    assert fate(udp_network(), udp_network(""), UDP_FLOW, FORGOTTEN) == "lost"


def test_a_flow_that_never_passed_is_not_decided() -> None:
    away = msgspec.structs.replace(published(), dport=1)
    assert fate(network(), network(), away, NOTHING) == "depends"
