"""The nftables back end's tables, rule by rule."""

import msgspec

from hairpin.engines.docker import nft_words as nft
from hairpin.engines.docker.dockerd import expected
from hairpin.engines.docker.dockerd_nftables import BaseChain, JumpMap, NativeChains, NativeDraft
from hairpin.host.docker import DockerNetwork, Engine, PortBinding
from hairpin.netfilter.rule_address import IpFamily
from tests.engines.hosts import DOCKER0, EMPTY, HTTP, N1, SIX, WEB, container, docker, endpoint, network, number
from tests.rows import each_row

SIX_WEB = container(
    "web", endpoint("six", "172.22.0.2", "2001:db8:6::2"), publish=(HTTP, PortBinding("tcp", 80, 8080, version=6))
)


def native(*networks: DockerNetwork, web: bool = True, proxy: bool = True) -> Engine:
    engine = docker("29.1.0", *networks, containers=(WEB,) if web else ())
    return msgspec.structs.replace(engine, firewall_backend="nftables", userland_proxy=proxy)


def rules(engine: Engine, chain: str, family: IpFamily = "ip") -> list[str]:
    wanted = expected(engine, EMPTY).rules
    return [one.rule.text for one in wanted if (one.family, one.chain) == (family, chain)]


def gateway(mode: str) -> DockerNetwork:
    return network("n1", "172.21.0.0/16", options=(("gateway_mode_ipv4", mode),))


RULES: dict[str, tuple[Engine, str, list[str]]] = {
    "dispatch": (
        native(N1),
        "filter-FORWARD",
        ["oifname vmap @filter-forward-in-jumps", "iifname vmap @filter-forward-out-jumps"],
    ),
    "loopback is the proxy's": (
        native(N1),
        "nat-OUTPUT",
        ["ip daddr != 127.0.0.0/8 fib daddr type local counter jump nat-prerouting-and-output"],
    ),
    "loopback without a proxy": (
        native(N1, proxy=False),
        "nat-OUTPUT",
        ["fib daddr type local counter jump nat-prerouting-and-output"],
    ),
    "published": (
        native(N1),
        "nat-prerouting-and-output",
        ['iifname != "br-n1" tcp dport 8080 counter dnat to 172.21.0.2:80 comment "DNAT"'],
    ),
    "admitted": (
        native(N1),
        "filter-forward-in__br-n1",
        [
            "ct state established,related counter accept",
            'iifname "br-n1" counter accept comment "ICC"',
            "ip daddr 172.21.0.2 tcp dport 80 counter accept",
            'counter drop comment "UNPUBLISHED PORT DROP"',
        ],
    ),
    "admitted to a routed network": (
        native(gateway("routed")),
        "filter-forward-in__br-n1",
        [
            "ct state established,related counter accept",
            'ip protocol icmp counter accept comment "ICMP"',
            'iifname "br-n1" counter accept comment "ICC"',
            "ip daddr 172.21.0.2 tcp dport 80 counter accept",
            'counter drop comment "UNPUBLISHED PORT DROP"',
        ],
    ),
    "unprotected": (
        native(gateway("nat-unprotected"), web=False),
        "filter-forward-in__br-n1",
        [
            "ct state established,related counter accept",
            'iifname "br-n1" counter accept comment "ICC"',
            'counter accept comment "UNPROTECTED"',
        ],
    ),
    "guarded": (
        native(N1),
        "raw-PREROUTING",
        ['ip daddr 172.21.0.2 iifname != "br-n1" counter drop comment "DROP DIRECT ACCESS"'],
    ),
    "masquerade": (
        native(N1, proxy=False),
        "nat-postrouting-out__br-n1",
        ['oifname != "br-n1" ip saddr 172.21.0.0/16 counter masquerade comment "MASQUERADE"'],
    ),
    "hairpin": (
        native(N1, proxy=False),
        "nat-postrouting-in__br-n1",
        [
            'fib saddr type local counter masquerade comment "MASQUERADE FROM HOST"',
            'ip saddr 172.21.0.2 ip daddr 172.21.0.2 tcp dport 80 counter masquerade comment "MASQ TO OWN PORT"',
        ],
    ),
    "internal": (
        native(network("int", "172.31.0.0/16", internal=True, options=(("enable_icc", "false"),))),
        "filter-forward-in__br-int",
        [
            "ct state established,related counter accept",
            'iifname != "br-int" counter drop comment "INTERNAL NETWORK INGRESS"',
            'counter drop comment "ICC"',
        ],
    ),
}


