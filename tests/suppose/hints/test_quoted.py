"""What single quoted lines show together."""

from hairpin.suppose.hints.quoted import quoted_lines
from tests.rows import each_row

DNATS = """ 5322  319K DNAT  tcp  --  !docker0 *  0.0.0.0/0  0.0.0.0/0  tcp dpt:18968 to:172.17.0.17:18968
    0     0 DNAT  tcp  --  !docker0 *  0.0.0.0/0  0.0.0.0/0  tcp dpt:18968 to:172.17.0.23:18968"""
ITSELF = "    10.0.10.230.37518 > 10.0.10.230.8443: Flags [S], seq 3143892755, length 0"
ANOTHER = """IP 10.249.0.19.12346 > 203.0.113.5.44444: Flags [S], seq 4016530706, length 0
IP 10.249.0.15.12345 > 10.249.0.19.12346: Flags [S.], seq 1533837290, ack 4016530707, length 0"""
WRONG = "answered got a response from ('172.21.0.1', 53) instead of ('192.168.0.91', 53)"
ASKED = """ARP, Request who-has 192.168.1.10 tell 192.168.1.5, length 28
ARP, Request who-has 192.168.1.10 tell 192.168.1.5, length 28"""
TWICE = """Unicast reply from 172.17.0.2 [02:42:4B:A0:8C:76]  0.540ms
Unicast reply from 172.17.0.2 [02:42:D9:38:16:49]  0.548ms"""
CHAIN = "type filter hook forward priority 0; policy drop;"
RANGE = "The LAN has 192.168.*.*, as its router\ndocker network create --subnet=192.168.0.0/16"


def causes(text: str) -> list[str]:
    return [each.cause for each in quoted_lines(tuple(enumerate(text.splitlines(), 1)))]


@each_row(
    ("text", "cause"),
    (
        (DNATS, "dnat-rule-stale-address"),
        (ITSELF, "hairpin-masquerade-missing"),
        (ANOTHER, "br-netfilter-off-hairpin"),
        (WRONG, "docker-proxy-udp-wrong-source"),
        (ASKED, "arp-not-answered"),
        (TWICE, "address-held-twice"),
        (CHAIN, "nft-base-chain-drop-other-table"),
        (RANGE, "bridge-subnet-overlaps-route"),
    ),
)
def test_lines_show_a_cause(text: str, cause: str) -> None:
    assert causes(text) == [cause]


@each_row("driver", (" -d macvlan", " --driver=ipvlan", "\ndriver: macvlan"))
def test_a_network_on_the_lan_has_the_range_of_the_lan(driver: str) -> None:
    assert causes(RANGE + driver) == []


@each_row(
    "text",
    (
        DNATS.replace("172.17.0.23", "172.17.0.17"),
        DNATS.replace("dpt:18968 to:172.17.0.23", "dpt:80 to:172.17.0.23"),
        ITSELF.replace("> 10.0.10.230", "> 10.0.10.231"),
        ITSELF.replace("10.0.10.230", "127.0.0.1"),
        ANOTHER.replace("10.249.0.15.12345", "203.0.113.5.44444"),
        WRONG.replace("172.21.0.1", "192.168.0.91"),
        ASKED + "\nARP, Reply 192.168.1.10 is-at 00:11:22:33:44:55, length 28",
        ASKED.splitlines()[0],
        TWICE.replace("D9:38:16:49", "4B:A0:8C:76"),
        CHAIN.replace("drop", "accept"),
        RANGE.replace("192.168.0.0/16", "10.5.0.0/24"),
        RANGE.replace("192.168.0.0/16", "999.168.0.0/16"),
        "We met at noon.",
    ),
)
def test_other_lines_show_none(text: str) -> None:
    assert causes(text) == []


def test_the_input_hook_is_of_the_hosts_own_services() -> None:
    assert causes(CHAIN.replace("forward", "input")) == ["input-drops-host-service"]
