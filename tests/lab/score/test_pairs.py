"""Pairs whose repairs meet are found by what the repairs touch."""

from tests.score.pairs import meeting, places_of_repair
from tests.score.repairing import RepairScore
from tests.score.score import LabScore

TOUCHED = {
    "iptables -D DOCKER-USER -i eth0 -j DROP": {"iptables filter DOCKER-USER"},
    "iptables -t nat -I OUTPUT -d 203.0.113.11 -j DNAT --to-destination 198.51.100.11": {"iptables nat OUTPUT"},
    "ip6tables -P FORWARD ACCEPT": {"ip6tables filter FORWARD"},
    "nft delete rule ip guard before handle 4": {"ip guard before"},
    "sysctl -w net.ipv4.ip_forward=1": set[str](),
}


def score(name: str, command: str, *files: str) -> LabScore:
    return LabScore(name, repairs=(RepairScore("", (), (command,), files=files),))


def test_chains_and_files_are_touched() -> None:
    for command, chains in TOUCHED.items():
        (repair,) = score("x", command, "/etc/x").repairs
        assert places_of_repair(repair) == {"/etc/x", *chains}


def test_two_repairs_of_one_chain_or_file_meet() -> None:
    scores = (
        score("docker-user-drops", "iptables -D DOCKER-USER -j DROP"),
        score("docker-user-drops.ipset", "iptables -D DOCKER-USER -m set -j DROP"),
        score("ip-forward-off", "sysctl -w net.ipv4.ip_forward=1", "/etc/sysctl.d/99-x.conf"),
        score("interface-forwarding-off", "sysctl -w …", "/etc/sysctl.d/99-x.conf"),
        score("rp-filter-strict", "iptables -D DOCKER-USER -j DROP"),
    )
    pairs = {frozenset(fault.name for fault in draw.faults) for draw in meeting(scores)}
    assert frozenset({"docker-user-drops", "docker-user-drops.ipset"}) in pairs
    assert frozenset({"ip-forward-off", "interface-forwarding-off"}) in pairs
    assert frozenset({"docker-user-drops", "ip-forward-off"}) not in pairs
    assert frozenset({"docker-user-drops", "rp-filter-strict"}) in pairs  # its lab has the plain one's container
