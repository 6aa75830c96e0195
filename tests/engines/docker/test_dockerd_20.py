"""The differences between dockerd 18.9 and 27, and by option."""

import msgspec

from hairpin.engines.docker.dockerd_20 import internal_borders
from hairpin.host.docker import Engine, PortBinding
from hairpin.netfilter.rule_address import IpFamily
from tests.engines.hosts import DOCKER0, HTTP, N1, SIX, WEB, container, docker, endpoint, network, number, texts
from tests.rows import each_row

V6_WEB = container(
    "web", endpoint("six", "172.22.0.2", "2001:db8:6::2"), publish=(HTTP, PortBinding("tcp", 80, 8080, version=6))
)
INTERNAL = network("int", "172.31.0.0/16", "fd00::/64", internal=True)


def engine(version: str = "20.10.24", *, proxy: bool = True, ip6tables: bool = False) -> Engine:
    return msgspec.structs.replace(
        docker(version, DOCKER0, N1, SIX, INTERNAL, containers=(WEB, V6_WEB)), userland_proxy=proxy, ip6tables=ip6tables
    )


RULES: dict[str, tuple[Engine, IpFamily, str, str, list[str]]] = {
    "published": (
        engine(),
        "ip", "nat", "DOCKER",
        [
            "-i br-six -j RETURN",
            "-i br-n1 -j RETURN",
            "-i docker0 -j RETURN",
            "! -i br-n1 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.21.0.2:80",
            "! -i br-six -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.22.0.2:80",
        ],
    ),
    "published without a proxy": (
        engine(proxy=False),
        "ip", "nat", "DOCKER",
        [
            "-p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.21.0.2:80",
            "-p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.22.0.2:80",
        ],
    ),
    "loopback is the proxy's": (
        engine(), "ip", "nat", "OUTPUT", ["! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER"]
    ),
    "loopback without a proxy": (
        engine(proxy=False), "ip", "nat", "OUTPUT", ["-m addrtype --dst-type LOCAL -j DOCKER"]
    ),
    "masquerade": (
        engine(proxy=False),
        "ip", "nat", "POSTROUTING",
        [
            "-o br-six -m addrtype --src-type LOCAL -j MASQUERADE",
            "-s 172.22.0.0/16 ! -o br-six -j MASQUERADE",
            "-o br-n1 -m addrtype --src-type LOCAL -j MASQUERADE",
            "-s 172.21.0.0/16 ! -o br-n1 -j MASQUERADE",
            "-o docker0 -m addrtype --src-type LOCAL -j MASQUERADE",
            "-s 172.17.0.0/16 ! -o docker0 -j MASQUERADE",
            "-s 172.21.0.2/32 -d 172.21.0.2/32 -p tcp -m tcp --dport 80 -j MASQUERADE",
            "-s 172.22.0.2/32 -d 172.22.0.2/32 -p tcp -m tcp --dport 80 -j MASQUERADE",
        ],
    ),
    "internal": (
        engine(),
        "ip", "filter", "DOCKER-ISOLATION-STAGE-1",
        [
            "! -s 172.31.0.0/16 -o br-int -j DROP",
            "! -d 172.31.0.0/16 -i br-int -j DROP",
            "-i br-six ! -o br-six -j DOCKER-ISOLATION-STAGE-2",
            "-i br-n1 ! -o br-n1 -j DOCKER-ISOLATION-STAGE-2",
            "-i docker0 ! -o docker0 -j DOCKER-ISOLATION-STAGE-2",
            "-j RETURN",
        ],
    ),
    "no IPv6 rules unless told": (engine(), "ip6", "nat", "DOCKER", []),
    "IPv6 published": (
        engine(ip6tables=True),
        "ip6", "nat", "DOCKER",
        [
            "-i br-six -j RETURN",
            "! -i br-six -p tcp -m tcp --dport 8080 -j DNAT --to-destination [2001:db8:6::2]:80",
        ],
    ),
    "20.10 has no IPv6 chain for users": (engine(ip6tables=True), "ip6", "filter", "DOCKER-USER", []),
    "23 has": (engine("23.0.0", ip6tables=True), "ip6", "filter", "DOCKER-USER", ["-j RETURN"]),
    "bridges without IPv6 are kept apart in it": (
        engine(ip6tables=True),
        "ip6", "filter", "DOCKER-ISOLATION-STAGE-2",
        ["-o br-six -j DROP", "-o br-n1 -j DROP", "-o docker0 -j DROP", "-j RETURN"],
    ),
}  # fmt: skip


