"""Two states of a host differ in what was changed, and in nothing else."""

import time
from collections.abc import Callable

from hairpin.lab.build import Lab
from hairpin.lab.plan import LabPlan
from tests.score.host_state import State, differences, host_state

CHANGES = {
    "a rule a second time": ("iptables -S FORWARD | sed -n '2s/^/iptables /p' | sh", "host iptables: +-A FORWARD"),
    "a route": ("ip route add blackhole 203.0.113.0/24", "host routes: +blackhole 203.0.113.0/24"),
    "a kernel parameter": ("sysctl -qw net.ipv4.conf.eth0.rp_filter=2", "net.ipv4.conf.eth0.rp_filter = 2"),
    "a file": ("echo x > /etc/sysctl.d/50-x.conf", "/etc/sysctl.d/50-x.conf"),
    "a link": ("ip link set docker0 down", "host links: -docker0: <BROADCAST,MULTICAST,UP>"),
    "a container": ("docker pause web", "+web paused"),
    "a rule in a container": (
        "nsenter --net=/proc/$(docker inspect -f '{{.State.Pid}}' web)/ns/net iptables -P INPUT DROP",
        "host in containers: ",
    ),
}


def test_nothing_changes_by_itself(healthy_lab: Lab) -> None:
    before = host_state(healthy_lab)
    healthy_lab.probe("client", "198.51.100.11:8151")
    time.sleep(0.2)
    assert differences(before, host_state(healthy_lab)) == ()


def test_each_change_is_seen(lab_host: Callable[[LabPlan], Lab]) -> None:
    lab = lab_host(LabPlan())
    before = host_state(lab)
    for name, (command, seen) in CHANGES.items():
        lab.host.run(command)
        after = host_state(lab)
        found = differences(before, after)
        assert any(seen in line for line in found), (name, found)
        before = after


def test_a_container_that_was_restarted_is_the_same(lab_host: Callable[[LabPlan], Lab]) -> None:
    lab = lab_host(LabPlan())
    before = host_state(lab)
    lab.host.run("docker restart -t 0 web")
    assert differences(before, host_state(lab)) == ()


def test_the_order_in_which_chains_were_made_says_nothing_and_that_of_rules_does(
    lab_host: Callable[[LabPlan], Lab],
) -> None:
    lab = lab_host(LabPlan())
    made = (
        "nft add table ip a; for c in {}; do nft add chain ip a $c; for r in {}; do nft add rule ip a $c $r; done; done"
    )
    seen: list[State] = []
    for chains, rules in (("x y", "accept drop"), ("y x", "accept drop"), ("x y", "drop accept")):
        lab.host.run(made.format(chains, rules))
        seen.append(host_state(lab))
        lab.host.run("nft delete table ip a")
    assert differences(seen[0], seen[1]) == ()
    assert differences(seen[0], seen[2]) == ("host nft: the same lines in another order",)


def test_lines_in_another_order_differ() -> None:
    assert differences({"host nft": "a\nb"}, {"host nft": "b\na"}) == ("host nft: the same lines in another order",)
    assert differences({"host nft": "a"}, {"host nft": "a\na"}) == ("host nft: +a",)