@each_row(("engine", "chain", "wanted"), RULES.values(), ids=RULES)
def test_rules(engine: Engine, chain: str, wanted: list[str]) -> None:
    assert rules(engine, chain) == wanted


def test_a_loopback_mapping_is_guarded() -> None:
    local = PortBinding("udp", 53, 5300, host_ip=number("127.0.0.1"))
    dns = container("dns", endpoint("n1", "172.21.0.2"), publish=(local,))
    engine = msgspec.structs.replace(native(N1, web=False), containers=(dns,))
    assert rules(engine, "raw-PREROUTING")[-1] == (
        'iifname != "lo" ip daddr 127.0.0.1 udp dport 5300 counter drop comment "DROP REMOTE LOOPBACK"'
    )


def test_ipv6() -> None:
    engine = msgspec.structs.replace(native(SIX, web=False), containers=(SIX_WEB,))
    assert rules(engine, "nat-prerouting-and-output", "ip6") == [
        'iifname != "br-six" ip6 saddr != fe80::/10 tcp dport 8080 counter dnat to [2001:db8:6::2]:80 comment "DNAT"'
    ]


def test_each_bridge_has_its_chains_in_the_maps() -> None:
    elements = [one for one in expected(native(DOCKER0, N1), EMPTY).elements if one.device == "br-n1"]
    assert {(one.map, one.target) for one in elements} == {
        ("filter-forward-in-jumps", "filter-forward-in__br-n1"),
        ("filter-forward-out-jumps", "filter-forward-out__br-n1"),
        ("nat-postrouting-in-jumps", "nat-postrouting-in__br-n1"),
        ("nat-postrouting-out-jumps", "nat-postrouting-out__br-n1"),
    }


MAPS = (JumpMap("jumps", "in__"),)
OPEN = NativeDraft("in__br0", (nft.port("tcp", 80), *nft.behind_counter(nft.ACCEPT)), "accept", group=1)
LAST = NativeDraft("in__br0", nft.behind_counter(nft.DROP), "default-drop", group=2)


def started() -> NativeChains:
    chains = NativeChains("t")
    chains.start("ip", (BaseChain("forward", "filter", "forward", 0),), ("other",), MAPS)
    chains.join("ip", "br0", "net", MAPS)
    return chains


def test_chains_and_elements() -> None:
    chains = started()
    assert [one.chain for one in chains.chains()] == ["forward", "other", "in__br0"]
    (element,) = chains.elements()
    assert (element.map, element.device, element.target, element.network) == ("jumps", "br0", "in__br0", "net")


def test_a_later_rule_of_an_earlier_group_comes_first() -> None:
    chains = started()
    chains.add("ip", LAST)
    chains.add("ip", OPEN)
    assert [one.rule.text for one in chains.rules()] == ["tcp dport 80 counter accept", "counter drop"]


def test_an_open_port_is_not_opened_twice() -> None:
    chains = started()
    for draft in (OPEN, OPEN, LAST, LAST):
        chains.add("ip", draft)
    assert [one.purpose for one in chains.rules()] == ["accept", "default-drop", "default-drop"]


def test_a_comment_is_part_of_the_text() -> None:
    chains = started()
    chains.add("ip", NativeDraft("other", nft.behind_counter(nft.ACCEPT), "outgoing", comment="OUTGOING"))
    assert [one.rule.text for one in chains.rules()] == ['counter accept comment "OUTGOING"']