@each_row(("host", "family", "table", "chain", "rules"), RULES.values(), ids=RULES)
def test_rules(host: Engine, family: IpFamily, table: str, chain: str, rules: list[str]) -> None:
    assert texts(host, family, table, chain) == rules


def test_forward_of_one_network() -> None:
    assert texts(docker("24.0.9", N1), "ip", "filter", "FORWARD") == [
        "-j DOCKER-USER",
        "-j DOCKER-ISOLATION-STAGE-1",
        "-o br-n1 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
        "-o br-n1 -j DOCKER",
        "-i br-n1 ! -o br-n1 -j ACCEPT",
        "-i br-n1 -o br-n1 -j ACCEPT",
    ]


def test_icc_off_drops_at_the_end() -> None:
    quiet = network("quiet", "172.33.0.0/16", options=(("enable_icc", "false"),))
    assert texts(docker("24.0.9", quiet, N1), "ip", "filter", "FORWARD")[-1] == "-i br-quiet -o br-quiet -j DROP"


def test_host_ports_that_lead_to_one_port_open_it_once() -> None:
    twice = container("web", endpoint("n1", "172.21.0.2"), publish=(HTTP, PortBinding("tcp", 80, 8081)))
    host = docker("24.0.9", N1, containers=(twice,))
    assert len(texts(host, "ip", "filter", "DOCKER")) == 1
    assert len([text for text in texts(host, "ip", "nat", "DOCKER") if "DNAT" in text]) == 2


def test_a_binding_to_one_address_matches_it() -> None:
    bound = PortBinding("udp", 53, 53, host_ip=number("192.0.2.1"))
    dns = container("dns", endpoint("n1", "172.21.0.2"), publish=(bound,))
    rule = texts(docker("24.0.9", N1, containers=(dns,)), "ip", "nat", "DOCKER")[-1]
    assert rule == "-d 192.0.2.1/32 ! -i br-n1 -p udp -m udp --dport 53 -j DNAT --to-destination 172.21.0.2:53"


def test_sctp_has_its_checksum_filled() -> None:
    sctp = container("sctp", endpoint("n1", "172.21.0.2"), publish=(PortBinding("sctp", 7, 7),))
    rules = texts(docker("24.0.9", N1, containers=(sctp,)), "ip", "mangle", "POSTROUTING")
    assert rules == ["-p sctp -m sctp --sport 7 -j CHECKSUM --checksum-fill"]


def test_a_fixed_source_address_is_used_instead_of_masquerading() -> None:
    fixed = msgspec.structs.replace(N1, options=(("com.docker.network.host_ipv4", "192.0.2.1"),))
    rules = texts(docker("24.0.9", fixed), "ip", "nat", "POSTROUTING")
    assert rules == ["-s 172.21.0.0/16 ! -o br-n1 -j SNAT --to-source 192.0.2.1"]


def test_a_network_without_masquerading_translates_its_own_packets() -> None:
    """Then its containers reach published ports of others by translation, not by the proxy."""
    plain = network("plain", "172.33.0.0/16", options=(("enable_ip_masquerade", "false"),))
    assert texts(docker("24.0.9", plain), "ip", "nat", "POSTROUTING") == []
    assert texts(docker("24.0.9", plain), "ip", "nat", "DOCKER") == []


def test_since_27_a_routed_network_only_opens_ports() -> None:
    routed = network("routed", "172.33.0.0/16", options=(("gateway_mode_ipv4", "routed"),))
    web = container("web", endpoint("routed", "172.33.0.2"), publish=(PortBinding("tcp", 80, 0),))
    host = docker("27.5.1", routed, containers=(web,))
    assert texts(host, "ip", "nat", "POSTROUTING") == []
    assert texts(host, "ip", "nat", "DOCKER") == []
    assert texts(host, "ip", "filter", "DOCKER") == [
        "-d 172.33.0.2/32 ! -i br-routed -o br-routed -p tcp -m tcp --dport 80 -j ACCEPT"
    ]


def test_isolation_spares_packets_that_stay_on_the_bridge() -> None:
    assert internal_borders("br0", "fd00::/64", narrow=True) == (
        "! -d fd00::/64 -i br0 ! -o br0 -j DROP",
        "! -s fd00::/64 ! -i br0 -o br0 -j DROP",
    )
