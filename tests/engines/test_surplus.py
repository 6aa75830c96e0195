"""Rules that look like the engine's and that nothing explains."""

import msgspec

from hairpin.engines.surplus import surplus
from hairpin.host.docker import Engine
from hairpin.host.host import Namespace
from hairpin.netfilter.iptables import save as iptables_save
from hairpin.netfilter.ir import Ruleset
from tests.engines.hosts import DOCKER0, EMPTY, HTTP, N1, WEB, container, docker, endpoint, network, number, programmed
from tests.rows import each_row

FRIEND = container("friend", endpoint("n1", "172.21.0.3"))
GATEWAY = network("docker_gwbridge", "172.18.0.0/16", device="docker_gwbridge", options=(("enable_icc", "false"),))
ENGINE = docker("28.5.2", DOCKER0, N1, GATEWAY, containers=(WEB, FRIEND))


def host(table: str, *rules: str) -> Namespace:
    """Return the engine's healthy namespace with a second table of hand-written rules, which continues the engine's
    own.
    """
    chains = dict.fromkeys(rule.split()[1] for rule in rules)
    declared = "\n".join(f":{chain} - [0:0]" for chain in chains)
    text = f"*{table}\n{declared}\n" + "\n".join(rules) + "\nCOMMIT\n"
    extra = iptables_save.parse(text, family="ip", dialect="iptables-nft", source="by hand")
    healthy = programmed(ENGINE)
    return msgspec.structs.replace(healthy, ruleset=Ruleset(tables=(*healthy.ruleset.tables, *extra)))


SURPLUS: dict[str, tuple[str, str, str, str | None]] = {
    "old address": (
        "nat",
        "-A DOCKER ! -i br-n1 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.21.0.9:80",
        "dnat",
        "172.21.0.9",
    ),
    "open port of a container that is gone": (
        "filter",
        "-A DOCKER -d 172.21.0.9/32 ! -i br-n1 -o br-n1 -p tcp -m tcp --dport 80 -j ACCEPT",
        "accept",
        "172.21.0.9",
    ),
    "masquerade of a network that is gone": (
        "nat",
        "-A POSTROUTING -s 172.30.0.0/16 ! -o br-0123456789ab -j MASQUERADE",
        "masquerade",
        None,
    ),
    "hairpin masquerade of a container that is gone": (
        "nat",
        "-A POSTROUTING -s 172.21.0.9/32 -d 172.21.0.9/32 -p tcp -m tcp --dport 80 -j MASQUERADE",
        "hairpin-masquerade",
        "172.21.0.9",
    ),
    "guard of an address that somebody else may have now": (
        "raw",
        "-A PREROUTING -d 172.21.0.9/32 ! -i br-0123456789ab -j DROP",
        "raw-drop",
        "172.21.0.9",
    ),
    "bridge that is gone": ("filter", "-A FORWARD -i br-0123456789ab -j ACCEPT", "outgoing", None),
    "stage of a bridge that is gone": (
        "filter",
        "-A DOCKER-ISOLATION-STAGE-2 -o br-0123456789ab -j DROP",
        "isolation",
        None,
    ),
}


@each_row(("table", "rule", "likeness", "address"), SURPLUS.values(), ids=SURPLUS)
def test_surplus(table: str, rule: str, likeness: str, address: str | None) -> None:
    (one,) = surplus(ENGINE, host(table, rule))
    assert (one.rule.text, one.likeness, one.address) == (rule, likeness, number(address))


NOT_SURPLUS: dict[str, tuple[str, str]] = {
    "a user's accept": ("filter", "-A FORWARD -i eth0 -o docker1x -j ACCEPT"),
    "a user's drop": ("filter", "-A FORWARD -s 192.0.2.0/24 -j DROP"),
    "a user's drop for a bridge that is there": ("filter", "-A FORWARD -i docker0 -d 192.0.2.0/24 -j DROP"),
    "a user's masquerade for a bridge that is there": (
        "nat",
        "-A POSTROUTING -s 10.0.0.0/8 ! -o docker0 -j MASQUERADE",
    ),
    "a user's masquerade": ("nat", "-A POSTROUTING -s 10.0.0.0/8 -o eth0 -j MASQUERADE"),
    "a user's translation": ("nat", "-A PREROUTING -p tcp -m tcp --dport 80 -j DNAT --to-destination 172.21.0.9:80"),
    "a user's guard": ("raw", "-A PREROUTING -d 192.0.2.1/32 -p udp -j DROP"),
    "a user's rule among the engine's": ("filter", "-A DOCKER -s 192.0.2.0/24 -j DROP"),
    "the users' chain": ("filter", "-A DOCKER-USER -i br-0123456789ab -j DROP"),
    "swarm": ("filter", "-A DOCKER-FORWARD -j DOCKER-INGRESS"),
    "swarm's chain": ("nat", "-A DOCKER-INGRESS -p tcp -m tcp --dport 80 -j DNAT --to-destination 172.18.0.2:80"),
    "swarm's endpoint": ("raw", "-A PREROUTING -d 172.18.0.2/32 ! -i docker_gwbridge -j DROP"),
    "a link": (
        "filter",
        "-A DOCKER -s 172.21.0.3/32 -d 172.21.0.2/32 -i br-n1 -o br-n1 -p tcp -m tcp --dport 80 -j ACCEPT",
    ),
}


@each_row(("table", "rule"), NOT_SURPLUS.values(), ids=NOT_SURPLUS)
def test_not_surplus(table: str, rule: str) -> None:
    assert surplus(ENGINE, host(table, rule)) == ()


def test_a_stopped_container_s_rules_are_surplus() -> None:
    stopped = msgspec.structs.replace(WEB, status="exited", endpoints=(endpoint("n1"),))
    after: Engine = msgspec.structs.replace(ENGINE, containers=(stopped, FRIEND))
    assert {one.likeness for one in surplus(after, programmed(ENGINE))} == {"raw-drop", "dnat", "accept"}


def test_a_routed_container_s_ports_are_not_listed_and_yet_not_surplus() -> None:
    routed = network("n1", "172.21.0.0/16", options=(("gateway_mode_ipv4", "routed"),))
    opened = docker("28.5.2", routed, containers=(container("web", endpoint("n1", "172.21.0.2"), publish=(HTTP,)),))
    silent = docker("28.5.2", routed, containers=(container("web", endpoint("n1", "172.21.0.2")),))
    assert surplus(silent, programmed(opened)) == ()


def test_nothing_is_surplus_on_an_empty_host() -> None:
    assert surplus(ENGINE, EMPTY) == ()
    assert surplus(docker("28.5.2", N1, containers=(container("x", publish=(HTTP,)),)), EMPTY) == ()
