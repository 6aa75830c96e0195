"""What is written down is found with its file and line; what is not is an accident."""

import msgspec

from hairpin.host.boot.configured import Configured, of_engine_option, of_icc, of_place, of_sysctl
from hairpin.host.docker import DockerNetwork
from hairpin.host.host import Host
from hairpin.host.managers import ConfigFile, DirectRule, Firewalld, Ufw
from hairpin.netfilter.evaluate.chain import Place
from tests.rows import each_row
from tests.small_host import engine, network

SAVED = "*filter\n:INPUT DROP [0:0]\n:FORWARD ACCEPT [0:0]\n-A FORWARD -s 192.0.2.0/24 -j DROP\nCOMMIT\n"
SCRIPT = (
    "table inet own {\n chain f {\n  type filter hook forward priority 0; policy drop;\n  tcp dport 80 drop\n }\n}\n"
)


def having(*files: tuple[str, str], ufw: bool = False) -> Host:
    return msgspec.structs.replace(
        network().this, files=tuple(ConfigFile(path, text) for path, text in files), ufw=Ufw(enabled=ufw)
    )


def rule(chain: str, words: str, number: int = 1) -> Place:
    return Place("iptables-nft", "ip", "filter", chain, number, words)


def where(found: Configured | None) -> tuple[str, int] | None:
    return (found.file, found.line) if found is not None else None


def test_a_saved_rule_is_found_by_its_meaning() -> None:
    host = having(("/etc/iptables/rules.v4", SAVED))
    assert where(of_place(rule("FORWARD", "-A FORWARD -s 192.0.2.0/24 -j DROP"), host)) == ("/etc/iptables/rules.v4", 4)
    assert of_place(rule("FORWARD", "-A FORWARD -s 192.0.2.9/32 -j DROP"), host) is None


def test_a_saved_policy() -> None:
    host = having(("/etc/iptables/rules.v4", SAVED))
    assert where(of_place(rule("INPUT", "-P INPUT DROP", 0), host)) == ("/etc/iptables/rules.v4", 2)
    assert of_place(rule("FORWARD", "-P FORWARD DROP", 0), host) is None


def test_ufws_default_policy() -> None:
    file = ("/etc/default/ufw", 'IPV6=yes\nDEFAULT_INPUT_POLICY="DROP"\n')
    assert where(of_place(rule("INPUT", "-P INPUT DROP", 0), having(file, ufw=True))) == ("/etc/default/ufw", 2)
    assert of_place(rule("INPUT", "-P INPUT DROP", 0), having(file)) is None


def test_a_rule_and_a_policy_of_an_nft_script() -> None:
    host = having(("/etc/nftables.conf", SCRIPT))
    for text, number, line in (("tcp dport 80 drop", 1, 4), ("policy drop;", 0, 3)):
        place = Place("nft", "inet", "own", "f", number, text)
        assert where(of_place(place, host)) == ("/etc/nftables.conf", line)


def test_a_sysctl_is_policy_if_the_last_file_has_the_present_value() -> None:
    key = ("net", "ipv4", "ip_forward")
    host = having(("/etc/sysctl.d/50-a.conf", "net.ipv4.ip_forward = 0\n"))
    assert where(of_sysctl(key, "0", host)) == ("/etc/sysctl.d/50-a.conf", 1)
    assert of_sysctl(key, "1", host) is None
    later = having(
        ("/etc/sysctl.d/50-a.conf", "net.ipv4.ip_forward=0\n"), ("/etc/sysctl.conf", "net.ipv4.ip_forward=1\n")
    )
    assert of_sysctl(key, "0", later) is None


def test_an_engines_option_is_in_its_file_or_else_a_flag() -> None:
    file = ("/etc/docker/daemon.json", '{\n "icc": false\n}\n')
    assert where(of_engine_option("icc", "false", having(file))) == ("/etc/docker/daemon.json", 2)
    assert of_engine_option("icc", "false", having()).option == "--icc=false"


def test_icc_is_the_default_networks_by_the_daemon_and_anothers_by_its_option() -> None:
    closed = msgspec.structs.replace(engine(), icc=False)
    default, other = closed.networks[0], DockerNetwork("n2", "own", "bridge")
    option = "com.docker.network.bridge.enable_icc"
    apart = msgspec.structs.replace(other, options=((option, "false"),))
    assert of_icc(closed, default, having()) == Configured("engine-option", option="--icc=false")
    assert of_icc(closed, other, having()) is None
    assert of_icc(engine(), apart, having()) == Configured("network-option", option=f"{option}=false", owner="own")


DIRECT = DirectRule("ip", "filter", "INPUT", "-p tcp --dport 80 -j DROP", file="direct.xml", line=3)


@each_row(
    ("place", "line"),
    (
        (rule("INPUT", "-A INPUT -p tcp -m tcp --dport 80 -j DROP"), 3),
        (rule("INPUT_direct", "-A INPUT_direct -p tcp -m tcp --dport 80 -j DROP"), 3),
        (rule("INPUT", "-A INPUT -p tcp -m tcp --dport 81 -j DROP"), 0),
        (rule("FORWARD", "-A FORWARD -p tcp -m tcp --dport 80 -j DROP"), 0),
        (rule("INPUT", "-P INPUT DROP", 0), 0),
        (Place("nft", "ip", "filter", "INPUT", 1, "tcp dport 80 drop"), 0),
    ),
)
def test_a_direct_rule_of_firewalld(place: Place, line: int) -> None:
    host = msgspec.structs.replace(network().this, firewalld=Firewalld(running=True, direct=(DIRECT,)))
    assert where(of_place(place, host)) == (("direct.xml", line) if line else None)
